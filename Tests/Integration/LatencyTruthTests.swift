import Events
import Foundation
import Latency
import Testing
import Threads

@testable import Pipeline

/// What the producer reports is what happened: on a real Kafka, with a stand-in for infer whose delays are known.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct LatencyTruthTests {
    /// A run of the built program against a stand-in.
    private struct Run {
        let rows: [LatencyRecord]
        let known: [UUID: TimedClassifier.Known]
        let output: String

        /// - Parameters:
        ///   - clock: how far the stand-in's clock is ahead.
        ///   - answer: when an image is answered, by the first planned instant, its own, and its number.
        init(
            _ arguments: [String], clock: Duration = .zero,
            answer: @escaping @Sendable (_ first: UInt64, _ planned: UInt64, _ number: Int) -> UInt64
        ) throws {
            let kafka = try Servers.kafka()
            let name = UUID().uuidString
            var topics = TopicSetup()
            (topics.images, topics.inferences) = ("images-\(name)", "inferences-\(name)")
            topics.deadLetters = "dead-letters-\(name)"
            let first = Monitor<UInt64?>(nil)
            let classifier = try TimedClassifier(on: kafka, topics: topics, clock: clock) { planned, number in
                let first = first.read { first -> UInt64 in
                    defer { first = first ?? planned }
                    return first ?? planned
                }
                return answer(first, planned, number)
            }
            let csv = "\(NSTemporaryDirectory())/iotpipe-truth-\(name).csv"
            defer { try? FileManager.default.removeItem(atPath: csv) }
            let produce = try RoleProcess(
                [
                    "produce", "--bootstrap-server", kafka.bootstrapServers, "--latencies", csv, "--producer", "truth",
                    "--images-topic", topics.images, "--inferences-topic", topics.inferences, "--dead-letters-topic",
                    topics.deadLetters,
                ] + arguments)
            #expect(produce.wait() == .code(0), "\(produce.output)")
            // The last answers may be on their way to the other reader.
            try Wait.until("every answer is read") { classifier.unread == 0 }
            known = classifier.stop()
            output = produce.output
            var rows: [LatencyRecord] = []
            try LatencyCSVReader(path: csv).forEach { rows.append($0) }
            self.rows = rows
        }

        /// Latencies by the producer's CSV, in ascending order.
        var reported: [Int64] { rows.compactMap(\.result).sorted() }

        /// The same images' latencies as the stand-in's own reader of results knows them, in ascending order.
        var exact: [Int64] {
            rows.compactMap { known[$0.imageID] }.compactMap { known in
                known.read.map { Int64($0) - Int64(known.planned) }
            }.sorted()
        }

        /// What is wrong by more than 1 ms or 1 %: percentiles of the CSV and of the summary.
        func errors() throws -> [String] {
            var errors: [String] = []
            for percent in [50, 90, 95, 99] {
                let truth = Double(percentile(percent, of: exact)) / 1e6
                let printed = (try summary("p\(percent)"), "summary")
                for (ours, place) in [(Double(percentile(percent, of: reported)) / 1e6, "CSV"), printed]
                where abs(ours - truth) > max(1, truth / 100) {
                    errors.append("p\(percent) of the \(place): \(ours) ms, in truth \(truth) ms")
                }
            }
            return errors
        }

        /// A figure of the summary's line of latencies, in milliseconds.
        func summary(_ name: String) throws -> Double {
            let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("latency ") }, "\(output)")
            let words = line.split(separator: " ")
            let place = try #require(words.firstIndex { $0 == name })
            return try #require(Double(words[place + 1]))
        }

        /// The offset of the stand-in's clock and its uncertainty as the summary has them, in milliseconds.
        func clock() throws -> (offset: Double, uncertainty: Double) {
            let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("clock offset ") }, "\(output)")
            let words = line.split(separator: " ")
            return (try #require(Double(words[2])), try #require(Double(words[5])))
        }
    }

    /// A run whose percentiles are right; every image is there, and none was read before it was answered.
    ///
    /// On a busy machine one of the two readers of results may be held up, and not the other: then all is done again.
    private func run(
        _ arguments: [String], clock: Duration = .zero,
        answer: @escaping @Sendable (_ first: UInt64, _ planned: UInt64, _ number: Int) -> UInt64
    ) throws -> Run {
        var errors: [String] = []
        for _ in 0..<3 {
            let run = try Run(arguments, clock: clock, answer: answer)
            #expect(!run.rows.isEmpty && run.rows.allSatisfy { $0.outcome == .ok })
            for row in run.rows {
                let known = try #require(run.known[row.imageID])
                let answered = Int64(try #require(known.answered)) - Int64(known.planned)
                // The stand-in compares wall clock and monotonic clock for itself: so much may be between the two.
                #expect(try #require(row.result) >= answered - 200_000)
            }
            #expect(run.exact.count == run.rows.count)
            try Stages.check(run.rows)
            errors = try run.errors()
            if errors.isEmpty { return run }
        }
        throw KafkaServer.Failure(what: errors.joined(separator: "\n"))
    }

    /// The summary's offset is right within its uncertainty, and the rows give the same.
    private func check(_ run: Run, clock truth: Double) throws {
        let printed = try run.clock()
        #expect(abs(printed.offset - truth) <= printed.uncertainty + 0.2, "\(printed), in truth \(truth) ms")
        #expect(printed.uncertainty < 20, "\(printed)")
        #expect(run.output.contains("warning       the offset is larger") == (abs(truth) > 100), "\(run.output)")
        var clocks = ClockOffsets()
        for row in run.rows { clocks.add(row) }
        let common = try #require(clocks.common)
        #expect(abs(Double(common.offset) / 1e6 - printed.offset) < 0.01)
    }

    @Test func constantDelayIsReportedAsItIs() throws {
        let run = try run(
            ["--rate", "100", "--warm-up", "1s", "--count", "250"], clock: .milliseconds(3_700)
        ) { _, planned, _ in planned + 1_000_000_000 }
        try check(run, clock: 3_700)
        #expect(run.rows.count == 250 && run.known.count == 350)
        #expect(try abs(run.summary("p50") - 1_000) < 20)
    }

    /// Three of twenty answers take four times as long.
    @Test func twoDelaysAreReportedAsTheyAre() throws {
        let run = try run(
            ["--rate", "100", "--arrival", "poisson", "--count", "300"], clock: .milliseconds(-250)
        ) { _, planned, number in planned + (number % 20 < 17 ? 500_000_000 : 2_000_000_000) }
        try check(run, clock: -250)
        #expect(try abs(run.summary("p50") - 500) < 20 && abs(run.summary("p90") - 2_000) < 20)
    }

    /// A delay that is constant but for two seconds in which nothing is answered.
    private static func stalling(_ delay: UInt64) -> @Sendable (UInt64, UInt64, Int) -> UInt64 {
        { first, planned, _ in
            let (due, begin, end) = (planned + delay, first + 1_500_000_000, first + 3_500_000_000)
            return (begin..<end).contains(due) ? end : due
        }
    }

    @Test func stallShowsInTheOpenLoop() throws {
        // Two of five images meet it: the median is not at the stall's edge, where a few late answers would move it far.
        let run = try run(["--rate", "100", "--duration", "5s"], answer: Self.stalling(500_000_000))
        try check(run, clock: 0)
        #expect(run.rows.count == 500)
        #expect(try run.summary("p99") > 2_400 && run.summary("p50") > 500)
    }

    /// The same stall: one image sees it, and those that nobody sent do not count.
    @Test func stallIsHiddenInTheClosedLoop() throws {
        let run = try Run(["--closed-loop", "1", "--duration", "5s"], answer: Self.stalling(5_000_000))
        #expect(run.rows.count > 100 && run.rows.allSatisfy { $0.outcome == .ok })
        #expect(try run.summary("p99") < 500 && run.summary("max") > 1_900, "\(run.output)")
    }
}

/// By nearest rank.
private func percentile(_ percent: Int, of sorted: [Int64]) -> Int64 {
    sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
}
