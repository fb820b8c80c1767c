extension JSONReader {
    /// True or false.
    package mutating func boolean(_ place: StaticString) throws(EventError) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try literal("true")
            return true
        case UInt8(ascii: "f"):
            try literal("false")
            return false
        default:
            throw unexpected(place, "true or false")
        }
    }

    /// An array of the integers 0 to 255, flat or nested to 16 levels, in the order of the text.
    ///
    /// By itself and not element by element: an array of a picture's pixels has a million of them.
    ///
    /// - Parameter limit: more integers than these are refused, before there is memory for them.
    package mutating func bytes(_ place: StaticString, limit: Int) throws(EventError) -> [UInt8] {
        guard peek() == UInt8(ascii: "[") else { throw unexpected(place, "an array") }
        var values: [UInt8] = []
        // No number is shorter than a digit and its comma.
        values.reserveCapacity(min(limit, (bytes.count - position) / 2))
        var depth = 0
        // Whether a value or an opening bracket may come next, and whether a closing one may.
        var wantsValue = true
        var mayClose = false
        repeat {
            guard let next = peek() else { throw malformed("the end of the array") }
            if wantsValue, next == UInt8(ascii: "[") {
                depth += 1
                guard depth <= 16 else { throw malformed("less than 16 levels of nesting") }
                position += 1
                mayClose = true
            } else if next == UInt8(ascii: "]"), mayClose {
                depth -= 1
                position += 1
                wantsValue = false
            } else if !wantsValue {
                guard next == UInt8(ascii: ",") else { throw malformed("a comma or the end of the list") }
                position += 1
                wantsValue = true
                mayClose = false
            } else {
                guard values.count < limit else {
                    throw EventError(code: .invalidValue, message: "field \(place): more than \(limit) numbers")
                }
                values.append(try smallNumber(place))
                wantsValue = false
                mayClose = true
            }
        } while depth > 0
        expectsComma = true
        return values
    }

    /// An integer from 0 to 255, written in the shortest way.
    private mutating func smallNumber(_ place: StaticString) throws(EventError) -> UInt8 {
        let start = position
        var value = 0
        while let next = byte(position), isDigit(next), position - start < 3 {
            value = value * 10 + Int(next - UInt8(ascii: "0"))
            position += 1
        }
        let isWhole: Bool
        switch byte(position) {
        case UInt8(ascii: ","), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09: isWhole = true
        default: isWhole = false
        }
        let hasLeadingZero = position - start > 1 && byte(start) == UInt8(ascii: "0")
        guard position > start, isWhole, !hasLeadingZero, value <= 255 else {
            position = start
            throw EventError(
                code: .invalidValue,
                message: "field \(place): expected an integer from 0 to 255 at byte \(start) of \(bytes.count)")
        }
        return UInt8(value)
    }
}
