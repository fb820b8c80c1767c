import Events
import Foundation
import Testing

@Suite struct TimestampTests {
    // Seconds by GNU date: date -u -d TEXT +%s
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, 0), ("1970-01-01T00:00:00.000000001Z", 0, 1),
        ("2000-02-29T12:00:00Z", 951_825_600, 0), ("2026-11-24T01:02:03.5Z", 1_795_482_123, 500_000_000),
        ("2026-11-24T01:02:03.123456789z", 1_795_482_123, 123_456_789), ("2026-11-24t01:02:03Z", 1_795_482_123, 0),
        ("2026-11-24T06:47:03+05:45", 1_795_482_123, 0), ("2026-11-23T17:02:03-08:00", 1_795_482_123, 0),
        ("1969-12-31T23:30:00-01:00", 1_800, 0), ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
        ("2017-01-01T00:59:60.25+01:00", 1_483_228_800, 250_000_000),
        ("2261-12-31T23:59:59.999999999Z", 9_214_646_399, 999_999_999), ("2024-12-31T23:59:59-00:00", 1_735_689_599, 0),
    ])
    func reads(text: String, seconds: Int64, fraction: Int64) throws {
        #expect(try Timestamp(rfc3339: text).nanoseconds == seconds * 1_000_000_000 + fraction)
    }

    @Test(arguments: [
        "", "2026", "2026-11-24", "2026-11-24T01:02Z", "2026-11-24T01:02:03", "2026-11-24 01:02:03Z",
        "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T12:00:60Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+01:0", "2026-01-01T00:00:00ZZ",
        "1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "-026-01-01T00:00:00Z",
        "2026-1-01T00:00:00.0Z", "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:00\u{0}Z", " 2026-01-01T00:00:00Z",
    ])
    func refuses(text: String) {
        #expect(Samples.code { _ = try Timestamp(rfc3339: text) } == .invalidValue)
    }

    @Test func agreesWithFoundationOnEveryKindOfDay() throws {
        let formatter = ISO8601DateFormatter()
        // 86,399 s short of five days, so that the time of day changes too.
        for seconds in stride(from: Int64(0), to: 9_214_646_400, by: 5 * 86_400 - 86_399 + 86_400) {
            let timestamp = Timestamp(nanoseconds: seconds * 1_000_000_000 + 7)
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            try #require(timestamp.rfc3339 == expected.dropLast() + ".000000007Z")
            try #require(try Timestamp(rfc3339: timestamp.rfc3339) == timestamp)
        }
    }

    @Test func writesWhatLiesBefore1970AndAtTheEnds() {
        #expect(Timestamp(nanoseconds: -1).rfc3339 == "1969-12-31T23:59:59.999999999Z")
        #expect(Timestamp(nanoseconds: .min).rfc3339 == "1677-09-21T00:12:43.145224192Z")
        #expect(Timestamp(nanoseconds: .max).rfc3339 == "2262-04-11T23:47:16.854775807Z")
    }

    @Test func microsecondsAreRoundedDown() {
        #expect(Timestamp(nanoseconds: 1_999).microseconds == 1)
        #expect(Timestamp(nanoseconds: -1).microseconds == -1)
        #expect(Timestamp(nanoseconds: -1_000).microseconds == -1)
        #expect(Timestamp(nanoseconds: .min).microseconds == -9_223_372_036_854_776)
    }

    @Test func ordersAndAdds() {
        let time = Timestamp(nanoseconds: 5)
        #expect(time < time.adding(nanoseconds: 1))
        #expect(time.adding(nanoseconds: -6) == Timestamp(nanoseconds: -1))
    }

    @Test func nowIsTheWallClock() {
        let difference = Timestamp.now.nanoseconds - Int64(Date().timeIntervalSince1970 * 1e9)
        #expect(abs(difference) < 60_000_000_000)
    }

    @Test func codesAsText() throws {
        let json = Data("[\"2026-11-24T01:02:03.000000004Z\"]".utf8)
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [Samples.time(4)])
        #expect(try JSONEncoder().encode([Samples.time(4)]) == json)
        #expect(throws: EventError.self) { try JSONDecoder().decode([Timestamp].self, from: Data("[\"x\"]".utf8)) }
    }
}
