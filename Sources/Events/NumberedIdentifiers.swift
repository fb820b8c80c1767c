import FoundationEssentials

/// Identifiers of events that are numbered one after the other: as `EventIdentifier` makes them, but for the last 32 bits,
/// which tell the number. So whoever numbered an event finds it again by its identifier, without a table of them.
public struct NumberedIdentifiers: Sendable {
    /// What is added to each number. Random: processes that count alike still write different bits.
    private let offset: UInt32

    /// Identifiers of another series.
    public init() {
        offset = UInt32(truncatingIfNeeded: RandomWords.next())
    }

    /// A new identifier for the event with that number.
    public func make(_ number: UInt64) -> UUID {
        let last = UInt32(truncatingIfNeeded: number) &+ offset
        return EventIdentifier.make(low: RandomWords.next() << 32 | UInt64(last))
    }

    /// The number of the event with that identifier, if it is one of this series: it must be compared with the event's.
    ///
    /// - Parameter latest: the highest number given so far; only one of the 2^32 numbers up to there is found.
    /// - Returns: nil where no number up to there fits.
    public func number(of id: UUID, upTo latest: UInt64) -> UInt64? {
        let last = withUnsafeBytes(of: id.uuid) {
            UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        }
        let back = UInt64(UInt32(truncatingIfNeeded: latest) &- (last &- offset))
        return back <= latest ? latest - back : nil
    }
}
