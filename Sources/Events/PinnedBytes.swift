/// Bytes that never change and never move: a message that waits to be sent refers to them, and so may others, without a
/// copy of its own.
public final class PinnedBytes: @unchecked Sendable {
    // `@unchecked`: what the pointer leads to is written in `init` alone.
    private let start: UnsafeMutableRawPointer

    /// How many bytes there are.
    public let count: Int

    /// The bytes that `write` puts into the place that it gets.
    ///
    /// - Parameters:
    ///   - capacity: how many there may be.
    ///   - write: returns how many it wrote.
    init(capacity: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int) {
        // Never without a place, not even for no bytes: to Kafka a null pointer is no value at all.
        start = UnsafeMutableRawPointer.allocate(byteCount: max(1, capacity), alignment: 1)
        count = write(UnsafeMutableRawBufferPointer(start: start, count: capacity))
    }

    /// A copy of these bytes.
    public convenience init(_ bytes: [UInt8]) {
        self.init(capacity: bytes.count) { place in
            bytes.withUnsafeBytes { place.copyMemory(from: $0) }
            return bytes.count
        }
    }

    deinit {
        start.deallocate()
    }

    /// Lends the bytes. They stay where they are for as long as this object lives; the pointer is never null.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The bytes, copied.
    public var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

extension PinnedBytes: Equatable {
    /// Whether both have the same bytes.
    public static func == (left: PinnedBytes, right: PinnedBytes) -> Bool {
        left === right || left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
    }
}
