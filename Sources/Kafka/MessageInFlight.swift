import CRdKafka
import Events

/// What librdkafka keeps beside a message until it reports on it: the sender's token, and the value, which it does not copy.
///
/// librdkafka holds a reference, which each message's one delivery report gives back. A message that is never reported
/// on, because its client was destroyed before, keeps its value for ever rather than losing it under librdkafka's hands.
final class MessageInFlight {
    /// What the sender knows the message by.
    let token: UInt64
    private let value: PinnedBytes

    init(token: UInt64, value: PinnedBytes) {
        self.token = token
        self.value = value
    }

    /// A reference for librdkafka to keep.
    var retained: UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    /// The object behind librdkafka's reference, which is given back with it.
    static func taken(from opaque: UnsafeMutableRawPointer) -> MessageInFlight {
        Unmanaged<MessageInFlight>.fromOpaque(opaque).takeRetainedValue()
    }
}
