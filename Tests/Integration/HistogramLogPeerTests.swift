import Foundation
import Testing

@testable import Latency

/// HdrHistogram's own package for Python beside our histogram logs, both ways.
@Suite(
    .enabled(
        if: Surroundings.hasHdrHistogram, "HdrHistogram for Python is missing: run `make setup-test` (x86-64 only)"))
struct HistogramLogPeerTests {
    private struct Figures: Decodable {
        let count: UInt64
        let percentiles: [Int64]
        /// The highest value of each bucket, and its count.
        let buckets: [[Int64]]
    }

    private static let percents = [0, 10, 50, 90, 95, 99, 99.9, 100]

    /// Runs Tests/Clients/hdr.py.
    private func peer(_ arguments: String) throws -> Data {
        let outcome = Shell.run("'\(Surroundings.python)' -B '\(Surroundings.root)/Tests/Clients/hdr.py' \(arguments)")
        try #require(outcome.status == 0, "\(outcome.output)")
        return Data(outcome.output.utf8)
    }

    private func path(_ name: String) -> String { "\(NSTemporaryDirectory())/\(UUID())-\(name)" }

    @Test func itReadsWhatWeWrite() throws {
        let file = path("ours.hlog")
        defer { try? FileManager.default.removeItem(atPath: file) }
        var collector = LatencyCollector(run: "a, \"b\"", producers: 2)
        var random = SystemRandomNumberGenerator()
        for index in 0..<4000 {
            let spread = Int64.random(in: 0..<(1 << Int64.random(in: 1..<40, using: &random)), using: &random)
            collector.add(
                planned: 1_800_000_000_000_000_000 + Int64(index) * 1_000_000, sent: 1000, result: 5000 + spread,
                outcome: .ok)
            collector.add(
                StageTimes(sent: 1000, received: 2000, decoded: 3000, inferred: 4000, result: 5000 + spread)!)
        }
        collector.add(planned: 1_800_000_000_000_000_000, sent: 0, result: .max, outcome: .ok)
        collector.add(StageTimes(sent: 0, received: 0, decoded: 0, inferred: 0, result: .max)!)
        try Data(try HistogramLog.bytes(of: [collector])).write(to: URL(fileURLWithPath: file))

        let found = try JSONDecoder().decode([String: Figures].self, from: try peer("read '\(file)'"))
        let entries = zip(Stage.allCases.map(\.rawValue), collector.stages.entries.map(\.histogram))
        for (tag, histogram) in [(HistogramLog.totalTag, collector.histogram)] + Array(entries) {
            let figures = try #require(found[tag], "\(tag)")
            #expect(figures.count == histogram.count, "\(tag)")
            #expect(figures.buckets.map { UInt64($0[1]) } == histogram.buckets.map(\.count), "\(tag)")
            for (theirs, ours) in zip(figures.buckets.map { $0[0] }, histogram.buckets.map(\.value)) {
                #expect(abs(Double(theirs) - Double(ours)) <= Double(ours) / 1000, "\(tag)")
            }
        }
    }

    @Test(arguments: 1...5)
    func weReadWhatItWrites(_ seed: Int) throws {
        let file = path("theirs.hlog")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let exact = try JSONDecoder().decode(Figures.self, from: try peer("write '\(file)' \(seed)"))
        let log = try HistogramLogReader(path: file)
        let histogram = try #require(log.runs.first).histogram
        #expect(log.runs.count == 1 && histogram.count == exact.count)
        for (percent, value) in zip(HistogramLogPeerTests.percents, exact.percentiles) {
            let found = try #require(histogram.percentile(percent))
            #expect(abs(Double(found) - Double(value)) <= 0.001 * Double(value), "p\(percent): \(found) for \(value)")
        }
    }
}
