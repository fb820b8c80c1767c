import CPQ

/// Cancels what a connection is doing, from any thread: the statement then fails with `.cancelled`.
public final class Canceller: @unchecked Sendable {
    // `@unchecked`: libpq documents PQcancel as safe from any thread; the handle is never changed.
    private let handle: OpaquePointer

    init?(_ connection: OpaquePointer) {
        guard let handle = PQgetCancel(connection) else { return nil }
        self.handle = handle
    }

    deinit { PQfreeCancel(handle) }

    /// Asks the server, over a connection of its own. Nothing happens where the statement has ended meanwhile.
    ///
    /// - Returns: false where the server could not be asked.
    @discardableResult
    public func cancel() -> Bool {
        var reason = [CChar](repeating: 0, count: 256)
        return PQcancel(handle, &reason, Int32(reason.count)) == 1
    }
}
