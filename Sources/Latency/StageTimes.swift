/// How long one image spent in each stage. The durations add up to its latency exactly.
///
/// Three instants are by the classifier's clock. Where that differs from the producer's, one stage gains what another
/// loses: `broker and queue` or `return` may even be negative, unless the difference is known and taken off.
struct StageTimes: Sendable, Equatable {
    let send: Int64
    let queue: Int64
    let decode: Int64
    let inference: Int64
    let `return`: Int64

    /// The stages of an image; all instants are nanoseconds since the planned one.
    ///
    /// - Parameter offset: how far the classifier's clock is ahead of the producer's, in nanoseconds, where that is known:
    ///   it moves the instants between the two, and leaves the sum as it is.
    /// - Returns: nil where an instant is missing, or two are farther apart than 64 bits tell.
    init?(
        sent: Int64?, received: Int64?, decoded: Int64?, inferred: Int64?, result: Int64?,
        classifierAhead offset: Int64 = 0
    ) {
        guard let sent, let received, let decoded, let inferred, let result else { return nil }
        var isExact = true
        func difference(_ end: Int64, _ start: Int64) -> Int64 {
            let (value, overflow) = end.subtractingReportingOverflow(start)
            if overflow { isExact = false }
            return value
        }
        send = sent
        queue = difference(difference(received, offset), sent)
        decode = difference(decoded, received)
        inference = difference(inferred, decoded)
        `return` = difference(result, difference(inferred, offset))
        guard isExact else { return nil }
    }

    /// The stages of an image that was answered; nil where an instant is missing.
    init?(_ record: LatencyRecord) {
        guard record.outcome == .ok else { return nil }
        self.init(
            sent: record.sent, received: record.received, decoded: record.decoded, inferred: record.inferred,
            result: record.result)
    }

    /// Nanoseconds in a stage.
    subscript(stage: Stage) -> Int64 {
        switch stage {
        case .send: send
        case .queue: queue
        case .decode: decode
        case .inference: inference
        case .return: `return`
        }
    }
}
