import Events
import Foundation
import Glibc
import Testing
import TestSupport
import Threads

@testable import Pipeline

@Suite struct SpoolTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("spool") }
    private let log = LogLines()

    private func open(limit: Int = 1 << 30) throws -> Spool {
        try Spool(path: path, limit: limit, logger: log.logger) { _ in }
    }

    /// Keeps images and ends.
    private func keep(_ images: [ImageCaptured]) throws {
        let spool = try open()
        for image in images { #expect(spool.add(image.encoded(), id: image.id, topic: "iot.images", waiting: .never)) }
        spool.close(until: .never)
        #expect(spool.spooled == images.count)
    }

    private var segments: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".spool") }.sorted()
            .map { "\(path)/\($0)" }
    }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    // MARK: - Segments

    @Test func messageIsReadBackAsItWas() throws {
        let events = [
            Samples.captured(label: "apple").encoded(),
            EncodedEvent(key: nil, value: [], headers: []),
            EncodedEvent(key: [], value: [0], headers: [MessageHeader("ä", []), MessageHeader("ä", [255, 0])]),
        ]
        let records = events.map { SpoolRecord(topic: "iot.images", event: $0) }
        let segment = SpoolSegment(bytes: SpoolSegment.magic + records.flatMap(\.bytes))
        #expect(segment.records == records && segment.rest == .none)
    }

    @Test func unfinishedRecordIsLeftOutWhereverItWasCut() {
        let records = (0..<2).map { _ in SpoolRecord(topic: "t", event: Samples.captured(bytes: 20).encoded()) }
        let whole = SpoolSegment.magic + records[0].bytes
        let last = records[1].bytes
        for count in 1..<last.count {
            let segment = SpoolSegment(bytes: whole + last[..<count])
            #expect(segment.records == [records[0]] && segment.rest == .torn(count), "\(count) bytes")
            // The file got its length before its bytes.
            let padded = SpoolSegment(bytes: whole + last[..<count] + repeatElement(0, count: last.count - count))
            let isWhole = last[count...].allSatisfy { $0 == 0 }
            #expect(padded.records.count == (isWhole ? 2 : 1))
            #expect(padded.rest == (isWhole ? .none : .torn(last.count)), "\(count) bytes and zeros")
        }
        for count in 1..<SpoolSegment.magic.count {
            #expect(SpoolSegment(bytes: Array(whole[..<count])).rest == .torn(count))
        }
        #expect(SpoolSegment(bytes: []).rest == .none)
        #expect(SpoolSegment(bytes: SpoolSegment.magic).rest == .none)
    }

    @Test func changedByteIsDamageAndNotRead() {
        let records = (0..<3).map { _ in SpoolRecord(topic: "t", event: Samples.captured(bytes: 20).encoded()) }
        let good = SpoolSegment.magic + records.flatMap(\.bytes)
        let start = SpoolSegment.magic.count + records[0].bytes.count
        // Within the second record's payload.
        for place in start + 8..<start + records[1].bytes.count {
            var bytes = good
            bytes[place] ^= 0x10
            let segment = SpoolSegment(bytes: bytes)
            #expect(segment.records == [records[0]])
            #expect(segment.rest == .damaged(good.count - start))
        }
        #expect(SpoolSegment(bytes: Array("something else altogether".utf8)).rest == .damaged(25))
    }

    // MARK: - The folder

    @Test func segmentsOfEarlierRunsComeFirstAndInOrder() throws {
        let images = (0..<3).map { _ in Samples.captured() }
        for image in images { try keep([image]) }
        #expect(segments.count == 3)
        let spool = try open()
        for image in images {
            let segment = try #require(spool.nextSegment())
            let record = try #require(try SpoolSegment(path: segment.path).records.first)
            #expect(record.topic == "iot.images" && record.event == image.encoded())
            unlink(segment.path)
            spool.forget(segment)
        }
        #expect(spool.nextSegment() == nil)
        #expect(spool.used == 0)
        // What comes now is a segment as soon as somebody asks for one.
        let late = Samples.captured()
        #expect(spool.add(late.encoded(), id: late.id, topic: "iot.images", waiting: .never))
        var next: SpoolFolder.Segment?
        Wait.until("it is to be sent") {
            next = spool.nextSegment()
            return next != nil
        }
        #expect(try SpoolSegment(path: #require(next).path).records.map(\.event) == [late.encoded()])
        #expect(next?.path.hasSuffix("segment-00000004.spool") == true)
        spool.forget(try #require(next))
        #expect(spool.used == 0)
        spool.close(until: .never)
    }

    @Test func segmentsStaySmall() throws {
        try keep((0..<10).map { _ in Samples.captured(bytes: 1 << 20) })
        #expect(segments.count > 2)
        for segment in segments { #expect(try bytes(segment).count <= Spool.segmentSize + (1 << 20) + 4_096) }
        var count = 0
        for segment in segments { count += try SpoolSegment(path: segment).records.count }
        #expect(count == 10)
    }

    @Test func twoProducersDoNotShareIt() throws {
        let spool = try open()
        let error = thrown(RoleError.self) { try open() }
        #expect(error?.status == .cannotCreate && error?.message.contains("another producer") == true)
        spool.close(until: .never)
    }

    @Test func folderThatCannotBeMadeIsRefused() {
        let error = thrown(RoleError.self) { try Spool(path: "/proc/spool", limit: 1, logger: log.logger) { _ in } }
        #expect(error?.status == .cannotCreate)
    }

    @Test func imagesBeyondTheLimitAreRefusedAndSaidOnce() throws {
        let spool = try open(limit: 10_000)
        var taken = 0
        for _ in 0..<20 {
            let image = Samples.captured(bytes: 1_500)
            if spool.add(image.encoded(), id: image.id, topic: "iot.images", waiting: .never) { taken += 1 }
        }
        spool.close(until: .never)
        #expect(taken == 5 && spool.spooled == 5)
        #expect(log.count(of: "the spool is full") == 1)
    }
}
