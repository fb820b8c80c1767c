/// A string of JSON text with its escapes resolved: checked UTF-8, made a `String` only where one is wanted.
struct JSONString {
    /// The bytes of the text.
    let bytes: ArraySlice<UInt8>

    /// nil where the bytes are not UTF-8.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil else { return nil }
        self.bytes = bytes
    }

    /// The text.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// For `switch` with literals: without a `String` for each name.
    static func ~= (pattern: StaticString, text: JSONString) -> Bool {
        text.bytes.elementsEqual(UnsafeBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount))
    }
}
