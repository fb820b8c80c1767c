import Testing

@testable import Latency

@Suite struct QuantityTests {
    @Test(arguments: [
        (0, "0 ns"), (999, "999 ns"), (1000, "1.00 µs"), (12_345, "12.3 µs"), (999_400, "999 µs"),
        (999_600, "1.00 ms"), (9_994_000, "9.99 ms"), (9_996_000, "10.0 ms"), (99_960_000, "100 ms"),
        (30_000_000_000, "30.0 s"), (4_321_000_000_000, "4321 s"), (-1_500_000, "-1.50 ms"),
    ])
    func durations(_ nanoseconds: Int64, _ text: String) {
        #expect(Quantity.duration(nanoseconds) == text)
    }

    @Test func others() {
        #expect(Quantity.duration(nil) == "–")
        #expect(Quantity.rate(48.94) == "48.9" && Quantity.rate(12_345.6) == "12,346" && Quantity.rate(nil) == "–")
        #expect(
            Quantity.percent(1) == "100 %" && Quantity.percent(0.99999) == "99.9 %" && Quantity.percent(0) == "0.0 %")
        #expect(Quantity.grouped(0) == "0" && Quantity.grouped(-1_234_567) == "-1,234,567")
        #expect(Quantity.fixed(-0.001, digits: 2) == "0.00")
    }
}
