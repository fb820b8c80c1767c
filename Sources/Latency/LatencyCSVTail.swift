import Glibc

/// Follows a file that `LatencyCSVWriter` is writing in another process: hands out the rows that have become whole since
/// the last time.
public final class LatencyCSVTail {
    private let path: String
    private var descriptor: Int32 = -1
    /// What was read of a row that is not whole yet.
    private var rest: [UInt8] = []
    private var line = 0

    /// The file may not be there yet.
    public init(path: String) {
        self.path = path
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Calls `body` with each record that is new.
    ///
    /// - Throws: `malformed`, `unreadable`.
    public func read(_ body: (LatencyRecord) -> Void) throws(LatencyError) {
        if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return }
        while true {
            let start = rest.count
            rest.append(contentsOf: repeatElement(0, count: 1 << 18))
            let count = rest.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + start, 1 << 18) }
            rest.removeLast((1 << 18) - max(0, count))
            guard count >= 0 else {
                throw LatencyError(.unreadable, "cannot read \(path): \(systemMessage(errno))")
            }
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
                if count == 0 { return }
                continue
            }
            let whole = Array(rest[...end])
            rest.removeSubrange(...end)
            try take(whole, body)
            if count == 0 { return }
        }
    }

    private func take(_ lines: [UInt8], _ body: (LatencyRecord) -> Void) throws(LatencyError) {
        var lines = lines[...]
        if line == 0 {
            lines = lines.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
            line = 1
        }
        let reader = LatencyCSVReader(row: Array(lines), lineNumber: line + 1, name: path)
        while let record = try reader.next() { body(record) }
        line += lines.count { $0 == UInt8(ascii: "\n") }
    }
}
