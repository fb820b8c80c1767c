import Glibc

/// What the program prints.
enum Output {
    /// Writes text to standard output at once. A reader that has gone (`| head`) is no error.
    static func write(_ text: String) {
        write(text, to: 1)
    }

    /// Writes a line to standard output.
    static func line(_ text: String) {
        write(text + "\n", to: 1)
    }

    /// Writes text to standard error at once.
    static func writeError(_ text: String) {
        write(text, to: 2)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}
