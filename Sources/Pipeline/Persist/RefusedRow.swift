import Kafka
import Postgres

/// A row that PostgreSQL refused for what is in it, and why.
struct RefusedRow {
    /// The message that the row was made of.
    let message: KafkaMessage
    /// The server's reason, without the row's contents.
    let reason: String
}

extension PostgresError {
    /// Whether a row is refused for its own contents, so that the rows beside it may be stored without it.
    ///
    /// All else is nobody's message's fault: servers away, disks full, tables missing or of another shape (a column that
    /// must not be null, a foreign key), and faults in how rows are encoded.
    var refusesRow: Bool {
        switch sqlState {
        // The binary form of a column or of the COPY itself: ours.
        case "22P03", "22P04": false
        // A check named in the table; a row that has no partition comes without a name.
        case "23514": constraint != nil
        case "23P01": true
        // A value too large for an index or a limit of the server.
        case "54000": true
        default: sqlState?.hasPrefix("22") == true
        }
    }

    /// Whether a row has no partition: somebody took it away after it was made.
    var lacksPartition: Bool { sqlState == "23514" && constraint == nil }
}
