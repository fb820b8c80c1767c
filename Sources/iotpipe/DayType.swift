import Arguments
import Pipeline

/// The type of a day's option.
enum DayType {
    static let day = ValueType<UTCDay>(
        placeholder: "DATE",
        parse: { (text) throws(ArgumentError) -> UTCDay in
            guard let day = UTCDay(date: text) else { throw .badValue("a date is expected, such as 2026-11-01") }
            return day
        },
        format: { $0.description })
}
