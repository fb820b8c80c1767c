import CPQ
import FoundationEssentials

/// A statement's parameter. nil is NULL.
///
/// Text, numbers and UUIDs take the type that the statement gives them (`$1::date` reads `.text("2026-11-24")`); bytes
/// and instants say theirs.
public enum Parameter: Sendable, Equatable {
    /// Text, or anything in PostgreSQL's text form: json, arrays, dates.
    case text(String?)
    /// An integer of any width.
    case int(Int64?)
    /// A floating-point number.
    case double(Double?)
    /// A truth value.
    case bool(Bool?)
    /// A uuid.
    case uuid(UUID?)
    /// Bytes, sent as they are.
    case bytea([UInt8]?)
    /// An instant in microseconds since 1970 UTC.
    case timestamptz(microseconds: Int64?)
}

/// Parameters in the form that libpq takes.
struct ParameterList {
    private enum Wire {
        static let byteaType = Oid(17)
        static let timestamptzType = Oid(1184)
    }

    private var types: [Oid] = []
    private var formats: [Int32] = []
    private var lengths: [Int32] = []
    /// Where each value starts in `bytes`; nil is NULL.
    private var starts: [Int?] = []
    private var bytes: [UInt8] = []

    init(_ parameters: [Parameter], statement: String) throws(PostgresError) {
        for (index, parameter) in parameters.enumerated() {
            switch parameter {
            case .text(let value):
                if let value, value.utf8.contains(0) {
                    throw PostgresError(
                        .invalidValue, "parameter $\(index + 1) has a zero character, which PostgreSQL cannot store",
                        statement: statement)
                }
                append(text: value)
            case .int(let value): append(text: value.map { String($0) })
            case .double(let value): append(text: value.map { String($0) })
            case .bool(let value): append(text: value.map { $0 ? "t" : "f" })
            case .uuid(let value): append(text: value?.uuidString)
            case .bytea(let value): append(value, type: Wire.byteaType, binary: true)
            case .timestamptz(let value):
                let bigEndian = value.map { value in
                    withUnsafeBytes(of: Instant.wire(microseconds: value).bigEndian) { Array($0) }
                }
                append(bigEndian, type: Wire.timestamptzType, binary: true)
            }
        }
        // So that an empty last value has an address too.
        bytes.append(0)
    }

    private mutating func append(text: String?) {
        append(text.map { Array($0.utf8) + [0] }, type: 0, binary: false)
    }

    private mutating func append(_ value: [UInt8]?, type: Oid, binary: Bool) {
        types.append(type)
        formats.append(binary ? 1 : 0)
        lengths.append(Int32(value?.count ?? 0))
        starts.append(value == nil ? nil : bytes.count)
        bytes += value ?? []
    }

    /// Calls `body` with types, values, lengths and formats, good for the call alone.
    func withArrays<R>(
        _ body: (UnsafePointer<Oid>, UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>)
            -> R
    ) -> R {
        bytes.withUnsafeBytes { memory in
            let values = starts.map { start in
                start.flatMap { memory.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            return body(types, values, lengths, formats)
        }
    }
}

/// PostgreSQL counts instants from 2000-01-01 UTC, in microseconds.
enum Instant {
    static let epoch: Int64 = 946_684_800_000_000

    /// What travels for an instant given since 1970; what is out of range becomes -infinity.
    static func wire(microseconds: Int64) -> Int64 {
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(epoch)
        return overflow ? .min : shifted
    }
}
