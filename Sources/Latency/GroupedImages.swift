import Glibc

/// The images of several runs or files, summed up apart while they are read.
struct GroupedImages {
    /// The columns it reads.
    static let columns: [LatencyCSV.Column] = [.run, .producers, .producer, .planned, .sent, .result, .outcome]
    /// Those that it reads for the stages, too.
    static let stageColumns: [LatencyCSV.Column] = [.received, .decoded, .inferred, .partition]

    /// What becomes one curve.
    private struct Group {
        let file: String
        /// One for each run and number of producers.
        var runs: [LatencyCollector]
        var sources: [SourceClocks] = []
        var hasLogs = false
        var producers: Int { runs[0].producers }
    }

    /// What the rows of one run in one file say of the clocks.
    private struct SourceClocks {
        let source: ClockCorrection.Source
        var clocks = ClockOffsets()
    }

    /// Where a row belongs.
    private struct Place {
        var group: Int
        var run: Int
        /// Among the group's sources; -1 where it has none.
        var source = -1
    }

    private let grouping: LatencyReport.Grouping
    private let withStages: Bool
    private var groups: [Group] = []

    /// Where the record added last belongs: the next mostly belongs there too, and the search costs more than the rest.
    private var latest: (run: String, producers: Int, producer: String, place: Place)?

    /// What is known of infer's clock from an earlier look at the same files: it is taken off what is read, and said of
    /// the curves.
    var corrections: [ClockCorrection.Source: ClockCorrection] = [:]

    /// - Parameter withStages: whether CSV files are read for the stages, too, which takes longer.
    init(grouping: LatencyReport.Grouping, withStages: Bool = true) {
        self.grouping = grouping
        self.withStages = withStages
    }

    var isEmpty: Bool { groups.isEmpty }

    /// All that was added, one for each run and number of producers of a curve.
    var runs: [LatencyCollector] { groups.flatMap(\.runs) }

    // MARK: - Adding

    /// Adds a run that was measured elsewhere, as a curve of its own.
    mutating func append(_ collector: LatencyCollector) {
        groups.append(Group(file: "", runs: [collector]))
    }

    /// Adds a record.
    mutating func add(_ record: LatencyRecord) {
        if let latest, latest.run == record.run, latest.producers == record.producers,
            latest.producer == record.producer
        {
            return groups[latest.place.group].runs[latest.place.run].add(record)
        }
        let place = place(run: record.run, producers: record.producers, file: "")
        groups[place.group].runs[place.run].note(producer: Array(record.producer.utf8))
        groups[place.group].runs[place.run].add(record)
        latest = (record.run, record.producers, record.producer, place)
    }

    /// Adds a run from a histogram log.
    mutating func add(log collector: LatencyCollector, file: String) {
        let place = place(run: collector.run, producers: collector.producers, file: file)
        groups[place.group].runs[place.run].merge(log: collector)
        groups[place.group].hasLogs = true
    }

    /// Reads all rows of a CSV file.
    ///
    /// - Returns: how many there were.
    mutating func add(_ reader: LatencyCSVReader, file: String) throws(LatencyError) -> Int {
        var rows = 0
        // Rows of one run mostly follow each other: a look at the last one saves the search.
        var current: Place?
        var correction: ClockCorrection?
        var run: [UInt8] = []
        var producers = 0
        // The producers met since then, as far as looking through them costs less than a set.
        var met: [[UInt8]] = []
        while true {
            let row = try reader.nextRow { () throws(LatencyError) in try ImageRow(reader, withStages: withStages) }
            guard let row else { return rows }
            rows += 1
            if current == nil || row.producers != producers || !reader.bytes(.run).equals(run) {
                let source = ClockCorrection.Source(file: file, run: reader.text(.run), producers: row.producers)
                current = place(of: source)
                correction = corrections[source]
                run = Array(reader.bytes(.run))
                producers = row.producers
                met = []
            }
            let place = current!
            let name = reader.bytes(.producer)
            if !met.contains(where: { name.equals($0) }) {
                let producer = Array(name)
                groups[place.group].runs[place.run].note(producer: producer)
                if met.count < 16 { met.append(producer) }
            }
            groups[place.group].runs[place.run].add(
                planned: row.planned, sent: row.sent, result: row.result, outcome: row.outcome)
            guard withStages, row.outcome == .ok else { continue }
            groups[place.group].sources[place.source].clocks.add(row)
            let ahead = correction.map { $0.ahead(row.partition) } ?? 0
            if let ahead, let times = row.times(classifierAhead: ahead) {
                groups[place.group].runs[place.run].add(times)
            }
        }
    }

