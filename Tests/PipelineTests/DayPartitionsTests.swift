import Events
import Testing

@testable import Pipeline

@Suite struct DayPartitionsTests {
    private func stamp(_ text: String) throws -> Timestamp { try Timestamp(rfc3339: text) }

    /// The numbers are `date -u -d DATE +%s` divided by 86,400.
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T23:59:59.999999999Z", 0), ("1970-01-02T00:00:00Z", 1),
            ("2024-02-28T23:59:59.999999999Z", 19_781), ("2024-02-29T00:00:00Z", 19_782),
            ("2024-03-01T00:00:00Z", 19_783),
            ("2026-11-24T12:00:00Z", 20_781), ("2026-11-24T00:30:00+02:00", 20_780),
        ] as [(String, Int64)])
    func dayOfAStamp(text: String, day: Int64) throws {
        #expect(DayPartitions.day(of: try stamp(text)) == day)
    }

    @Test(arguments: [(-1, -1), (-86_400_000_000_000, -1), (-86_400_000_000_001, -2)] as [(Int64, Int64)])
    func daysBefore1970AreFloored(nanoseconds: Int64, day: Int64) {
        #expect(DayPartitions.day(of: Timestamp(nanoseconds: nanoseconds)) == day)
    }

    @Test(
        arguments: [
            (0, "1970-01-01"), (-1, "1969-12-31"), (19_782, "2024-02-29"), (20_781, "2026-11-24"),
            (11_016, "2000-02-29"),
        ] as [(Int64, String)])
    func dateOfADay(day: Int64, date: String) {
        #expect(DayPartitions.date(of: day) == date)
    }

    @Test func everyDayOfFortyYearsIsItsOwnDate() throws {
        for day in Int64(0)..<14_610 {
            let date = DayPartitions.date(of: day)
            #expect(DayPartitions.day(of: try stamp("\(date)T00:00:00Z")) == day)
            #expect(DayPartitions.day(of: try stamp("\(date)T23:59:59.999999999Z")) == day)
        }
    }

    @Test(arguments: ["2026-11-24T00:00:00Z", "2026-11-24T23:59:59.999999999Z"])
    func thirtyDaysBackAndOneAheadAreAccepted(now: String) throws {
        let now = try stamp(now)
        for (date, isAccepted) in [
            ("2026-10-24", false), ("2026-10-25", true), ("2026-11-24", true), ("2026-11-25", true),
            ("2026-11-26", false), ("1970-01-01", false),
        ] {
            let day = DayPartitions.day(of: try stamp("\(date)T00:00:00Z"))
            #expect(DayPartitions.makes(day, now: now) == isAccepted, "\(date)")
        }
    }
}
