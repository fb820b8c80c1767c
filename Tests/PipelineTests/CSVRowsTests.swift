import Testing

@testable import Pipeline

@Suite struct CSVRowsTests {
    private func rows(_ text: String, pieces: Int) throws -> CSVRows {
        let rows = try CSVRows()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            Array(rest.prefix(pieces)).withUnsafeBytes { rows.add($0) }
            rest = rest.dropFirst(pieces)
        }
        return rows
    }

    /// The first eight bytes of `sha256sum` of each line, added up modulo 2^64.
    @Test func linesAreDigestedWhateverThePieces() throws {
        let text = "id,text\n1,\"a\"\n2,\"b\"\"\nc\"\n3,\n"
        let whole = try rows(text, pieces: 1_000)
        #expect(whole.header == "id,text" && whole.digest.rows == 3 && whole.isComplete)
        for size in 1...text.utf8.count {
            let split = try rows(text, pieces: size)
            #expect(split.digest == whole.digest && split.isComplete && split.header == whole.header, "\(size)")
        }
        let swapped = try rows("id,text\n3,\n2,\"b\"\"\nc\"\n1,\"a\"\n", pieces: 7)
        #expect(swapped.digest == whole.digest)
        #expect(try rows("id,text\n1,\"a\"\n2,\"b\"\"\nc\"\n4,\n", pieces: 7).digest != whole.digest)
    }

    @Test(arguments: ["", "id", "id\n1", "id\n\"1\n", "id\n1\n2"]) func unfinishedLineIsNoticed(text: String) throws {
        #expect(try !rows(text, pieces: 3).isComplete)
    }

    @Test func digestOfOneLineIsThatOfSHA256() throws {
        // printf '1,"a"' | sha256sum
        #expect(try rows("h\n1,\"a\"\n", pieces: 100).digest.checksum == "44d2f0e27cf4702c")
    }

    @Test(arguments: ["", "0", "00000000000000zz", "+000000000000001", "00000000000000001"])
    func malformedChecksumIsNone(text: String) {
        #expect(RowsDigest(rows: 1, checksum: text) == nil)
    }

    @Test func checksumGoesThereAndBack() {
        for sum in [0, 1, UInt64.max] {
            let digest = RowsDigest(rows: 3, sum: sum)
            #expect(RowsDigest(rows: 3, checksum: digest.checksum) == digest)
        }
    }

    @Test(
        arguments: [
            ("2026-11-24", 20_781), ("2024-02-29", 19_782), ("2026-02-29", nil), ("2026-1-1", nil), ("", nil),
            ("x", nil),
        ] as [(String, Int64?)])
    func dayOfADate(date: String, number: Int64?) {
        #expect(UTCDay(date: date)?.number == number)
    }
}
