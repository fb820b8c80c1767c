import Events
import FoundationEssentials
import Kafka

extension PersistBatch {
    /// Why an event of a day that has no partition is not stored.
    static func outside(_ name: String, _ stamp: Timestamp) -> String {
        "\(name) \(stamp.rfc3339) is outside the days that are stored: \(DayPartitions.daysBack) back to "
            + "\(DayPartitions.daysAhead) ahead of today"
    }

    /// The image a message speaks of, as far as its headers say: `ce_subject` of a result, `ce_id` of an image.
    static func imageID(in headers: [MessageHeader]) -> UUID? {
        for name in ["ce_subject", "ce_id"] {
            if let text = headers.first(where: { $0.name == name })?.text, let id = UUID(uuidString: text) { return id }
        }
        return nil
    }
}
