import Glibc
import Pipeline
import Synchronization

/// What the program prints.
enum Output {
    /// Why standard output could not be written; 0 where it could.
    private static let failure = Atomic<Int32>(0)

    /// Why standard output could not be written, such as a full disk; nil where all is well. A reader that has gone
    /// (`| head`) is no failure.
    static var failureReason: String? {
        let code = failure.load(ordering: .relaxed)
        return code == 0 ? nil : String(cString: strerror(code))
    }

    /// The width of the terminal that standard output is; 100 where it is none.
    static var columns: Int {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return max(60, Int(size.ws_col))
    }

    /// Writes text to standard output at once.
    static func write(_ text: String) {
        let code = write(text, to: 1)
        if code != 0, code != EPIPE { failure.store(code, ordering: .relaxed) }
    }

    /// Writes a line to standard output.
    static func line(_ text: String) {
        write(text + "\n")
    }

    /// Writes text to standard error at once. Nobody can be told where that fails.
    static func writeError(_ text: String) {
        _ = write(text, to: 2)
    }

    /// Writes everything; 0 or the `errno`.
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        FileBytes.write(Array(text.utf8), to: descriptor) ? 0 : errno
    }
}
