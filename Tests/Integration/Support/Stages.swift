import Latency
import Testing

/// What must hold for the stages of answered images.
enum Stages {
    /// Every stamp is there; by the producer's clock no stage takes less than nothing, within the uncertainty of infer's
    /// clock; and together they take what the image took.
    static func check(_ rows: [LatencyRecord]) throws {
        var clocks = ClockOffsets()
        for row in rows { clocks.add(row) }
        for row in rows where row.outcome == .ok {
            let partition = try #require(row.partition)
            let clock = try #require(clocks[partition])
            let (sent, result) = (try #require(row.sent), try #require(row.result))
            let infer = [try #require(row.received), try #require(row.decoded), try #require(row.inferred)]
            let own = infer.map { $0 - clock.offset }
            let stages = [sent, own[0] - sent, own[1] - own[0], own[2] - own[1], result - own[2]]
            let least = [0, -clock.uncertainty, 0, 0, -clock.uncertainty]
            #expect(zip(stages, least).allSatisfy { $0 >= $1 }, "\(row): \(stages), \(clock)")
            #expect(stages.reduce(0, +) == result)
            #expect(row.acked.map { $0 >= sent } == true)
        }
    }
}
