import Glibc

/// The runs found in files of measurements: one curve and one line of figures each. This is what `iotpipe cdf` shows.
public struct LatencyReport: Sendable {
    /// What makes a curve.
    public enum Grouping: String, Sendable, CaseIterable {
        /// The images of one run with one number of producers, in whichever files they are.
        case run
        /// The images of all runs with one number of producers.
        case producers
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
    ///
    /// - Parameter stages: whether it says where the latency went, too.
    public func table(stages: Bool = false) -> LatencyTable { LatencyTable(summaries, stages: stages) }

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

    /// Reads files of measurements; with the stages, a second time where infer's clock must be taken off.
    ///
    /// - Parameters:
    ///   - paths: CSV files as `LatencyCSVWriter` writes them, and histogram logs (`.hlog`); a folder stands for its CSV
    ///     files. One that is named twice is read once; the log that lies beside a CSV file of the same name is left out, as both hold the same images.
    ///   - grouping: what makes a curve.
    ///   - withStages: whether CSV files are read for the stages, too, which takes longer.
    /// - Throws: `unreadable`, `malformed`, `empty` where no file has an image.
    public init(
        reading paths: [String], grouping: Grouping = .run, withStages: Bool = false
    ) throws(LatencyError) {
        let paths = try MeasurementFiles.expanded(paths)
        var groups = GroupedImages(grouping: grouping, withStages: withStages)
        var warnings = try LatencyReport.read(paths, into: &groups, withStages: withStages)
        guard !groups.isEmpty else {
            let names = paths.isEmpty ? "no file was given" : "\(paths.joined(separator: ", ")): no images"
            throw LatencyError(
                .empty, "\(names): there is nothing to draw; `iotpipe produce --latencies` writes such a file")
        }
        // What a pipe gave is gone.
        groups.corrections = groups.findCorrections(canReadTwice: paths.allSatisfy { FileIdentity($0) != nil })
        if groups.corrections.values.contains(where: { $0.clock.treatment == .takenOff }) {
            var corrected = GroupedImages(grouping: grouping, withStages: withStages)
            corrected.corrections = groups.corrections
            warnings = try LatencyReport.read(paths, into: &corrected, withStages: withStages)
            groups = corrected
        }
        curves = groups.curves()
        self.warnings = warnings
    }

    /// Adds all images in the files.
    ///
    /// - Returns: what the reader should know.
    private static func read(
        _ paths: [String], into groups: inout GroupedImages, withStages: Bool
    ) throws(LatencyError) -> [String] {
        var warnings: [String] = []
        var seen: Set<FileIdentity> = []
        let logs = Dictionary(
            paths.filter { !LatencyReport.isLog($0) }.compactMap { path in
                FileIdentity(HistogramLog.path(besides: path)).map { ($0, path) }
            }, uniquingKeysWith: { first, _ in first })
        for path in paths {
            if let identity = FileIdentity(path) {
                if !seen.insert(identity).inserted {
                    warnings.append("\(path) is named twice: read once")
                    continue
                }
                if LatencyReport.isLog(path), let csv = logs[identity] {
                    warnings.append("\(path) has the images of \(csv): left out")
                    continue
                }
            }
            let isEmpty: Bool
            if LatencyReport.isLog(path) {
                let log = try HistogramLogReader(path: path)
                for run in log.runs { groups.add(log: run, file: path) }
                if !log.unknownTags.isEmpty { warnings.append("\(path): the tags \(log.tagList) are left out") }
                isEmpty = log.runs.isEmpty
            } else {
                let columns = GroupedImages.columns + (withStages ? GroupedImages.stageColumns : [])
                let reader = try LatencyCSVReader(path: path, columns: columns)
                isEmpty = try groups.add(reader, file: path) == 0
                if let line = reader.tornLine {
                    warnings.append("\(path):\(line) ends in the middle: left out (was its writer killed?)")
                }
            }
            if isEmpty { warnings.append("\(path) has no images: left out") }
        }
        return warnings
    }

    private static func isLog(_ path: String) -> Bool { path.hasSuffix(".hlog") }
}

/// What tells a regular file from others, whatever it is called.
private struct FileIdentity: Hashable {
    let device: UInt64
    let number: UInt64

    /// nil where there is no such file, or it is not a regular one.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
