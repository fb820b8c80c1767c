/// How far a partition is stored.
struct StoredOffset: Equatable, Sendable {
    /// The offset after the last stored message.
    let next: Int64
    /// Tells the last stored message, the one at `next - 1`, from any other; nil where none was stored or none is known.
    let last: String?

    /// A place, and what lies before it.
    init(_ next: Int64, last: String? = nil) {
        self.next = next
        self.last = last
    }
}
