import Synchronization
import Threads

/// A live status line on standard error: on a terminal it rewrites itself, with log lines passing above it. Anywhere else
/// there is none, or a plain line now and then where the output's `progressPlace` wants it.
public final class ProgressLine: Sendable {
    private struct State {
        var text = ""
        var isPrinted = true
        /// When the next plain line is due, in `MonotonicClock` nanoseconds.
        var due: UInt64 = 0
        var isFinished = false
    }

    private let output: ErrorOutput
    private let interval: Duration
    private let state = Mutex(State())

    /// A line that shows nothing yet.
    ///
    /// - Parameter interval: the least time between two plain lines where the output is no terminal.
    public init(output: ErrorOutput = .standard, interval: Duration = .seconds(10)) {
        self.output = output
        self.interval = interval
    }

    /// Shows a new text; nothing after `finish()`.
    public func update(_ text: String) {
        state.withLock { state in
            guard !state.isFinished, output.showsProgress else { return }
            state.text = SafeText.escaped(text)
            if output.isTerminal {
                output.show(status: state.text)
            } else if MonotonicClock.now >= state.due {
                output.write(line: state.text)
                state.due = MonotonicClock.deadline(after: interval)
                state.isPrinted = true
            } else {
                state.isPrinted = false
            }
        }
    }

    /// Leaves the last text standing as a line of its own. Calling it again does nothing.
    public func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            if output.isTerminal {
                output.endStatus()
            } else if !state.isPrinted {
                output.write(line: state.text)
            }
        }
    }
}
