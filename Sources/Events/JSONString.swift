/// A string of JSON text: checked UTF-8, made a `String` only where one is wanted. Must not outlive the text.
package struct JSONString {
    private enum Storage {
        /// A piece of the text itself.
        case lent(UnsafeBufferPointer<UInt8>)
        /// One that had escapes, resolved.
        case resolved([UInt8])
    }

    private let storage: Storage

    /// nil where the bytes are not UTF-8.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard JSONString.isUTF8(bytes) else { return nil }
        storage = .lent(bytes)
    }

    /// nil where the bytes are not UTF-8.
    init?(_ bytes: [UInt8]) {
        guard bytes.withUnsafeBufferPointer(JSONString.isUTF8) else { return nil }
        storage = .resolved(bytes)
    }

    private static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        // Nearly always ASCII, which is told faster.
        bytes.reduce(0, |) < 0x80 || String(validating: bytes, as: UTF8.self) != nil
    }

    /// Lends the bytes.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        switch storage {
        case .lent(let bytes): body(bytes)
        case .resolved(let bytes): bytes.withUnsafeBufferPointer(body)
        }
    }

    /// The text.
    package var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }

    /// For `switch` with literals: without a `String` for each name.
    package static func ~= (pattern: StaticString, text: JSONString) -> Bool {
        text.withBytes { bytes in
            bytes.count == pattern.utf8CodeUnitCount
                && bytes.elementsEqual(UnsafeBufferPointer(start: pattern.utf8Start, count: bytes.count))
        }
    }
}
