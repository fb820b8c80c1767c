import FoundationEssentials

/// A device has taken a picture: what the topic `iot.images` carries. The value is the PNG file itself.
public struct ImageCaptured: Sendable, Equatable {
    /// The `ce_type`.
    public static let type = "io.iotpipe.image.captured.v1"

    /// Everything but the picture.
    public struct Envelope: Sendable, Equatable {
        /// The image's identifier; ours are version 7 (`EventIdentifier`), another client's may be of any version.
        public let id: UUID
        /// The device: 1 to 512 bytes of UTF-8 without U+0000.
        public let deviceID: String
        /// The instant the device meant to send.
        public let capturedAt: Timestamp
        /// The true class where it is known, as long as `deviceID` at most.
        public let label: String?
        /// The trace that the image belongs to.
        public let trace: TraceContext

        /// An envelope from its parts.
        public init(id: UUID, deviceID: String, capturedAt: Timestamp, label: String?, trace: TraceContext) {
            self.id = id
            self.deviceID = deviceID
            self.capturedAt = capturedAt
            self.label = label
            self.trace = trace
        }
    }

    /// The image's identifier.
    public let id: UUID
    /// The device that took it; the message key.
    public let deviceID: String
    /// The instant the device meant to send; latency counts from here.
    public let capturedAt: Timestamp
    /// The true class where it is known.
    public let label: String?
    /// The trace that the image belongs to.
    public let trace: TraceContext
    /// The picture, a PNG file; not looked into here.
    public let png: [UInt8]

    /// An event from its parts.
    public init(
        id: UUID, deviceID: String, capturedAt: Timestamp, label: String?, trace: TraceContext, png: [UInt8]
    ) {
        self.id = id
        self.deviceID = deviceID
        self.capturedAt = capturedAt
        self.label = label
        self.trace = trace
        self.png = png
    }

    // MARK: - Message

    /// The event as a message, keyed by its device.
    public func encoded() -> EncodedEvent {
        Envelope(id: id, deviceID: deviceID, capturedAt: capturedAt, label: label, trace: trace)
            .encoded(png: PinnedBytes(png))
    }

    /// Reads a message.
    ///
    /// - Throws: what `envelope(headers:)` throws; the picture is not looked at.
    public init(headers: [MessageHeader], value: [UInt8]) throws(EventError) {
        let envelope = try ImageCaptured.envelope(headers: headers)
        self.init(
            id: envelope.id, deviceID: envelope.deviceID, capturedAt: envelope.capturedAt, label: envelope.label,
            trace: envelope.trace, png: value)
    }

    /// Reads a message's headers without copying the picture.
    ///
    /// A message without a trace begins a new one.
    /// - Throws: `EventError`: missing, malformed or unsupported headers; `invalidValue` for a device or label that is
    ///   too long or holds U+0000.
    public static func envelope(headers: [MessageHeader]) throws(EventError) -> Envelope {
        let attributes = try CloudEventHeaders(headers, type: type)
        // An empty label says no more than none.
        let label = try attributes.text(ifPresent: "ce_label").flatMap { $0.isEmpty ? nil : $0 }
        if let label { try EventText.check(label, "header ce_label") }
        return Envelope(
            id: try attributes.identifier("ce_id"), deviceID: try attributes.deviceID(),
            capturedAt: try attributes.time("ce_time"), label: label, trace: attributes.trace())
    }
}

extension ImageCaptured.Envelope {
    /// The event with this picture as a message, keyed by its device. The picture is not copied.
    public func encoded(png: PinnedBytes) -> EncodedEvent {
        let (source, text) = (DeviceSource.limit(deviceID: deviceID), label?.utf8.count ?? 0)
        let headers = PackedHeaders(capacity: 384 + source + text) { headers in
            headers.put("ce_specversion", "1.0")
            headers.put("ce_id", upTo: UUID.textLength, id.write)
            headers.put("ce_source", upTo: source) { DeviceSource.write(deviceID: deviceID, to: $0) }
            headers.put("ce_type", ImageCaptured.type)
            headers.put("ce_time", upTo: Timestamp.textLength, capturedAt.write)
            headers.put("content-type", "image/png")
            headers.put("traceparent", upTo: TraceContext.textLength, trace.write)
            headers.putAgain("ce_traceparent")
            if let label { headers.put("ce_label", label) }
        }
        return EncodedEvent(key: EncodedEvent.key(deviceID: deviceID), value: png, packedHeaders: headers)
    }
}
