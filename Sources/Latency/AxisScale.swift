import Glibc

/// The latency axis: its ends, its ticks, and where a value lies on it.
struct AxisScale: Sendable {
    struct Tick: Sendable, Equatable {
        let value: Double
        /// nil for a line without a number.
        let label: String?
    }

    /// Whether equal ratios are equally far apart.
    let isLogarithmic: Bool
    /// The value at the left end, in nanoseconds.
    let lower: Double
    /// The value at the right end, in nanoseconds.
    let upper: Double
    /// The lines across the axis, ascending, all from `lower` to `upper`.
    let ticks: [Tick]

    /// An axis that holds all values between two; a linear one begins at 0 or below.
    ///
    /// - Parameters:
    ///   - least: nanoseconds.
    ///   - greatest: nanoseconds, not below `least`.
    init(least: Int64, greatest: Int64, logarithmic: Bool) {
        isLogarithmic = logarithmic
        if logarithmic {
            let low = AxisScale.rounded(Double(max(1, least)), up: false)
            let high = AxisScale.rounded(Double(max(2, greatest)), up: true)
            lower = low == high ? low / 2 : low
            upper = high
            ticks = AxisScale.logarithmicTicks(lower, upper)
        } else {
            let (bottom, top) = (Double(min(0, least)), Double(max(5, greatest)))
            let step = AxisScale.step((top - bottom) / 8)
            lower = (bottom / step).rounded(.down) * step
            upper = (top / step).rounded(.up) * step
            ticks = AxisScale.linearTicks(lower, upper, step: step)
        }
    }

    /// Where a value lies: 0 at the left end, 1 at the right end; values beyond the ends lie at the ends.
    func position(_ value: Double) -> Double {
        let position =
            isLogarithmic
            ? log(max(value, lower) / lower) / log(upper / lower) : (value - lower) / (upper - lower)
        return min(1, max(0, position))
    }

    // MARK: - Ticks

    private static func logarithmicTicks(_ lower: Double, _ upper: Double) -> [Tick] {
        if upper / lower <= 5.01 {
            return linearTicks(lower, upper, step: step((upper - lower) / 7))
        }
        let decades = log10(upper / lower)
        let labelled: [Double] = decades <= 3.01 ? [1, 2, 5] : (decades <= 4.31 ? [1, 3] : [1])
        var ticks: [Tick] = []
        var power = pow(10, log10(lower).rounded(.down))
        while power <= upper * 1.001 {
            for digit in 1...9 {
                let value = power * Double(digit)
                guard value >= lower * 0.999, value <= upper * 1.001 else { continue }
                ticks.append(Tick(value: value, label: labelled.contains(Double(digit)) ? label(value) : nil))
            }
            power *= 10
        }
        return ticks
    }

    private static func linearTicks(_ lower: Double, _ upper: Double, step: Double) -> [Tick] {
        let first = Int((lower / step).rounded(.up))
        let last = Int((upper / step + 0.001).rounded(.down))
        return (first...max(first, last)).map { Tick(value: Double($0) * step, label: label(Double($0) * step)) }
    }

    /// The number of a tick, with as few digits as it needs.
    private static func label(_ nanoseconds: Double) -> String {
        let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")]
        guard nanoseconds > 0 else { return nanoseconds < 0 ? "-" + label(-nanoseconds) : "0" }
        let (factor, name) = units.first { nanoseconds >= $0.0 * 0.9999 } ?? (1, "ns")
        var number = Quantity.fixed(nanoseconds / factor, digits: 3)
        while number.last == "0" { number.removeLast() }
        if number.last == "." { number.removeLast() }
        return "\(number) \(name)"
    }

    /// The next of 1, 2, 5, 10, … at or beyond a value.
    private static func rounded(_ value: Double, up: Bool) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        let steps = [1.0, 2, 5, 10].map { $0 * power }
        return up ? steps.first { $0 >= value * 0.9999 } ?? 10 * power : steps.last { $0 <= value * 1.0001 } ?? power
    }

    /// A round distance between ticks, at or above a wanted one.
    private static func step(_ wanted: Double) -> Double {
        rounded(max(1, wanted), up: true)
    }
}
