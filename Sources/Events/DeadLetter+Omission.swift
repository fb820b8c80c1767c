import FoundationEssentials

/// Letters that the broker refuses as too large: the original stays where it was read, and the letter says where.
extension DeadLetter {
    /// How much of the reason stays in the shortest form.
    private static let longestMessage = 500

    /// The letter without the original's value, and with its size instead.
    public func omittingValue() -> DeadLetter {
        with(message: message, key: key, headers: headers)
    }

    /// The letter without value, key and headers of the original: the shortest form.
    public func omittingOriginal() -> DeadLetter {
        let reason =
            message.count > DeadLetter.longestMessage ? message.prefix(DeadLetter.longestMessage) + "…" : message[...]
        return with(
            message: "\(reason) (key and headers are left out of this letter: too large for the broker)", key: nil,
            headers: [])
    }

    /// The next shorter form of an event that the broker refuses as too large.
    ///
    /// - Returns: nil where the event is no dead letter, or has its shortest form already.
    public static func shorter(_ event: EncodedEvent) -> EncodedEvent? {
        guard let letter = try? DeadLetter(headers: event.headers, key: event.key, value: event.value) else {
            return nil
        }
        if letter.omittedBytes == nil { return letter.omittingValue().encoded() }
        if letter.key == nil, letter.headers.isEmpty { return nil }
        return letter.omittingOriginal().encoded()
    }

    private func with(message: String, key: [UInt8]?, headers: [MessageHeader]) -> DeadLetter {
        DeadLetter(
            stage: stage, errorCode: errorCode, message: message, sourceTopic: sourceTopic, partition: partition,
            offset: offset, key: key, value: [], headers: headers, imageID: imageID, occurredAt: occurredAt,
            omittedBytes: omittedBytes ?? value.count, failedReplay: failedReplay)
    }
}
