/// Reads JSON text (RFC 8259) value by value, strictly: no comments, no trailing commas, no lone surrogates.
///
/// The caller names the shape it expects. Another shape is `invalidValue`, what is no JSON at all `malformedJSON`.
package struct JSONReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    /// Whether the next element or member must have a comma in front of it.
    var expectsComma = false

    /// Reads the text from its start; neither this nor what it hands out may outlive the bytes.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    // MARK: - Structure

    /// Enters an object; then call `nextName` until it returns nil.
    ///
    /// - Parameter place: the field for errors; nil is the whole value.
    package mutating func beginObject(_ place: StaticString?) throws(EventError) {
        try begin(UInt8(ascii: "{"), place, "an object")
    }

    /// Enters an array; then call `nextElement` until it returns false.
    package mutating func beginArray(_ place: StaticString?) throws(EventError) {
        try begin(UInt8(ascii: "["), place, "an array")
    }

    /// The next member's name, whose value is to be read or skipped; nil at the object's end.
    package mutating func nextName() throws(EventError) -> JSONString? {
        guard try advance(orClose: UInt8(ascii: "}")) else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw malformed("a name in quotes") }
        let name = try text()
        guard peek() == UInt8(ascii: ":") else { throw malformed("a colon") }
        position += 1
        return name
    }

    /// Whether there is one more element, which is to be read or skipped.
    package mutating func nextElement() throws(EventError) -> Bool {
        try advance(orClose: UInt8(ascii: "]"))
    }

    /// Refuses anything behind the value.
    package mutating func end() throws(EventError) {
        if peek() != nil { throw malformed("the end") }
    }

    private mutating func begin(_ bracket: UInt8, _ place: StaticString?, _ expected: String) throws(EventError) {
        guard peek() == bracket else { throw unexpected(place, expected) }
        position += 1
        expectsComma = false
    }

    private mutating func advance(orClose bracket: UInt8) throws(EventError) -> Bool {
        if peek() == bracket {
            position += 1
            expectsComma = true
            return false
        }
        if expectsComma {
            guard peek() == UInt8(ascii: ",") else { throw malformed("a comma or the end of the list") }
            position += 1
            // No comma before the end.
            if peek() == bracket { throw malformed("a value") }
        }
        return true
    }

    // MARK: - Values

    /// A string.
    package mutating func string(_ place: StaticString) throws(EventError) -> String {
        try text(place).string
    }

    /// A string's bytes, for what is no text in the end.
    package mutating func text(_ place: StaticString) throws(EventError) -> JSONString {
        guard peek() == UInt8(ascii: "\"") else { throw unexpected(place, "a string") }
        return try text()
    }

    /// A number, rounded to the nearest `Double`.
    package mutating func number(_ place: StaticString) throws(EventError) -> Double {
        guard let value = Double(try digits(place, "a number")) else { throw unexpected(place, "a number") }
        return value
    }

    /// A number without fraction and exponent.
    package mutating func integer(_ place: StaticString) throws(EventError) -> Int {
        let text = try digits(place, "an integer")
        guard let value = Int(text) else {
            throw EventError(code: .invalidValue, message: "field \(place): \(text.prefix(32)) is not a 64-bit integer")
        }
        return value
    }

    /// Passes over a value of any shape, nested to 64 levels at most.
    package mutating func skipValue(depth: Int = 0) throws(EventError) {
        guard depth < 64 else { throw malformed("less than 64 levels of nesting") }
        switch peek() {
        case UInt8(ascii: "{"):
            try beginObject(nil)
            while try nextName() != nil { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            try beginArray(nil)
            while try nextElement() { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""):
            _ = try text()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: _ = try digits(nil, "a value")
        }
    }

    mutating func literal(_ word: String) throws(EventError) {
        guard isNext(word) else { throw malformed(word) }
        position += word.utf8.count
        expectsComma = true
    }

    /// The text of a number: `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`
    private mutating func digits(_ place: StaticString?, _ expected: String) throws(EventError) -> String {
        guard let first = peek(), first == UInt8(ascii: "-") || isDigit(first) else {
            throw unexpected(place, expected)
        }
        let start = position
        if first == UInt8(ascii: "-") { position += 1 }
        if byte(position) == UInt8(ascii: "0") { position += 1 } else { try someDigits() }
        if byte(position) == UInt8(ascii: ".") {
            position += 1
            try someDigits()
        }
        if let exponent = byte(position), exponent | 0x20 == UInt8(ascii: "e") {
            position += 1
            if byte(position) == UInt8(ascii: "+") || byte(position) == UInt8(ascii: "-") { position += 1 }
            try someDigits()
        }
        expectsComma = true
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    }

    private mutating func someDigits() throws(EventError) {
        guard let first = byte(position), isDigit(first) else { throw malformed("a digit") }
        while let next = byte(position), isDigit(next) { position += 1 }
    }

    func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    // MARK: - Text

    /// The string whose opening quote is next.
    private mutating func text() throws(EventError) -> JSONString {
        let start = position + 1
        position = start
        while let next = byte(position), next != UInt8(ascii: "\""), next != UInt8(ascii: "\\"), next >= 0x20 {
            position += 1
        }
        let plain = UnsafeBufferPointer(rebasing: bytes[start..<position])
        let text = byte(position) == UInt8(ascii: "\"") ? JSONString(plain) : JSONString(try resolved(from: plain))
        guard let text else { throw malformed("UTF-8") }
        position += 1
        expectsComma = true
        return text
    }

    /// The string's bytes up to its closing quote, of which those before the first escape are read.
    private mutating func resolved(from plain: UnsafeBufferPointer<UInt8>) throws(EventError) -> [UInt8] {
        var text = Array(plain)
        while byte(position) != UInt8(ascii: "\"") {
            guard let next = byte(position), next >= 0x20 else { throw malformed("a closing quote") }
            position += 1
            if next == UInt8(ascii: "\\") {
                text.append(contentsOf: String(try escaped()).utf8)
            } else {
                text.append(next)
            }
        }
        return text
    }

    /// The character behind a backslash.
    private mutating func escaped() throws(EventError) -> Character {
        let letter = byte(position)
        position += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try fourHexadecimalDigits()
            if (0xD800..<0xDC00).contains(code), byte(position) == UInt8(ascii: "\\"),
                byte(position + 1) == UInt8(ascii: "u")
            {
                position += 2
                let low = try fourHexadecimalDigits()
                guard (0xDC00..<0xE000).contains(low) else { throw malformed("the second half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw malformed("a Unicode character") }
            return Character(scalar)
        default:
            throw malformed("an escape of JSON")
        }
    }

    private mutating func fourHexadecimalDigits() throws(EventError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = byte(position).flatMap(Hexadecimal.value) else { throw malformed("four hex digits") }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    // MARK: - Bytes and errors

    func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    /// The next byte that is not white space, without taking it.
    mutating func peek() -> UInt8? {
        while let next = byte(position), next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
        return byte(position)
    }

    func malformed(_ expected: String) -> EventError {
        EventError(
            code: .malformedJSON,
            message: "the value is not JSON: expected \(expected) at byte \(position) of \(bytes.count)")
    }

    /// A value of the wrong type, or none.
    func unexpected(_ place: StaticString?, _ expected: String) -> EventError {
        let found: String
        switch byte(position) {
        case UInt8(ascii: "{"): found = "an object"
        case UInt8(ascii: "["): found = "an array"
        case UInt8(ascii: "\""): found = "a string"
        case _ where isNext("true") || isNext("false"): found = "true or false"
        case _ where isNext("null"): found = "null"
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): found = "a number"
        default: return malformed(expected)
        }
        let subject = place.map { "field \($0)" } ?? "the value"
        return EventError(code: .invalidValue, message: "\(subject): expected \(expected), found \(found)")
    }

    func isNext(_ word: String) -> Bool { bytes[position...].starts(with: word.utf8) }
}
