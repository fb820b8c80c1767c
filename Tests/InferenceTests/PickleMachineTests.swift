import Testing

@testable import Inference

@Suite struct PickleMachineTests {
    private func run(_ bytes: [UInt8]) throws -> PickleMachine.Dictionary {
        try bytes.withUnsafeBytes { bytes throws(InferenceError) in try PickleMachine.run(bytes) }
    }

    private func message(_ bytes: [UInt8]) -> String {
        do {
            _ = try run(bytes)
            return "it was accepted"
        } catch {
            return (error as? InferenceError)?.message ?? "another error"
        }
    }

    @Test func tensorIsDescribed() throws {
        let bytes = Pickle.dictionary("fc.bias") {
            $0.add(tensor: "12", count: 24, offset: 4, shape: [2, 3], strides: [3, 1])
        }
        let tensor = try #require(run(bytes).tensors["fc.bias"])
        #expect(tensor.storageType == "torch.FloatStorage")
        #expect(tensor.storageKey == "12")
        #expect(tensor.storageCount == 24)
        #expect(tensor.offset == 4)
        #expect(tensor.shape == [2, 3])
        #expect(tensor.strides == [3, 1])
    }

    @Test func parameterIsItsTensor() throws {
        let bytes = Pickle.dictionary("fc.bias") {
            $0.add(global: "torch._utils", "_rebuild_parameter")
            $0.add("(")
            $0.add(tensor: "0", count: 1, shape: [1], strides: [1])
            $0.add(raw: [0x88])
            $0.add(global: "collections", "OrderedDict")
            $0.add(")")
            $0.add("R")
            $0.add("t")
            $0.add("R")
        }
        #expect(try run(bytes).tensors["fc.bias"]?.shape == [1])
    }

    @Test(
        arguments: [
            ("os", "system"), ("builtins", "eval"), ("posix", "system"), ("__builtin__", "exec"),
            ("torch", "ByteStorage"), ("torch._utils", "_rebuild_tensor_v3"), ("collections", "Counter"),
            ("numpy.core.multiarray", "_reconstruct"),
        ])
    func otherObjectsAreRefusedByName(module: String, name: String) {
        let bytes = Pickle.dictionary("a") {
            $0.add(global: module, name)
            $0.add("(")
            $0.add(text: "true")
            $0.add("t")
            $0.add("R")
        }
        #expect(message(bytes).contains("\(module).\(name)"))
    }

    @Test func objectNamedFromTheStackIsRefusedByName() {
        let bytes = Pickle.dictionary("a") {
            $0.add(text: "os")
            $0.add(text: "system")
            $0.add(raw: [0x93])
        }
        #expect(message(bytes).contains("os.system"))
    }

    @Test func callingAStorageIsRefused() {
        let bytes = Pickle.dictionary("a") {
            $0.add(global: "torch", "FloatStorage")
            $0.add(")")
            $0.add("R")
        }
        #expect(message(bytes).contains("torch.FloatStorage"))
    }

    // INST, OBJ, NEWOBJ, NEWOBJ_EX, REDUCE's text form of a persistent identifier, EXT1, BUILD on nothing, DUP.
    @Test(arguments: [[0x69], [0x6f], [0x81], [0x92], [0x50], [0x82, 1], [0x62], [0x32]] as [[UInt8]])
    func opcodesThatAStateDictionaryNeverNeedsAreRefused(opcode: [UInt8]) {
        #expect(throws: InferenceError.self) { try run(Pickle.dictionary("a") { $0.add(raw: opcode) }) }
    }

    @Test func tuplesNestedDeeplyAreRefused() {
        let bytes = Pickle.dictionary("a") {
            $0.add(")")
            for _ in 0..<1_000_000 { $0.add(raw: [0x85]) }
        }
        #expect(message(bytes).contains("nests"))
    }

    @Test func dictionaryInsideItselfIsNoLoop() throws {
        let bytes = Pickle.dictionary("a") {
            // What lies on top is the key; the dictionary below it was not memorised, so memorise a new one.
            $0.add("}")
            $0.add(raw: [UInt8(ascii: "q"), 0])
            $0.add(text: "self")
            $0.add(raw: [UInt8(ascii: "h"), 0])
            $0.add("s")
        }
        #expect(try run(bytes).others == ["a"])
    }

    @Test func whatIsNoTensorIsListed() throws {
        #expect(try run(Pickle.dictionary("epoch") { $0.add(90) }).others == ["epoch"])
    }

    @Test func longNumbersAreRead() throws {
        let bytes = Pickle.dictionary("a") {
            $0.add(global: "torch._utils", "_rebuild_tensor_v2")
            $0.add("(")
            $0.add("(")
            $0.add(text: "storage")
            $0.add(global: "torch", "HalfStorage")
            $0.add(text: "0")
            $0.add(text: "cuda:0")
            $0.add(raw: [0x8a, 5, 0, 0, 0, 0, 1])
            $0.add("t")
            $0.add("Q")
            $0.add(raw: [0x8a, 2, 0xfe, 0xff])
            $0.add(")")
            $0.add(")")
            $0.add("t")
            $0.add("R")
        }
        let tensor = try #require(run(bytes).tensors["a"])
        #expect(tensor.storageCount == 1 << 32)
        #expect(tensor.offset == -2)
    }

    @Test func pickleOfAnotherProtocolIsRefused() {
        #expect(message([0x80, 9, 0x7d, 0x2e]).contains("protocol 9"))
        #expect(throws: InferenceError.self) { try run([]) }
        #expect(throws: InferenceError.self) { try run([0x80]) }
        #expect(throws: InferenceError.self) { try run(Array("I1\n.".utf8)) }
    }

    @Test func damagedPicklesNeverCrash() {
        let sound = Pickle.dictionary("fc.bias") {
            $0.add(tensor: "12", count: 24, offset: 4, shape: [2, 3], strides: [3, 1])
        }
        Damage.apply(to: sound, rounds: 10_000) { _ = try? PickleMachine.run($0) }
    }
}
