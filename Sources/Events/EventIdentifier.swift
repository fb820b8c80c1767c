import FoundationEssentials
import Synchronization

/// Makes the identifiers of events: UUID version 7 (RFC 9562, section 5.7), whose order is the order of making.
public enum EventIdentifier {
    /// The last 60-bit instant given out: milliseconds since 1970 in the upper 48 bits, 1/4096 ms in the lower 12.
    private static let last = Atomic<UInt64>(0)

    /// A new identifier, greater than every one made before in this process; safe to call from any thread.
    ///
    /// `rand_a` holds fractions of a millisecond (RFC 9562, section 6.2, method 3); where two calls fall into one, or
    /// the clock was set back, it counts on from the last. The other 62 bits are random, so that processes don't clash.
    public static func make() -> UUID { make(low: RandomWords.next()) }

    /// A new identifier with those 62 bits in `rand_b`; the highest two do not count.
    static func make(low: UInt64) -> UUID {
        let nanoseconds = UInt64(max(0, Timestamp.now.nanoseconds))
        let fraction = nanoseconds % 1_000_000 * 4_096 / 1_000_000
        let present = (nanoseconds / 1_000_000) << 12 | fraction

        var previous = last.load(ordering: .relaxed)
        var instant: UInt64
        var exchanged: Bool
        repeat {
            instant = max(present, previous + 1)
            (exchanged, previous) = last.weakCompareExchange(
                expected: previous, desired: instant, ordering: .relaxed)
        } while !exchanged

        let high = (instant >> 12) << 16 | 0x7000 | (instant & 0xFFF)
        let low = low & (.max >> 2) | 1 << 63
        var id: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &id) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return UUID(uuid: id)
    }
}
