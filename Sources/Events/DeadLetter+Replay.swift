import FoundationEssentials

/// Letters of messages that a replay sent: they go on under the name of the first original.
extension DeadLetter {
    /// The header that a replay adds: the place of the first original.
    public static let replayHeader = "dlq_replay_of"

    /// The dead letter of a message.
    ///
    /// Where a replay sent the message, the letter takes the place of the first original from its header, so that it
    /// has the same `ce_id` again. A header that is no place is left alone: it was none of ours.
    ///
    /// - Parameter place: where the message was read.
    public init(
        stage: Stage, errorCode: String, message: String, at place: MessagePlace, key: [UInt8]?, value: [UInt8],
        headers: [MessageHeader], imageID: UUID?, occurredAt: Timestamp
    ) {
        let original = headers.last { $0.name == DeadLetter.replayHeader }?.text.flatMap { MessagePlace($0) }
        let source = original ?? place
        self.init(
            stage: stage, errorCode: errorCode, message: message, sourceTopic: source.topic,
            partition: source.partition, offset: source.offset, key: key, value: value,
            headers: original == nil ? headers : headers.filter { $0.name != DeadLetter.replayHeader },
            imageID: imageID, occurredAt: occurredAt, failedReplay: original == nil ? nil : place)
    }

    /// The letter under the place of the message that failed, as if its header named no replay: anybody can send such a
    /// header, and two bad messages must not share a letter. The header is one of the original's then.
    public func underOwnPlace() -> DeadLetter {
        guard let failedReplay else { return self }
        // In the shortest form all headers are left out.
        let isShortest = omittedBytes != nil && headers.isEmpty
        return DeadLetter(
            stage: stage, errorCode: errorCode, message: message, sourceTopic: failedReplay.topic,
            partition: failedReplay.partition, offset: failedReplay.offset, key: key, value: value,
            headers: isShortest ? [] : headers + [MessageHeader(DeadLetter.replayHeader, source.description)],
            imageID: imageID, occurredAt: occurredAt, omittedBytes: omittedBytes)
    }
}
