/// What a row of a CSV file says of its image, as far as a report needs it.
struct ImageRow {
    let planned: Int64
    let sent: Int64?
    let result: Int64?
    let outcome: LatencyRecord.Outcome
    let producers: Int
    // These are nil where nobody asks for the stages.
    let received: Int64?
    let decoded: Int64?
    let inferred: Int64?
    let partition: Int32?

    init(_ reader: LatencyCSVReader, withStages: Bool) throws(LatencyError) {
        result = try reader.integer(.result)
        planned = try reader.planned()
        sent = try reader.integer(.sent)
        outcome = try reader.outcome(result: result)
        producers = try reader.producers()
        received = withStages ? try reader.integer(.received) : nil
        decoded = withStages ? try reader.integer(.decoded) : nil
        inferred = withStages ? try reader.integer(.inferred) : nil
        partition = withStages ? try reader.partition() : nil
    }

    /// The stages; nil where an instant is missing.
    func times(classifierAhead offset: Int64) -> StageTimes? {
        StageTimes(
            sent: sent, received: received, decoded: decoded, inferred: inferred, result: result,
            classifierAhead: offset)
    }
}

extension ClockOffsets {
    /// Adds an image that was answered; nothing happens where a stamp is missing.
    mutating func add(_ row: ImageRow) {
        guard let partition = row.partition, let sent = row.sent, let received = row.received,
            let inferred = row.inferred, let result = row.result
        else { return }
        add(partition: partition, sent: sent, received: received, inferred: inferred, result: result)
    }
}
