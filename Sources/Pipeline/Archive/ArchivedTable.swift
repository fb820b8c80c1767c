/// The tables whose day partitions are archived.
enum ArchivedTable: String, CaseIterable, Sendable {
    case images, inferences

    /// The name of a day's partition, which it keeps once it is detached.
    func partition(of day: UTCDay) -> String { "\(rawValue)_\(day.description.replacing("-", with: "_"))" }

    /// The name under which restored rows are loaded before they become the partition.
    func staging(of day: UTCDay) -> String { "restored_\(partition(of: day))" }

    /// The day of a partition's name; nil for one that was not made by persist.
    func day(ofPartition name: String) -> UTCDay? {
        guard name.hasPrefix("\(rawValue)_") else { return nil }
        return UTCDay(date: String(name.dropFirst(rawValue.count + 1)).replacing("_", with: "-"))
    }

    /// The bounds of a day's partition, as the server shows them in a session whose time zone is UTC.
    static func bounds(of day: UTCDay) -> String {
        "FOR VALUES FROM ('\(day) 00:00:00+00') TO ('\(day.next) 00:00:00+00')"
    }
}
