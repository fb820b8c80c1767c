import Foundation

/// Reads a day's files with Python's own modules, and checks all that the manifest says of them: sizes, SHA-256, rows, and
/// the checksum, computed anew by its description.
enum ArchiveReader {
    /// - Returns: a line a table: its name, rows, the sum of the lengths of its large column, and the MD5 of its rows.
    static func read(_ day: ArchiveDay) -> Shell.Outcome {
        let script = "\(day.folder)-reader.py"
        defer { try? FileManager.default.removeItem(atPath: script) }
        guard (try? ArchiveReader.python.write(toFile: script, atomically: true, encoding: .utf8)) != nil else {
            return Shell.Outcome(status: 73, output: "cannot write \(script)")
        }
        return Shell.run("python3 -B '\(script)' '\(day.folder)' '\(day.date)'")
    }

    private static let python = #"""
        import csv, gzip, hashlib, json, sys

        folder, day = sys.argv[1:]
        csv.field_size_limit(1 << 30)
        manifest = json.load(open(f"{folder}/archive-{day}.json"))
        assert (manifest["format"], manifest["formatVersion"], manifest["day"]) == ("iotpipe-archive", 1, day)

        def image(row):
            png = bytes.fromhex(row["png"][2:])
            assert png.startswith(b"\x89PNG")
            return row["id"], len(png), "|".join((row["id"], hashlib.md5(png).hexdigest(), row["label"]))

        def inference(row):
            fields = (row["image_id"], row["model_version"], row["probability"], row["top5"])
            return row["image_id"], len(row["top5"]), "|".join(fields)

        class Lines:
            """The lines of a file, digested on their way. A line break within quotes does not end a line."""

            def __init__(self, file):
                self.file, self.sha = file, hashlib.sha256()
                self.bytes = self.rows = self.sum = 0
                self.line, self.is_header = b"", True

            def __iter__(self):
                for piece in self.file:
                    self.sha.update(piece)
                    self.bytes += len(piece)
                    self.line += piece
                    if self.line.count(b'"') % 2 == 0:
                        assert self.line.endswith(b"\n")
                        if not self.is_header:
                            digest = hashlib.sha256(self.line[:-1]).digest()
                            self.sum = (self.sum + int.from_bytes(digest[:8], "big")) % 2**64
                            self.rows += 1
                        self.line, self.is_header = b"", False
                    yield piece.decode()

        for table, describe in (("images", image), ("inferences", inference)):
            entry, = (entry for entry in manifest["tables"] if entry["table"] == table)
            path = f"{folder}/{entry['file']}"
            raw = open(path, "rb").read()
            assert (len(raw), hashlib.sha256(raw).hexdigest()) == (entry["fileBytes"], entry["fileSHA256"])
            with gzip.open(path, "rb") as file:
                lines = Lines(file)
                reader = csv.DictReader(lines)
                rows = sorted(describe(row) for row in reader)
            assert reader.fieldnames == [column["name"] for column in entry["columns"]]
            assert (lines.bytes, lines.sha.hexdigest()) == (entry["contentBytes"], entry["contentSHA256"])
            assert (lines.rows, f"{lines.sum:016x}") == (entry["rows"], entry["checksum"])
            digest = hashlib.md5("\n".join(row[2] for row in rows).encode()).hexdigest()
            print(table, len(rows), sum(row[1] for row in rows), digest)
        """#
}
