/// The headers of a message to send, one after the other in one piece of memory: as a list of `MessageHeader`s each would
/// have a piece of its own, which is most of what encoding an event costs, and half of what it holds while it waits.
///
/// A header lies there as the length of its name and that of its value (32 bits each, in the machine's byte order), then
/// its name, then its value.
public struct PackedHeaders: Sendable, Equatable {
    private let bytes: PinnedBytes

    /// How many headers there are.
    public let count: Int

    /// These headers, in this order.
    public init(_ headers: [MessageHeader]) {
        let size = headers.reduce(0) { $0 + PackedHeaders.frame + $1.name.utf8.count + $1.value.count }
        self.init(capacity: size) { writer in
            for header in headers {
                var name = header.name
                name.withUTF8 { name in
                    header.value.withUnsafeBytes { writer.put(UnsafeRawBufferPointer(name), $0) }
                }
            }
        }
    }

    /// The headers that `write` puts in.
    ///
    /// - Parameter capacity: bytes that they take at most; more than that is a fault of the program.
    init(capacity: Int, _ write: (inout Writer) -> Void) {
        var count = 0
        bytes = PinnedBytes(capacity: capacity) { place in
            var writer = Writer(place)
            write(&writer)
            count = writer.count
            return writer.size
        }
        self.count = count
    }

    /// Bytes before a header's name.
    static let frame = 8

    // MARK: Reading

    /// Lends name and value of each header, in order.
    public func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { bytes in
            var place = 0
            func piece(_ length: Int) -> UnsafeRawBufferPointer {
                defer { place += length }
                return UnsafeRawBufferPointer(rebasing: bytes[place..<place + length])
            }
            for _ in 0..<count {
                let name = Int(bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                let value = Int(bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
                place += PackedHeaders.frame
                body(piece(name), piece(value))
            }
        }
    }

    /// The headers as a list, copied.
    public var list: [MessageHeader] {
        var list: [MessageHeader] = []
        list.reserveCapacity(count)
        forEach { list.append(MessageHeader(String(decoding: $0, as: UTF8.self), Array($1))) }
        return list
    }
}

extension PackedHeaders: ExpressibleByArrayLiteral {
    /// These headers, in this order.
    public init(arrayLiteral headers: MessageHeader...) {
        self.init(headers)
    }
}
