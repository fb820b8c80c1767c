import Foundation
import Testing

@testable import Inference

@Suite struct TorchCheckpointTests {
    private func read(_ bytes: [UInt8]) throws -> TorchCheckpoint {
        try bytes.withUnsafeBytes { bytes throws(InferenceError) in try TorchCheckpoint(bytes) }
    }

    private func message(_ bytes: [UInt8]) -> String {
        do {
            _ = try read(bytes)
            return "it was accepted"
        } catch {
            return (error as? InferenceError)?.message ?? "another error"
        }
    }

    private func fixture() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: SharedFiles.fixtures.appendingPathComponent("state-dict.pth")))
    }

    private func checkpoint(
        count: Int32 = 6, offset: Int32 = 0, shape: [Int32] = [2, 3], strides: [Int32] = [3, 1], bytes: Int = 24,
        byteOrder: String = "little"
    ) -> [UInt8] {
        let pickle = Pickle.dictionary("a") {
            $0.add(tensor: "0", count: count, offset: offset, shape: shape, strides: strides)
        }
        return Zip.archive([
            ("x/data.pkl", pickle), ("x/byteorder", Array(byteOrder.utf8)),
            ("x/data/0", [UInt8](repeating: 0, count: bytes)),
        ])
    }

    /// What Tests/Fixtures/README.md's script wrote with PyTorch.
    @Test func fileOfPyTorchIsRead() throws {
        let bytes = try fixture()
        let tensors = try read(bytes).tensors
        #expect(tensors.map(\.name) == ["brain", "half", "matrix", "parameter", "part", "scalar"])
        #expect(tensors.map(\.type) == [.bfloat16, .float16, .float32, .float32, .float32, .float32])
        #expect(tensors.map(\.shape) == [[2], [3], [2, 3], [2], [2, 2], []])
        func values(_ name: String) -> [Float] {
            let tensor = tensors.first { $0.name == name }!
            return bytes.withUnsafeBytes { bytes in
                (0..<tensor.shape.reduce(1, *)).map {
                    bytes.loadUnaligned(fromByteOffset: tensor.offset + 4 * $0, as: Float.self)
                }
            }
        }
        #expect(values("matrix") == [0, 1, 2, 3, 4, 5])
        #expect(values("part") == [6, 7, 8, 9])
        #expect(values("parameter") == [0.5, -0.5])
        #expect(values("scalar") == [42])
    }

    @Test func soundCheckpointIsRead() throws {
        #expect(try read(checkpoint()).tensors.map(\.shape) == [[2, 3]])
        #expect(try read(checkpoint(count: 9, offset: 3, bytes: 36)).tensors.count == 1)
        // The stride of a side of 1 means nothing.
        #expect(try read(checkpoint(shape: [1, 6], strides: [77, 1])).tensors.count == 1)
    }

    @Test func tensorsBeyondTheirStorageAreRefused() {
        #expect(message(checkpoint(offset: 1)).contains("beyond"))
        #expect(message(checkpoint(offset: -1)).contains("beyond"))
        #expect(message(checkpoint(bytes: 23)).contains("beyond"))
        #expect(message(checkpoint(count: .max)).contains("beyond"))
        #expect(message(checkpoint(shape: [.max, .max, .max], strides: [1, 1, 1])).contains("shape"))
        #expect(message(checkpoint(shape: [-2, -3])).contains("shape"))
        #expect(message(checkpoint(shape: [2], strides: [])).contains("shape"))
    }

    @Test func tensorsThatAreNotContiguousAreRefused() {
        #expect(message(checkpoint(strides: [1, 2])).contains("contiguous"))
        #expect(message(checkpoint(strides: [0, 0])).contains("contiguous"))
    }

    @Test func otherArchivesAreRefused() throws {
        #expect(message(Zip.archive([("a.txt", [1])])).contains("data.pkl"))
        #expect(message(Zip.archive([("a/data.pkl", []), ("b/data.pkl", [])])).contains("data.pkl"))
        #expect(message(Zip.archive([("a/data.pkl", [1, 2, 3])], method: 8)).contains("compressed"))
        #expect(message(Zip.archive([("a/data.pkl", [1, 2, 3])], flags: 1)).contains("encrypted"))
        #expect(message(Zip.archive([("a", [1]), ("a", [2])])).contains("twice"))
        #expect(message(checkpoint(byteOrder: "big")).contains("big-endian"))
        let pickle = Pickle.dictionary("a") { $0.add(tensor: "0", count: 1, shape: [1], strides: [1]) }
        #expect(message(Zip.archive([("x/data.pkl", pickle)])).contains("missing"))
    }

    @Test func trainingCheckpointIsExplained() {
        let pickle = Pickle.dictionary("epoch") { $0.add(3) }
        #expect(message(Zip.archive([("x/data.pkl", pickle)])).contains("state_dict"))
    }

    @Test func truncatedFilesAreRefused() throws {
        let sound = try fixture()
        for length in stride(from: 0, to: sound.count, by: 7) {
            #expect(throws: InferenceError.self) { try read(Array(sound.prefix(length))) }
        }
    }

    @Test func damagedFilesNeverCrash() throws {
        Damage.apply(to: try fixture(), rounds: 10_000) { bytes in
            guard let file = try? TorchCheckpoint(bytes) else { return }
            for tensor in file.tensors {
                let size = tensor.shape.reduce(1, *) * tensor.type.size
                #expect(tensor.offset >= 0 && tensor.offset + size <= bytes.count)
            }
        }
    }
}
