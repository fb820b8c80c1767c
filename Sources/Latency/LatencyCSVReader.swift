import Events
import FoundationEssentials
import Glibc

/// Reads measurements from a CSV file, row by row, in memory of fixed size.
///
/// Columns are found by their names in the header: they may stand in any order, and others are ignored. The last line
/// of a file whose writer was killed may be torn; it is left out and named by `tornLine`.
public final class LatencyCSVReader {
    private let scanner: CSVScanner
    /// For each column its place in a row, or -1.
    private let places: [Int]
    private let width: Int

    /// The line left out because the file ends in the middle of it; known once everything was read.
    public private(set) var tornLine: Int?

    /// Opens a file and reads its header.
    ///
    /// - Parameter columns: those that must be there.
    /// - Throws: `unreadable`, `empty` where there is no header, `malformed` where a column is missing.
    public convenience init(
        path: String, columns: [LatencyCSV.Column] = LatencyCSV.Column.allCases
    ) throws(LatencyError) {
        try self.init(try CSVScanner(path: path), columns: columns)
    }

    /// Reads what a scanner has, from its header on.
    init(_ scanner: CSVScanner, columns: [LatencyCSV.Column]) throws(LatencyError) {
        self.scanner = scanner
        guard try scanner.next() else {
            throw LatencyError(.empty, "\(scanner.name) is empty: expected a header line with \(LatencyCSV.header)")
        }
        var names = (0..<scanner.count).map(scanner.text)
        if names[0].unicodeScalars.first == "\u{FEFF}" { names[0].unicodeScalars.removeFirst() }
        for column in columns where !names.contains(column.rawValue) {
            throw LatencyError(
                .malformed,
                "\(scanner.name):1:1: the column \(column.rawValue) is missing; the header has \(LatencyCSVReader.excerpt(names)): "
                    + "is this a file written by iotpipe?")
        }
        for (index, name) in names.enumerated() where names[..<index].contains(name) && !name.isEmpty {
            throw scanner.failure(field: index, "the column \(name) is there twice")
        }
        width = names.count
        places = LatencyCSV.Column.allCases.map { names.firstIndex(of: $0.rawValue) ?? -1 }
    }

    /// Reads rows without a header.
    init(row: [UInt8], lineNumber: Int, name: String) {
        scanner = CSVScanner(bytes: row, name: name, line: lineNumber)
        places = Array(LatencyCSV.Column.allCases.indices)
        width = places.count
    }

    /// The number of the line of the row read last, from 1.
    public var line: Int { scanner.line }

    /// The next record.
    ///
    /// - Returns: nil at the end.
    /// - Throws: `malformed` with file:line:column, `unreadable`.
    public func next() throws(LatencyError) -> LatencyRecord? {
        try nextRow { () throws(LatencyError) in try record() }
    }

    /// Calls `body` with every record that is left.
    ///
    /// - Throws: what `next()` and `body` throw.
    public func forEach(_ body: (LatencyRecord) throws -> Void) throws {
        while let record = try next() { try body(record) }
    }

    // MARK: - Rows

    /// Goes to the next row and reads it with `body`; nil at the end, and at a torn last line.
    func nextRow<Result>(_ body: () throws(LatencyError) -> Result) throws(LatencyError) -> Result? {
        do {
            return try nextRow() ? try body() : nil
        } catch {
            guard error.code == .malformed, !scanner.isTerminated else { throw error }
            tornLine = scanner.line
            return nil
        }
    }

    /// Goes to the next row; false at the end.
    func nextRow() throws(LatencyError) -> Bool {
        guard try scanner.next() else { return false }
        guard scanner.count == width else {
            throw scanner.failure(
                field: min(scanner.count, width), "the row has \(scanner.count) fields, the header \(width)")
        }
        return true
    }

    /// The whole current row.
    func record() throws(LatencyError) -> LatencyRecord {
        let result = try integer(.result)
        return LatencyRecord(
            run: text(.run), producers: try producers(), producer: text(.producer), device: text(.device),
            imageID: try identifier(), planned: Timestamp(nanoseconds: try planned()),
            sent: try integer(.sent), acked: try integer(.acked), received: try integer(.received),
            decoded: try integer(.decoded), inferred: try integer(.inferred), result: result,
            partition: try partition(), offset: try integer(.offset), label: optionalText(.label),
            predicted: optionalText(.predicted), outcome: try outcome(result: result))
    }

