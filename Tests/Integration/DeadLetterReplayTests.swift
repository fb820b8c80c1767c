import Events
import Foundation
import Glibc
import Images
import Kafka
import Postgres
import Testing

@testable import Pipeline

/// Replays that are cut off, and what they mend.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct DeadLetterReplayTests {
    /// Killed in the middle and run again: every letter was replayed, failed again under its own name, and none is twice.
    @Test func killedInTheMiddleItIsRunAgain() throws {
        let letters = 4_000
        let scene = try LetterScene("cut-letters")
        let persist = try scene.role("persist")
        try scene.send(
            (0..<letters).map { EncodedEvent(key: [UInt8($0 % 256)], value: Array("bad \($0)".utf8), headers: []) })
        try Wait.until("all are stored: \(persist.output)") {
            try scene.count("dead_letters") == letters
        }
        let replay = try RoleProcess(
            ["dead-letters", "replay", "--all", "-b", scene.kafka.bootstrapServers],
            environment: ["IOTPIPE_DATABASE": scene.cluster.conninfo])
        let begun = "dead_letters WHERE replays > 0"
        try Wait.until("it is in the middle: \(replay.output)") { try scene.count(begun) > 0 }
        replay.child.signal(SIGSTOP)
        let before = try scene.count(begun)
        #expect(before < letters)
        replay.child.signal(SIGKILL)
        #expect(replay.child.wait() == .signal(SIGKILL))

        let again = scene.replay("--all")
        #expect(again.status == 0, "\(again.output)")
        try Wait.until("all have come back: \(persist.output)") {
            try scene.count("dead_letters WHERE failed_replay IS NOT NULL AND replayed_at IS NULL") == letters
        }
        #expect(try scene.count("dead_letters") == letters)
        #expect(try scene.count("(SELECT DISTINCT convert_from(value, 'UTF8') FROM dead_letters) AS texts") == letters)
        let twice = try scene.count("dead_letters WHERE replays > 1")
        #expect(try scene.count(begun) == letters && twice <= before + 200, "\(twice) of \(before)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    /// A picture that infer gave up: persist has its row, and the mended one takes its place.
    @Test func mendedPictureTakesThePlaceOfTheBrokenOne() throws {
        let scene = try LetterScene("mended")
        let persist = try scene.role("persist")
        let infer = try scene.role("infer")
        let sample = try Datasets.sampleEvent()
        let broken = ImageCaptured(
            id: sample.id, deviceID: "cam-1", capturedAt: sample.capturedAt, label: nil, trace: .make(),
            png: Array(sample.png.prefix(200)))
        try scene.send([broken.encoded()])
        try Wait.until("infer has given it up: \(infer.output)") {
            try scene.count("images") == 1 && scene.count("dead_letters WHERE stage = 'infer'") == 1
        }
        let file = "\(NSTemporaryDirectory())/iotpipe-\(UUID().uuidString).png"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(sample.png).write(to: URL(fileURLWithPath: file))
        let replay = scene.replay("\(scene.images)/0/0 --value '\(file)'")
        #expect(replay.status == 0, "\(replay.output)")
        try Wait.until("it is classified: \(persist.output)") {
            try scene.count("classified_images") == 1 && scene.count("images WHERE kafka_offset = 1") == 1
        }
        let stored = try scene.connection.query("SELECT png FROM images")
        #expect(stored.count == 1 && stored[0].bytes(0) == sample.png)
        #expect(try scene.count("dead_letters WHERE replayed_at IS NOT NULL AND failed_replay IS NULL") == 1)
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    /// The disk ends in the middle of the file, here by a limit.
    @Test func valueIsWrittenWholeOrNotAtAll() throws {
        let scene = try LetterScene("whole-value")
        let persist = try scene.role("persist")
        try scene.send([EncodedEvent(key: nil, value: Array(repeating: 7, count: 5_000), headers: [])])
        try Wait.until("it is stored: \(persist.output)") { try scene.count("dead_letters") == 1 }
        let folder = "\(NSTemporaryDirectory())/iotpipe-value-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let show = Shell.run(
            "trap '' XFSZ; ulimit -f 2; '\(Surroundings.executable)' dead-letters show \(scene.images)/0/0 "
                + "--value '\(folder)/value'", environment: ["IOTPIPE_DATABASE": scene.cluster.conninfo])
        #expect(show.status == 74 && show.output.contains("File too large"), "\(show.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }
}
