import FoundationEssentials

/// An image's identifier as a key of a dictionary that is asked several times for each image: two numbers hash and compare
/// faster than a `UUID`.
struct ImageKey: Hashable {
    private let high: UInt64
    private let low: UInt64

    init(_ id: UUID) {
        (high, low) = withUnsafeBytes(of: id.uuid) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }

    func hash(into hasher: inout Hasher) {
        // Those bits of an identifier of version 7 that are random.
        hasher.combine(low)
    }
}
