import Kafka

extension KafkaMessage {
    /// Tells this message from one that stands at the same offset of a topic made anew: its timestamp, its length, and a
    /// checksum (FNV-1a) of its key, its `ce_id` and its value.
    var identity: String {
        var checksum: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { checksum = (checksum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        }
        add(key ?? [])
        add(headers.first { $0.name == "ce_id" }?.value ?? [])
        withValue { add($0) }
        return "\(timestamp) \(valueCount) \(String(checksum, radix: 16))"
    }
}