    /// The place of rows in a CSV file.
    private mutating func place(of source: ClockCorrection.Source) -> Place {
        var place = place(run: source.run, producers: source.producers, file: source.file)
        let sources = groups[place.group].sources
        place.source = sources.firstIndex { $0.source == source } ?? sources.count
        if place.source == sources.count { groups[place.group].sources.append(SourceClocks(source: source)) }
        return place
    }

    /// The place of a run, made where it is new.
    private mutating func place(run: String, producers: Int, file: String) -> Place {
        let known: Int?
        switch grouping {
        case .run: known = groups.firstIndex { $0.producers == producers && $0.runs[0].run == run }
        case .producers: known = groups.firstIndex { $0.producers == producers }
        case .file: known = groups.firstIndex { $0.file == file }
        }
        let new = LatencyCollector(run: run, producers: producers)
        guard let group = known else {
            groups.append(Group(file: file, runs: [new]))
            return Place(group: groups.count - 1, run: 0)
        }
        if let place = groups[group].runs.firstIndex(where: { $0.producers == producers && $0.run == run }) {
            return Place(group: group, run: place)
        }
        groups[group].runs.append(new)
        return Place(group: group, run: groups[group].runs.count - 1)
    }

    // MARK: - Clocks

    /// What the rows of each curve say of infer's clock, for those where it shows. All files of a curve are treated alike.
    ///
    /// - Parameter canReadTwice: whether the files can be read once more.
    func findCorrections(canReadTwice: Bool) -> [ClockCorrection.Source: ClockCorrection] {
        var found: [ClockCorrection.Source: ClockCorrection] = [:]
        for group in groups {
            let estimates = group.sources.flatMap(\.clocks.estimates)
            guard let clock = StageClock(estimates, canReadTwice: canReadTwice) else { continue }
            for source in group.sources { found[source.source] = ClockCorrection(clock, source.clocks) }
        }
        return found
    }

    // MARK: - Curves

    /// The groups as curves with names that tell them apart.
    func curves() -> [CDFCurve] {
        var groups = groups
        if grouping != .file {
            groups = groups.enumerated().sorted {
                ($0.element.producers, $0.offset) < ($1.element.producers, $1.offset)
            }
            .map(\.element)
        }
        let counts = groups.map(\.producers)
        let isByProducers = grouping != .file && Set(counts).count == counts.count && !counts.contains(0)
        let isOneCount = Set(counts).count == 1
        return groups.enumerated().map { index, group in
            let name =
                isByProducers || grouping == .producers
                ? GroupedImages.name(producers: group.producers) : self.name(group, withProducers: !isOneCount)
            var summary = LatencyCollector.summary(of: group.runs, name: name)
            summary.stages?.clock = group.sources.lazy.compactMap { corrections[$0.source]?.clock }.first
            summary.stages?.hasLogs = group.hasLogs
            return CDFCurve(
                label: name, tag: isByProducers ? String(group.producers) : GroupedImages.letter(index),
                histogram: LatencyCollector.merged(group.runs).histogram,
                summary: summary)
        }
    }

    private func name(_ group: Group, withProducers: Bool) -> String {
        guard grouping == .file else {
            let run = group.runs[0].run.isEmpty ? "unnamed run" : group.runs[0].run
            return withProducers && group.producers > 0
                ? "\(run) · \(GroupedImages.name(producers: group.producers))" : run
        }
        func base(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
        let isUnique = groups.count { base($0.file) == base(group.file) } == 1
        return isUnique ? String(base(group.file)) : group.file
    }

    private static func name(producers: Int) -> String {
        switch producers {
        case 0: "producers unknown"
        case 1: "1 producer"
        default: "\(producers) producers"
        }
    }

    /// A, B, … Z, AA, AB, …
    private static func letter(_ index: Int) -> String {
        let letter = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index % 26)))
        return index < 26 ? letter : self.letter(index / 26 - 1) + letter
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether the bytes are these.
    fileprivate func equals(_ other: [UInt8]) -> Bool {
        count == other.count && (count == 0 || memcmp(baseAddress!, other, count) == 0)
    }
}
