import Testing

@testable import Arguments

@Suite struct ValueTypeTests {
    enum Axis: String, CaseIterable, Sendable { case log, linear }

    /// The message for a wrong text; nil where it is read.
    private func fault<Value>(_ type: ValueType<Value>, _ text: String) -> String? {
        do throws(ArgumentError) {
            _ = try type.parse(text)
            return nil
        } catch {
            #expect(error.code == .badValue)
            return error.message
        }
    }

    // MARK: Numbers

    @Test func integers() throws {
        let type: ValueType<Int> = .integer(1...256)
        #expect(try type.parse("1") == 1)
        #expect(try type.parse("256") == 256)
        for text in ["0", "257", "-1", "", "x", "1.5", "+1", "1 ", "99999999999999999999", "٣"] {
            #expect(fault(type, text) == "must be a whole number from 1 to 256")
        }
        #expect(try ValueType.integer().parse("-9223372036854775808") == .min)
        #expect(fault(.integer(), "x") == "must be a whole number, such as 10")
        #expect(fault(.integer(5...), "4") == "must be a whole number, at least 5")
        #expect(type.format(8) == "8")
    }

    @Test func numbers() throws {
        let type: ValueType<Double> = .number(0...1)
        #expect(try type.parse("0.25") == 0.25)
        #expect(try type.parse("1e-3") == 0.001)
        for text in ["1.01", "-0.1", "nan", "inf", "0x1", "", "half"] {
            #expect(fault(type, text) == "must be a number from 0 to 1")
        }
        #expect(fault(.number(2...), "1") == "must be a number, at least 2")
        #expect(try ValueType.positiveNumber.parse("0.5") == 0.5)
        #expect(fault(.positiveNumber, "0") == "must be a number greater than zero, such as 0.5 or 20")
        #expect(type.format(1) == "1")
        #expect(type.format(0.5) == "0.5")
    }

    // MARK: Durations

    @Test(arguments: [
        ("10s", Duration.seconds(10)), ("250ms", .milliseconds(250)), ("2m", .seconds(120)), ("2min", .seconds(120)),
        ("1h", .seconds(3600)), ("1d", .seconds(86400)), ("1m30s", .seconds(90)), ("1.5s", .milliseconds(1500)),
        ("0.000000001s", .nanoseconds(1)), ("7us", .microseconds(7)), ("7µs", .microseconds(7)),
        ("3ns", .nanoseconds(3)),
        ("0", .zero), ("0s", .zero), ("10S", .seconds(10)),
    ])
    func duration(text: String, value: Duration) throws {
        #expect(try ValueType.duration().parse(text) == value)
    }

    @Test(arguments: [
        ("10", "a duration needs a unit, such as 10s or 10ms"),
        ("1m30", "a duration needs a unit, such as 1m30s or 1m30ms"),
        ("10x", "x is not a unit of time; use ns, us, ms, s, m, h or d"),
        ("-5s", "a duration is a number and a unit, such as 10s, 250ms or 1m30s"),
        ("", "a duration is a number and a unit, such as 10s, 250ms or 1m30s"),
        ("s", "a duration is a number and a unit, such as 10s, 250ms or 1m30s"),
        ("1.s", "a duration is a number and a unit, such as 10s, 250ms or 1m30s"),
        ("0.5ns", "a duration is counted in whole nanoseconds"),
        ("300000d", "a duration is at most 292 years"),
        ("99999999999999999999s", "a duration is at most 292 years"),
        ("0.00000000000000000000000000000000000000000001d", "a duration is counted in whole nanoseconds"),
    ])
    func wrongDuration(text: String, message: String) {
        #expect(fault(.duration(), text) == message)
    }

    @Test func limitsOfDurations() {
        #expect(fault(.duration(.milliseconds(1) ... .seconds(10)), "11s") == "must be a duration from 1ms to 10s")
        #expect(fault(.duration(.milliseconds(1)...), "0") == "must be a duration, at least 1ms")
        #expect(fault(.duration(.zero ... .seconds(90)), "2m") == "must be a duration, at most 90s")
    }

    @Test(arguments: [
        (Duration.seconds(20), "20s"), (.milliseconds(1500), "1500ms"), (.seconds(120), "2m"), (.seconds(90), "90s"),
        (.seconds(7200), "2h"), (.seconds(86400), "1d"), (.zero, "0s"), (.nanoseconds(1), "1ns"),
        (.microseconds(3), "3us"),
    ])
    func durationText(value: Duration, text: String) {
        #expect(value.argumentText == text)
        #expect((try? ValueType.duration().parse(text)) == value)
    }

