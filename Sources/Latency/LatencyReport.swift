import Glibc

/// The runs found in CSV files: one curve and one line of figures each. This is what `iotpipe cdf` shows.
public struct LatencyReport: Sendable {
    /// What makes a curve.
    public enum Grouping: String, Sendable, CaseIterable {
        /// The images of one run with one number of producers, in whichever files they are.
        case run
        /// The images of one file.
        case file
    }

    /// One curve per run: by number of producers, then as they came; or in the order of the files.
    public let curves: [CDFCurve]

    /// What the reader should know: files left out, torn lines.
    public let warnings: [String]

    /// The figures of the curves.
    public var summaries: [LatencySummary] { curves.map(\.summary) }

    /// The figures of the curves as a table.
    public var table: LatencyTable { LatencyTable(summaries) }

    /// A report on runs measured in this process.
    ///
    /// - Parameter runs: one collector per run, in the order of the curves.
    /// - Throws: `empty` where no collector has an image.
    public init(_ runs: [LatencyCollector]) throws(LatencyError) {
        var groups = GroupedImages(grouping: .run)
        for run in runs where run.images > 0 { groups.append(run) }
        guard !groups.isEmpty else { throw LatencyError(.empty, "no image was measured: there is nothing to draw") }
        curves = groups.curves()
        warnings = []
    }

    /// Reads files of measurements.
    ///
    /// - Parameters:
    ///   - paths: CSV files as `LatencyCSVWriter` writes them. One that is named twice is read once.
    ///   - grouping: what makes a curve.
    /// - Throws: `unreadable`, `malformed`, `empty` where no file has an image.
    public init(reading paths: [String], grouping: Grouping = .run) throws(LatencyError) {
        var groups = GroupedImages(grouping: grouping)
        var warnings: [String] = []
        var seen: Set<[UInt64]> = []
        for path in paths {
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                !seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted
            {
                warnings.append("\(path) is named twice: read once")
                continue
            }
            let reader = try LatencyCSVReader(path: path, columns: GroupedImages.columns)
            let rows = try groups.add(reader, file: path)
            if let line = reader.tornLine {
                warnings.append("\(path):\(line) ends in the middle: left out (was its writer killed?)")
            }
            if rows == 0 { warnings.append("\(path) has no rows: left out") }
        }
        guard !groups.isEmpty else {
            let names = paths.isEmpty ? "no file was given" : "\(paths.joined(separator: ", ")): no rows"
            throw LatencyError(.empty, "\(names): there is nothing to draw; `iotpipe produce --csv` writes such a file")
        }
        curves = groups.curves()
        self.warnings = warnings
    }
}
