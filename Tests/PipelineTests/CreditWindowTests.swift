import Events
import Foundation
import Synchronization
import Testing
import Threads

@testable import Pipeline

@Suite struct CreditWindowTests {
    /// What an image of 100 bytes costs: its result is larger than itself.
    private static let cost = 3_072
    private static let bytes = 100

    private func window(images: Int) -> CreditWindow {
        CreditWindow(limit: images * CreditWindowTests.cost, topics: TopicSetup())
    }

    /// Takes without waiting.
    private func take(_ id: UUID, from window: CreditWindow, partition: Int32 = 0) -> Bool {
        (try? window.take(CreditWindowTests.bytes, id: id, partition: partition, until: 0)) ?? false
    }

    private func store(_ id: UUID, _ offset: Int64, in window: CreditWindow) {
        window.imageStored(id, partition: 0, offset: offset)
        window.resultSeen(id, partition: 0, offset: offset)
    }

    @Test func costIsThatOfTheLargerOfImageAndResult() {
        #expect(CreditWindow.cost(ofBytes: CreditWindowTests.bytes) == CreditWindowTests.cost)
        #expect(CreditWindow.cost(ofBytes: 50_000) == 51_024)
    }

    @Test func noMoreThanTheLimitIsOutstanding() {
        let window = window(images: 2)
        #expect(take(UUID(), from: window))
        #expect(take(UUID(), from: window))
        #expect(!take(UUID(), from: window))
        #expect(take(UUID(), from: window, partition: 1))
    }

    @Test func oneImageFitsAsLongAsThePartitionKeepsIt() throws {
        let window = CreditWindow(limit: 1, topics: TopicSetup())
        let large = 4 << 20
        #expect(try window.take(large, id: UUID(), partition: 0, until: 0))
        #expect(!take(UUID(), from: window))
        let shared = CreditWindow(limit: 1, producers: 2, topics: TopicSetup())
        let error = thrown(RoleError.self) { try shared.take(large, id: UUID(), partition: 0, until: 0) }
        #expect(error?.status == .badData && error?.message.contains("fewer producers") == true)
    }

    @Test func roomComesOnlyWhenImageAndResultAreBothStored() {
        let window = window(images: 1)
        let id = UUID()
        #expect(take(id, from: window))
        window.grant("iot.images 0 100")
        #expect(!take(UUID(), from: window), "nothing is known of the image yet")
        window.imageStored(id, partition: 0, offset: 99)
        window.grant("iot.images 0 100")
        #expect(!take(UUID(), from: window), "the result is not there")
        window.resultSeen(id, partition: 0, offset: 20)
        window.grant("iot.inferences 0 20")
        #expect(!take(UUID(), from: window), "the result is the next to be stored")
        window.grant("iot.inferences 0 21")
        #expect(take(UUID(), from: window))
    }

    @Test func imageThatIsNotStoredKeepsItsRoom() {
        let window = window(images: 1)
        let id = UUID()
        #expect(take(id, from: window))
        window.imageStored(id, partition: 0, offset: 100)
        window.resultSeen(id, partition: 0, offset: 0)
        window.grant("iot.inferences 0 1")
        window.grant("iot.images 0 100")
        #expect(!take(UUID(), from: window))
        window.grant("iot.images 0 101")
        #expect(take(UUID(), from: window))
    }

    @Test func deadLetterCountsAsTheAnswerOnceItIsStored() {
        let window = window(images: 1)
        let id = UUID()
        #expect(take(id, from: window))
        window.imageStored(id, partition: 0, offset: 0)
        window.letterSeen(id, partition: 0, offset: 7)
        window.grant("iot.images 0 1")
        window.grant("iot.inferences 0 8")
        window.grant("iot.dead-letters 0 7")
        #expect(!take(UUID(), from: window), "the dead letter is the next to be stored")
        window.grant("iot.dead-letters 0 8")
        #expect(take(UUID(), from: window))
    }

    @Test func eachImageGivesBackItsOwn() {
        let window = window(images: 3)
        let ids = (0..<3).map { _ in UUID() }
        for (offset, id) in ids.enumerated() {
            #expect(take(id, from: window))
            store(id, Int64(offset), in: window)
        }
        window.grant("iot.inferences 0 3")
        window.grant("iot.images 0 2")
        #expect(take(UUID(), from: window))
        #expect(take(UUID(), from: window))
        #expect(!take(UUID(), from: window))
        window.grant("iot.images 0 3")
        window.grant("iot.images 0 3")
        #expect(take(UUID(), from: window))
        #expect(!take(UUID(), from: window), "a repeated grant gives nothing")
    }

    @Test func whatWasNeverSentIsGivenBack() {
        let window = window(images: 1)
        let id = UUID()
        #expect(take(id, from: window))
        window.drop(id, partition: 0)
        window.drop(id, partition: 0)
        #expect(take(UUID(), from: window))
        #expect(!take(UUID(), from: window))
    }

    @Test(arguments: ["", "iot.images", "iot.images 0", "iot.images x 1", "iot.images 0 x", "other 0 100", "a b c d"])
    func lineThatIsNoGrantChangesNothing(line: String) {
        let window = window(images: 1)
        let id = UUID()
        #expect(take(id, from: window))
        store(id, 0, in: window)
        window.grant("iot.inferences 0 1")
        window.grant(line)
        #expect(!take(UUID(), from: window))
    }

    // MARK: - Waiting

    @Test func grantWakesWhoWaits() {
        let window = window(images: 1)
        let id = UUID()
        #expect(take(id, from: window))
        store(id, 0, in: window)
        let outcome = Mutex(false)
        let waiter = OSThread(name: "waiter") {
            let deadline = MonotonicClock.deadline(after: Wait.patience)
            let isTaken =
                (try? window.take(CreditWindowTests.bytes, id: UUID(), partition: 0, until: deadline)) ?? false
            outcome.withLock { $0 = isTaken }
        }
        window.grant("iot.inferences 0 1")
        window.grant("iot.images 0 1")
        waiter.join()
        #expect(outcome.withLock { $0 })
    }

    @Test func endLiftsTheLimit() {
        let window = window(images: 1)
        #expect(take(UUID(), from: window))
        let outcome = Mutex(false)
        let waiter = OSThread(name: "waiter") {
            let deadline = MonotonicClock.deadline(after: Wait.patience)
            let isTaken =
                (try? window.take(CreditWindowTests.bytes, id: UUID(), partition: 0, until: deadline)) ?? false
            outcome.withLock { $0 = isTaken }
        }
        window.end()
        waiter.join()
        #expect(outcome.withLock { $0 })
        for _ in 0..<100 { #expect(take(UUID(), from: window)) }
    }
}
