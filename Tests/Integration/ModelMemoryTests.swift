import Foundation
import Testing

@testable import Inference
@testable import Pipeline

/// Memory of infer while batches of all sizes come. `IOTPIPE_MEMORY_IMAGES` sets how many images: 3,000 where it is not
/// set.
@Suite(.enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct ModelMemoryTests {
    private static let count =
        ProcessInfo.processInfo.environment["IOTPIPE_MEMORY_IMAGES"].flatMap { Int($0) } ?? 3_000

    /// Poisson arrivals make the sizes: whatever came while the model worked is the next batch. So the rate is about half of
    /// what two cores classify.
    @Test(arguments: [(Precision.f32, 100), (.int8, 250)])
    func mixedBatchesLeaveMemoryFlat(precision: Precision, rate: Int) throws {
        let topics = [
            "--bootstrap-server", try Servers.kafka().bootstrapServers, "--images-topic", "memory.\(precision).images",
            "--inferences-topic", "memory.\(precision).inferences", "--dead-letters-topic", "memory.dead-letters",
        ]
        let infer = try RoleProcess(
            [
                "infer", "--precision", "\(precision)", "--batch", "32", "--group", "memory-\(precision)",
            ] + topics, waits: true)
        /// Sends images and waits for their results; returns infer's memory then, in KiB.
        func memory(after count: Int) throws -> Int {
            let produce = try RoleProcess(
                [
                    "produce", "--count", "\(count)", "--rate", "\(rate)", "--arrival", "poisson", "--devices",
                    "16", "--producer", "p\(count)", "--result-timeout", "120s",
                ] + topics)
            #expect(produce.wait(.seconds(60 + count)) == .code(0), "\(produce.output)\n\(infer.output)")
            #expect(produce.output.contains("\(count) classified"), "\(produce.output)")
            return try #require(Memory.anonymous(of: infer.child.identifier))
        }
        let first = try memory(after: Self.count / 4)
        let last = try memory(after: Self.count - Self.count / 4)
        // Sizes that first come late bring what oneDNN keeps for each. One picture's tensor lost a batch would be 30 MiB.
        #expect(last - first < 24 * 1024, "\(first) KiB after a quarter, \(last) KiB at the end")
        #expect(infer.stop() == .code(0), "\(infer.output)")
    }
}
