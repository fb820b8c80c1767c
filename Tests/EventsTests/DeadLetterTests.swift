import Events
import Testing

@Suite struct DeadLetterTests {
    private func letter(
        key: [UInt8]? = [1], headers: [MessageHeader]? = nil, message: String = "the picture ends early"
    ) -> DeadLetter {
        DeadLetter(
            stage: .infer, errorCode: "corrupt", message: message, sourceTopic: "iot.images", partition: 3, offset: 42,
            key: key, value: [0, 255],
            headers: headers ?? [
                MessageHeader("ce_id", "01890a5d-ac96-774b-bcce-b302099a8057"), MessageHeader("x-twice", "a"),
                MessageHeader("x-twice", "b"),
            ],
            imageID: Samples.imageID, occurredAt: Samples.time(500_000_000))
    }

    private func roundTrip(_ letter: DeadLetter) throws -> DeadLetter {
        let encoded = letter.encoded()
        return try DeadLetter(headers: encoded.headers, key: encoded.key, value: encoded.value)
    }

    @Test func writesTheBytesOfTheSample() {
        let encoded = letter().encoded()
        #expect(encoded.headers == Samples.headers(Samples.deadLetter))
        #expect(encoded.key == [1])
        #expect(encoded.value == [0, 255])
    }

    @Test func readsTheBytesOfTheSample() throws {
        let read = try DeadLetter(headers: Samples.headers(Samples.deadLetter), key: [1], value: [0, 255])
        #expect(read == letter())
    }

    @Test func everyHeaderOfTheOriginalComesBack() throws {
        // Names that begin with a combining mark, with our own prefix, or with a name of ours; bytes that are no text.
        let headers = [
            MessageHeader("\u{301}x", [0xFF]), MessageHeader("", []), MessageHeader("dlq_stage", "mine"),
            MessageHeader("ce_subject", "other"), MessageHeader("content-type", "application/cloudevents+json"),
        ]
        let first = letter(headers: headers)
        let second = letter(headers: first.encoded().headers)
        #expect(try roundTrip(first) == first)
        #expect(try roundTrip(second) == second)
        #expect(try DeadLetter(headers: roundTrip(second).headers, key: [1], value: [0, 255]) == first)
    }

    @Test func absentKeyStaysAbsent() throws {
        #expect(letter(key: nil).encoded().key == nil)
        #expect(try roundTrip(letter(key: nil)).key == nil)
    }

    @Test func imageMayBeUnknown() throws {
        let headers = Samples.headers(Samples.deadLetter, "ce_subject", nil)
        #expect(try DeadLetter(headers: headers, key: nil, value: []).imageID == nil)
    }

    @Test func messageHoldsNoNUL() {
        #expect(letter(message: "a\u{0}\u{301}b").message == "a\u{FFFD}\u{301}b")
    }

    @Test(arguments: [
        "ce_specversion", "ce_id", "ce_type", "ce_time", "dlq_stage", "dlq_error_code", "dlq_error_message",
        "dlq_source_topic", "dlq_source_partition", "dlq_source_offset",
    ])
    func refusesAMissingHeader(name: String) {
        let headers = Samples.headers(Samples.deadLetter, name, nil)
        #expect(Samples.code { _ = try DeadLetter(headers: headers, key: nil, value: []) } == .missingHeader)
    }

    @Test(arguments: [
        ("dlq_stage", "archive", EventError.Code.malformedHeader), ("dlq_source_partition", "x", .malformedHeader),
        ("dlq_source_partition", "4294967296", .malformedHeader), ("dlq_source_offset", "", .malformedHeader),
        ("ce_subject", "none", .malformedHeader), ("ce_type", "io.iotpipe.deadletter.v2", .unsupportedVersion),
        ("ce_id", "iot.images/3/43", .invalidValue), ("dlq_source_topic", "", .invalidValue),
    ])
    func refusesAMalformedHeader(name: String, value: String, code: EventError.Code) {
        let headers = Samples.headers(Samples.deadLetter, name, Array(value.utf8))
        #expect(Samples.code { _ = try DeadLetter(headers: headers, key: nil, value: []) } == code)
    }
}
