import Events
import Foundation
import Testing

/// Whether the messages that our encoders write are those that `schemas/asyncapi.json` describes.
@Suite struct AsyncAPITests {
    private let document: JSONSchema

    init() throws {
        document = try JSONSchema("asyncapi.json")
    }

    /// What is wrong with a message by the description of a channel; the value is looked at where it is JSON.
    private func faults(_ event: EncodedEvent, in channel: String, _ message: String) throws -> [String] {
        let place = "#/channels/\(channel)/messages/\(message)"
        // Of a name that occurs twice the last one counts.
        let headers = Dictionary(event.headers.map { ($0.name, $0.text ?? "not UTF-8") }, uniquingKeysWith: { $1 })
        var found = try document.faults(of: headers, by: "\(place)/headers", name: "headers")
        if let key = event.key {
            found += try document.faults(
                of: String(decoding: key, as: UTF8.self), by: "\(place)/bindings/kafka/key", name: "key")
        }
        if headers["content-type"] == "application/json" {
            let value = try JSONSerialization.jsonObject(with: Data(event.value))
            found += try document.faults(of: value, by: "\(place)/payload")
        }
        #expect(document.object(place)?["contentType"] as? String == headers["content-type"])
        return found
    }

    private func captured(deviceID: String = "cam-07", label: String? = "apple") -> ImageCaptured {
        ImageCaptured(
            id: EventIdentifier.make(), deviceID: deviceID, capturedAt: Timestamp.now, label: label,
            trace: TraceContext.make(), png: [1, 2, 3])
    }

    private func classified() throws -> EncodedEvent {
        let now = Timestamp.now
        return try ImageClassified(
            imageID: EventIdentifier.make(), deviceID: "Küche 7/b", capturedAt: now, model: "resnet50",
            modelVersion: "0123456789ab-f32", precision: "f32",
            top5: [
                Prediction(label: "apple", index: 0, probability: 1),
                Prediction(label: "pear", index: 57, probability: 0),
            ],
            receivedAt: now, decodedAt: now, inferredAt: now, trace: TraceContext.make()
        ).encoded()
    }

    private func letter(of headers: [MessageHeader], imageID: UUID? = nil) -> DeadLetter {
        DeadLetter(
            stage: .infer, errorCode: "image-corrupt", message: "it ends early",
            at: MessagePlace(topic: "iot.images", partition: 3, offset: 42), key: nil, value: [0, 255],
            headers: headers,
            imageID: imageID, occurredAt: Timestamp.now)
    }

    // MARK: - Channels

    @Test func channelsAreTheTopics() throws {
        for (channel, topic) in [
            ("images", Topics.images), ("inferences", Topics.inferences), ("deadLetters", Topics.deadLetters),
        ] {
            #expect(document.object("#/channels/\(channel)")?["address"] as? String == topic)
        }
        let channels = try #require(document.object("#/channels"))
        #expect(channels.count == 3)
        for (message, type) in [
            ("imageCaptured", ImageCaptured.type), ("imageClassified", ImageClassified.type),
            ("deadLetter", DeadLetter.type),
        ] {
            #expect(document.object("#/components/messages/\(message)")?["name"] as? String == type)
        }
    }

    // MARK: - Messages

    @Test(arguments: ["cam-07", "Küche 7/b %"]) func imagesConform(deviceID: String) throws {
        #expect(try faults(captured(deviceID: deviceID).encoded(), in: "images", "imageCaptured") == [])
        #expect(try faults(captured(label: nil).encoded(), in: "images", "imageCaptured") == [])
    }

    @Test func resultsConform() throws {
        #expect(try faults(classified(), in: "inferences", "imageClassified") == [])
    }

    @Test func deadLettersConform() throws {
        let image = captured()
        let replay = MessageHeader(DeadLetter.replayHeader, "iot.images/1/7")
        for letter in [
            letter(of: image.encoded().headers, imageID: image.id), letter(of: []),
            letter(of: image.encoded().headers).omittingValue(), letter(of: image.encoded().headers).omittingOriginal(),
            letter(of: image.encoded().headers + [replay]),
        ] {
            #expect(try faults(letter.encoded(), in: "deadLetters", "deadLetter") == [])
        }
    }

    @Test func replayedMessagesConform() throws {
        let image = captured().encoded()
        let replay = MessageHeader(DeadLetter.replayHeader, "iot.images/1/7")
        let replayed = EncodedEvent(key: image.key, value: image.value, headers: image.headers + [replay])
        #expect(try faults(replayed, in: "images", "imageCaptured") == [])
    }

    /// What is written by hand as other clients would.
    @Test func samplesConform() throws {
        let result = EncodedEvent(
            key: Array("cam-07".utf8), value: Array(Samples.classifiedJSON.utf8),
            headers: Samples.headers(Samples.classified))
        #expect(try faults(result, in: "inferences", "imageClassified") == [])
        let letter = EncodedEvent(key: nil, value: [], headers: Samples.headers(Samples.deadLetter))
        #expect(try faults(letter, in: "deadLetters", "deadLetter") == [])
    }

    // MARK: - Controls

    @Test(
        arguments: [
            ("ce_id", nil, "headers.ce_id: missing"), ("ce_time", "yesterday", "does not match"),
            ("ce_type", "io.iotpipe.image.captured.v2", "headers.ce_type: not "),
            ("traceparent", "x", "does not match"),
            ("ce_source", "cam", "does not match"),
        ] as [(String, String?, String)])
    func aFaultyMessageDoesNot(name: String, value: String?, fault: String) throws {
        let headers = Samples.headers(Samples.captured, name, value.map { Array($0.utf8) })
        let event = EncodedEvent(key: [0x61], value: [], headers: headers)
        let found = try faults(event, in: "images", "imageCaptured")
        #expect(found.contains { $0.contains(fault) }, "\(found)")
    }

    @Test func aHeaderThatIsNotDescribedIsFound() throws {
        let image = captured().encoded()
        let event = EncodedEvent(
            key: image.key, value: image.value, headers: image.headers + [MessageHeader("ce_new", "1")])
        #expect(try faults(event, in: "images", "imageCaptured") == ["headers.ce_new: not described"])
    }

    @Test func aFaultyValueIsFound() throws {
        let result = try classified()
        let text = String(decoding: result.value, as: UTF8.self).replacing("\"index\":57", with: "\"index\":-1")
        let event = EncodedEvent(key: result.key, value: Array(text.utf8), headers: result.headers)
        #expect(try faults(event, in: "inferences", "imageClassified") == ["value.top5[].index: too small"])
    }
}
