import Events
import FoundationEssentials

/// The CSV format of the measurements (RFC 4180, UTF-8, a header line): one row per image.
public enum LatencyCSV {
    /// The columns, in the order in which they are written. Columns ending in `_ns` are nanoseconds since the planned
    /// instant and empty where a stage was never reached, but for `planned_ns`, which counts from 1970 (UTC).
    public enum Column: String, Sendable, CaseIterable {
        // Their names in the header are said to be what they hold: see `LatencyRecord`.
        case run
        case producers
        case producer
        case device
        case imageID = "image_id"
        case planned = "planned_ns"
        case sent = "sent_ns"
        case acked = "acked_ns"
        case received = "received_ns"
        case decoded = "decoded_ns"
        case inferred = "inferred_ns"
        case result = "result_ns"
        case partition
        case offset
        case label
        case predicted
        case outcome
    }

    /// The header line, without its line break.
    public static let header = Column.allCases.map(\.rawValue).joined(separator: ",")

    /// The row of a record, without its line break.
    public static func line(for record: LatencyRecord) -> String {
        var bytes: [UInt8] = []
        append(record, to: &bytes)
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    /// Reads one row whose columns stand in the order of `header`.
    ///
    /// - Parameters:
    ///   - lineNumber: what an error names as the line.
    ///   - file: what an error names as the file.
    /// - Throws: `malformed`.
    public static func parse(line: String, lineNumber: Int, file: String = "line") throws(LatencyError)
        -> LatencyRecord
    {
        let reader = LatencyCSVReader(row: Array(line.utf8), lineNumber: lineNumber, name: file)
        guard try reader.nextRow() else {
            throw LatencyError(.malformed, "\(file):\(lineNumber):1: the row is empty")
        }
        return try reader.record()
    }

    // MARK: - Writing

    /// Appends the row of a record and a line break.
    static func append(_ record: LatencyRecord, to bytes: inout [UInt8]) {
        append(record.run, to: &bytes)
        append(Int64(record.producers), to: &bytes)
        append(record.producer, to: &bytes)
        append(record.device, to: &bytes)
        append(record.imageID, to: &bytes)
        append(record.planned.nanoseconds, to: &bytes)
        append(record.sent, to: &bytes)
        append(record.acked, to: &bytes)
        append(record.received, to: &bytes)
        append(record.decoded, to: &bytes)
        append(record.inferred, to: &bytes)
        append(record.result, to: &bytes)
        append(record.partition.map(Int64.init), to: &bytes)
        append(record.offset, to: &bytes)
        append(record.label ?? "", to: &bytes)
        append(record.predicted ?? "", to: &bytes)
        append(record.outcome.rawValue, to: &bytes)
        bytes[bytes.count - 1] = UInt8(ascii: "\n")
    }

    /// Appends a text, quoted where it must be, and a comma.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let mustQuote = text.utf8.contains {
            $0 == quote || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }
        if mustQuote {
            bytes.append(quote)
            for byte in text.utf8 {
                if byte == quote { bytes.append(quote) }
                bytes.append(byte)
            }
            bytes.append(quote)
        } else {
            bytes.append(contentsOf: text.utf8)
        }
        bytes.append(UInt8(ascii: ","))
    }

    /// Appends a number, or nothing, and a comma.
    private static func append(_ number: Int64?, to bytes: inout [UInt8]) {
        if let number {
            if number < 0 { bytes.append(UInt8(ascii: "-")) }
            // 64 bits have 19 digits.
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
                var start = digits.endIndex
                var rest = number.magnitude
                repeat {
                    start -= 1
                    digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                } while rest > 0
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
            }
        }
        bytes.append(UInt8(ascii: ","))
    }

    /// Appends an identifier in its canonical lower-case form and a comma.
    private static func append(_ identifier: UUID, to bytes: inout [UInt8]) {
        identifier.append(to: &bytes)
        bytes.append(UInt8(ascii: ","))
    }
}
