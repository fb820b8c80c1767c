import Glibc
import Synchronization

/// Standard error as log lines and one status line share it: each change is one `write(2)`, so that lines of several
/// threads, and of several processes on one pipe, stay whole (to 4,096 bytes, `PIPE_BUF`).
public final class ErrorOutput: Sendable {
    /// The process's standard error.
    public static let standard = ErrorOutput(fileDescriptor: STDERR_FILENO)

    /// Whether the output is a terminal, where a line can be rewritten.
    public let isTerminal: Bool

    /// Where progress is shown.
    public enum ProgressPlace: UInt8, AtomicRepresentable, Sendable {
        /// On a terminal alone: what is kept in a file is the log.
        case terminal
        /// Elsewhere too, as a plain line now and then.
        case everywhere
        /// Log lines alone.
        case nowhere
    }

    /// Where progress is shown: on a terminal, unless it is set.
    public var progressPlace: ProgressPlace {
        get { place.load(ordering: .relaxed) }
        set { place.store(newValue, ordering: .relaxed) }
    }

    /// Whether there is progress to be seen here.
    var showsProgress: Bool { isTerminal ? progressPlace != .nowhere : progressPlace == .everywhere }

    private let fileDescriptor: Int32
    private let place = Atomic(ProgressPlace.terminal)
    /// The status line that stands below the log on a terminal; empty where there is none.
    private let status = Mutex("")

    /// An output to a file descriptor, which stays the caller's.
    ///
    /// - Parameter isTerminal: nil asks the system.
    public init(fileDescriptor: Int32, isTerminal: Bool? = nil) {
        self.fileDescriptor = fileDescriptor
        self.isTerminal = isTerminal ?? (isatty(fileDescriptor) == 1)
    }

    /// Writes a line, above the status line where there is one.
    ///
    /// - Parameter line: without its newline; must be `SafeText` already.
    public func write(line: String) {
        status.withLock { status in
            emit(status.isEmpty ? line + "\n" : ErrorOutput.clearLine + line + "\n" + status)
        }
    }

    /// Rewrites the status line, cut to the terminal's width; for a terminal only.
    func show(status text: String) {
        status.withLock { status in
            status = String(text.prefix(max(1, width - 1)))
            emit(ErrorOutput.clearLine + status)
        }
    }

    /// Turns the status line into a line of the log.
    func endStatus() {
        status.withLock { status in
            if !status.isEmpty { emit("\n") }
            status = ""
        }
    }

    // MARK: - Terminal

    /// ECMA-48: back to the first column, erase to the end of the line.
    private static let clearLine = "\r\u{1B}[K"

    /// In columns; 80 where the terminal does not say.
    private var width: Int {
        var size = winsize()
        return ioctl(fileDescriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// What cannot be written (a closed pipe, a full disk) is dropped: no log is worth stopping the work.
    private func emit(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let written = Glibc.write(
                    fileDescriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if written < 0, errno == EAGAIN {
                    var ready = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, -1)
                } else if written == 0 || errno != EINTR {
                    return
                }
            }
        }
    }
}
