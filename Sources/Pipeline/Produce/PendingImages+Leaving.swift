import Events
import Latency

extension PendingImages {
    /// Lets an image leave: counts it, and makes its row.
    ///
    /// - Parameter otherwise: how an image without an answer ends.
    /// - Returns: its row; nil where it has none, having left before or only warmed up.
    func leave(
        _ token: UInt64, _ otherwise: LatencyRecord.Outcome = .undelivered, in state: inout State
    ) -> LatencyRecord? {
        guard let image = state.images.remove(token) else { return nil }
        if image.isOverdue { state.overdueCount -= 1 }
        let (result, instant) = (image.answer?.result, image.answer?.instant)
        let outcome = image.answer?.outcome ?? otherwise
        let planned = timestamp(at: image.planned)
        let predicted = result?.top5.first?.label
        // Monotonic instants and stamps of other processes alike become nanoseconds since planned.
        func since(_ instant: UInt64?) -> Int64? { instant.map { Int64(bitPattern: $0 &- image.planned) } }
        func since(_ stamp: Timestamp?) -> Int64? { stamp.map { $0.nanoseconds &- planned.nanoseconds } }
        let row = LatencyRecord(
            run: options.run, producers: options.producers, producer: options.producer,
            device: options.deviceID(image.device), imageID: image.id, planned: planned, sent: since(image.sent),
            acked: since(image.acknowledged), received: since(result?.receivedAt), decoded: since(result?.decodedAt),
            inferred: since(result?.inferredAt), result: since(instant),
            partition: image.place?.partition, offset: image.place?.offset, label: image.label, predicted: predicted,
            outcome: outcome)
        state.count(image) { summary in
            if let sent = row.sent {
                summary.sendDelay.record(sent)
                summary.bytes += image.bytes
            }
            summary.clocks.add(row)
            switch outcome {
            case .ok:
                summary.classified += 1
                if let latency = row.result { summary.latency.record(latency) }
                if let label = image.label {
                    summary.labelled += 1
                    if label == predicted { summary.right += 1 }
                }
            case .timedOut: summary.timedOut += 1
            case .deadLettered: summary.deadLettered += 1
            case .undelivered: summary.undelivered += 1
            }
        }
        return image.isWarmUp ? nil : row
    }
}
