import CZlib
import Glibc

/// Reads a gzip file from start to end; memory holds two buffers of it.
enum GzipReader {
    private static let bufferSize = 256 << 10

    /// - Parameter body: called with each piece of the content, good for the call alone.
    /// - Throws: `RoleError`: 66 where there is no such file, 65 where it is no whole gzip file; what `body` throws.
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> GzipSummary {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure.reading(path) }
        defer { close(descriptor) }
        let (fileSHA, contentSHA) = (try SHA256Stream(), try SHA256Stream())
        let input = UnsafeMutablePointer<UInt8>.allocate(capacity: bufferSize)
        let output = UnsafeMutablePointer<UInt8>.allocate(capacity: bufferSize)
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer {
            inflateEnd(stream)
            stream.deallocate()
            input.deallocate()
            output.deallocate()
        }
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw RoleError(.internalFailure, "zlib cannot start: out of memory?")
        }
        var (fileBytes, contentBytes) = (0, 0)
        var status = Z_OK
        while true {
            let count = Glibc.read(descriptor, input, bufferSize)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure.reading(path)
            }
            if count == 0 { break }
            fileBytes += count
            fileSHA.add(UnsafeRawBufferPointer(start: input, count: count))
            guard status != Z_STREAM_END else { throw corrupt(path, "there is more after its end") }
            stream.pointee.next_in = input
            stream.pointee.avail_in = UInt32(count)
            repeat {
                stream.pointee.next_out = output
                stream.pointee.avail_out = UInt32(bufferSize)
                status = inflate(stream, Z_NO_FLUSH)
                guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                    throw corrupt(path, stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)")
                }
                let piece = UnsafeRawBufferPointer(start: output, count: bufferSize - Int(stream.pointee.avail_out))
                contentBytes += piece.count
                contentSHA.add(piece)
                try body(piece)
            } while status == Z_OK && stream.pointee.avail_out == 0
            guard status != Z_STREAM_END || stream.pointee.avail_in == 0 else {
                throw corrupt(path, "there is more after its end")
            }
        }
        guard status == Z_STREAM_END else { throw corrupt(path, "it ends early") }
        return GzipSummary(
            fileBytes: fileBytes, fileSHA256: fileSHA.finishHex(), contentBytes: contentBytes,
            contentSHA256: contentSHA.finishHex())
    }

    private static func corrupt(_ path: String, _ reason: String) -> RoleError {
        RoleError(.badData, "\(path) is damaged: \(reason): take another copy of it")
    }
}
