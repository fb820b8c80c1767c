import Glibc

/// Splits CSV that comes in pieces into its lines, and digests each as the server does. A line break within quotes does
/// not end a line.
final class CSVRows {
    private static let headerLimit = 64 << 10

    private let sha: SHA256Stream
    private var isQuoted = false
    private var isHeader = true
    private var headerBytes: [UInt8] = []
    /// Whether the line that is being read has any bytes yet.
    private var isWithinLine = false
    /// The rows after the header.
    private(set) var digest = RowsDigest()

    init() throws(RoleError) {
        sha = try SHA256Stream()
    }

    /// The first line.
    var header: String { String(decoding: headerBytes, as: UTF8.self) }

    /// Whether the last line was ended.
    var isComplete: Bool { !isHeader && !isWithinLine }

    func add(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var (start, position) = (0, 0)
        // Found once for all the quotes before it.
        var lineBreak = -1
        while position < bytes.count {
            if isQuoted {
                guard let quote = CSVRows.find(0x22, in: base, from: position, to: bytes.count) else { break }
                isQuoted = false
                position = quote + 1
                continue
            }
            if lineBreak < position {
                lineBreak = CSVRows.find(0x0A, in: base, from: position, to: bytes.count) ?? bytes.count
            }
            if let quote = CSVRows.find(0x22, in: base, from: position, to: lineBreak) {
                isQuoted = true
                position = quote + 1
                continue
            }
            guard lineBreak < bytes.count else { break }
            take(UnsafeRawBufferPointer(rebasing: bytes[start..<lineBreak]))
            endLine()
            start = lineBreak + 1
            position = start
        }
        take(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        if start < bytes.count { isWithinLine = true }
    }

    private func take(_ piece: UnsafeRawBufferPointer) {
        guard isHeader else { return sha.add(piece) }
        headerBytes += piece.prefix(CSVRows.headerLimit - headerBytes.count)
    }

    private func endLine() {
        isWithinLine = false
        guard !isHeader else {
            isHeader = false
            return
        }
        digest.rows += 1
        digest.sum &+= sha.finish().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func find(_ byte: Int32, in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        guard start < end, let found = memchr(base + start, byte, end - start) else { return nil }
        return base.distance(to: UnsafeRawPointer(found))
    }
}
