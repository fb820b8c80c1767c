import Threads

/// Calls something again and again on a thread of its own until it is stopped.
final class Repeater: Sendable {
    private let stopping = Monitor(false)
    private let thread: OSThread

    /// - Parameters:
    ///   - name: of the thread.
    ///   - interval: from the end of one call to the start of the next.
    init(name: String, every interval: Duration, _ body: @escaping @Sendable () -> Void) {
        let stopping = self.stopping
        thread = OSThread(name: name) {
            while stopping.wait(until: MonotonicClock.deadline(after: interval), for: { $0 ? true : nil }) != true {
                body()
            }
        }
    }

    /// Ends the calls and waits for one that is under way. To be called once.
    func stop() {
        stopping.update { $0 = true }
        thread.join()
    }
}
