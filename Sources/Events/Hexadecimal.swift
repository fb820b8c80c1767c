/// Hexadecimal digits, for identifiers on the hot path.
public enum Hexadecimal {
    /// The lower-case digit of a value below 16.
    public static func digit(_ value: UInt8) -> UInt8 {
        digits.utf8Start[Int(value)]
    }

    private static let digits: StaticString = "0123456789abcdef"

    /// The value of a digit of either case, or nil for another byte.
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
