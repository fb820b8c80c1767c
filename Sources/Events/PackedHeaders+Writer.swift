extension PackedHeaders {
    /// Puts headers one after the other into memory that is there.
    struct Writer {
        private let buffer: UnsafeMutableRawBufferPointer

        /// Bytes written.
        private(set) var size = 0

        /// Headers written.
        private(set) var count = 0

        /// Where the value of the last one begins.
        private var valueStart = 0

        init(_ buffer: UnsafeMutableRawBufferPointer) {
            self.buffer = buffer
        }

        /// Adds a header.
        mutating func put(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            put(name, upTo: value.count) { place in
                place.copyMemory(from: value)
                return value.count
            }
        }

        /// Adds a header with a text.
        mutating func put(_ name: StaticString, _ value: String) {
            var value = value
            value.withUTF8 { put(Writer.bytes(of: name), UnsafeRawBufferPointer($0)) }
        }

        /// Adds a header with the value of the one before.
        mutating func putAgain(_ name: StaticString) {
            let value = UnsafeRawBufferPointer(rebasing: buffer[valueStart..<size])
            put(Writer.bytes(of: name), value)
        }

        /// Adds a header whose value `write` puts into the place that it gets.
        ///
        /// - Parameters:
        ///   - limit: bytes of the value at most.
        ///   - write: returns how many it wrote.
        @inline(__always)
        mutating func put(
            _ name: StaticString, upTo limit: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Int
        ) {
            put(Writer.bytes(of: name), upTo: limit) { write($0.bindMemory(to: UInt8.self)) }
        }

        @inline(__always)
        private mutating func put(
            _ name: UnsafeRawBufferPointer, upTo limit: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int
        ) {
            precondition(limit <= buffer.count - size - PackedHeaders.frame - name.count, "no room for the headers")
            let start = size + PackedHeaders.frame + name.count
            UnsafeMutableRawBufferPointer(rebasing: buffer[(size + PackedHeaders.frame)...]).copyMemory(from: name)
            let length = write(UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + limit]))
            buffer.storeBytes(of: UInt32(name.count), toByteOffset: size, as: UInt32.self)
            buffer.storeBytes(of: UInt32(length), toByteOffset: size + 4, as: UInt32.self)
            (valueStart, size) = (start, start + length)
            count += 1
        }

        private static func bytes(of text: StaticString) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        }
    }
}
