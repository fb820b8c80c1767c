import Kafka
import Testing

@testable import Pipeline

@Suite struct PipelineBacklogTests {
    private func place(_ topic: String, _ partition: Int32) -> TopicPartition {
        TopicPartition(topic: topic, partition: partition)
    }

    @Test func whatLiesBehindIsCountedPartitionByPartition() {
        let ends = [place("a", 0): Int64(5), place("a", 1): 7, place("b", 0): 0]
        #expect(PipelineBacklog.missing(ends, in: [:]) == 12)
        #expect(PipelineBacklog.missing(ends, in: [place("a", 0): 5, place("a", 1): 4]) == 3)
        // One partition's surplus is no other's.
        #expect(PipelineBacklog.missing(ends, in: [place("a", 0): 9, place("a", 1): 6]) == 1)
        #expect(PipelineBacklog.missing(ends, in: ends) == 0)
    }

    @Test func allIsDoneOnlyWhereBothAre() {
        #expect(PipelineBacklog.Counts(unstored: 0, unanswered: 0).isEmpty)
        #expect(!PipelineBacklog.Counts(unstored: 1, unanswered: 0).isEmpty)
        #expect(!PipelineBacklog.Counts(unstored: 0, unanswered: 1).isEmpty)
    }
}
