import Glibc

/// Splits a CSV file (RFC 4180) into rows and fields inside one fixed buffer: nothing is allocated per row.
///
/// Lines may end in LF or CRLF; quoted fields may hold commas, line breaks and doubled quotes; blank lines are skipped.
final class CSVScanner {
    /// Where a field lies in the buffer, without its quotes.
    struct Field {
        var start = 0
        var end = 0
        /// Whether it holds doubled quotes.
        var hasEscapes = false
    }

    /// A row must fit into the buffer.
    static let bufferSize = 1 << 20
    private static let maximumFields = 1024

    /// The file's name, for messages.
    let name: String
    private let descriptor: Int32
    private let buffer: UnsafeMutablePointer<UInt8>
    private let fields: UnsafeMutablePointer<Field>
    private var filled: Int
    private var position = 0
    private var atEnd: Bool
    private var nextLine: Int

    /// Where the current row begins in the buffer.
    private(set) var rowStart = 0
    /// The number of the line on which the current row begins, from 1.
    private(set) var line = 0
    /// How many fields the current row has.
    private(set) var count = 0
    /// Whether the current row ends in a line break, not in the end of the file.
    private(set) var isTerminated = true

    /// Scans a file.
    ///
    /// - Throws: `unreadable`.
    init(path: String) throws(LatencyError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LatencyError(
                .unreadable, "cannot open \(path): \(systemMessage(errno)): check the path and its permissions")
        }
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        self.descriptor = descriptor
        name = path
        buffer = .allocate(capacity: CSVScanner.bufferSize + 1)
        fields = .allocate(capacity: CSVScanner.maximumFields)
        filled = 0
        atEnd = false
        nextLine = 1
        buffer[0] = UInt8(ascii: "\n")
    }

    /// Scans bytes in memory.
    init(bytes: [UInt8], name: String, line: Int) {
        descriptor = -1
        self.name = name
        buffer = .allocate(capacity: bytes.count + 1)
        fields = .allocate(capacity: CSVScanner.maximumFields)
        buffer.update(from: bytes, count: bytes.count)
        buffer[bytes.count] = UInt8(ascii: "\n")
        filled = bytes.count
        atEnd = true
        nextLine = line
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        buffer.deallocate()
        fields.deallocate()
    }

    // MARK: - Rows

    /// Goes to the next row.
    ///
    /// - Returns: false at the end.
    /// - Throws: `malformed`, `unreadable`.
    func next() throws(LatencyError) -> Bool {
        while true {
            if position == filled {
                if atEnd { return false }
                try refill()
                continue
            }
            rowStart = position
            line = nextLine
            guard try scanRow() else {
                try refill()
                continue
            }
            let isBlank = count == 1 && fields[0].start == fields[0].end && position - rowStart <= 2
            if !isBlank { return true }
        }
    }

    /// Scans from `rowStart`. False where the row goes on beyond what the buffer holds.
    private func scanRow() throws(LatencyError) -> Bool {
        let bytes = buffer
        let end = filled
        var cursor = rowStart
        var start = cursor
        var found = 0
        var breaks = 0
        // The byte at `end` is always a line feed, so the plain bytes need no check of the bound.
        while true {
            let byte = bytes[cursor]
            if byte > UInt8(ascii: ",") {
                cursor += 1
            } else if byte == UInt8(ascii: ",") {
                try add(Field(start: start, end: cursor), &found)
                cursor += 1
                start = cursor
            } else if byte == UInt8(ascii: "\n") {
                if cursor == end && !atEnd { return false }
                let hasReturn = cursor > start && bytes[cursor - 1] == UInt8(ascii: "\r")
                try add(Field(start: start, end: hasReturn ? cursor - 1 : cursor), &found)
                finishRow(at: cursor, fields: found, lines: breaks + 1)
                return true
            } else if byte == UInt8(ascii: "\""), cursor == start {
                guard let field = try scanQuoted(from: cursor + 1, breaks: &breaks) else { return false }
                try add(field, &found)
                cursor = field.end + 1
                if bytes[cursor] == UInt8(ascii: "\r"), bytes[cursor + 1] == UInt8(ascii: "\n") { cursor += 1 }
                switch bytes[cursor] {
                case UInt8(ascii: ","):
                    cursor += 1
                    start = cursor
                case UInt8(ascii: "\n"):
                    if cursor == end && !atEnd { return false }
                    finishRow(at: cursor, fields: found, lines: breaks + 1)
                    return true
                default:
                    throw failure(at: cursor, "a comma or the end of the line must follow a closing quote")
                }
            } else {
                cursor += 1
            }
        }
    }

    /// The quoted field whose content begins at `start`; nil where it goes on beyond what the buffer holds.
    private func scanQuoted(from start: Int, breaks: inout Int) throws(LatencyError) -> Field? {
        let quote = UInt8(ascii: "\"")
        var cursor = start
        var hasEscapes = false
        while cursor < filled {
            if buffer[cursor] == UInt8(ascii: "\n") { breaks += 1 }
            if buffer[cursor] == quote {
                guard cursor + 1 < filled || atEnd else { return nil }
                if cursor + 1 < filled, buffer[cursor + 1] == quote {
                    hasEscapes = true
                    cursor += 1
                } else {
                    return Field(start: start, end: cursor, hasEscapes: hasEscapes)
                }
            }
            cursor += 1
        }
        if !atEnd { return nil }
        isTerminated = false
        throw failure(at: start - 1, "the quote opened here is never closed")
    }

    private func add(_ field: Field, _ found: inout Int) throws(LatencyError) {
        guard found < CSVScanner.maximumFields else {
            throw failure(at: field.start, "more than \(CSVScanner.maximumFields) fields in one row")
        }
        fields[found] = field
        found += 1
    }

    private func finishRow(at cursor: Int, fields found: Int, lines: Int) {
        isTerminated = cursor < filled
        position = min(cursor + 1, filled)
        count = found
        nextLine = line + lines
    }

    /// Moves the row begun to the front and fills the rest of the buffer.
    private func refill() throws(LatencyError) {
        let kept = filled - position
        guard kept < CSVScanner.bufferSize else {
            throw failure(at: rowStart, "a row longer than \(CSVScanner.bufferSize) bytes: is this a CSV file?")
        }
        memmove(buffer, buffer + position, kept)
        position = 0
        var received = -1
        repeat {
            received = read(descriptor, buffer + kept, CSVScanner.bufferSize - kept)
        } while received < 0 && errno == EINTR
        guard received >= 0 else {
            throw LatencyError(.unreadable, "cannot read \(name): \(systemMessage(errno))")
        }
        atEnd = received == 0
        filled = kept + received
        buffer[filled] = UInt8(ascii: "\n")
    }

    // MARK: - Fields

    /// The bytes of a field of the current row, valid until `next()`; doubled quotes are still doubled.
    func bytes(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let field = fields[index]
        return UnsafeBufferPointer(start: buffer + field.start, count: field.end - field.start)
    }

    /// The text of a field of the current row.
    func text(_ index: Int) -> String {
        guard fields[index].hasEscapes else { return String(decoding: bytes(index), as: UTF8.self) }
        var plain: [UInt8] = []
        var isSecond = false
        for byte in bytes(index) {
            isSecond = byte == UInt8(ascii: "\"") && !isSecond
            if !isSecond { plain.append(byte) }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// An error at a field of the current row.
    func failure(field index: Int, _ message: String) -> LatencyError {
        failure(at: index < count ? fields[index].start : max(rowStart, fields[max(0, count - 1)].end), message)
    }

    private func failure(at offset: Int, _ message: String) -> LatencyError {
        LatencyError(.malformed, "\(name):\(line):\(offset - rowStart + 1): \(message)")
    }
}

/// The system's words for an `errno`.
func systemMessage(_ number: Int32) -> String {
    String(cString: strerror(number))
}
