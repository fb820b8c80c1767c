import Synchronization

/// A live status line on standard error: on a terminal it rewrites itself, with log lines passing above it. Elsewhere there
/// is none: what is kept in a file is the log.
public final class ProgressLine: Sendable {
    private let output: ErrorOutput
    private let isFinished = Mutex(false)

    /// A line that shows nothing yet.
    public init(output: ErrorOutput = .standard) {
        self.output = output
    }

    /// Shows a new text; nothing after `finish()`.
    public func update(_ text: String) {
        isFinished.withLock { isFinished in
            guard !isFinished, output.showsProgress else { return }
            output.show(status: SafeText.escaped(text))
        }
    }

    /// Leaves the last text standing as a line of its own. Calling it again does nothing.
    public func finish() {
        isFinished.withLock { isFinished in
            guard !isFinished, output.showsProgress else { return }
            isFinished = true
            output.endStatus()
        }
    }
}
