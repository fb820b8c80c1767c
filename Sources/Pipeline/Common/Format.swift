import Latency

/// Numbers as people read them, without a locale.
enum Format {
    /// A decimal number with a fixed number of digits after the point.
    static func decimal(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? Quantity.fixed(value, digits: digits) : "-"
    }

    /// A number of things, such as `1 producer`, `2 producers`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// A share as a percentage with one digit, such as `76.5 %`.
    static func percent(_ part: Int, of whole: Int, digits: Int = 1) -> String {
        decimal(100 * Double(part) / Double(whole), digits) + " %"
    }

    /// A duration given in nanoseconds, in milliseconds with a sensible number of digits.
    static func milliseconds(_ nanoseconds: Int64?) -> String {
        guard let nanoseconds else { return "-" }
        let value = Double(nanoseconds) / 1e6
        return decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0) + " ms"
    }

    /// A number of bytes in decimal units, such as 2.5 MB.
    static func bytes(_ count: Int) -> String {
        var (value, index) = (Double(count), 0)
        let units = ["B", "kB", "MB", "GB", "TB"]
        while value >= 999.95, index + 1 < units.count {
            value /= 1000
            index += 1
        }
        return "\(decimal(value, index == 0 ? 0 : 1)) \(units[index])"
    }
}
