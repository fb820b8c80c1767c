/// A rate that may change evenly from one value to another, and stays there.
public struct RateRamp: Sendable, Hashable {
    /// The rate at the start.
    public let start: Rate
    /// The rate at the end.
    public let end: Rate
    /// How long the change takes; zero where there is none.
    public let duration: Duration

    /// A rate that does not change.
    public static func constant(_ rate: Rate) -> RateRamp {
        RateRamp(start: rate, end: rate, duration: .zero)
    }
}

extension ValueType where Value == RateRamp {
    /// A rate as `.rate` reads it, or two with the time from one to the other, such as `10..200/30s` or `6/min..2/s/1h`.
    public static var rateRamp: ValueType<RateRamp> {
        let (rate, duration) = (ValueType<Rate>.rate, ValueType<Duration>.duration(.milliseconds(1)...))
        return ValueType(
            placeholder: "RATE",
            parse: { (text) throws(ArgumentError) -> RateRamp in
                let ends = text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false)
                guard ends.count == 2 else { return .constant(try rate.parse(text)) }
                // What begins with a digit is a time; `/s` alone is a rate's unit.
                guard let slash = ends[1].lastIndex(of: "/"), ends[1][slash...].dropFirst().first?.isNumber == true,
                    ends[1].first != "."
                else {
                    throw .badValue("a ramp is two rates and the time from one to the other, such as 10..200/30s")
                }
                return RateRamp(
                    start: try rate.parse(String(ends[0])), end: try rate.parse(String(ends[1][..<slash])),
                    duration: try duration.parse(String(ends[1][slash...].dropFirst())))
            },
            format: { ramp in
                let (start, end) = (rate.format(ramp.start), rate.format(ramp.end))
                return ramp.duration == .zero ? start : "\(start)..\(end)/\(ramp.duration.argumentText)"
            })
    }
}
