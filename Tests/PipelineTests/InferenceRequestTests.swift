import Testing

@testable import Pipeline

@Suite struct InferenceRequestTests {
    private func read(_ text: String, binary: [UInt8] = [], header: String? = nil) throws -> InferenceRequest {
        let header = header ?? (binary.isEmpty ? nil : String(text.utf8.count))
        return try InferenceRequest(body: Array(text.utf8) + binary, headerLength: header, limits: APILimits())
    }

    private func fault(_ text: String, binary: [UInt8] = [], header: String? = nil) -> APIError? {
        do {
            _ = try read(text, binary: binary, header: header)
            return nil
        } catch {
            return error as? APIError
        }
    }

    private static func input(
        name: String = "image", datatype: String = "UINT8", shape: String = "[1,1,2,3]",
        rest: String = "\"data\":[1,2,3,4,5,6]"
    ) -> String {
        "{\"inputs\":[{\"name\":\"\(name)\",\"datatype\":\"\(datatype)\",\"shape\":\(shape),\(rest)}]}"
    }

    // MARK: - Read

    @Test func picturesComeInJSON() throws {
        let request = try read(Self.input())
        let image = try #require(request.images().first)
        #expect(request.count == 1 && request.id == nil && request.outputs.isEmpty && !request.prefersBinary)
        #expect(image.width == 2 && image.height == 1 && image.pixels == [1, 2, 3, 4, 5, 6])
    }

    @Test func dataMayBeNestedAndStandBeforeTheShape() throws {
        let request = try read(
            "{\"inputs\":[{\"data\":[[[[1,2,3]],[[4,5,6]]],[[[7,8,9]],[[10,11,12]]]],\"shape\":[2,2,1,3],"
                + "\"name\":\"image\",\"datatype\":\"UINT8\"}]}")
        #expect(request.images().map(\.pixels) == [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]])
        #expect(request.height == 2 && request.width == 1)
    }

    @Test func picturesComeBehindTheJSON() throws {
        let text = Self.input(shape: "[2,1,1,3]", rest: "\"parameters\":{\"binary_data_size\":6}")
        #expect(try read(text, binary: [1, 2, 3, 4, 5, 6]).images().map(\.pixels) == [[1, 2, 3], [4, 5, 6]])
    }

    @Test func whatIsWantedIsRead() throws {
        let request = try read(
            "{\"id\":\"a\\u0041\",\"parameters\":{\"binary_data_output\":true,\"priority\":1},\"outputs\":["
                + "{\"name\":\"label\",\"parameters\":{\"binary_data\":false}},"
                + "{\"name\":\"probabilities\",\"parameters\":{\"classification\":3,\"x\":[]}}],\"more\":{},"
                + Self.input().dropFirst())
        #expect(request.id == "aA" && request.prefersBinary)
        #expect(
            request.outputs == [
                .init(name: "label", isBinary: false), .init(name: "probabilities", classification: 3),
            ])
    }

    // MARK: - Refused

    @Test(arguments: [
        ("", "the request's JSON"), ("{", "the request's JSON"), ("[]", "the request's JSON"),
        ("{\"in\\xputs\":1}", "the request's JSON"), ("{}x", "the request's JSON"),
        ("{}", "one input"), ("{\"inputs\":[]}", "has 0"), ("{\"inputs\":[{},{}]}", "has 2"),
        ("{\"inputs\":[{}]}", "no such input"), (input(name: "x"), "no such input"),
        (input(datatype: "FP32"), "UINT8"), (input(shape: "[1,2,3]"), "shape must be"),
        (input(shape: "[1,1,2,4]"), "shape must be"), (input(shape: "[0,1,2,3]"), "shape must be"),
        (input(shape: "[1,-1,2,3]"), "shape must be"), (input(shape: "[1,1,2,3,1]"), "shape must be"),
        (input(shape: "[1,1,3,3]"), "means 9 values, but there are 6"),
        (input(rest: "\"data\":[1,2,3,4,5,256]"), "0 to 255"),
        (input(rest: "\"parameters\":{}"), "neither data"),
        (input(rest: "\"parameters\":{\"binary_data_size\":6}"), "0 bytes follow"),
        (input(rest: "\"parameters\":{\"binary_data_size\":6},\"data\":[]"), "both"),
        (input(rest: "\"parameters\":{\"shared_memory_region\":\"r\"},\"data\":[]"), "shared memory"),
        ("{\"outputs\":[{\"name\":\"x\"}]," + input().dropFirst(), "no such output"),
        (
            "{\"outputs\":[{\"name\":\"label\",\"parameters\":{\"classification\":0}}]," + input().dropFirst(),
            "classification"
        ),
    ])
    func aMalformedRequestIsRefusedWithTheReason(text: String, reason: String) {
        let error = fault(text)
        #expect(error?.status == 400)
        #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "[65,1,1,3]", "[1,16385,1,3]", "[1,1,16385,3]", "[64,1024,1024,3]", "[1,9223372036854775807,2,3]",
    ])
    func aTensorThatIsTooLargeIsRefused(shape: String) {
        #expect(fault(Self.input(shape: shape))?.status == 413)
    }

    @Test(arguments: ["-1", "x", "1000", "", "1.5"]) func theHeadersLengthIsChecked(length: String) {
        #expect(fault(Self.input(), header: length)?.status == 400)
    }

    @Test func binaryDataMustBeAnnouncedAndWhole() {
        #expect(fault(Self.input(), binary: [1])?.message.contains("1 bytes follow") == true)
        let text = Self.input(rest: "\"parameters\":{\"binary_data_size\":6}")
        #expect(fault(text, binary: [1, 2, 3])?.message.contains("3 bytes follow") == true)
    }
}
