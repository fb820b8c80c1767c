import Events

/// A day in UTC.
public struct UTCDay: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int64

    /// - Parameter number: days since 1970-01-01.
    public init(_ number: Int64) {
        self.number = number
    }

    /// - Parameter date: a date such as 2026-11-24; anything else gives nil.
    public init?(date: String) {
        guard let stamp = try? Timestamp(rfc3339: "\(date)T00:00:00Z") else { return nil }
        number = DayPartitions.day(of: stamp)
        guard description == date else { return nil }
    }

    /// The date, such as 2026-11-24.
    public var description: String { DayPartitions.date(of: number) }

    /// The earlier of two days is the smaller.
    public static func < (one: UTCDay, other: UTCDay) -> Bool { one.number < other.number }

    /// Its first instant.
    var start: Timestamp { Timestamp(nanoseconds: number * 86_400_000_000_000) }

    /// The day after.
    var next: UTCDay { UTCDay(number + 1) }
}
