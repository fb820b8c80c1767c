import Foundation
import Testing

@testable import Latency

@Suite struct LatencyTableTests {
    private var table: LatencyTable {
        LatencyTable([
            Synthetic.steady(producers: 1, median: 4e7).summary(name: "1 producer"),
            Synthetic.queue(producers: 2, images: 2000, rate: 80, capacity: 50).summary(name: "2 | producers"),
        ])
    }

    @Test func textIsAligned() {
        let lines = table.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix("run") && lines[1].hasSuffix("max"))
        #expect(Set(lines[1...3].map(\.count)).count == 1)
        #expect(!lines[3].contains(" ms") && lines[3].contains("–"))
        #expect(lines[4].hasPrefix("2 | producers: OVERLOADED: served 50.0 of "))
    }

    @Test func markdownHasOneRowPerRun() {
        let lines = table.markdown.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("| run | images | ok | timed out | dead lettered | undelivered |"))
        #expect(lines[3].hasPrefix("| 2 \\| producers |"))
        #expect(Set(lines[0...2].map { $0.filter { $0 == "|" }.count }) == [15])
        #expect(lines[4].contains("OVERLOADED"))
    }

    @Test func jsonHoldsTheFigures() throws {
        let rows = try #require(
            try JSONSerialization.jsonObject(with: Data(table.json.utf8)) as? [[String: Any]])
        #expect(rows.count == 2)
        #expect(rows[0]["steady"] as? Bool == true)
        #expect(rows[0]["images"] as? Int == 2000)
        let median = try #require(table.summaries[0].p50)
        #expect(rows[0]["p50_ns"] as? Int == Int(median))
        #expect(rows[0]["seconds_to_backlog"] is NSNull)
        #expect(rows[1]["steady"] as? Bool == false)
        #expect((rows[1]["seconds_to_backlog"] as? Double ?? 0) > 0)
        #expect(rows[0].keys == rows[1].keys)
    }
}
