/// How often something happens.
public struct Rate: Sendable, Hashable, Comparable {
    /// The most that is accepted, per second: one each nanosecond.
    public static let highestPerSecond = 1_000_000_000.0

    /// Events per second; greater than zero.
    public let perSecond: Double

    /// A rate of so many a second; it must be greater than zero and finite.
    public static func perSecond(_ count: Double) -> Rate {
        precondition(count > 0 && count.isFinite, "a rate must be greater than zero")
        return Rate(perSecond: count)
    }

    /// The time from one event to the next, in nanoseconds.
    public var nanosecondsBetween: Double { 1_000_000_000 / perSecond }

    /// Orders rates by how often.
    public static func < (left: Rate, right: Rate) -> Bool { left.perSecond < right.perSecond }
}

extension ValueType where Value == Rate {
    /// A rate greater than zero: `20` and `20/s` are per second; `/ms`, `/min` and `/h` are read too.
    public static var rate: ValueType<Rate> {
        ValueType(
            placeholder: "RATE",
            parse: { (text) throws(ArgumentError) -> Rate in
                let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                let unit = parts.count == 2 ? parts[1].lowercased() : "s"
                guard let number = Decimal.number(String(parts[0])) else {
                    throw .badValue(
                        "a rate is a number, per second unless it says otherwise, such as 20, 500/s or 10/min")
                }
                guard let seconds = rateUnits[unit] else {
                    throw .badValue(
                        "a rate is per second, minute or hour: write \(parts[0])/s, \(parts[0])/min or \(parts[0])/h")
                }
                let perSecond = number / seconds
                guard perSecond > 0 else { throw .badValue("a rate must be greater than zero, such as 20 or 500/s") }
                guard perSecond <= Rate.highestPerSecond else {
                    throw .badValue("a rate is at most \(Decimal.text(Rate.highestPerSecond)) per second")
                }
                return Rate(perSecond: perSecond)
            },
            format: { rate in
                // A slow rate reads better by the minute or hour, but only where that is exactly what was meant.
                if rate.perSecond >= 1 { return Decimal.text(rate.perSecond) + "/s" }
                for (unit, seconds) in [("min", 60.0), ("h", 3600.0)] {
                    let count = (rate.perSecond * seconds).rounded()
                    if count >= 1 && count / seconds == rate.perSecond { return Decimal.text(count) + "/" + unit }
                }
                return Decimal.text(rate.perSecond) + "/s"
            })
    }
}

/// The units of a rate in seconds.
private let rateUnits: [String: Double] = [
    "ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600,
]
