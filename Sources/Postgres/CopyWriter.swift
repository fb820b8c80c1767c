import CPQ
import FoundationEssentials

/// Writes rows in PostgreSQL's binary COPY format ("Binary Format" on the COPY page of its manual): a signature,
/// flags and the length of a header extension, then per row a count of columns and per column its length and bytes,
/// everything big-endian, and a count of -1 at the end.
///
/// Begin each row with `row()`, then write one value per column, in the order of the COPY statement and in exactly the
/// columns' types: the server does not convert. nil is NULL.
public struct CopyWriter: ~Copyable {
    /// What goes to libpq in one piece, at least: small pieces cost a call each, large ones memory.
    private static let pieceSize = 128 << 10

    private let handle: OpaquePointer
    private let statement: String
    private let columns: Int
    private var buffer: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0
    /// How many values the row begun still needs.
    private var missing = 0

    /// How many rows were begun.
    public private(set) var rowCount = 0

    init(_ handle: OpaquePointer, columns: Int, statement: String) {
        self.handle = handle
        self.columns = columns
        self.statement = statement
        capacity = CopyWriter.pieceSize + (16 << 10)
        buffer = .allocate(byteCount: capacity, alignment: 16)
        // "PGCOPY\n", 0xFF, CR LF, NUL: catches transfers that were not clean to 8 bits. No flags, no extension.
        let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
        let header = signature + [UInt8](repeating: 0, count: 8)
        buffer.copyMemory(from: header, byteCount: header.count)
        count = header.count
    }

    deinit { buffer.deallocate() }

    /// Begins the next row.
    ///
    /// - Throws: `.syntax` where the row before had not one value per column; `.connectionLost`.
    public mutating func row() throws(PostgresError) {
        try endRow()
        if count >= CopyWriter.pieceSize { try flush() }
        append(Int16(truncatingIfNeeded: columns))
        missing = columns
        rowCount += 1
    }

    // MARK: Values

    /// NULL, of any type.
    public mutating func null() {
        append(Int32(-1))
        missing -= 1
    }

    /// A boolean.
    public mutating func bool(_ value: Bool?) { fixed(value.map { $0 ? 1 : 0 as UInt8 }) }

    /// A smallint.
    public mutating func int16(_ value: Int16?) { fixed(value?.bigEndian) }

    /// An integer.
    public mutating func int32(_ value: Int32?) { fixed(value?.bigEndian) }

    /// A bigint.
    public mutating func int64(_ value: Int64?) { fixed(value?.bigEndian) }

    /// A real.
    public mutating func float(_ value: Float?) { fixed(value?.bitPattern.bigEndian) }

    /// A double precision.
    public mutating func double(_ value: Double?) { fixed(value?.bitPattern.bigEndian) }

    /// A uuid.
    public mutating func uuid(_ value: UUID?) { fixed(value?.uuid) }

    /// A timestamptz, in microseconds since 1970 UTC.
    public mutating func timestamptz(microseconds: Int64?) {
        fixed(microseconds.map { Instant.wire(microseconds: $0).bigEndian })
    }

    /// A text or varchar. PostgreSQL has no zero character, in text or jsonb, and refuses the whole COPY for one.
    public mutating func text(_ value: String?) {
        guard var value else { return null() }
        value.withUTF8 { variable(UnsafeRawBufferPointer($0)) }
    }

    /// A bytea.
    public mutating func bytea(_ value: [UInt8]?) {
        guard let value else { return null() }
        value.withUnsafeBytes { variable($0) }
    }

    /// A bytea, copied from memory that need not outlive the call.
    public mutating func bytea(_ value: UnsafeRawBufferPointer) { variable(value) }

    /// A jsonb, from JSON text in UTF-8, which the server checks.
    public mutating func jsonb(_ value: [UInt8]?) {
        guard let value else { return null() }
        // A version, always 1, leads the text.
        value.withUnsafeBytes { variable($0, version: 1) }
    }

    /// A jsonb, from JSON text.
    public mutating func jsonb(_ value: String?) {
        guard var value else { return null() }
        value.withUTF8 { variable(UnsafeRawBufferPointer($0), version: 1) }
    }

    // MARK: Bytes

    private mutating func fixed<Value: BitwiseCopyable>(_ value: Value?) {
        guard let value else { return null() }
        append(Int32(MemoryLayout<Value>.size))
        store(value)
        missing -= 1
    }

    private mutating func variable(_ bytes: UnsafeRawBufferPointer, version: UInt8? = nil) {
        append(Int32(clamping: bytes.count + (version == nil ? 0 : 1)))
        if let version { store(version) }
        append(bytes: bytes)
        missing -= 1
    }

    private mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        store(value.bigEndian)
    }

    private mutating func store<Value: BitwiseCopyable>(_ value: Value) {
        let size = MemoryLayout<Value>.size
        reserve(size)
        withUnsafeBytes(of: value) { buffer.advanced(by: count).copyMemory(from: $0.baseAddress!, byteCount: size) }
        count += size
    }

    private mutating func append(bytes: some Collection<UInt8>) {
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(start: buffer.advanced(by: count), count: bytes.count).copyBytes(from: bytes)
        count += bytes.count
    }

    private mutating func reserve(_ size: Int) {
        guard count + size > capacity else { return }
        capacity = max(capacity * 2, count + size)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: buffer, byteCount: count)
        buffer.deallocate()
        buffer = larger
    }

    // MARK: To the server

    private func endRow() throws(PostgresError) {
        guard missing != 0 else { return }
        throw PostgresError(
            .syntax, "row \(rowCount) has \(columns - missing) values where the COPY has \(columns) columns",
            statement: statement)
    }

    private mutating func flush() throws(PostgresError) {
        guard PQputCopyData(handle, buffer.assumingMemoryBound(to: CChar.self), Int32(count)) == 1 else {
            throw PostgresError(result: nil, connection: handle, statement: statement)
        }
        count = 0
    }

    /// Ends the last row and writes the end marker.
    mutating func finish() throws(PostgresError) {
        try endRow()
        append(Int16(-1))
        try flush()
    }
}
