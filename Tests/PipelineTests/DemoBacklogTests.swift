import Kafka
import Testing

@testable import Pipeline

@Suite struct DemoBacklogTests {
    private func ends(_ images: Int64, _ results: Int64, _ letters: Int64) -> [TopicPartition: Int64] {
        let topics = TopicSetup()
        var ends: [TopicPartition: Int64] = [:]
        for (topic, end) in [(topics.images, images), (topics.inferences, results), (topics.deadLetters, letters)] {
            ends[TopicPartition(topic: topic, partition: 1)] = end
            ends[TopicPartition(topic: topic, partition: 0)] = 0
        }
        return ends
    }

    @Test func everythingIsStoredAndAnswered() {
        let credit = "iot.images 1 5\niot.inferences 1 4\niot.dead-letters 1 1\n"
        #expect(DemoBacklog(ends: ends(5, 4, 1), credit: credit).isEmpty)
        #expect(DemoBacklog(ends: ends(0, 0, 0), credit: "").isEmpty)
    }

    @Test func eachTopicIsLookedAt() {
        let credit = "iot.images 1 3\niot.inferences 1 2\n"
        let backlog = DemoBacklog(ends: ends(5, 4, 1), credit: credit)
        #expect(backlog.unstored == 5 && backlog.unanswered == 0 && !backlog.isEmpty)
    }

    @Test func imagesThatInferHasNotReadAreWaitedForToo() {
        let backlog = DemoBacklog(ends: ends(5, 3, 0), credit: "iot.images 1 5\niot.inferences 1 3\n")
        #expect(backlog.unstored == 0 && backlog.unanswered == 2 && !backlog.isEmpty)
    }
}
