import Foundation
import Postgres
import Testing
import Threads

@testable import Pipeline

/// archive beside whoever stores rows, and a stop in the middle.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchiveWritersTests {
    @Test func archiverWaitsForATransactionThatStoresRowsOfTheDay() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill(rows: 2)
        let writer = try Connection(fixture.conninfo, applicationName: "writer")
        let archive = ArchiveThread(fixture)
        try writer.transaction {
            #expect(try DayPartitions().lockAndCheck([fixture.day.number], on: writer).isEmpty)
            archive.start()
            try fixture.waitUntilSomebodyWaits("locktype = 'advisory' AND classid = \(DayPartitions.lockSpace)")
            try writer.execute(
                """
                INSERT INTO images SELECT gen_random_uuid(), 'late', captured_at + interval '1 us', NULL, png, '', 0, 0
                FROM images LIMIT 1
                """
            )
        }
        #expect(try archive.end().days.map(\.images) == [3])
        // From now on nobody stores rows of that day, nor makes its partition.
        let archived = try writer.transaction {
            try DayPartitions().lockAndCheck([fixture.day.number, fixture.day.number + 1], on: writer)
        }
        #expect(archived == [fixture.day.number])
        var partitions = DayPartitions()
        #expect(try partitions.ensure([fixture.day.number], on: writer).archived == [fixture.day.number])
        #expect(try fixture.tables() == [])
    }

    @Test func aStopEndsItAndLeavesNothingBehind() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        // More than pipe and buffer hold.
        try fixture.connection.execute(
            """
            UPDATE images SET png = (SELECT string_agg(sha256((kafka_offset * 10000 + i)::text::bytea), '')
                FROM generate_series(1, 1000) AS i)
            """)
        let before = try fixture.fingerprint()
        // Its first file is a pipe that nobody reads, so the export waits in the middle of its rows.
        let archive = ArchiveThread(fixture)
        try fixture.output.create()
        var pipe = ""
        try fixture.holding(archive) { export in
            let name = fixture.output.dataName(.images, fixture.day)
            pipe = fixture.output.partPath(name, export: export, attempt: "test")
            #expect(mkfifo(pipe, 0o600) == 0)
        }
        let reader = try #require(FileHandle(forReadingAtPath: pipe))
        #expect(try reader.read(upToCount: 1)?.count == 1)
        fixture.stop.request()
        while try reader.read(upToCount: 1 << 20)?.isEmpty == false {}
        #expect(thrown(RoleError.self) { try archive.end() }?.status == .temporaryFailure)
        #expect(try fixture.state == nil)
        #expect(fixture.archived.isEmpty)
        #expect(try fixture.fingerprint() == before)
    }
}
