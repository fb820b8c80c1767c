import Foundation
import Testing

@testable import Inference

@Suite struct ModelLocatorTests {
    private func make(_ path: String, in folder: URL) throws {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data([1]).write(to: file)
    }

    @Test func shippedModelComesBeforeTheFetchedOne() throws {
        try TemporaryFolder.use { root in
            let build = root.appendingPathComponent(".build/x86_64-unknown-linux-gnu/release").path
            #expect(ModelLocator.defaultWeights(from: build) == nil)
            try make(".deps/weights/resnet50-imagenet1k-v2.pth", in: root)
            #expect(ModelLocator.defaultWeights(from: build) == root.path + "/.deps/weights/resnet50-imagenet1k-v2.pth")
            try make("models/README.md", in: root)
            try make("models/b.safetensors", in: root)
            try make("models/a.safetensors", in: root)
            #expect(ModelLocator.defaultWeights(from: build) == root.path + "/models/a.safetensors")
        }
    }

    @Test func theNearestModelWins() throws {
        try TemporaryFolder.use { root in
            try make("models/far.safetensors", in: root)
            try make("bin/models/near.safetensors", in: root)
            #expect(ModelLocator.defaultWeights(from: root.path + "/bin") == root.path + "/bin/models/near.safetensors")
        }
    }

    @Test func aFileThatIsNamedComesBeforeAll() throws {
        #expect(try ModelLocator.weights(named: "w.pth") == "w.pth")
        #expect(try ModelLocator.weights(named: nil).hasSuffix("/models/resnet50-cifar100.safetensors"))
    }
}
