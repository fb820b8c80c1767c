import CZlib
import Events

/// One message in a spool's segment: everything that is needed to send it again.
///
/// A record is the payload's length and its CRC-32 (4 bytes each, little endian), then the payload: topic, key, value,
/// and the headers, each text with its length in front.
struct SpoolRecord: Equatable {
    /// Where it goes.
    let topic: String
    /// The message itself.
    let event: EncodedEvent

    /// Bytes of a record before its payload.
    static let frameSize = 8
    /// Payloads beyond this are not ours: a broken length must not make anybody allocate gigabytes.
    static let largestPayload = 1 << 30
    /// A length that stands for "none": a null key is not an empty one.
    private static let none = UInt32.max

    /// The record as it lies in a segment.
    var bytes: [UInt8] {
        let headers = event.headers
        let size = headers.reduce(64 + topic.utf8.count + (event.key?.count ?? 0) + event.pinnedValue.count) {
            $0 + $1.name.utf8.count + $1.value.count + 8
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        bytes += repeatElement(0, count: SpoolRecord.frameSize)
        SpoolRecord.append(Array(topic.utf8), to: &bytes)
        SpoolRecord.append(event.key, to: &bytes)
        SpoolRecord.append(event.value, to: &bytes)
        SpoolRecord.append(UInt32(headers.count), to: &bytes)
        for header in headers {
            SpoolRecord.append(Array(header.name.utf8), to: &bytes)
            SpoolRecord.append(header.value, to: &bytes)
        }
        let length = UInt32(bytes.count - SpoolRecord.frameSize)
        let checksum = bytes.withUnsafeBytes { SpoolRecord.checksum(UnsafeRawBufferPointer(rebasing: $0[8...])) }
        for (place, number) in [(0, length), (4, checksum)] {
            for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: number >> UInt32(8 * byte)) }
        }
        return bytes
    }

    /// zlib's CRC-32.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    /// A number of four bytes, little endian; nil where they are not all there.
    static func number(in bytes: UnsafeRawBufferPointer, at place: Int) -> UInt32? {
        guard place >= 0, place + 4 <= bytes.count else { return nil }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
    }

    init(topic: String, event: EncodedEvent) {
        self.topic = topic
        self.event = event
    }

    /// Reads a payload whose checksum is right; nil where it is none of ours all the same.
    init?(payload: UnsafeRawBufferPointer) {
        var place = 0
        func length() -> UInt32? {
            defer { place += 4 }
            return SpoolRecord.number(in: payload, at: place)
        }
        func text() -> [UInt8]?? {
            guard let count = length() else { return nil }
            if count == SpoolRecord.none { return .some(nil) }
            guard Int(count) <= payload.count - place else { return nil }
            defer { place += Int(count) }
            return .some(Array(payload[place..<place + Int(count)]))
        }
        guard let topic = text(), let topic, let key = text(), let value = text(), let value, let count = length()
        else { return nil }
        var headers: [MessageHeader] = []
        for _ in 0..<count {
            guard let name = text(), let name, let value = text(), let value else { return nil }
            headers.append(MessageHeader(String(decoding: name, as: UTF8.self), value))
        }
        guard place == payload.count else { return nil }
        self.init(
            topic: String(decoding: topic, as: UTF8.self),
            event: EncodedEvent(key: key, value: value, headers: headers))
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(8 * byte))) }
    }

    private static func append(_ text: [UInt8]?, to bytes: inout [UInt8]) {
        append(text.map { UInt32($0.count) } ?? none, to: &bytes)
        if let text { bytes += text }
    }
}
