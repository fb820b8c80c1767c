import Foundation
import Glibc
import Images
import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

/// The database away for a while at full load. `IOTPIPE_OUTAGE_SECONDS` sets how long: 15 where it is not set; with 60
/// or more, memory is held to a tenth of growth between the first minute and the end of the outage.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct OutageTests {
    private static let seconds = ProcessInfo.processInfo.environment["IOTPIPE_OUTAGE_SECONDS"].flatMap { Int($0) } ?? 15
    private static let rate = 60

    /// Anonymous memory of a role, in KiB: at the start of the measurement, and the most since.
    private struct Growth {
        let first: Int
        private(set) var most: Int

        init(_ role: RoleProcess) {
            first = Memory.anonymous(of: role.child.identifier) ?? 0
            most = first
        }

        mutating func look(at role: RoleProcess) {
            most = max(most, Memory.anonymous(of: role.child.identifier) ?? 0)
        }
    }

    @Test func everythingIsThereOnceAfterwards() throws {
        let kafka = try Servers.kafka()
        let database = try PostgresServer()
        let arguments = [
            "--bootstrap-server", kafka.bootstrapServers, "--images-topic", "outage.images", "--inferences-topic",
            "outage.inferences", "--dead-letters-topic", "outage.dead-letters",
        ]
        let persist = try RoleProcess(
            ["persist", "--group", "outage-persist"] + arguments,
            environment: ["IOTPIPE_DATABASE": database.conninfo], waits: true)
        let infer = try RoleProcess(["infer", "--group", "outage-infer"] + arguments, waits: true)
        let count = OutageTests.rate * (OutageTests.seconds + 10)
        let produce = try RoleProcess(
            [
                "produce", "--count", "\(count)", "--rate", "\(OutageTests.rate)", "--producer", "p",
                "--result-timeout", "120s",
            ] + arguments)
        try Wait.until("it is under way: \(persist.output)") {
            try database.count("classified_images") > 3 * OutageTests.rate
        }

        let isLong = OutageTests.seconds >= 60
        var growth = isLong ? nil : [Growth(persist), Growth(infer)]
        let start = MonotonicClock.now
        try database.stop()
        let end = start + UInt64(OutageTests.seconds) * 1_000_000_000
        try Wait.until("the outage ends", within: .seconds(OutageTests.seconds + 30)) {
            if growth == nil, MonotonicClock.now > start + 60_000_000_000 { growth = [Growth(persist), Growth(infer)] }
            growth?[0].look(at: persist)
            growth?[1].look(at: infer)
            return MonotonicClock.now > end
        }
        // While it lasts: afterwards what has piled up is read at full speed, through buffers that were empty before.
        for (name, growth) in zip(["persist", "infer"], growth ?? []) {
            print("\(name) in the outage: \(growth.first) KiB anonymous, \(growth.most) KiB at most")
            if isLong { #expect(growth.most <= growth.first + growth.first / 10, "\(name)") }
        }
        try database.start()

        #expect(produce.wait() == .code(0), "\(produce.output)")
        try Wait.until("every row is stored: \(persist.output)") {
            growth?[0].look(at: persist)
            growth?[1].look(at: infer)
            return try database.count("images") >= count && database.count("inferences") >= count
        }
        #expect(try database.count("images") == count)
        #expect(try database.count("inferences") == count)
        #expect(try database.count("classified_images") == count)
        #expect(try database.count("dead_letters") == 0)
        try ShippedModel.expectAnswers(in: database.conninfo)
        for (name, growth) in zip(["persist", "infer"], growth ?? []) {
            print("\(name): \(growth.first) KiB anonymous, \(growth.most) KiB at most")
            let limit = growth.first + 48 << 10
            #expect(growth.most <= limit, "\(name): from \(growth.first) to \(growth.most) KiB")
        }
        for role in [persist, infer] {
            #expect(!role.output.contains("partitions revoked"), "\(role.output)")
        }
        #expect(persist.output.contains("all servers are back"), "\(persist.output)")
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    /// Nothing was under way when the server died: the next statement finds out, and a new connection is made.
    @Test func crashWhileNothingIsStoredIsSurvived() throws {
        let kafka = try Servers.kafka()
        let database = try PostgresServer()
        let arguments = [
            "--bootstrap-server", kafka.bootstrapServers, "--images-topic", "crash.images", "--inferences-topic",
            "crash.inferences", "--dead-letters-topic", "crash.dead-letters",
        ]
        let persist = try RoleProcess(
            ["persist", "--group", "crash-persist"] + arguments,
            environment: ["IOTPIPE_DATABASE": database.conninfo], waits: true)
        let producer = try Producer(
            configuration: KafkaConfiguration(bootstrapServers: kafka.bootstrapServers), onDelivery: { _ in })
        for count in 1...2 {
            let event = try Datasets.sampleEvent().encoded()
            #expect(try producer.send(event, topic: "crash.images"))
            try Wait.until("image \(count) is stored: \(persist.output)") {
                try database.count("images") == count
            }
            try database.stop()
            try database.start()
        }
        #expect(persist.child.ended == nil, "\(persist.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }
}
