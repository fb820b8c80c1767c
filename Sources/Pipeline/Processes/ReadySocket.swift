import Glibc

/// Waits for a child's `READY=1`: the receiving end of `ServiceNotification`.
final class ReadySocket {
    /// What the child gets as NOTIFY_SOCKET.
    let path: String
    private let descriptor: Int32

    /// Binds a socket in Linux's abstract namespace, which needs no file.
    ///
    /// - Parameter name: tells the sockets of one process apart.
    init(name: String) throws {
        path = "@iotpipe-\(getpid())-\(name)"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard var address = UnixAddress(path: path), address.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw RoleError(.internalFailure, "cannot make the socket \(path): \(reason)")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Whether the child has said so, waiting for 50 milliseconds at most.
    func isReady() -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, 50) == 1 else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 && String(decoding: buffer.prefix(count), as: UTF8.self).contains("READY=1")
    }
}
