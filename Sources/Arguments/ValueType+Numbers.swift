// MARK: Whole numbers

extension ValueType where Value == Int {
    /// A whole number within limits, both included.
    public static func integer(_ limits: ClosedRange<Int> = .min ... .max) -> ValueType<Int> {
        ValueType(
            placeholder: "N",
            parse: { (text) throws(ArgumentError) -> Int in
                let expectation = Limits.expectation(
                    "a whole number", limits, widest: .min ... .max, format: { "\($0)" })
                guard Decimal.isWholeNumber(text), let number = Int(text), limits.contains(number) else {
                    throw .badValue(expectation + (limits == .min ... .max ? ", such as 10" : ""))
                }
                return number
            },
            format: { "\($0)" })
    }

    /// A whole number that is at least the given one.
    public static func integer(_ limits: PartialRangeFrom<Int>) -> ValueType<Int> {
        integer(limits.lowerBound ... .max)
    }
}

// MARK: Numbers

extension ValueType where Value == Double {
    /// A decimal number within limits, both included.
    public static func number(_ limits: ClosedRange<Double>) -> ValueType<Double> {
        number(
            limits.contains,
            Limits.expectation("a number", limits, widest: -Double.infinity ... .infinity, format: Decimal.text))
    }

    /// A decimal number that is at least the given one.
    public static func number(_ limits: PartialRangeFrom<Double>) -> ValueType<Double> {
        number(limits.lowerBound ... .infinity)
    }

    /// A decimal number greater than zero.
    public static var positiveNumber: ValueType<Double> {
        number({ $0 > 0 }, "must be a number greater than zero, such as 0.5 or 20")
    }

    private static func number(
        _ isAllowed: @escaping @Sendable (Double) -> Bool, _ expectation: String
    ) -> ValueType<Double> {
        ValueType(
            placeholder: "NUMBER",
            parse: { (text) throws(ArgumentError) -> Double in
                guard let number = Decimal.number(text), isAllowed(number) else { throw .badValue(expectation) }
                return number
            },
            format: Decimal.text)
    }
}

/// The words for the limits of a value.
enum Limits {
    /// "must be NOUN from 1 to 256", "must be NOUN, at least 1", or "must be NOUN" where there are no limits.
    static func expectation<Bound>(
        _ noun: String, _ limits: ClosedRange<Bound>, widest: ClosedRange<Bound>, format: (Bound) -> String
    ) -> String {
        let hasLower = limits.lowerBound > widest.lowerBound
        let hasUpper = limits.upperBound < widest.upperBound
        switch (hasLower, hasUpper) {
        case (true, true): return "must be \(noun) from \(format(limits.lowerBound)) to \(format(limits.upperBound))"
        case (true, false): return "must be \(noun), at least \(format(limits.lowerBound))"
        case (false, true): return "must be \(noun), at most \(format(limits.upperBound))"
        case (false, false): return "must be \(noun)"
        }
    }
}

/// Plain decimal numbers as people type them.
enum Decimal {
    /// Whether the text is digits with at most a sign before them.
    static func isWholeNumber(_ text: String) -> Bool {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// A finite number; hexadecimal, `nan` and `inf` are not numbers here.
    static func number(_ text: String) -> Double? {
        let allowed = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard allowed, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// The shortest text of a number, without a needless `.0`.
    @Sendable static func text(_ number: Double) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