    // MARK: Bytes

    @Test(arguments: [
        ("512", 512), ("0", 0), ("64MiB", 64 << 20), ("64mib", 64 << 20), ("1MB", 1_000_000), ("1kB", 1000),
        ("2KiB", 2048), ("1.5GiB", 3 << 29), ("1TB", 1_000_000_000_000), ("10B", 10), ("0.001kB", 1),
    ])
    func bytes(text: String, value: Int) throws {
        #expect(try ValueType.bytes().parse(text) == value)
    }

    @Test(arguments: [
        ("64M", "M alone is ambiguous; write MiB (1024 to the step) or MB (1000)"),
        ("64k", "k alone is ambiguous; write KiB (1024 to the step) or kB (1000)"),
        ("64apples", "apples is not a unit of size; use B, kB, MB, GB, KiB, MiB or GiB"),
        ("0.3B", "a size is a whole number of bytes"),
        ("9999999999TiB", "a size is at most 9223372036854775807 bytes"),
        ("-1", "a size is a number and perhaps a unit, such as 64MiB, 1MB or 512"),
        ("", "a size is a number and perhaps a unit, such as 64MiB, 1MB or 512"),
        ("1MiB2KiB", "a size is a number and perhaps a unit, such as 64MiB, 1MB or 512"),
    ])
    func wrongBytes(text: String, message: String) {
        #expect(fault(.bytes(), text) == message)
    }

