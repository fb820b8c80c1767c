/// Durations and rates as people read them: three significant digits and a unit.
public enum Quantity {
    private static let units: [(factor: Double, name: String)] = [
        (1, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s"),
    ]

    /// A duration, for instance "12.3 ms".
    ///
    /// - Parameter nanoseconds: nil gives a dash.
    public static func duration(_ nanoseconds: Int64?) -> String {
        guard let nanoseconds else { return "–" }
        let value = Double(nanoseconds)
        // 999.6 ms is shown as 1.00 s: the unit is chosen after rounding.
        let unit = units.last { abs(value) >= $0.factor * 0.9995 } ?? units[0]
        return unit.factor == 1
            ? "\(nanoseconds) ns" : "\(threeDigits(value / unit.factor)) \(unit.name)"
    }

    /// A mean duration.
    static func duration(mean nanoseconds: Double) -> String {
        duration(Int64(exactly: nanoseconds.rounded()) ?? (nanoseconds < 0 ? .min : .max))
    }

    /// A duration in seconds, for instance "2.5 s".
    public static func seconds(_ seconds: Double) -> String {
        duration(Int64(min(9e9, max(0, seconds)) * 1e9))
    }

    /// A rate per second, for instance "48.9" or "12,345".
    public static func rate(_ rate: Double?) -> String {
        guard let rate, rate.isFinite else { return "–" }
        return rate < 999.5 ? threeDigits(rate) : grouped(Int(min(rate, 1e15).rounded()))
    }

    /// A number with three significant digits, and all digits before the point.
    static func threeDigits(_ value: Double) -> String {
        let size = abs(value)
        return fixed(value, digits: size < 9.995 ? 2 : (size < 99.95 ? 1 : 0))
    }

    /// A share in percent, rounded down so that 100 % means all, for instance "99.9 %".
    static func percent(_ share: Double) -> String {
        share >= 1 ? "100 %" : fixed((share * 1000 + 1e-9).rounded(.down) / 10, digits: 1) + " %"
    }

    /// A whole number with a comma between thousands.
    public static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number.magnitude).reversed().enumerated() {
            if place > 0 && place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// A number with a fixed count of digits after the point.
    public static func fixed(_ value: Double, digits: Int) -> String {
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        guard abs(value) * power < 9e18 else { return "\(value)" }
        let scaled = Int((abs(value) * power).rounded())
        let text = String(scaled)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        let sign = value < 0 && scaled != 0 ? "-" : ""
        return digits == 0 ? sign + padded : sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }
}
