import Testing

@testable import Pipeline

@Suite struct FormatTests {
    @Test(arguments: [
        (0.0, 1, "0.0"), (1.25, 1, "1.3"), (0.05, 2, "0.05"), (0.004, 2, "0.00"), (-0.004, 2, "0.00"),
        (-1.5, 1, "-1.5"),
        (999.95, 1, "1000.0"), (12.0, 0, "12"), (1e6, 3, "1000000.000"), (.nan, 1, "-"), (.infinity, 1, "-"),
        (-.infinity, 0, "-"), (1e19, 1, "1e+19"),
    ])
    func decimals(value: Double, digits: Int, expected: String) {
        #expect(Format.decimal(value, digits) == expected)
    }

    @Test(
        arguments: [
            (nil, "-"), (0, "0.00 ms"), (1_234_000, "1.23 ms"), (9_999_999, "10.00 ms"), (12_340_000, "12.3 ms"),
            (123_400_000, "123 ms"), (12_345_000_000, "12345 ms"),
        ] as [(Int64?, String)])
    func milliseconds(nanoseconds: Int64?, expected: String) {
        #expect(Format.milliseconds(nanoseconds) == expected)
    }
}
