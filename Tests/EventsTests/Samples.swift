import Events
import Foundation

/// Messages written out by hand, as another client would send them: nothing here comes from our encoder.
enum Samples {
    static let imageID = UUID(uuidString: "01890A5D-AC96-774B-BCCE-B302099A8057")!
    static let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    static let captured: [(String, String)] = [
        ("ce_specversion", "1.0"),
        ("ce_id", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("ce_source", "/devices/cam-07"),
        ("ce_type", "io.iotpipe.image.captured.v1"),
        ("ce_time", "2026-11-24T01:02:03.000000004Z"),
        ("content-type", "image/png"),
        ("traceparent", traceparent),
        ("ce_traceparent", traceparent),
        ("ce_label", "apple"),
    ]

    static let classified: [(String, String)] = [
        ("ce_specversion", "1.0"),
        ("ce_id", "01890a5d-ac96-774b-bcce-b302099a8057/0123456789ab-f32"),
        ("ce_source", "/devices/cam-07"),
        ("ce_type", "io.iotpipe.image.classified.v1"),
        ("ce_time", "2026-11-24T01:02:03.030000000Z"),
        ("ce_subject", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("content-type", "application/json"),
        ("traceparent", traceparent),
        ("ce_traceparent", traceparent),
    ]

    static let classifiedJSON = #"""
        {"imageId":"01890a5d-ac96-774b-bcce-b302099a8057","deviceId":"cam-07",\#
        "capturedAt":"2026-11-24T01:02:03.000000004Z","model":"resnet50","modelVersion":"0123456789ab-f32",\#
        "precision":"f32","top5":[{"label":"apple","index":0,"probability":0.75},\#
        {"label":"pear","index":57,"probability":0.125}],"receivedAt":"2026-11-24T01:02:03.010000000Z",\#
        "decodedAt":"2026-11-24T01:02:03.020000000Z","inferredAt":"2026-11-24T01:02:03.030000000Z"}
        """#

    static let deadLetter: [(String, String)] = [
        ("ce_specversion", "1.0"),
        ("ce_id", "iot.images/3/42"),
        ("ce_source", "/iotpipe/infer"),
        ("ce_type", "io.iotpipe.deadletter.v1"),
        ("ce_time", "2026-11-24T01:02:03.500000000Z"),
        ("content-type", "application/octet-stream"),
        ("dlq_stage", "infer"),
        ("dlq_error_code", "corrupt"),
        ("dlq_error_message", "the picture ends early"),
        ("dlq_source_topic", "iot.images"),
        ("dlq_source_partition", "3"),
        ("dlq_source_offset", "42"),
        ("ce_subject", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("dlq_original_ce_id", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("dlq_original_x-twice", "a"),
        ("dlq_original_x-twice", "b"),
    ]

    /// 2026-11-24T01:02:03Z, by `date -d … +%s`.
    static let second: Int64 = 1_795_482_123

    static func time(_ nanoseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: second * 1_000_000_000 + nanoseconds)
    }

    static func headers(_ pairs: [(String, String)]) -> [MessageHeader] {
        pairs.map { MessageHeader($0.0, $0.1) }
    }

    /// The headers with one replaced, or removed where `value` is nil.
    static func headers(_ pairs: [(String, String)], _ name: String, _ value: [UInt8]?) -> [MessageHeader] {
        headers(pairs).compactMap { header in
            guard header.name == name else { return header }
            return value.map { MessageHeader(name, $0) }
        }
    }

    /// The code of the error that `body` throws, or nil.
    static func code(_ body: () throws -> Void) -> EventError.Code? { error(body)?.code }

    /// The error that `body` throws, or nil.
    static func error(_ body: () throws -> Void) -> EventError? {
        do {
            try body()
            return nil
        } catch {
            return error as? EventError
        }
    }
}
