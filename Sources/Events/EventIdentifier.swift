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
    public static func make() -> UUID {
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
        let low = RandomWords.next() & (.max >> 2) | 1 << 63
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * index)) }
        return UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
                byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
                byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }
}
