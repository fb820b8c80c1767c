import Events
import Testing

@Suite struct ImageCapturedTests {
    private let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x00, 0xFF]

    private var event: ImageCaptured {
        ImageCaptured(
            id: Samples.imageID, deviceID: "cam-07", capturedAt: Samples.time(4), label: "apple",
            trace: TraceContext(traceparent: Samples.traceparent)!, png: png)
    }

    @Test func writesTheBytesOfTheSample() {
        let encoded = event.encoded()
        #expect(encoded.headers == Samples.headers(Samples.captured))
        #expect(encoded.key == Array("cam-07".utf8))
        #expect(encoded.value == png)
    }

    @Test func readsTheBytesOfTheSample() throws {
        #expect(try ImageCaptured(headers: Samples.headers(Samples.captured), value: png) == event)
    }

    @Test func writesNoLabelWhereNoneIsKnown() {
        let unlabelled = ImageCaptured(
            id: event.id, deviceID: "cam-07", capturedAt: event.capturedAt, label: nil, trace: event.trace, png: [])
        #expect(!unlabelled.encoded().headers.contains { $0.name == "ce_label" })
    }

    @Test(arguments: ["1.0", "1.1", "1.27"]) func readsEveryMinorVersion(version: String) throws {
        let headers = Samples.headers(Samples.captured, "ce_specversion", Array(version.utf8))
        #expect(try ImageCaptured(headers: headers, value: png) == event)
    }

    @Test func readsForeignHeadersUpperCaseIdentifiersAndOffsets() throws {
        var headers = Samples.headers(Samples.captured, "ce_id", Array("01890A5D-AC96-774B-BCCE-B302099A8057".utf8))
        headers = headers.map {
            $0.name == "ce_time" ? MessageHeader("ce_time", "2026-11-24t02:32:03.000000004+01:30") : $0
        }
        headers.append(MessageHeader("ce_partitionkey", "x"))
        headers.append(MessageHeader("binary", [0xFF, 0x00]))
        #expect(try ImageCaptured(headers: headers, value: png) == event)
    }

    @Test func deviceIsPercentEncodedInTheSource() throws {
        let device = "Küche/1 %"
        let encoded = ImageCaptured(
            id: event.id, deviceID: device, capturedAt: event.capturedAt, label: nil, trace: event.trace, png: []
        ).encoded()
        #expect(encoded.headers.contains(MessageHeader("ce_source", "/devices/K%C3%BCche%2F1%20%25")))
        #expect(encoded.key == Array(device.utf8))
        #expect(try ImageCaptured.envelope(headers: encoded.headers).deviceID == device)
    }

    @Test func absentOrMalformedTraceBeginsANewOne() throws {
        let pairs = Samples.captured.filter { !$0.0.hasSuffix("traceparent") }
        let first = try ImageCaptured.envelope(headers: Samples.headers(pairs)).trace
        let second = try ImageCaptured.envelope(headers: Samples.headers(pairs + [("traceparent", "00-xyz")])).trace
        #expect(first != second)
        let kept = try ImageCaptured.envelope(
            headers: Samples.headers(pairs + [("ce_traceparent", Samples.traceparent)]))
        #expect(kept.trace.traceparent == Samples.traceparent)
    }

    @Test func lastOfTwoHeadersCounts() throws {
        let headers = [MessageHeader("ce_label", "pear")] + Samples.headers(Samples.captured)
        #expect(try ImageCaptured.envelope(headers: headers).label == "apple")
    }

    // MARK: - Rejected

    @Test(arguments: ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"])
    func refusesAMissingHeader(name: String) {
        let headers = Samples.headers(Samples.captured, name, nil)
        #expect {
            try ImageCaptured(headers: headers, value: png)
        } throws: { error in
            let error = error as? EventError
            return error?.code == .missingHeader && error?.message.contains(name) == true
        }
    }

    @Test func refusesStructuredModeByName() {
        let headers = [MessageHeader("content-type", "application/cloudevents+json; charset=UTF-8")]
        #expect {
            try ImageCaptured(headers: headers, value: png)
        } throws: { error in
            (error as? EventError)?.message.contains("structured mode") == true
        }
    }

    @Test(arguments: [
        ("ce_specversion", "one"), ("ce_specversion", "1"), ("ce_specversion", "1.0.2"), ("ce_specversion", ""),
        ("ce_id", "01890a5d-ac96-774b-bcce-b302099a805"), ("ce_id", "01890a5d-ac96-774b-bcce-b302099a80577"),
        ("ce_id", "01890a5dac96774bbcceb302099a8057"), ("ce_id", "01890a5d-ac96-774b-bcce-b302099a805g"), ("ce_id", ""),
        ("ce_source", "cam-07"), ("ce_source", "/devices/a/b"), ("ce_source", "/devices/a%2"),
        ("ce_source", "/devices/%FF"), ("ce_source", "/devices/a b"), ("ce_source", "/devices/%zz"),
        ("ce_time", "2026-02-30T00:00:00Z"), ("ce_time", "now"), ("ce_time", "2026-11-24T01:02:03"),
    ])
    func refusesAMalformedHeader(name: String, value: String) {
        let headers = Samples.headers(Samples.captured, name, Array(value.utf8))
        #expect(Samples.code { _ = try ImageCaptured(headers: headers, value: png) } == .malformedHeader)
    }

    @Test(arguments: ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_label"])
    func refusesAHeaderThatIsNotUTF8(name: String) {
        let headers = Samples.headers(Samples.captured, name, [0x61, 0xC3, 0x28])
        #expect(Samples.code { _ = try ImageCaptured(headers: headers, value: png) } == .malformedHeader)
    }

    @Test(arguments: [
        ("ce_specversion", "2.0", EventError.Code.unsupportedVersion), ("ce_specversion", "0.3", .unsupportedVersion),
        ("ce_type", "io.iotpipe.image.captured.v2", .unsupportedVersion),
        ("ce_type", "io.iotpipe.image.captured.v10", .unsupportedVersion),
        ("ce_type", "io.iotpipe.image.classified.v1", .wrongType),
        ("ce_type", "io.iotpipe.image.captured.vx", .wrongType),
        ("ce_type", "", .wrongType),
    ])
    func refusesOtherVersionsAndTypes(name: String, value: String, code: EventError.Code) {
        let headers = Samples.headers(Samples.captured, name, Array(value.utf8))
        #expect(Samples.code { _ = try ImageCaptured(headers: headers, value: png) } == code)
    }

    @Test(arguments: [
        ("ce_source", "/devices/"), ("ce_source", "/devices/a%00b"),
        ("ce_source", "/devices/" + String(repeating: "a", count: 513)), ("ce_label", "a\u{0}"),
        ("ce_label", String(repeating: "a", count: 513)),
    ])
    func refusesTextThatADatabaseCannotHold(name: String, value: String) {
        let headers = Samples.headers(Samples.captured, name, Array(value.utf8))
        #expect(Samples.code { _ = try ImageCaptured(headers: headers, value: png) } == .invalidValue)
    }

    @Test func messagesHoldNoControlCharacters() {
        let headers = Samples.headers(Samples.captured, "ce_id", Array("a\nb\u{0}\"".utf8) + [0xFF])
        #expect {
            try ImageCaptured(headers: headers, value: png)
        } throws: { error in
            (error as? EventError)?.message.contains(#""a\x0ab\x00\x22\xff""#) == true
        }
    }
}
