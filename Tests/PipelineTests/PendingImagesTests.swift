import Events
import Foundation
import Latency
import Testing
import TestSupport
import Threads

@testable import Kafka
@testable import Pipeline

@Suite struct PendingImagesTests {
    private static let millisecond: UInt64 = 1_000_000

    /// Images in flight with a CSV, and the clock that the test counts by.
    private final class Flight {
        let folder = TemporaryFolder()
        let writer: LatencyCSVWriter
        let pending: PendingImages
        let start = MonotonicClock.now
        private(set) var ids: [UUID] = []

        init(resultTimeout: Duration = .seconds(1), warmUp: Duration = .zero) throws {
            writer = try LatencyCSVWriter(path: folder.file("latencies.csv"))
            var options = ProduceOptions(
                kafka: KafkaConfiguration(bootstrapServers: "127.0.0.1:1"), producer: "cam")
            options.resultTimeout = resultTimeout
            options.warmUp = warmUp
            options.run = "first"
            options.producers = 3
            pending = PendingImages(options: options, writer: writer)
        }

        /// Nanoseconds of the monotonic clock, so many milliseconds after the start.
        func at(_ milliseconds: UInt64) -> UInt64 { start + milliseconds * PendingImagesTests.millisecond }

        /// An image that is planned at that millisecond, and sent two later.
        @discardableResult
        func add(plannedAt milliseconds: UInt64 = 0, label: String? = nil, isWarmUp: Bool = false) -> UUID {
            let token = UInt64(ids.count)
            let id = pending.identifiers.make(token)
            pending.add(
                PendingImage(
                    token: token, id: id, device: 4, label: label, planned: at(milliseconds), bytes: 100,
                    isWarmUp: isWarmUp))
            pending.send(token, at: at(milliseconds + 2))
            ids.append(id)
            return id
        }

        func acknowledge(_ token: UInt64, at milliseconds: UInt64, offset: Int64 = 17) -> [UUID] {
            pending.take(
                [Outgoing.Report(token: token, partition: 3, offset: offset, error: nil)], at: at(milliseconds))
        }

        func fail(_ token: UInt64, at milliseconds: UInt64) -> [UUID] {
            let error = KafkaError(.timedOut, "a test")
            return pending.take(
                [Outgoing.Report(token: token, partition: 3, offset: -1001, error: error)], at: at(milliseconds))
        }

        func answer(_ id: UUID, at milliseconds: UInt64, label: String = "apple") {
            pending.take(
                Samples.classified(
                    id: id, at: pending.timestamp(at: start), label: label, delay: 5_000_000),
                at: at(milliseconds))
        }

        /// The rows of the CSV, which ends with this.
        func rows() throws -> [LatencyRecord] {
            try writer.close()
            var rows: [LatencyRecord] = []
            try LatencyCSVReader(path: writer.path).forEach { rows.append($0) }
            return rows
        }
    }

    // MARK: - One image

