import Events
import Kafka
import Postgres
import Testing

@testable import Pipeline

/// A database with dead letters, on a PostgreSQL of its own.
final class LetterBox {
    let database: TemporaryCluster
    let connection: Connection

    init(migrations: [Migration] = Schema.migrations) throws {
        database = try TemporaryCluster()
        connection = try Connection(database.conninfo, applicationName: "tests")
        try Migrator(migrations).run(on: connection)
    }

    static func letter(
        _ place: String, code: String = "corrupt", message: String = "the picture ends early",
        key: [UInt8]? = Array("cam-1".utf8), value: [UInt8] = [1, 2, 3],
        headers: [MessageHeader] = [MessageHeader("ce_id", "x"), MessageHeader("ce_time", "yesterday")],
        at occurredAt: Timestamp = .now
    ) throws -> DeadLetter {
        let place = try #require(MessagePlace(place))
        return DeadLetter(
            stage: .persist, errorCode: code, message: message, at: place, key: key, value: value, headers: headers,
            imageID: nil, occurredAt: occurredAt)
    }

    /// Stores a letter as persist does.
    @discardableResult
    func store(_ letter: DeadLetter, cluster: String = "one") throws -> Int {
        try connection.transaction { try DeadLetterRows.insert(letter, clusterID: cluster, on: connection) }
    }

    /// Stores the letter of the message that a replay of `place` put at `other`.
    @discardableResult
    func storeComeback(
        of place: String, at other: String, message: String, cluster: String = "one"
    ) throws -> Int {
        let headers = [MessageHeader("ce_id", "mended"), MessageHeader(DeadLetter.replayHeader, place)]
        return try store(LetterBox.letter(other, message: message, value: [9], headers: headers), cluster: cluster)
    }

    /// Notes that a replay begins, and that the broker has acknowledged it at that place where one is given.
    func replay(_ place: String, at other: String? = nil) throws {
        let entry = try entry(place)
        try table().beginReplays(of: [entry])
        guard let other else { return }
        try table().markReplayed([(entry, try #require(MessagePlace(other)))])
    }

    func table() throws -> DeadLetterTable { try DeadLetterTable(database: database.conninfo) }

    /// The only letter of that place.
    func entry(_ place: String) throws -> DeadLetterEntry {
        let entries = try table().entries(try #require(MessagePlace(place)), cluster: nil)
        #expect(entries.count == 1)
        return try #require(entries.first)
    }
}