    @Test func limitsAndTextOfBytes() {
        #expect(fault(.bytes(1024...2048), "1B") == "must be a size from 1KiB to 2KiB")
        #expect(fault(.bytes(1...), "0") == "must be a size, at least 1")
        let type: ValueType<Int> = .bytes()
        #expect(
            [0, 1, 1000, 1024, 64 << 20, 1_000_000, 1_000_001].map(type.format)
                == ["0", "1", "1kB", "1KiB", "64MiB", "1MB", "1000001"])
    }

    // MARK: Rates

    @Test(arguments: [
        ("20", 20.0), ("500/s", 500.0), ("6/min", 0.1), ("0.5", 0.5), ("36/h", 0.01), ("2/ms", 2000.0), ("60/m", 1.0),
    ])
    func rate(text: String, perSecond: Double) throws {
        #expect(try ValueType.rate.parse(text).perSecond == perSecond)
    }

    @Test(arguments: [
        ("-1", "a rate must be greater than zero, such as 20 or 500/s"),
        ("0", "a rate must be greater than zero, such as 20 or 500/s"),
        ("0/s", "a rate must be greater than zero, such as 20 or 500/s"),
        ("fast", "a rate is a number, per second unless it says otherwise, such as 20, 500/s or 10/min"),
        ("", "a rate is a number, per second unless it says otherwise, such as 20, 500/s or 10/min"),
        ("nan", "a rate is a number, per second unless it says otherwise, such as 20, 500/s or 10/min"),
        ("20/day", "a rate is per second, minute or hour: write 20/s, 20/min or 20/h"),
        ("20/", "a rate is per second, minute or hour: write 20/s, 20/min or 20/h"),
        ("1e10", "a rate is at most 1000000000 per second"),
    ])
    func wrongRate(text: String, message: String) {
        #expect(fault(.rate, text) == message)
    }

    @Test(arguments: ["20/s", "500/s", "0.5/s", "2.5/s", "10/min", "1/h", "36/h"])
    func rateText(text: String) throws {
        let type: ValueType<Rate> = .rate
        #expect(try type.parse(type.format(type.parse(text))) == type.parse(text))
        #expect(Rate.perSecond(4).nanosecondsBetween == 250_000_000)
        #expect(Rate.perSecond(4) < .perSecond(5))
    }

    @Test(arguments: [
        ("20/s", 20.0, 20.0, Duration.zero), ("10..200/30s", 10, 200, .seconds(30)),
        ("200..10/1m", 200, 10, .seconds(60)),
        ("6/min..2/s/1h", 0.1, 2, .seconds(3_600)), ("1.5..2.5/s/250ms", 1.5, 2.5, .milliseconds(250)),
        ("0.5", 0.5, 0.5, .zero), ("7..7/2s", 7, 7, .seconds(2)),
    ])
    func rateRamp(text: String, start: Double, end: Double, duration: Duration) throws {
        let type: ValueType<RateRamp> = .rateRamp
        let ramp = try type.parse(text)
        #expect(ramp == RateRamp(start: .perSecond(start), end: .perSecond(end), duration: duration))
        #expect(try type.parse(type.format(ramp)) == ramp)
    }

    @Test(arguments: [
        "10..200", "10..200/s", "10..", "10../30s", "10...2/30s", "..200/30s", "1..2..3/30s", "10..0/30s", "0..10/30s",
        "10..20/0s", "10..20/30", "10..20/30x", "10,,20/30s", "10-20/30s", "10..2e9/30s", "10..20/day/30s",
    ])
    func wrongRateRamp(text: String) {
        #expect(fault(.rateRamp, text) != nil)
    }

    @Test func faultsOfRampsSayWhatIsExpected() {
        let form = "a ramp is two rates and the time from one to the other, such as 10..200/30s"
        #expect(fault(.rateRamp, "10..200") == form)
        #expect(fault(.rateRamp, "10..200/s") == form)
        #expect(fault(.rateRamp, "10..0/30s") == "a rate must be greater than zero, such as 20 or 500/s")
        #expect(fault(.rateRamp, "10..20/0s") == "must be a duration, at least 1ms")
        let plain = "a rate is a number, per second unless it says otherwise, such as 20, 500/s or 10/min"
        #expect(fault(.rateRamp, "fast") == plain)
        #expect(fault(.rate, "10..200/30s") == plain, "where a plain rate is asked for")
    }

    // MARK: Sizes, lists, choices, texts

    @Test func sizes() throws {
        let type: ValueType<PixelSize> = .size(1...512)
        #expect(try type.parse("32x24") == PixelSize(width: 32, height: 24))
        #expect(try type.parse("32X24") == PixelSize(width: 32, height: 24))
        #expect(type.format(PixelSize(width: 32, height: 24)) == "32x24")
        for text in ["32", "32x", "x", "", "axb", "1x2x3", "3.5x4"] {
            #expect(
                fault(type, text) == "a size is a width and a height in pixels with an x between them, such as 32x32")
        }
        for text in ["0x32", "32x513", "-1x4"] {
            #expect(fault(type, text) == "width and height must be from 1 to 512 pixels, such as 32x32")
        }
    }

    @Test func lists() throws {
        let type: ValueType<[Int]> = .list(of: .integer(1...64))
        #expect(try type.parse("1,2,3,4") == [1, 2, 3, 4])
        #expect(try type.parse("8") == [8])
        #expect(try type.parse("1, 2") == [1, 2])
        #expect(type.format([1, 2]) == "1,2")
        #expect(fault(type, "1,x") == "x in the list: must be a whole number from 1 to 64")
        for text in ["", "1,", ",1", "1,,2"] {
            #expect(fault(type, text) == "a list has commas between its values and none is empty, such as 1,2,3,4")
        }
    }

    @Test func choices() throws {
        let type: ValueType<Axis> = .choice(Axis.self)
        #expect(try type.parse("linear") == .linear)
        #expect(type.format(.log) == "log")
        #expect(type.completion == .choices([Choice("log"), Choice("linear")]))
        #expect(fault(type, "liner") == "must be one of log, linear; did you mean linear?")
        #expect(fault(type, "LOG") == "must be one of log, linear; did you mean log?")
        #expect(fault(type, "square") == "must be one of log, linear")
        #expect(fault(type, "") == "must be one of log, linear")
    }

    @Test func textsAndPaths() throws {
        #expect(try ValueType.text.parse(" a b ") == " a b ")
        #expect(fault(.text, "") == "must not be empty")
        #expect(fault(.file(), "") == "must not be empty")
        #expect(fault(.directory, "") == "must not be empty")
        #expect(ValueType.file(extensions: ["csv"]).completion == .file(extensions: ["csv"]))
        #expect(ValueType.directory.completion == .directory)
    }

    @Test func assignments() throws {
        #expect(try ValueType.assignment.parse("a.b=c=d") == Assignment(name: "a.b", value: "c=d"))
        #expect(try ValueType.assignment.parse("a=") == Assignment(name: "a", value: ""))
        for text in ["", "a", "=a"] {
            #expect(fault(.assignment, text) != nil)
        }
    }
}