    // MARK: - Fields

    /// The bytes of a column in the current row, valid until the next row.
    func bytes(_ column: LatencyCSV.Column) -> UnsafeBufferPointer<UInt8> {
        scanner.bytes(place(column))
    }

    /// The text of a column in the current row.
    func text(_ column: LatencyCSV.Column) -> String {
        scanner.text(place(column))
    }

    /// The whole number of a column in the current row; nil where it is empty.
    func integer(_ column: LatencyCSV.Column) throws(LatencyError) -> Int64? {
        let field = bytes(column)
        if field.isEmpty { return nil }
        let isNegative = field[0] == UInt8(ascii: "-")
        var start = isNegative ? 1 : 0
        while start < field.count - 1, field[start] == UInt8(ascii: "0") { start += 1 }
        // 19 digits always fit into 64 bits without a sign: nothing overflows here.
        var isValid = start < field.count && field.count - start <= 19
        var magnitude: UInt64 = 0
        if isValid {
            for index in start..<field.count {
                let digit = field[index] &- UInt8(ascii: "0")
                isValid = isValid && digit <= 9
                magnitude = magnitude &* 10 &+ UInt64(digit)
            }
        }
        guard isValid, magnitude <= UInt64(Int64.max) + (isNegative ? 1 : 0) else {
            throw failure(column, "is not a whole number of 64 bits")
        }
        return isNegative ? Int64(bitPattern: 0 &- magnitude) : Int64(magnitude)
    }

    /// The planned instant, in nanoseconds since 1970.
    func planned() throws(LatencyError) -> Int64 {
        guard let planned = try integer(.planned) else { throw failure(.planned, "must not be empty") }
        return planned
    }

    /// The number of producers of the run.
    func producers() throws(LatencyError) -> Int {
        guard let producers = try integer(.producers), producers > 0 else {
            throw failure(.producers, "is not a number of producers (1 or more)")
        }
        return Int(producers)
    }

    /// The outcome, which must agree with whether there is a result.
    func outcome(result: Int64?) throws(LatencyError) -> LatencyRecord.Outcome {
        let field = bytes(.outcome)
        for outcome in LatencyRecord.Outcome.allCases where field.elementsEqual(outcome.rawValue.utf8) {
            if outcome == .ok && result == nil { throw failure(.result, "is empty although the outcome is ok") }
            return outcome
        }
        let names = LatencyRecord.Outcome.allCases.map(\.rawValue).joined(separator: ", ")
        throw failure(.outcome, "is none of \(names)")
    }

    /// The partition; nil where it is empty.
    func partition() throws(LatencyError) -> Int32? {
        guard let number = try integer(.partition) else { return nil }
        guard let partition = Int32(exactly: number) else { throw failure(.partition, "is not a partition") }
        return partition
    }

    private func identifier() throws(LatencyError) -> UUID {
        guard let identifier = UUID(uuidString: text(.imageID)) else { throw failure(.imageID, "is not a UUID") }
        return identifier
    }

    private func optionalText(_ column: LatencyCSV.Column) -> String? {
        let text = text(column)
        return text.isEmpty ? nil : text
    }

    private func place(_ column: LatencyCSV.Column) -> Int {
        let place = places[column.index]
        precondition(place >= 0, "the column \(column.rawValue) was not asked for")
        return place
    }

    private func failure(_ column: LatencyCSV.Column, _ complaint: String) -> LatencyError {
        let value = LatencyCSVReader.excerpt([text(column)])
        return scanner.failure(field: place(column), "\(column.rawValue): \"\(value)\" \(complaint)")
    }

    /// Names or values for a message: printable and not too long.
    private static func excerpt(_ texts: [String]) -> String {
        let joined = texts.joined(separator: ",")
        let shown = joined.unicodeScalars.prefix(120).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }
        return shown.joined() + (joined.unicodeScalars.count > 120 ? "…" : "")
    }
}

extension LatencyCSV.Column {
    /// The column's place in `allCases`.
    var index: Int {
        switch self {
        case .run: 0
        case .producers: 1
        case .producer: 2
        case .device: 3
        case .imageID: 4
        case .planned: 5
        case .sent: 6
        case .acked: 7
        case .received: 8
        case .decoded: 9
        case .inferred: 10
        case .result: 11
        case .partition: 12
        case .offset: 13
        case .label: 14
        case .predicted: 15
        case .outcome: 16
        }
    }
}
