/// The images of several runs or files, summed up apart while they are read.
struct GroupedImages {
    /// The columns it reads.
    static let columns: [LatencyCSV.Column] = [
        .run, .producers, .producer, .planned, .sent, .result, .outcome,
    ]

    private struct Group {
        var run: [UInt8]
        var producersField: [UInt8]
        var producers: Int
        var file: String
        var collector: LatencyCollector
        var seenProducers: Set<[UInt8]> = []

        func matches(_ run: UnsafeBufferPointer<UInt8>, _ producers: UnsafeBufferPointer<UInt8>) -> Bool {
            run.elementsEqual(self.run) && producers.elementsEqual(producersField)
        }
    }

    private let grouping: LatencyReport.Grouping
    private var groups: [Group] = []

    init(grouping: LatencyReport.Grouping) {
        self.grouping = grouping
    }

    var isEmpty: Bool { groups.isEmpty }

    /// Adds a run that was measured elsewhere.
    mutating func append(_ collector: LatencyCollector) {
        let summary = collector.summary(name: "")
        groups.append(
            Group(
                run: Array(summary.run.utf8), producersField: [], producers: summary.producers, file: "",
                collector: collector))
    }

    /// Reads all rows of a file.
    ///
    /// - Returns: how many there were.
    mutating func add(_ reader: LatencyCSVReader, file: String) throws(LatencyError) -> Int {
        var rows = 0
        let firstOfFile = groups.count
        // Rows of one run and one producer mostly follow each other: a look at the last one saves the search.
        var current = -1
        var producer: [UInt8] = []
        while true {
            let row = try reader.nextRow { () throws(LatencyError) in
                let result = try reader.integer(.result)
                return (
                    planned: try reader.planned(), sent: try reader.integer(.sent), result: result,
                    outcome: try reader.outcome(result: result), producers: try reader.producers()
                )
            }
            guard let row else { return rows }
            rows += 1
            let found = place(reader, current: current, firstOfFile: firstOfFile, file: file, producers: row.producers)
            let name = reader.bytes(.producer)
            if found != current || !name.elementsEqual(producer) {
                producer = Array(name)
                current = found
                groups[found].seenProducers.insert(producer)
            }
            groups[found].collector.add(
                planned: row.planned, sent: row.sent, result: row.result, outcome: row.outcome)
        }
    }

    /// The place of the current row's group, made where it is new.
    private mutating func place(
        _ reader: LatencyCSVReader, current: Int, firstOfFile: Int, file: String, producers: Int
    ) -> Int {
        if grouping == .file, groups.count > firstOfFile { return firstOfFile }
        let run = reader.bytes(.run)
        let field = reader.bytes(.producers)
        if grouping == .run {
            if current >= 0, groups[current].matches(run, field) { return current }
            if let known = groups.firstIndex(where: { $0.matches(run, field) }) { return known }
        }
        groups.append(
            Group(
                run: Array(run), producersField: Array(field), producers: producers, file: file,
                collector: LatencyCollector(run: reader.text(.run), producers: producers)))
        return groups.count - 1
    }

    // MARK: - Curves

    /// The groups as curves with names that tell them apart.
    func curves() -> [CDFCurve] {
        var groups = groups
        if grouping == .run {
            groups = groups.enumerated().sorted {
                ($0.element.producers, $0.offset) < ($1.element.producers, $1.offset)
            }
            .map(\.element)
        }
        let counts = groups.map(\.producers)
        let isByProducers = grouping == .run && Set(counts).count == counts.count
        let isOneCount = Set(counts).count == 1
        return groups.enumerated().map { index, group in
            let name =
                isByProducers
                ? GroupedImages.name(producers: group.producers) : self.name(group, withProducers: !isOneCount)
            var collector = group.collector
            if !group.seenProducers.isEmpty { collector.producersSeen = group.seenProducers.count }
            return CDFCurve(
                label: name, tag: isByProducers ? String(group.producers) : GroupedImages.letter(index),
                histogram: collector.histogram, summary: collector.summary(name: name))
        }
    }

    private func name(_ group: Group, withProducers: Bool) -> String {
        guard grouping == .file else {
            let run = group.run.isEmpty ? "unnamed run" : String(decoding: group.run, as: UTF8.self)
            return withProducers ? "\(run) · \(GroupedImages.name(producers: group.producers))" : run
        }
        func base(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
        let isUnique = groups.count { base($0.file) == base(group.file) } == 1
        return isUnique ? String(base(group.file)) : group.file
    }

    private static func name(producers: Int) -> String {
        producers == 1 ? "1 producer" : "\(producers) producers"
    }

    /// A, B, … Z, AA, AB, …
    private static func letter(_ index: Int) -> String {
        let letter = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index % 26)))
        return index < 26 ? letter : self.letter(index / 26 - 1) + letter
    }
}
