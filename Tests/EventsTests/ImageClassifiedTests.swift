import Events
import Foundation
import Testing

@Suite struct ImageClassifiedTests {
    private func event(
        deviceID: String = "cam-07",
        top5: [Prediction] = [
            Prediction(label: "apple", index: 0, probability: 0.75),
            Prediction(label: "pear", index: 57, probability: 0.125),
        ]
    ) -> ImageClassified {
        ImageClassified(
            imageID: Samples.imageID, deviceID: deviceID, capturedAt: Samples.time(4), model: "resnet50",
            modelVersion: "0123456789ab-f32", precision: "f32", top5: top5, receivedAt: Samples.time(10_000_000),
            decodedAt: Samples.time(20_000_000), inferredAt: Samples.time(30_000_000),
            trace: TraceContext(traceparent: Samples.traceparent)!)
    }

    private func read(_ json: String) throws -> ImageClassified {
        try ImageClassified(headers: Samples.headers(Samples.classified), value: Array(json.utf8))
    }

    /// The sample with one piece of its text replaced.
    private func changed(_ old: String, _ new: String) throws -> String {
        try #require(Samples.classifiedJSON.contains(old))
        return Samples.classifiedJSON.replacingOccurrences(of: old, with: new)
    }

    // MARK: - Written and read

    @Test func writesTheBytesOfTheSample() throws {
        let encoded = try event().encoded()
        #expect(encoded.headers == Samples.headers(Samples.classified))
        #expect(String(decoding: encoded.value, as: UTF8.self) == Samples.classifiedJSON)
        #expect(encoded.key == Array("cam-07".utf8))
    }

    @Test func readsTheBytesOfTheSample() throws {
        #expect(try read(Samples.classifiedJSON) == event())
    }

    @Test func top5JSONIsThatOfTheValue() throws {
        #expect(Samples.classifiedJSON.contains(String(decoding: event().top5JSON, as: UTF8.self)))
    }

