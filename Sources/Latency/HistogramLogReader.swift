import Charts
import FoundationEssentials
import Glibc

/// Reads a log of histograms, one of iotpipe's or of another program that measured nanoseconds.
///
/// Of others, what has no tag or the tag `total` is taken for latencies; how many images were not answered is unknown.
struct HistogramLogReader {
    /// Larger files are none that people draw.
    private static let largestFile = 256 << 20
    /// More values than a double counts exactly are no measurement, and sums of them might overflow.
    private static let mostValues = 1 << 53

    /// As many values of 64 bits.
    private static let greatestSum = 1e35

    /// What stands under one comment of iotpipe's, or without one.
    private struct Section {
        var facts: HistogramLog.Facts?
        var line: Int
        var total = Histogram()
        var stages: [String: Histogram] = [:]
        /// Seconds since 1970.
        var start = Double.infinity
        var end = -Double.infinity
        var isEmpty: Bool { total.count == 0 && stages.isEmpty && facts == nil }
    }

    private let name: String
    private var section = Section(line: 1)
    private var values = 0
    private var startTime = 0.0
    private var line = 0

    /// The runs in the file.
    private(set) var runs: [LatencyCollector] = []

    /// Tags that say nothing here, in the order they came.
    private(set) var unknownTags: [String] = []

