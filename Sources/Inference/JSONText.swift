/// A check that comes before FoundationEssentials' JSONDecoder: in Swift 6.0 that stops the process, rather than throw,
/// at an object's key that is no sound string.
enum JSONText {
    /// Whether the bytes are UTF-8 without control characters or faulty escapes within strings. Says nothing about the
    /// rest of the grammar.
    static func hasSoundStrings(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var isInString = false
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                isInString.toggle()
                index += 1
            case UInt8(ascii: "\\"):
                guard let length = escapeLength(bytes[index...]) else { return false }
                index += length
            case ..<0x20 where isInString:
                return false
            default:
                index += 1
            }
        }
        return true
    }

    /// How long the escape at the start of `bytes` is, a surrogate pair being one; nil where it is faulty.
    private static func escapeLength(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard let kind = bytes.dropFirst().first else { return nil }
        if "\"\\/bfnrt".utf8.contains(kind) { return 2 }
        guard let unit = codeUnit(bytes) else { return nil }
        switch unit {
        case 0xD800..<0xDC00:
            guard let second = codeUnit(bytes.dropFirst(6)), (0xDC00..<0xE000).contains(second) else { return nil }
            return 12
        case 0xDC00..<0xE000:
            return nil
        default:
            return 6
        }
    }

    /// The value of the `\uXXXX` at the start of `bytes`; nil where there is none.
    private static func codeUnit(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt16? {
        let digits = bytes.dropFirst(2).prefix(4)
        guard bytes.starts(with: "\\u".utf8), digits.count == 4 else { return nil }
        return digits.reduce(UInt16?(0)) { value, digit in
            guard let value, let digit = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            return value << 4 | UInt16(digit)
        }
    }
}
