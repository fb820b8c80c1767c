import Events
import Testing

/// Letters of replayed messages, and letters that are too large for the broker.
@Suite struct DeadLetterReplayTests {
    private let place = MessagePlace(topic: "iot.images", partition: 1, offset: 77)

    private func letter(_ headers: [MessageHeader], message: String = "why") -> DeadLetter {
        DeadLetter(
            stage: .persist, errorCode: "invalidValue", message: message, at: place, key: [1], value: [2, 3, 4],
            headers: headers, imageID: nil, occurredAt: Samples.time(0))
    }

    private func read(_ event: EncodedEvent) throws -> DeadLetter {
        try DeadLetter(headers: event.headers, key: event.key, value: event.value)
    }

    // MARK: - Replays

    @Test func letterOfAReplayedMessageIsThatOfTheFirstOriginal() throws {
        let letter = letter([MessageHeader("a", "1"), MessageHeader("dlq_replay_of", "iot.images/3/42")])
        #expect(letter.eventID == "iot.images/3/42")
        #expect(letter.failedReplay == place)
        #expect(letter.headers == [MessageHeader("a", "1")])
        #expect(try read(letter.encoded()) == letter)
    }

    @Test func letterOfAnOriginalNamesNoReplay() throws {
        let letter = letter([MessageHeader("a", "1")])
        #expect(letter.source == place && letter.failedReplay == nil)
        #expect(!letter.encoded().headers.contains { $0.name == "dlq_failed_replay" })
        #expect(try read(letter.encoded()) == letter)
    }

    @Test func letterGoesUnderItsOwnPlaceWhereTheHeaderIsNotBelieved() {
        let header = MessageHeader("dlq_replay_of", "iot.images/3/42")
        let own = letter([MessageHeader("a", "1"), header]).underOwnPlace()
        #expect(own.source == place && own.failedReplay == nil)
        #expect(own.headers == [MessageHeader("a", "1"), header])
        #expect(letter([]).underOwnPlace() == letter([]))
        #expect(letter([header]).omittingOriginal().underOwnPlace().headers.isEmpty)
    }

    @Test(arguments: ["", "iot.images", "iot.images/1", "iot.images/1/-2", "/1/2", "a/1/2/3", "a b/1/2", "a/x/2"])
    func headerThatIsNoPlaceIsLeftAlone(value: String) {
        let headers = [MessageHeader("dlq_replay_of", value)]
        let letter = letter(headers)
        #expect(letter.source == place && letter.failedReplay == nil && letter.headers == headers)
    }

    @Test func placesAreReadAsTheyAreWritten() {
        #expect(MessagePlace("iot.dead-letters_2/0/9223372036854775807")?.offset == .max)
        #expect(MessagePlace(place.description) == place)
        #expect(MessagePlace("a/2147483648/0") == nil)
    }

    // MARK: - Too large

    @Test func valueIsLeftOutAndItsSizeSaid() throws {
        let short = letter([MessageHeader("a", "1")]).omittingValue()
        #expect(short.value.isEmpty && short.omittedBytes == 3)
        #expect(short.key == [1] && short.headers.count == 1 && short.message == "why")
        #expect(short.encoded().headers.contains(MessageHeader("dlq_omitted_bytes", "3")))
        #expect(try read(short.encoded()) == short)
        #expect(short.omittingValue() == short)
    }

    @Test func shortestFormSaysWhatIsMissing() throws {
        let event = letter([MessageHeader("a", "1")], message: String(repeating: "x", count: 5_000)).encoded()
        let first = try #require(DeadLetter.shorter(event))
        let second = try #require(DeadLetter.shorter(first))
        #expect(DeadLetter.shorter(second) == nil)
        let shortest = try read(second)
        #expect(shortest.omittedBytes == 3 && shortest.key == nil && shortest.headers.isEmpty)
        #expect(shortest.message.count < 600 && shortest.message.contains("left out"))
        #expect(shortest.source == place)
    }

    @Test func whatIsNoDeadLetterHasNoShorterForm() {
        #expect(DeadLetter.shorter(EncodedEvent(key: nil, value: [1], headers: [])) == nil)
    }

    @Test(arguments: [("dlq_omitted_bytes", "-1"), ("dlq_omitted_bytes", "x"), ("dlq_failed_replay", "x")])
    func malformedHeaderIsRefused(name: String, value: String) {
        let event = letter([]).encoded()
        let headers = event.headers + [MessageHeader(name, value)]
        #expect(
            Samples.code { _ = try DeadLetter(headers: headers, key: nil, value: []) }
                == EventError.Code.malformedHeader)
    }
}