    /// Reads a file.
    ///
    /// - Throws: `unreadable`, `malformed` with file:line.
    init(path: String) throws(LatencyError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LatencyError(
                .unreadable, "cannot open \(path): \(systemMessage(errno)): check the path and its permissions")
        }
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw LatencyError(.unreadable, "cannot read \(path): \(systemMessage(errno))")
            }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= HistogramLogReader.largestFile else {
                throw LatencyError(
                    .malformed,
                    "\(path) is larger than \(HistogramLogReader.largestFile >> 20) MB: is this a histogram log?")
            }
        }
        try self.init(bytes: bytes, name: path)
    }

    /// Reads bytes in memory.
    init(bytes: [UInt8], name: String) throws(LatencyError) {
        self.name = name
        do {
            for row in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
                line += 1
                let text = row.last == UInt8(ascii: "\r") ? row.dropLast() : row
                try read(String(decoding: text, as: UTF8.self))
            }
            try endSection()
        } catch {
            throw LatencyError(error.code, "\(name):\(line): \(error.message)")
        }
        if runs.isEmpty, !unknownTags.isEmpty {
            throw LatencyError(
                .malformed,
                "\(name) has the tags \(tagList) alone: latencies have none, or the tag \(HistogramLog.totalTag)")
        }
    }

    /// The tags that say nothing here, for a message.
    var tagList: String {
        let names = unknownTags.prefix(8).map { Canvas.printable(String($0.prefix(40))) }
        return names.joined(separator: ", ") + (unknownTags.count > 8 ? ", …" : "")
    }

    // MARK: - Lines

    private mutating func read(_ text: String) throws(LatencyError) {
        if text.hasPrefix("#") {
            try readComment(text)
        } else if !text.isEmpty, !text.hasPrefix("\"StartTimestamp\"") {
            try readInterval(text)
        }
    }

    private mutating func readComment(_ text: String) throws(LatencyError) {
        if text.hasPrefix(HistogramLog.versionLine) {
            let version = text.dropFirst(HistogramLog.versionLine.utf8.count)
            guard version.hasPrefix("1.") else {
                throw LatencyError(
                    .malformed, "version \(version.prefix(20)) of the log's format is unknown: 1.3 is the latest")
            }
        } else if text.hasPrefix(HistogramLog.factsLine + "{") {
            try endSection()
            guard text.hasSuffix("]") else { throw LatencyError(.malformed, "the comment of iotpipe is cut off") }
            let json = text.dropFirst(HistogramLog.factsLine.utf8.count).dropLast()
            let facts: HistogramLog.Facts
            do {
                facts = try JSONDecoder().decode(HistogramLog.Facts.self, from: Data(json.utf8))
            } catch {
                throw LatencyError(.malformed, "the comment of iotpipe is not the JSON that it should be")
            }
            try check(facts)
            section = Section(facts: facts, line: line)
        } else if text.hasPrefix("#[StartTime: "),
            let seconds = Double(text.dropFirst(13).prefix { $0 != " " }), seconds.isFinite, seconds >= 0
        {
            startTime = seconds
        }
    }

    private mutating func readInterval(_ text: String) throws(LatencyError) {
        var fields = text.split(separator: ",", omittingEmptySubsequences: false)
        var tag = HistogramLog.totalTag
        if fields[0].hasPrefix("Tag=") { tag = String(fields.removeFirst().dropFirst(4)) }
        guard fields.count == 4 else {
            throw LatencyError(
                .malformed,
                "a line must have start, length, maximum and histogram, perhaps after a tag: "
                    + "it has \(fields.count) fields")
        }
        var numbers: [Double] = []
        for (field, meaning) in zip(fields, ["start", "length", "maximum"]) {
            guard let number = Double(field), number.isFinite, number >= 0, number <= 1e18 else {
                throw LatencyError(
                    .malformed,
                    "\(meaning): \"\(Canvas.printable(String(field.prefix(40))))\" is not a number from 0 on")
            }
            numbers.append(number)
        }
        guard let encoded = Data(base64Encoded: String(fields[3])) else {
            throw LatencyError(.malformed, "the histogram is not base64: is the line whole?")
        }
        let histogram = try Histogram(encoded: Array(encoded))
        guard histogram.count <= UInt64(HistogramLogReader.mostValues - values) else {
            throw LatencyError(.malformed, "more than \(HistogramLogReader.mostValues) values: this is no measurement")
        }
        values += Int(histogram.count)
        if tag == HistogramLog.totalTag {
            section.total.merge(histogram)
            section.start = min(section.start, numbers[0])
            section.end = max(section.end, numbers[0] + numbers[1])
        } else if Stage(rawValue: tag) != nil {
            section.stages[tag, default: Histogram()].merge(histogram)
        } else if !unknownTags.contains(tag), unknownTags.count < 64 {
            unknownTags.append(tag)
        }
    }

    // MARK: - Sections

    private func check(_ facts: HistogramLog.Facts) throws(LatencyError) {
        let counts = [facts.ok, facts.timedOut, facts.deadLettered, facts.undelivered, facts.staged]
        let negatives = facts.stages.values.map(\.negative)
        guard (counts + negatives).allSatisfy({ 0...HistogramLogReader.mostValues ~= $0 }), facts.producers > 0,
            facts.firstPlanned <= facts.lastPlanned, facts.staged <= facts.ok,
            negatives.allSatisfy({ $0 <= facts.staged }),
            facts.stages.values.allSatisfy({ abs($0.sum) <= HistogramLogReader.greatestSum })
        else { throw LatencyError(.malformed, "the comment of iotpipe has figures that cannot be") }
    }

    private mutating func endSection() throws(LatencyError) {
        let ended = section
        section = Section(line: line)
        guard !ended.isEmpty else { return }
        guard let facts = ended.facts else {
            // A foreign log: each line's histogram was merged into one.
            guard ended.total.count > 0 else { return }
            let base = ended.start < startTime - 365 * 86_400 ? startTime : 0
            func instant(_ seconds: Double) -> Int64 { Int64(min(9e9, base + seconds) * 1e9) }
            runs.append(
                LatencyCollector(
                    foreign: ended.total, name: name.split(separator: "/").last.map(String.init) ?? name,
                    first: instant(ended.start), last: instant(ended.end)))
            return
        }
        guard ended.total.count == UInt64(facts.ok) else {
            throw LatencyError(
                .malformed,
                "line \(ended.line) announces \(facts.ok) latencies, \(ended.total.count) follow: is the file whole?")
        }
        var entries: [StageCollector.Entry] = []
        for stage in Stage.allCases {
            let histogram = ended.stages[stage.rawValue] ?? Histogram()
            guard histogram.count == UInt64(facts.staged), let figures = facts.stages[stage.rawValue] else {
                throw LatencyError(
                    .malformed,
                    "line \(ended.line) announces \(facts.staged) images with all stages, \(histogram.count) "
                        + "follow with the tag \(stage.rawValue): is the file whole?")
            }
            entries.append(StageCollector.Entry(histogram: histogram, sum: figures.sum, negative: figures.negative))
        }
        runs.append(
            LatencyCollector(
                facts, answered: ended.total, stages: StageCollector(images: facts.staged, entries: entries)))
    }
}
