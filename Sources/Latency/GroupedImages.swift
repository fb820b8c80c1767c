import Glibc

/// The images of several runs or files, summed up apart while they are read.
struct GroupedImages {
    /// The columns it reads.
    static let columns: [LatencyCSV.Column] = [.run, .producers, .producer, .planned, .sent, .result, .outcome]
    /// Those that it reads for the stages, too.
    static let stageColumns: [LatencyCSV.Column] = [.received, .decoded, .inferred]

    /// What becomes one curve.
    private struct Group {
        let file: String
        /// One for each run and number of producers.
        var runs: [LatencyCollector]
        var producers: Int { runs[0].producers }
    }

    /// Where a row belongs.
    private struct Place {
        var group: Int
        var run: Int
    }

    private let grouping: LatencyReport.Grouping
    private let withStages: Bool
    private var groups: [Group] = []

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
        let place = place(run: record.run, producers: record.producers, file: "")
        groups[place.group].runs[place.run].note(producer: Array(record.producer.utf8))
        groups[place.group].runs[place.run].add(record)
    }

    /// Adds a run from a histogram log.
    mutating func add(log collector: LatencyCollector, file: String) {
        let place = place(run: collector.run, producers: collector.producers, file: file)
        groups[place.group].runs[place.run].merge(log: collector)
    }

    /// Reads all rows of a CSV file.
    ///
    /// - Returns: how many there were.
    mutating func add(_ reader: LatencyCSVReader, file: String) throws(LatencyError) -> Int {
        var rows = 0
        // Rows of one run mostly follow each other: a look at the last one saves the search.
        var current: Place?
        var run: [UInt8] = []
        var producers = 0
        // The producers met since then, as far as looking through them costs less than a set.
        var met: [[UInt8]] = []
        while true {
            let row = try reader.nextRow { () throws(LatencyError) in try Row(reader, withStages: withStages) }
            guard let row else { return rows }
            rows += 1
            if current == nil || row.producers != producers || !reader.bytes(.run).equals(run) {
                current = place(run: reader.text(.run), producers: row.producers, file: file)
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
            if let times = row.times { groups[place.group].runs[place.run].add(times) }
        }
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
            return CDFCurve(
                label: name, tag: isByProducers ? String(group.producers) : GroupedImages.letter(index),
                histogram: LatencyCollector.merged(group.runs).histogram,
                summary: LatencyCollector.summary(of: group.runs, name: name))
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

/// What a row of a CSV file says of its image.
private struct Row {
    let planned: Int64
    let sent: Int64?
    let result: Int64?
    let outcome: LatencyRecord.Outcome
    let producers: Int
    let times: StageTimes?

    init(_ reader: LatencyCSVReader, withStages: Bool) throws(LatencyError) {
        result = try reader.integer(.result)
        planned = try reader.planned()
        sent = try reader.integer(.sent)
        outcome = try reader.outcome(result: result)
        producers = try reader.producers()
        if withStages {
            let (received, decoded) = (try reader.integer(.received), try reader.integer(.decoded))
            let inferred = try reader.integer(.inferred)
            times =
                outcome == .ok
                ? StageTimes(sent: sent, received: received, decoded: decoded, inferred: inferred, result: result) : nil
        } else {
            times = nil
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether the bytes are these.
    fileprivate func equals(_ other: [UInt8]) -> Bool {
        count == other.count && (count == 0 || memcmp(baseAddress!, other, count) == 0)
    }
}
