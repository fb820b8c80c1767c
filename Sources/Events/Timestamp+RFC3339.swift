// RFC 3339 text by hand: several stamps are read and written for every image, and Foundation's formatters take
// microseconds each. Calendar arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
// (https://howardhinnant.github.io/date_algorithms.html), proleptic Gregorian, years counted from March.

extension Timestamp {
    /// The length of `rfc3339` in bytes.
    static let textLength = 30

    // MARK: Writing

    /// `2026-11-24T01:02:03.000000004Z`: always UTC, always nine digits of a second, so that texts sort as instants do.
    public var rfc3339: String {
        String(unsafeUninitializedCapacity: Timestamp.textLength, initializingUTF8With: write)
    }

    /// Appends `rfc3339` as bytes.
    func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Timestamp.textLength) { buffer in
            _ = write(to: buffer)
            bytes.append(contentsOf: buffer)
        }
    }

    /// Writes `rfc3339`.
    ///
    /// - Returns: its length in bytes.
    func write(to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let (seconds, fraction) = Timestamp.floorDivide(nanoseconds, 1_000_000_000)
        let (days, second) = Timestamp.floorDivide(seconds, 86_400)
        let (year, month, day) = Timestamp.civil(fromDays: days)

        func put(_ value: Int64, at start: Int, digits: Int) {
            var rest = UInt64(value)
            for index in stride(from: start + digits - 1, through: start, by: -1) {
                buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        put(year, at: 0, digits: 4)
        buffer[4] = UInt8(ascii: "-")
        put(month, at: 5, digits: 2)
        buffer[7] = UInt8(ascii: "-")
        put(day, at: 8, digits: 2)
        buffer[10] = UInt8(ascii: "T")
        put(second / 3_600, at: 11, digits: 2)
        buffer[13] = UInt8(ascii: ":")
        put(second / 60 % 60, at: 14, digits: 2)
        buffer[16] = UInt8(ascii: ":")
        put(second % 60, at: 17, digits: 2)
        buffer[19] = UInt8(ascii: ".")
        put(fraction, at: 20, digits: 9)
        buffer[29] = UInt8(ascii: "Z")
        return Timestamp.textLength
    }

    // MARK: Reading

    /// Reads `date-time` of RFC 3339: any offset, none to nine digits of a second, 1970 to 2261 (in UTC).
    ///
    /// A leap second (23:59:60 UTC) is read as the second after it, as POSIX time counts it.
    /// - Throws: `EventError` with the code `invalidValue`.
    public init(rfc3339 text: String) throws(EventError) {
        var text = text
        guard let time = text.withUTF8({ Timestamp(ascii: $0) }) else {
            throw EventError(
                code: .invalidValue,
                message: "\(EventError.quoted(text.utf8)) is not an RFC 3339 time from 1970 to 2261; "
                    + "write it like 2026-11-24T01:02:03.5Z")
        }
        self = time
    }

    /// `init(rfc3339:)` on bytes; nil where they are not such a time.
    init?(ascii bytes: UnsafeBufferPointer<UInt8>) {
        func number(_ start: Int, _ digits: Int) -> Int64? {
            guard start + digits <= bytes.count else { return nil }
            var value: Int64 = 0
            for index in start..<(start + digits) {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        // The shortest such text is 2026-11-24T01:02:03Z. RFC 3339 lets `T` and `Z` be of either case.
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1...12).contains(month), day >= 1, day <= Timestamp.length(ofMonth: month, year: year),
            hour <= 23, minute <= 59, second <= 60
        else { return nil }

        var position = 19
        var fraction: Int64 = 0
        if bytes[position] == UInt8(ascii: ".") {
            let start = position + 1
            position = start
            while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
            let digits = position - start
            guard (1...9).contains(digits), let value = number(start, digits) else { return nil }
            fraction = (digits..<9).reduce(value) { scaled, _ in scaled * 10 }
        }

        guard position < bytes.count else { return nil }
        var offset: Int64 = 0
        switch bytes[position] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            position += 1
        case let sign where sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"):
            guard position + 6 <= bytes.count, bytes[position + 3] == UInt8(ascii: ":"),
                let hours = number(position + 1, 2), let minutes = number(position + 4, 2), hours <= 23, minutes <= 59
            else { return nil }
            offset = (hours * 3_600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
            position += 6
        default:
            return nil
        }
        guard position == bytes.count else { return nil }

        let days = Timestamp.days(fromCivil: year, month, day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        // :60 exists only at the end of a UTC day. 2262-01-01 is the first day beyond what is read.
        guard seconds >= 0, seconds < 106_651 * 86_400, second < 60 || seconds % 86_400 == 0 else { return nil }
        self.init(nanoseconds: seconds * 1_000_000_000 + fraction)
    }

    // MARK: Calendar

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func days(fromCivil year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(year, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
