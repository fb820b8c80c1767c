// MARK: Durations

private let durationUnits: [String: Int64] = [
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
    "min": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
]

extension ValueType where Value == Duration {
    /// A duration within limits, such as `10s`, `250ms`, `1m30s` or `2h`; a number without a unit is refused, but for 0.
    public static func duration(
        _ limits: ClosedRange<Duration> = .zero ... .longest
    ) -> ValueType<Duration> {
        ValueType(
            placeholder: "DURATION",
            parse: { (text) throws(ArgumentError) -> Duration in
                let duration = text == "0" ? .zero : try parseDuration(text)
                guard limits.contains(duration) else {
                    throw .badValue(
                        Limits.expectation("a duration", limits, widest: .zero ... .longest, format: \.argumentText))
                }
                return duration
            },
            format: \.argumentText)
    }

    /// A duration that is at least the given one.
    public static func duration(_ limits: PartialRangeFrom<Duration>) -> ValueType<Duration> {
        duration(limits.lowerBound ... .longest)
    }
}

private func parseDuration(_ text: String) throws(ArgumentError) -> Duration {
    do throws(Quantity.Failure) {
        return .nanoseconds(try Quantity.parse(text, units: durationUnits, isCompound: true))
    } catch {
        switch error {
        case .missingUnit: throw .badValue("a duration needs a unit, such as \(text)s or \(text)ms")
        case .unknownUnit(let unit):
            throw .badValue("\(Shown.value(unit)) is not a unit of time; use ns, us, ms, s, m, h or d")
        case .notWhole: throw .badValue("a duration is counted in whole nanoseconds")
        case .tooLarge: throw .badValue("a duration is at most 292 years")
        case .malformed: throw .badValue("a duration is a number and a unit, such as 10s, 250ms or 1m30s")
        }
    }
}

extension Duration {
    /// The longest that 64 bits of nanoseconds hold.
    public static var longest: Duration { .nanoseconds(Int64.max) }

    /// The duration as it is typed in an argument, such as `20s` or `1500ms`; parts of a nanosecond are dropped.
    public var argumentText: String {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return "\(seconds)s" }
        if product == 0 && attoseconds / 1_000_000_000 == 0 { return "0s" }
        return Quantity.text(
            product + attoseconds / 1_000_000_000,
            units: [
                ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
                ("ms", 1_000_000), ("us", 1000), ("ns", 1),
            ])
    }
}

// MARK: Bytes

private let binaryUnits: [(String, Int64)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
]
private let decimalUnits: [(String, Int64)] = [
    ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
]
private let byteUnits: [String: Int64] = Dictionary(
    uniqueKeysWithValues: (binaryUnits + decimalUnits + [("B", 1), ("", 1)]).map { ($0.lowercased(), $1) })

extension ValueType where Value == Int {
    /// A number of bytes within limits: `512`, `64MiB` (1024 × 1024) or `1MB` (1000 × 1000). A lone `K`, `M` or `G`
    /// is refused, since programs differ about what it means.
    public static func bytes(_ limits: ClosedRange<Int> = 0 ... .max) -> ValueType<Int> {
        ValueType(
            placeholder: "SIZE",
            parse: { (text) throws(ArgumentError) -> Int in
                let bytes = try parseBytes(text)
                guard limits.contains(bytes) else {
                    throw .badValue(Limits.expectation("a size", limits, widest: 0 ... .max, format: bytesText))
                }
                return bytes
            },
            format: bytesText)
    }

    /// A number of bytes that is at least the given one.
    public static func bytes(_ limits: PartialRangeFrom<Int>) -> ValueType<Int> {
        bytes(limits.lowerBound ... .max)
    }
}

private func parseBytes(_ text: String) throws(ArgumentError) -> Int {
    do throws(Quantity.Failure) {
        return Int(try Quantity.parse(text, units: byteUnits, isCompound: false))
    } catch {
        switch error {
        case .unknownUnit(let unit) where "kmgt".contains(unit.lowercased()) && unit.count == 1:
            let upper = unit.uppercased()
            throw .badValue(
                "\(unit) alone is ambiguous; write \(upper)iB (1024 to the step) or \(upper == "K" ? "k" : upper)B (1000)"
            )
        case .unknownUnit(let unit):
            throw .badValue("\(Shown.value(unit)) is not a unit of size; use B, kB, MB, GB, KiB, MiB or GiB")
        case .notWhole: throw .badValue("a size is a whole number of bytes")
        case .tooLarge: throw .badValue("a size is at most \(Int.max) bytes")
        case .malformed, .missingUnit:
            throw .badValue("a size is a number and perhaps a unit, such as 64MiB, 1MB or 512")
        }
    }
}

@Sendable private func bytesText(_ bytes: Int) -> String {
    if bytes == 0 { return "0" }
    return Quantity.text(Int64(bytes), units: binaryUnits + decimalUnits + [("", 1)])
}