    @Test func rowOfAnAnsweredImageHasEveryStage() throws {
        let flight = try Flight()
        let id = flight.add(label: "apple")
        #expect(flight.pending.count == 1)
        #expect(flight.acknowledge(0, at: 4).isEmpty)
        flight.answer(id, at: 30)
        #expect(flight.pending.count == 0)

        let row = try #require(try flight.rows().first)
        #expect(
            row
                == LatencyRecord(
                    run: "first", producers: 3, producer: "cam", device: "cam-4", imageID: id,
                    planned: flight.pending.timestamp(at: flight.start), sent: 2_000_000, acked: 4_000_000,
                    received: 5_000_001, decoded: 5_000_002, inferred: 5_000_003, result: 30_000_000, partition: 3,
                    offset: 17, label: "apple", predicted: "apple", outcome: .ok))
        let summary = flight.pending.summary
        #expect(summary.planned == 1 && summary.acknowledged == 1 && summary.classified == 1)
        #expect(summary.labelled == 1 && summary.right == 1 && summary.bytes == 100)
        #expect(summary.latency.max == 30_000_000 && summary.sendDelay.max == 2_000_000)
        let clock = try #require(summary.clocks[3])
        #expect(clock.lower == 5_000_003 - 30_000_000 && clock.upper == 5_000_001 - 2_000_000)
    }

    @Test func wrongAnswerIsNotCountedAsRight() throws {
        let flight = try Flight()
        _ = flight.acknowledge(0, at: 1)
        let ids = [flight.add(label: "pear"), flight.add()]
        for token in 0..<2 as Range<UInt64> { _ = flight.acknowledge(token, at: 4) }
        for id in ids { flight.answer(id, at: 30) }
        let summary = flight.pending.summary
        #expect(summary.classified == 2 && summary.labelled == 1 && summary.right == 0)
    }

    /// The stamps of other processes are wall-clock ones: they become nanoseconds since planned.
    @Test func stampsFollowTheMonotonicClock() throws {
        let flight = try Flight()
        let first = flight.pending.timestamp(at: flight.at(0))
        let second = flight.pending.timestamp(at: flight.at(1_500))
        #expect(second.nanoseconds - first.nanoseconds == 1_500_000_000)
        #expect(abs(first.nanoseconds - Timestamp.now.nanoseconds) < 60_000_000_000)
    }

    // MARK: - Every order of events

    private enum Event: String, CaseIterable {
        case report, result, deadLetter, failedReport, timeOut, refusal
    }

    /// All orders of two or three of the events, and the outcome that each must have.
    ///
    /// The first report decides what the broker has, the first answer what became of it.
    private static let orders: [(events: [Event], outcome: LatencyRecord.Outcome, isAcknowledged: Bool)] = [
        ([.report, .result], .ok, true),
        ([.result, .report], .ok, true),
        ([.report, .deadLetter], .deadLettered, true),
        ([.deadLetter, .report], .deadLettered, true),
        ([.report, .timeOut], .timedOut, true),
        ([.timeOut, .report, .timeOut], .timedOut, true),
        ([.timeOut, .report, .result], .ok, true),
        ([.result, .timeOut, .report], .ok, true),
        ([.timeOut, .result, .report], .ok, true),
        ([.report, .timeOut, .result], .timedOut, true),
        ([.report, .result, .timeOut], .ok, true),
        ([.report, .result, .result], .ok, true),
        ([.report, .result, .deadLetter], .ok, true),
        ([.report, .deadLetter, .result], .deadLettered, true),
        ([.result, .deadLetter, .report], .ok, true),
        ([.report, .report, .result], .ok, true),
        ([.failedReport], .undelivered, false),
        ([.failedReport, .report], .undelivered, false),
        ([.failedReport, .result], .undelivered, false),
        ([.timeOut, .failedReport], .undelivered, false),
        // A time-out of the producer does not say that the broker has not got it; an answer does say that it has.
        ([.result, .failedReport], .ok, false),
        ([.deadLetter, .failedReport, .result], .deadLettered, false),
        ([.refusal], .undelivered, false),
        ([.refusal, .report], .undelivered, false),
        ([.refusal, .timeOut, .result], .undelivered, false),
    ]

    @Test(arguments: orders.indices)
    func imageLeavesOnceInAnyOrder(index: Int) throws {
        let (events, outcome, isAcknowledged) = PendingImagesTests.orders[index]
        let flight = try Flight()
        let id = flight.add()
        for event in events {
            switch event {
            case .report: _ = flight.acknowledge(0, at: 4)
            case .failedReport: _ = flight.fail(0, at: 4)
            case .result: flight.answer(id, at: 30)
            case .deadLetter: flight.pending.takeDeadLetter(id, at: flight.at(30))
            case .timeOut: flight.pending.expire(at: flight.at(1_000))
            case .refusal: flight.pending.refuse(0)
            }
        }
        #expect(flight.pending.count == 0)
        #expect(flight.pending.identifier(of: 0) == nil)
        #expect(flight.pending.abandon().isEmpty)
        let summary = flight.pending.summary
        #expect(
            [summary.classified, summary.deadLettered, summary.timedOut, summary.undelivered]
                == [.ok, .deadLettered, .timedOut, .undelivered].map { $0 == outcome ? 1 : 0 }, "\(events)")
        let rows = try flight.rows()
        #expect(rows.map(\.outcome) == [outcome], "\(events)")
        #expect(rows.first?.acked == (isAcknowledged ? 4_000_000 : nil), "\(events)")
        #expect(rows.first?.offset == (isAcknowledged ? 17 : nil), "\(events)")
        #expect((rows.first?.result != nil) == (outcome == .ok || outcome == .deadLettered), "\(events)")
    }

    @Test func undeliveredImagesAreNamed() throws {
        let flight = try Flight()
        let id = flight.add()
        #expect(flight.fail(0, at: 4) == [id])
        #expect(flight.fail(0, at: 5).isEmpty)
    }

    @Test func strangersResultsAreLeftAlone() throws {
        let flight = try Flight()
        flight.add()
        flight.answer(UUID(), at: 30)
        flight.pending.takeDeadLetter(UUID(), at: flight.at(30))
        // One that tells the number of an image in flight, and is not its id.
        flight.answer(flight.pending.identifiers.make(0), at: 30)
        #expect(flight.acknowledge(77, at: 4).isEmpty)
        #expect(flight.pending.count == 1)
        #expect(flight.pending.summary.acknowledged == 0)
    }

    // MARK: - Warm-up

    @Test func imagesThatWarmUpAreListedAndNotCounted() throws {
        let flight = try Flight(warmUp: .seconds(1))
        for _ in 0..<3 { flight.add(label: "apple", isWarmUp: true) }
        flight.add(label: "apple")
        for token in [0, 1, 3] as [UInt64] { _ = flight.acknowledge(token, at: 4) }
        flight.answer(flight.ids[0], at: 700)
        flight.answer(flight.ids[3], at: 30)
        #expect(flight.pending.count == 2)
        #expect(flight.fail(2, at: 5) == [flight.ids[2]])
        #expect(flight.pending.abandon().isEmpty)

        let summary = flight.pending.summary
        #expect(summary.planned == 1 && summary.acknowledged == 1 && summary.classified == 1)
        #expect(summary.labelled == 1 && summary.right == 1 && summary.bytes == 100)
        #expect(summary.timedOut == 0 && summary.undelivered == 0)
        #expect(summary.latency.max == 30_000_000 && summary.sendDelay.count == 1)
        let warmUp = try #require(summary.warmUp)
        #expect(warmUp.planned == 3 && warmUp.acknowledged == 2 && warmUp.classified == 1 && warmUp.undelivered == 1)
        #expect(!summary.isComplete, "what is lost decides the exit status")
        #expect(try flight.rows().map(\.imageID) == [flight.ids[3]])
    }

    // MARK: - Time-outs

    @Test func onlyWhatIsOverdueLeaves() throws {
        let flight = try Flight()
        for (token, planned) in [0, 500, 1_000].enumerated() {
            flight.add(plannedAt: UInt64(planned))
            _ = flight.acknowledge(UInt64(token), at: UInt64(planned) + 4)
        }
        flight.pending.expire(at: flight.at(999))
        #expect(flight.pending.count == 3)
        flight.pending.expire(at: flight.at(1_500))
        #expect(flight.pending.count == 1)
        #expect(flight.pending.summary.timedOut == 2)
        #expect(try flight.rows().map(\.imageID) == Array(flight.ids[..<2]))
    }

    /// One partition's broker may be away while the others answer.
    @Test func imageTheBrokerKeepsWaitingDoesNotHoldUpTheOthers() throws {
        let flight = try Flight()
        for _ in 0..<3 { flight.add() }
        _ = flight.acknowledge(1, at: 4)
        flight.pending.expire(at: flight.at(2_000))
        #expect(flight.pending.count == 2)
        _ = flight.acknowledge(0, at: 2_100)
        flight.pending.expire(at: flight.at(2_200))
        #expect(flight.pending.count == 1)
        _ = flight.fail(2, at: 3_000)
        flight.pending.expire(at: flight.at(4_000))
        #expect(flight.pending.count == 0)
        let summary = flight.pending.summary
        #expect(summary.timedOut == 2 && summary.undelivered == 1)
    }

    // MARK: - Closed loop

    @Test func roomComesWithAnAnswerATimeOutOrTheEnd() throws {
        let flight = try Flight()
        let pending = flight.pending
        for token in 0..<2 as Range<UInt64> {
            flight.add()
            _ = flight.acknowledge(token, at: 4)
        }
        #expect(pending.waitForRoom(below: 3, until: MonotonicClock.deadline(after: Wait.patience)))
        #expect(!pending.waitForRoom(below: 2, until: MonotonicClock.deadline(after: .milliseconds(1))))
        flight.answer(flight.ids[0], at: 30)
        #expect(pending.waitForRoom(below: 2, until: MonotonicClock.deadline(after: Wait.patience)))
        // The other's result is overdue after a second.
        #expect(pending.waitForRoom(below: 1, until: MonotonicClock.deadline(after: Wait.patience)))
        #expect(MonotonicClock.now >= flight.at(1_000) && pending.count == 0)

        flight.add(plannedAt: 3_600_000)
        let ender = OSThread(name: "ender") { pending.endWaitForRoom() }
        #expect(!pending.waitForRoom(below: 1, until: MonotonicClock.deadline(after: Wait.patience)))
        ender.join()
    }

    /// A broker that is away must not hold a closed loop's places for ever.
    @Test func overdueImageWithoutAReportHoldsNoPlace() throws {
        let flight = try Flight(resultTimeout: .milliseconds(50))
        let pending = flight.pending
        flight.add()
        #expect(pending.waitForRoom(below: 1, until: MonotonicClock.deadline(after: Wait.patience)))
        #expect(pending.count == 1)
        flight.add(plannedAt: 3_600_000)
        #expect(!pending.waitForRoom(below: 1, until: MonotonicClock.deadline(after: .milliseconds(1))))
        _ = flight.fail(0, at: 60)
        #expect(!pending.waitForRoom(below: 1, until: MonotonicClock.deadline(after: .milliseconds(1))))
        #expect(pending.waitForRoom(below: 2, until: MonotonicClock.deadline(after: Wait.patience)))
    }

    // MARK: - The end

    @Test func whatIsLeftAtTheEndIsTimedOutOrUndelivered() throws {
        let flight = try Flight()
        for _ in 0..<3 { flight.add() }
        _ = flight.acknowledge(0, at: 4)
        flight.answer(flight.ids[2], at: 30)
        #expect(flight.pending.abandon() == [flight.ids[1]])
        #expect(flight.pending.count == 0)
        let rows = try flight.rows()
        #expect(rows.map(\.outcome) == [.timedOut, .undelivered, .ok])
        #expect(rows.map(\.imageID) == flight.ids)
        #expect(rows[2].result == 30_000_000)
    }

    @Test func waitEndsWhenTheLastImageLeaves() throws {
        let flight = try Flight()
        flight.add()
        #expect(!flight.pending.waitUntilEmpty(until: 0))
        let pending = flight.pending
        let leaver = OSThread(name: "leaver") { pending.refuse(0) }
        #expect(flight.pending.waitUntilEmpty(until: MonotonicClock.deadline(after: Wait.patience)))
        leaver.join()
    }

    @Test func threadsThatRaceForAnImageMakeOneRow() throws {
        let flight = try Flight()
        let count = 300
        for _ in 0..<count { flight.add() }
        let (pending, ids, instant) = (flight.pending, flight.ids, flight.at(1_000))
        let threads = [
            OSThread(name: "reports") {
                for token in 0..<UInt64(count) {
                    _ = pending.take(
                        [Outgoing.Report(token: token, partition: 0, offset: 1, error: nil)], at: instant)
                }
            },
            OSThread(name: "results") {
                for id in ids { pending.take(Samples.classified(id: id), at: instant) }
            },
            OSThread(name: "dead-letters") { for id in ids { pending.takeDeadLetter(id, at: instant) } },
            OSThread(name: "expiry") { for _ in ids { pending.expire(at: instant) } },
        ]
        for thread in threads { thread.join() }
        pending.expire(at: instant)
        #expect(pending.count == 0)
        let rows = try flight.rows()
        #expect(rows.count == count && Set(rows.map(\.imageID)).count == count)
        let summary = pending.summary
        #expect(summary.classified + summary.deadLettered + summary.timedOut == count)
        #expect(summary.acknowledged == count)
    }
}

extension PendingImages {
    /// The result of one image was read.
    fileprivate func take(_ result: ImageClassified, at instant: UInt64) {
        take([(result.imageID, PendingImage.Answer(outcome: .ok, instant: instant, result: result))])
    }

    /// The dead letter of one image was read.
    fileprivate func takeDeadLetter(_ id: UUID, at instant: UInt64) {
        take([(id, PendingImage.Answer(outcome: .deadLettered, instant: instant, result: nil))])
    }
}
