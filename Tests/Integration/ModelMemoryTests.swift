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
    private static let rate = 300

    /// Poisson arrivals make the sizes: whatever came while the model worked is the next batch.
    @Test(arguments: [Precision.f32, .int8])
    func mixedBatchesLeaveMemoryFlat(precision: Precision) throws {
        let path = "\(NSTemporaryDirectory())/iotpipe-memory-\(UUID().uuidString).safetensors"
        defer { unlink(path) }
        let weights = try ModelWeights.untrained(
            classes: 10, seed: 1, inputSize: InputSize(height: 32, width: 32)
        ).calibrated(ActivationRanges(Array(repeating: 8, count: ActivationRanges.count)))
        try Data(SafetensorsWriter.bytes(of: weights)).write(to: URL(fileURLWithPath: path))
        let topics = [
            "--bootstrap-server", try Servers.kafka().bootstrapServers, "--images-topic", "memory.\(precision).images",
            "--inferences-topic", "memory.\(precision).inferences", "--dead-letters-topic", "memory.dead-letters",
        ]
        let infer = try RoleProcess(
            [
                "infer", "--weights", path, "--precision", "\(precision)", "--batch", "32", "--group",
                "memory-\(precision)",
            ] + topics, waits: true)
        /// Sends images and waits for their results; returns infer's memory then, in KiB.
        func memory(after count: Int) throws -> Int {
            let produce = try RoleProcess(
                [
                    "produce", "--count", "\(count)", "--rate", "\(Self.rate)", "--arrival", "poisson", "--devices",
                    "16",
                    "--producer", "p\(count)", "--result-timeout", "120s",
                ] + topics)
            #expect(produce.wait(.seconds(60 + count)) == .code(0), "\(produce.output)\n\(infer.output)")
            #expect(produce.output.contains("\(count) classified"), "\(produce.output)")
            return try #require(Memory.anonymous(of: infer.child.identifier))
        }
        let first = try memory(after: Self.count / 4)
        let last = try memory(after: Self.count - Self.count / 4)
        #expect(last - first < 8 * 1024, "\(first) KiB after a quarter, \(last) KiB at the end")
        #expect(infer.stop() == .code(0), "\(infer.output)")
    }
}
