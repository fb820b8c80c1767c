import Testing

@testable import Inference

@Suite struct SafetensorsTests {
    private func read(_ bytes: [UInt8]) throws -> Safetensors {
        try bytes.withUnsafeBytes { bytes throws(InferenceError) in try Safetensors(bytes) }
    }

    private func read(_ header: String, data: Int) throws -> Safetensors {
        try read(SafetensorsFile.bytes(header: header, data: [UInt8](repeating: 0, count: data)))
    }

    private func tensor(_ type: String, _ shape: String, _ offsets: String) -> String {
        "{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    @Test func tensorsAndMetadataAreRead() throws {
        let header = """
            {"__metadata__":{"format":"pt","input_size":"64"},"b":\(tensor("F16", "[2,3]", "[0,12]")),\
            "bn1.num_batches_tracked":\(tensor("I64", "[]", "[12,20]")),"a":\(tensor("F32", "[1]", "[20,24]")),\
            "c":\(tensor("BF16", "[]", "[24,26]"))}
            """
        let file = try read(header, data: 26)
        #expect(file.metadata == ["format": "pt", "input_size": "64"])
        #expect(file.tensors.map(\.name) == ["a", "b", "c"])
        #expect(file.tensors.map(\.type) == [.float32, .float16, .bfloat16])
        #expect(file.tensors.map(\.shape) == [[1], [2, 3], []])
        #expect(file.tensors[0].offset - file.tensors[1].offset == 20)
    }

    @Test(
        arguments: [
            ("overlap", "[0,8]", "[4,12]", 12), ("gap", "[0,8]", "[12,20]", 20),
            ("beyond the end", "[0,8]", "[8,16]", 12),
            ("bytes left over", "[0,8]", "[8,16]", 20), ("reversed", "[8,0]", "[8,16]", 16),
            ("negative", "[-8,0]", "[0,8]", 8), ("one offset", "[0]", "[0,8]", 8),
        ])
    func unsoundOffsetsAreRefused(name: String, first: String, second: String, data: Int) {
        let header = "{\"a\":\(tensor("F32", "[2]", first)),\"b\":\(tensor("F32", "[2]", second))}"
        #expect(throws: InferenceError.self) { try read(header, data: data) }
    }

    @Test(
        arguments: [
            ("F32", "[3]"), ("F32", "[-2]"), ("F16", "[2]"), ("F99", "[2]"), ("I64", "[1]"), ("F64", "[1]"),
            ("F32", "[9223372036854775807,4]"), ("F32", "[4611686018427387904]"), ("F32", "2"), ("F32", "[2.5]"),
        ])
    func unsoundShapesAndTypesAreRefused(type: String, shape: String) {
        #expect(throws: InferenceError.self) { try read("{\"a\":\(tensor(type, shape, "[0,8]"))}", data: 8) }
    }

    @Test(
        arguments: [
            "[]", "{", "{}x", "nothing", "{\"a\":{}}", "{\"a\":7}", "{\"__metadata__\":{\"a\":1}}",
            "{\"__metadata__\":[]}",
            " {}",
        ])
    func unsoundHeadersAreRefused(header: String) {
        #expect(throws: InferenceError.self) { try read(header, data: 0) }
    }

    @Test func headersNestedDeeplyAreRefused() {
        let header = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect(throws: InferenceError.self) { try read(header, data: 0) }
    }

    @Test func headerLengthBeyondTheFileIsRefused() {
        for length in [UInt64.max, 1 << 63, 1 << 40, 1000, 1, 0] {
            let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
            #expect(throws: InferenceError.self) { try read(bytes) }
        }
        #expect(throws: InferenceError.self) { try read([1, 2, 3]) }
        #expect(throws: InferenceError.self) { try read([]) }
    }

    @Test func damagedFilesNeverCrash() {
        let header = "{\"a\":\(tensor("F32", "[2]", "[0,8]")),\"b\":\(tensor("F16", "[4]", "[8,16]"))}"
        let sound = SafetensorsFile.bytes(header: header, data: [UInt8](repeating: 1, count: 16))
        Damage.apply(to: sound, rounds: 4000) { bytes in
            guard let file = try? Safetensors(bytes) else { return }
            for tensor in file.tensors {
                let size = tensor.shape.reduce(1, *) * tensor.type.size
                #expect(tensor.offset >= 0 && tensor.offset + size <= bytes.count)
            }
        }
    }
}
