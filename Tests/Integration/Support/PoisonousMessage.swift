import Events
import Foundation

/// Messages that nobody can store, each faulty in its own way.
struct PoisonousMessage: Sendable {
    /// Which of the two topics it belongs to; pictures are images whose envelope is good, so that infer reports them.
    enum Topic: Sendable { case images, pictures, inferences }

    /// What is wrong with it.
    let name: String
    let topic: Topic
    /// What its dead letter says.
    let errorCode: String
    /// Makes one, given a good event of that topic.
    let spoil: @Sendable (EncodedEvent) -> EncodedEvent

    /// All ways.
    static let all: [PoisonousMessage] = images + pictures + inferences

    private static let images: [PoisonousMessage] = [
        PoisonousMessage("no headers", .images, "missingHeader") { $0.with(headers: []) },
        PoisonousMessage("no id", .images, "missingHeader") { $0.without("ce_id") },
        PoisonousMessage("no time", .images, "missingHeader") { $0.without("ce_time") },
        PoisonousMessage("bad UUID", .images, "malformedHeader") { $0.setting("ce_id", "0189-not-a-uuid") },
        PoisonousMessage("second id", .images, "malformedHeader") { $0.adding("ce_id", "another") },
        PoisonousMessage("bad version", .images, "malformedHeader") { $0.setting("ce_specversion", "one") },
        PoisonousMessage("next major version", .images, "unsupportedVersion") { $0.setting("ce_specversion", "2.0") },
        PoisonousMessage("next type", .images, "unsupportedVersion") {
            $0.setting("ce_type", "io.iotpipe.image.captured.v2")
        },
        PoisonousMessage("unknown type", .images, "wrongType") { $0.setting("ce_type", "com.example.other") },
        PoisonousMessage("no time at all", .images, "malformedHeader") { $0.setting("ce_time", "yesterday") },
        PoisonousMessage("impossible time", .images, "malformedHeader") {
            $0.setting("ce_time", "2026-02-30T25:61:00Z")
        },
        PoisonousMessage("bytes for text", .images, "malformedHeader") { event in
            event.with(headers: event.headers.map { $0.name == "ce_source" ? MessageHeader($0.name, [0xff]) : $0 })
        },
        PoisonousMessage("large", .images, "missingHeader") { event in
            EncodedEvent(
                key: event.key, value: [UInt8](repeating: 1, count: 900_000), headers: event.without("ce_id").headers)
        },
    ]

    private static let pictures: [PoisonousMessage] = [
        PoisonousMessage("no picture", .pictures, "image-notPNG") { $0.with(value: "no picture") },
        PoisonousMessage("empty picture", .pictures, "image-empty") { $0.with(value: "") },
        PoisonousMessage("half a picture", .pictures, "image-corrupt") { event in
            EncodedEvent(
                key: event.key, value: Array(event.value.prefix(event.value.count / 2)), headers: event.headers)
        },
        PoisonousMessage("huge picture", .pictures, "image-tooLarge") { event in
            // Width and height as the header claims them.
            let claim: [UInt8] = [0, 0, 0x40, 1, 0, 0, 0x40, 1]
            return EncodedEvent(
                key: event.key, value: Array(event.value.prefix(16)) + claim + event.value.dropFirst(24),
                headers: event.headers)
        },
    ]

    private static let inferences: [PoisonousMessage] = [
        // As images these two would be answered by infer, and the answers be bad messages of their own.
        PoisonousMessage("long ago", .inferences, "invalidValue") {
            $0.replacing("\"capturedAt\":\"20", "\"capturedAt\":\"19")
        },
        PoisonousMessage("far ahead", .inferences, "invalidValue") {
            $0.replacing("\"capturedAt\":\"20", "\"capturedAt\":\"21")
        },
        PoisonousMessage("no value", .inferences, "malformedJSON") { $0.with(value: "") },
        PoisonousMessage("half a value", .inferences, "malformedJSON") { event in
            event.with(value: String(decoding: event.value.prefix(event.value.count / 2), as: UTF8.self))
        },
        PoisonousMessage("another shape", .inferences, "invalidValue") { $0.with(value: "[1, 2, 3]") },
        PoisonousMessage("no fields", .inferences, "invalidValue") { $0.with(value: "{}") },
        PoisonousMessage("endless depth", .inferences, "invalidValue") {
            $0.with(value: String(repeating: "[", count: 100_000))
        },
        PoisonousMessage("huge number", .inferences, "invalidValue") {
            $0.replacing("\"probability\":0.75", "\"probability\":1e999")
        },
        PoisonousMessage("huge index", .inferences, "invalidValue") {
            $0.replacing("\"index\":3", "\"index\":99999999999999999999999999")
        },
        PoisonousMessage("zero character in a label", .inferences, "invalidValue") {
            $0.replacing("\"apple\"", "\"app\\u0000le\"")
        },
        PoisonousMessage("another image's id", .inferences, "invalidValue") {
            $0.setting("ce_id", EventIdentifier.make().uuidString.lowercased() + "/v1")
        },
    ]

    private init(
        _ name: String, _ topic: Topic, _ errorCode: String, spoil: @escaping @Sendable (EncodedEvent) -> EncodedEvent
    ) {
        self.name = name
        self.topic = topic
        self.errorCode = errorCode
        self.spoil = spoil
    }
}

extension EncodedEvent {
    fileprivate func with(headers: [MessageHeader]) -> EncodedEvent {
        EncodedEvent(key: key, value: value, headers: headers)
    }

    fileprivate func with(value: String) -> EncodedEvent {
        EncodedEvent(key: key, value: Array(value.utf8), headers: headers)
    }

    fileprivate func without(_ name: String) -> EncodedEvent {
        with(headers: headers.filter { $0.name != name })
    }

    fileprivate func setting(_ name: String, _ value: String) -> EncodedEvent {
        with(headers: headers.map { $0.name == name ? MessageHeader(name, value) : $0 })
    }

    fileprivate func adding(_ name: String, _ value: String) -> EncodedEvent {
        with(headers: headers + [MessageHeader(name, value)])
    }

    fileprivate func replacing(_ old: String, _ new: String) -> EncodedEvent {
        with(value: String(decoding: value, as: UTF8.self).replacingOccurrences(of: old, with: new))
    }
}
