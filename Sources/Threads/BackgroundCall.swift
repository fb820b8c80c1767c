/// One call on a thread of its own, for what blocks while its owner has other work.
public final class BackgroundCall<Value: Sendable>: Sendable {
    private let outcome = Monitor<Result<Value, any Error>?>(nil)

    /// Starts the call.
    ///
    /// - Parameter name: of the thread, as `OSThread` shows it.
    public init(name: String, _ body: @escaping @Sendable () throws -> Value) {
        _ = OSThread(name: name) { [outcome] in
            let result = Result { try body() }
            outcome.update { $0 = result }
        }
    }

    /// Waits for the end of the call.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant; nil waits for ever.
    /// - Returns: what the call returned or threw; nil where it is still under way at the deadline.
    public func wait(until deadline: UInt64? = nil) -> Result<Value, any Error>? {
        outcome.wait(until: deadline) { $0 }
    }
}
