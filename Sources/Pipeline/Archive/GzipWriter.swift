import CZlib
import Glibc

/// Writes a gzip file from pieces; memory holds one buffer of it.
final class GzipWriter {
    private static let bufferSize = 256 << 10

    private let path: String
    private let descriptor: Int32
    // On the heap: zlib wants its state to stay where it is.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: GzipWriter.bufferSize)
    private let fileSHA: SHA256Stream
    private let contentSHA: SHA256Stream
    private var fileBytes = 0
    private var contentBytes = 0

    /// Makes the file anew. Its owner may read and write it and its group may read it, as far as the umask lets them.
    init(_ path: String, strategy: GzipStrategy) throws(RoleError) {
        self.path = path
        fileSHA = try SHA256Stream()
        contentSHA = try SHA256Stream()
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, strategy.level, Z_DEFLATED, 15 + 16, 9, strategy.zlibStrategy, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        descriptor = status == Z_OK ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640) : -1
        let code = errno
        stream.pointee.next_out = buffer
        stream.pointee.avail_out = UInt32(GzipWriter.bufferSize)
        guard status == Z_OK else { throw RoleError(.internalFailure, "zlib cannot start: out of memory?") }
        guard descriptor >= 0 else { throw FileFailure.creating(path, code) }
    }

    deinit {
        deflateEnd(stream)
        if descriptor >= 0 { close(descriptor) }
        stream.deallocate()
        buffer.deallocate()
    }

    func add(_ bytes: UnsafeRawBufferPointer) throws(RoleError) {
        contentBytes += bytes.count
        contentSHA.add(bytes)
        let input = bytes.bindMemory(to: UInt8.self)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(bytes.count)
        while stream.pointee.avail_in > 0 {
            deflate(stream, Z_NO_FLUSH)
            if stream.pointee.avail_out == 0 { try flush() }
        }
    }

    /// Ends the file and waits until it is on the disk.
    func finish() throws(RoleError) -> GzipSummary {
        stream.pointee.avail_in = 0
        while deflate(stream, Z_FINISH) != Z_STREAM_END { try flush() }
        try flush()
        guard fsync(descriptor) == 0 else { throw FileFailure.writing(path) }
        // So that whoever reads it again reads what the disk has.
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        return GzipSummary(
            fileBytes: fileBytes, fileSHA256: fileSHA.finishHex(), contentBytes: contentBytes,
            contentSHA256: contentSHA.finishHex())
    }

    private func flush() throws(RoleError) {
        var rest = UnsafeRawBufferPointer(
            start: buffer, count: GzipWriter.bufferSize - Int(stream.pointee.avail_out))
        fileSHA.add(rest)
        fileBytes += rest.count
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure.writing(path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        stream.pointee.next_out = buffer
        stream.pointee.avail_out = UInt32(GzipWriter.bufferSize)
    }
}
