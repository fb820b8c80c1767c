import Testing

@testable import Pipeline

@Suite struct InferenceResponseTests {
    /// The answer to two pictures, of the classes 2 and 1.
    private func answer(_ extra: String) throws -> (text: String, binary: [UInt8], type: String) {
        let body =
            "{\(extra)\"inputs\":[{\"name\":\"image\",\"datatype\":\"UINT8\",\"shape\":[2,1,1,3],"
            + "\"data\":[2,0,0,1,0,0]}]}"
        let request = try InferenceRequest(body: Array(body.utf8), headerLength: nil, limits: APILimits())
        let rows = [2, 1].map(AnsweringModel.probabilities)
        let response = InferenceResponse(model: AnsweringModel.model, request: request, rows: rows).encoded()
        let length = response.headers["Inference-Header-Content-Length"].flatMap { Int($0) } ?? response.body.count
        return (
            String(decoding: response.body[..<length], as: UTF8.self), Array(response.body[length...]),
            response.contentType
        )
    }

    private static let head = "{\"model_name\":\"resnet50\",\"model_version\":\"0123456789ab-f32\","

    @Test func bothOutputsComeInJSON() throws {
        let answer = try answer("\"id\":\"7\\\"\",")
        #expect(answer.type == "application/json" && answer.binary.isEmpty)
        #expect(
            answer.text == Self.head + "\"id\":\"7\\\"\",\"outputs\":["
                + "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[2,6],\"data\":"
                + "[0.1,0.1,0.5,0.1,0.1,0.1,0.1,0.5,0.1,0.1,0.1,0.1]},"
                + "{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"cräb\",\"bear \\\"b\\\"\"]}]}")
    }

    @Test func binaryOutputsFollowInOrder() throws {
        let answer = try answer("\"parameters\":{\"binary_data_output\":true},")
        #expect(answer.type == "application/octet-stream")
        #expect(
            answer.text == Self.head + "\"outputs\":["
                + "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[2,6],"
                + "\"parameters\":{\"binary_data_size\":48}},"
                + "{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[2],\"parameters\":{\"binary_data_size\":21}}]}"
        )
        #expect(answer.binary.count == 48 + 21)
        // 0.1 and 0.5 in little-endian order.
        #expect(Array(answer.binary[..<4]) == [0xCD, 0xCC, 0xCC, 0x3D])
        #expect(Array(answer.binary[8..<12]) == [0, 0, 0, 0x3F])
        #expect(Array(answer.binary[48...]) == [5, 0, 0, 0] + "cräb".utf8 + [8, 0, 0, 0] + "bear \"b\"".utf8)
    }

    @Test func anOutputDecidesForItself() throws {
        let answer = try answer(
            "\"parameters\":{\"binary_data_output\":true},\"outputs\":["
                + "{\"name\":\"label\",\"parameters\":{\"binary_data\":false}},"
                + "{\"name\":\"probabilities\",\"parameters\":{\"classification\":2}}],")
        #expect(
            answer.text == Self.head + "\"outputs\":["
                + "{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"cräb\",\"bear \\\"b\\\"\"]},"
                + "{\"name\":\"probabilities\",\"datatype\":\"BYTES\",\"shape\":[2,2],"
                + "\"parameters\":{\"binary_data_size\":63}}]}")
        #expect(String(decoding: answer.binary[4..<15], as: UTF8.self) == "0.5:2:cräb")
    }
}