    @Test func readsAnyOrderSpacesEscapesAndUnknownFields() throws {
        let json = #"""
             { "inferredAt" : "2026-11-24T01:02:03.03Z", "decodedAt":"2026-11-24T02:02:03.02+01:00", "later": {"a":[1,{}, []]},
            "receivedAt":"2026-11-24T01:02:03.01Z", "t":true,"f":false,"n":null,"x":-1.5e+3,"s":"\u0041\n",
            "top5":[{"probability":7.5e-1,"index":0,"label":"\u0061pp\u006ce","more":1},{"index":57,
            "probability":0.125,"label":"pear"} ] , "precision":"f32","modelVersion":"0123456789ab-f32",
            "model":"resnet50","capturedAt":"2026-11-24T01:02:03.000000004Z","deviceId":"cam\u002D07",
            "imageId":"01890A5D-AC96-774B-BCCE-B302099A8057"}

            """#
        #expect(try read(json) == event())
    }

    @Test(arguments: ["a\"b\\c/d", "tab\tnew\nline\u{1F}", "Küche 😀", "\u{7F}\u{2028}"])
    func textSurvives(text: String) throws {
        let written = event(deviceID: text, top5: [Prediction(label: text, index: 1, probability: 0.1)])
        let encoded = try written.encoded()
        #expect(try ImageClassified(headers: encoded.headers, value: encoded.value) == written)
        // Another reader agrees.
        let object = try JSONSerialization.jsonObject(with: Data(encoded.value)) as? [String: Any]
        #expect(object?["deviceId"] as? String == text)
    }

    @Test func surrogatePairsAreOneCharacter() throws {
        #expect(try read(changed(#""cam-07""#, #""\uD83D\uDE00""#)).deviceID == "😀")
    }

    @Test(arguments: [0, 1, 0.1, 1e-5, .leastNonzeroMagnitude, 0.30000000000000004, Double(Float(0.1))])
    func probabilitiesSurvive(probability: Double) throws {
        let written = event(top5: [Prediction(label: "a", index: 0, probability: probability)])
        let encoded = try written.encoded()
        #expect(try ImageClassified(headers: encoded.headers, value: encoded.value) == written)
    }

    @Test func schemaNamesTheFieldsThatAreWritten() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try Data(contentsOf: root.appending(path: "schemas/image-classified-v1.schema.json"))
        let schema = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
        let properties = try #require(schema["properties"] as? [String: Any])
        let value = try #require(
            JSONSerialization.jsonObject(with: Data(event().encoded().value)) as? [String: Any])
        #expect(schema["title"] as? String == ImageClassified.type)
        #expect(Set(value.keys) == Set(properties.keys))
        let required = try #require(schema["required"] as? [String])
        #expect(Set(value.keys) == Set(required))

        let top5 = try #require(properties["top5"] as? [String: Any])
        let items = try #require(top5["items"] as? [String: Any])
        let prediction = try #require((value["top5"] as? [[String: Any]])?.first)
        let itemsRequired = try #require(items["required"] as? [String])
        #expect(Set(prediction.keys) == Set(itemsRequired))
    }

    // MARK: - Rejected

    @Test(arguments: [
        "", " ", "{", "{}x", "{\"a\":nul}", "{\"a\":1,}", "{\"a\" 1}", "{'a':1}", "{\"a\":01}", "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":NaN}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":\"",
        "{\"a\":\"\\",
        "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\n\"}", "{\"a\":tru}", "{\"a\"", "{a:1}", "\u{FEFF}{}",
        "{\"a\":" + String(repeating: "[", count: 100_000),
    ])
    func refusesWhatIsNotJSON(json: String) {
        #expect(Samples.code { _ = try read(json) } == .malformedJSON)
    }

    @Test(arguments: [
        ("\"cam-07\"", "nope", "the value is not JSON: expected a string"),
        ("\"cam-07\"", "null", "field deviceId: expected a string, found null"),
        ("{\"imageId\"", "[\"imageId\"", "the value: expected an object, found an array"),
    ])
    func faultsAreNamed(found: String, replacement: String, message: String) {
        let error = Samples.error { _ = try read(Samples.classifiedJSON.replacing(found, with: replacement)) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test func namesMayBeEscaped() throws {
        let plain = try read(Samples.classifiedJSON)
        #expect(try read(Samples.classifiedJSON.replacing("\"model\"", with: "\"m\\u006fdel\"")) == plain)
    }

    @Test func refusesJSONThatIsNotUTF8() {
        let bytes = Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        #expect(
            Samples.code { _ = try ImageClassified(headers: Samples.headers(Samples.classified), value: bytes) }
                == .malformedJSON)
    }

    @Test(arguments: [
        ("\"cam-07\"", "7"), ("\"cam-07\"", "null"), ("\"cam-07\"", "\"\""), ("\"cam-07\"", "\"a\\u0000\""),
        ("\"resnet50\"", "true"), ("\"resnet50\"", "[]"), ("\"imageId\"", "\"image\""), ("\"top5\"", "\"top6\""),
        ("\"index\":57", "\"index\":\"57\""), ("\"index\":57", "\"index\":5.5"), ("\"index\":57", "\"index\":-1"),
        ("\"index\":57", "\"index\":99999999999999999999"), ("\"index\":57", "\"indexes\":57"),
        ("0.125", "\"0.125\""), ("0.125", "-0.1"), ("0.75", "1.0001"), ("0.75", "1e999"), ("0.125", "0.8"),
        ("\"inferredAt\":\"2026-11-24T", "\"inferredAt\":\"2026-02-30T"),
        ("\"capturedAt\":\"2026-11-24T01:02:03.000000004Z\"", "\"capturedAt\":1795482123"),
        ("{\"imageId\":\"01890a5d", "{\"imageId\":\"x1890a5d"), ("{\"imageId\":\"01890a5d", "{\"imageId\":\"11890a5d"),
        ("0123456789ab-f32", "0123456789ab-int8"),
    ])
    func refusesWhatTheSchemaDoesNotAllow(old: String, new: String) throws {
        let json = try changed(old, new)
        #expect(Samples.code { _ = try read(json) } == .invalidValue)
    }

    @Test(arguments: ["[]", "{}", "[1]", "[{\"label\":\"a\",\"index\":0}]"]) func refusesOtherTop5(top5: String) throws
    {
        let start = try #require(Samples.classifiedJSON.range(of: "[{"))
        let end = try #require(Samples.classifiedJSON.range(of: "}]"))
        let json = Samples.classifiedJSON.replacingCharacters(in: start.lowerBound..<end.upperBound, with: top5)
        #expect(Samples.code { _ = try read(json) } == .invalidValue)
    }

    @Test func refusesMoreThanFivePredictions() {
        let six = (0..<6).map { Prediction(label: "a", index: $0, probability: 0.1) }
        #expect(Samples.code { _ = try event(top5: six).encoded() } == .invalidValue)
    }

    @Test(arguments: [Double.nan, .infinity, -0.1, 1.1]) func doesNotWriteWhatItWouldNotRead(probability: Double) {
        let predictions = [Prediction(label: "a", index: 0, probability: probability)]
        #expect(Samples.code { _ = try event(top5: predictions).encoded() } == .invalidValue)
    }

    @Test(arguments: ["ce_specversion", "ce_id", "ce_source", "ce_type"]) func refusesAMissingHeader(name: String) {
        let headers = Samples.headers(Samples.classified, name, nil)
        let value = Array(Samples.classifiedJSON.utf8)
        #expect(Samples.code { _ = try ImageClassified(headers: headers, value: value) } == .missingHeader)
    }

    @Test func errorsNameTheField() throws {
        #expect {
            try read(changed("0.125", "\"much\""))
        } throws: { error in
            (error as? EventError)?.message == "field top5.probability: expected a number, found a string"
        }
    }
}
