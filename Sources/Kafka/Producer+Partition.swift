extension Producer {
    /// The partition that `murmur2_random` and Java's clients choose for a key.
    ///
    /// - Parameter partitionCount: the topic's number of partitions, at least 1.
    public static func partition(forKey key: [UInt8], partitionCount: Int32) -> Int32 {
        (Murmur2.hash(key) & 0x7fff_ffff) % partitionCount
    }
}

/// MurmurHash2 with Kafka's seed, as in `org.apache.kafka.common.utils.Utils.murmur2`.
enum Murmur2 {
    static func hash(_ bytes: [UInt8]) -> Int32 {
        let factor: UInt32 = 0x5bd1_e995
        var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
        let whole = bytes.count & ~3
        for index in stride(from: 0, to: whole, by: 4) {
            var word = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
            word |= UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
            word &*= factor
            word ^= word >> 24
            word &*= factor
            hash &*= factor
            hash ^= word
        }
        if whole < bytes.count {
            for index in whole..<bytes.count { hash ^= UInt32(bytes[index]) << (8 * UInt32(index - whole)) }
            hash &*= factor
        }
        hash ^= hash >> 13
        hash &*= factor
        hash ^= hash >> 15
        return Int32(bitPattern: hash)
    }
}
