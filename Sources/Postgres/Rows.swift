import CPQ
import FoundationEssentials

/// What a statement returned, all of it in memory.
public final class Rows: RandomAccessCollection, @unchecked Sendable {
    // `@unchecked`: a PGresult is never changed after it was made, and libpq lets any thread read it.
    private let result: OpaquePointer

    /// Takes the result over.
    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit { PQclear(result) }

    /// How many rows an INSERT, UPDATE, DELETE, MERGE or COPY touched, or a SELECT returned; otherwise 0.
    public var affected: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// What the server did: "COMMIT", "INSERT 0 1".
    var commandTag: String { String(cString: PQcmdStatus(result)) }

    /// The columns' names.
    public var columns: [String] {
        (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) }
    }

    /// The first row's number.
    public var startIndex: Int { 0 }
    /// How many rows there are.
    public var endIndex: Int { Int(PQntuples(result)) }
    /// The row with that number.
    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < endIndex, "row \(position) of \(endIndex)")
        return Row(rows: self, position: Int32(position))
    }

    // MARK: Fields

    func index(of name: String) -> Int {
        let index = PQfnumber(result, name)
        precondition(index >= 0, "no column \(name) among \(columns)")
        return Int(index)
    }

    /// The bytes of a field in PostgreSQL's text form; nil is NULL.
    func field(_ row: Int32, _ column: Int) -> UnsafeBufferPointer<UInt8>? {
        precondition(column >= 0 && column < Int(PQnfields(result)), "column \(column) of \(PQnfields(result))")
        let column = Int32(column)
        guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
        let count = Int(PQgetlength(result, row, column))
        return UnsafeBufferPointer(
            start: UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self), count: count)
    }
}

/// One row. It keeps all rows of its result in memory.
public struct Row: Sendable {
    let rows: Rows
    let position: Int32

    /// A field in PostgreSQL's text form; nil is NULL.
    public subscript(column: Int) -> String? {
        rows.field(position, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A field by its column's name, which must exist.
    public subscript(name: String) -> String? { self[rows.index(of: name)] }

    /// An integer; nil is NULL, or no integer.
    public func int(_ column: Int) -> Int64? { self[column].flatMap { Int64($0) } }

    /// A floating-point number; nil is NULL, or no number.
    public func double(_ column: Int) -> Double? { self[column].flatMap { Double($0) } }

    /// A truth value; nil is NULL, or none.
    public func bool(_ column: Int) -> Bool? { self[column].flatMap { $0 == "t" ? true : $0 == "f" ? false : nil } }

    /// A uuid; nil is NULL, or none.
    public func uuid(_ column: Int) -> UUID? { self[column].flatMap { UUID(uuidString: $0) } }

    /// The bytes of a bytea, which travels as `\x` and hexadecimal digits; nil is NULL, or no bytea.
    public func bytes(_ column: Int) -> [UInt8]? {
        guard let text = rows.field(position, column), text.count >= 2, text.count % 2 == 0,
            text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x")
        else { return nil }
        func digit(_ character: UInt8) -> UInt8 {
            character <= UInt8(ascii: "9") ? character & 15 : (character & 15) + 9
        }
        return [UInt8](unsafeUninitializedCapacity: text.count / 2 - 1) { bytes, count in
            for index in 0..<text.count / 2 - 1 {
                bytes[index] = digit(text[2 * index + 2]) << 4 | digit(text[2 * index + 3])
            }
            count = text.count / 2 - 1
        }
    }
}
