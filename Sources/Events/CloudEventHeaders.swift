import FoundationEssentials

/// The attributes of one CloudEvent in Kafka's binary mode, read from a message's headers.
///
/// Where a name occurs twice the last one counts, as Kafka's own `Headers.lastHeader` has it.
struct CloudEventHeaders {
    private let headers: [MessageHeader]

    /// Takes a message's headers after checking that they are an event of the wanted type.
    ///
    /// Any 1.x of CloudEvents is read, since a minor version may only add.
    /// - Parameter type: the event's type with its major version at the end: `io.iotpipe.….v1`.
    init(_ headers: [MessageHeader], type: String) throws(EventError) {
        self.headers = headers
        let version = try bytes("ce_specversion")
        if !version.elementsEqual("1.0".utf8) { try CloudEventHeaders.check(version: text("ce_specversion")) }
        let found = try bytes("ce_type")
        if !found.elementsEqual(type.utf8) { throw CloudEventHeaders.wrongType(try text("ce_type"), expected: type) }
    }

    private static func check(version: String) throws(EventError) {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else {
            throw EventError(
                code: .malformedHeader,
                message: "header ce_specversion: \(EventError.quoted(version.utf8)) is not a version; write 1.0")
        }
        guard parts[0] == "1" else {
            throw EventError(
                code: .unsupportedVersion,
                message:
                    "header ce_specversion: version \(EventError.quoted(version.utf8)) of CloudEvents is not read; "
                    + "send 1.0")
        }
    }

    private static func wrongType(_ found: String, expected: String) -> EventError {
        // "io.iotpipe.image.captured.v" with another number behind it is another version of the same type.
        let stem = expected.prefix(through: expected.lastIndex(of: "v") ?? expected.startIndex)
        let isOtherVersion = found.hasPrefix(stem) && Int(found.dropFirst(stem.count)) != nil
        return EventError(
            code: isOtherVersion ? .unsupportedVersion : .wrongType,
            message: "header ce_type: \(EventError.quoted(found.utf8)) is not read here; expected \(expected)")
    }

    // MARK: - Values

    /// The header's bytes, or nil where it is missing.
    func bytes(ifPresent name: String) -> [UInt8]? {
        headers.last { $0.name == name }?.value
    }

    /// The header's bytes.
    func bytes(_ name: String) throws(EventError) -> [UInt8] {
        if let value = bytes(ifPresent: name) { return value }
        var advice = "set it as CloudEvents 1.0 asks (Kafka binding, binary mode)"
        if let content = bytes(ifPresent: "content-type"), content.starts(with: "application/cloudevents".utf8) {
            advice = "the message is in structured mode; send it in binary mode"
        }
        throw EventError(code: .missingHeader, message: "header \(name) is missing; \(advice)")
    }

    /// The header's text; nil where it is missing.
    func text(ifPresent name: String) throws(EventError) -> String? {
        bytes(ifPresent: name) == nil ? nil : try text(name)
    }

    /// The header's text.
    func text(_ name: String) throws(EventError) -> String {
        let value = try bytes(name)
        guard let text = String(validating: value, as: UTF8.self) else {
            throw malformed(name, value, expected: "UTF-8 text")
        }
        return text
    }

    /// The header's text, as `EventText.check` wants it.
    func checkedText(_ name: String) throws(EventError) -> String {
        let text = try text(name)
        try EventText.check(text, "header \(name)")
        return text
    }

    /// The header as a UUID of either case.
    func identifier(_ name: String) throws(EventError) -> UUID {
        let value = try bytes(name)
        guard let identifier = value.withUnsafeBufferPointer({ UUID(ascii: $0) }) else {
            throw malformed(name, value, expected: "a UUID, like 01890a5d-ac96-774b-bcce-b302099a8057")
        }
        return identifier
    }

    /// The header as an instant.
    func time(_ name: String) throws(EventError) -> Timestamp {
        let value = try bytes(name)
        guard let time = value.withUnsafeBufferPointer({ Timestamp(ascii: $0) }) else {
            throw malformed(name, value, expected: "an RFC 3339 time from 1970 to 2261, like 2026-11-24T01:02:03.5Z")
        }
        return time
    }

    /// The header as a decimal integer.
    func integer<Value: FixedWidthInteger>(_ name: String) throws(EventError) -> Value {
        let text = try text(name)
        guard let value = Value(text) else { throw malformed(name, Array(text.utf8), expected: "an integer") }
        return value
    }

    /// The device that `ce_source` names.
    func deviceID() throws(EventError) -> String {
        let value = try bytes("ce_source")
        guard let identifier = DeviceSource.deviceID(of: value) else {
            throw malformed("ce_source", value, expected: "/devices/ID, the ID percent-encoded")
        }
        try EventText.check(identifier, "header ce_source")
        return identifier
    }

    /// The trace, by `traceparent` or else `ce_traceparent`; a new one where there is none or both are malformed, as
    /// the standard asks.
    func trace() -> TraceContext {
        for name in ["traceparent", "ce_traceparent"] {
            if let value = bytes(ifPresent: name), let trace = TraceContext(ascii: value) { return trace }
        }
        return .make()
    }

    /// The error for a header that is not of its form.
    func malformed(_ name: String, _ value: [UInt8], expected: String) -> EventError {
        EventError(
            code: .malformedHeader, message: "header \(name): \(EventError.quoted(value)) is not \(expected)")
    }
}
