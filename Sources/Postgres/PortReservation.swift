import Glibc
import Synchronization

/// A TCP port on 127.0.0.1 kept from others until a server has bound it.
///
/// The socket is bound but does not listen, with SO_REUSEADDR: Linux lets a server that sets this too bind the same port,
/// and gives it to nobody who asks for any free one.
final class PortReservation: Sendable {
    let port: UInt16
    private let descriptor: Mutex<Int32?>

    /// - Returns: nil where TCP is off.
    /// - Throws: `.cluster` where the port asked for is taken.
    init?(_ tcp: TemporaryCluster.TCP) throws(PostgresError) {
        let wanted: UInt16
        switch tcp {
        case .off: return nil
        case .freePort: wanted = 0
        case .port(let port): wanted = port
        }
        let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = wanted.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(opened, $0, size) == 0 && getsockname(opened, $0, &size) == 0
            }
        }
        guard status else {
            let reason = String(cString: strerror(errno))
            close(opened)
            throw PostgresError(
                .cluster, "port \(wanted) on 127.0.0.1 cannot be had: \(reason). Choose another, or let one be chosen")
        }
        port = UInt16(bigEndian: address.sin_port)
        descriptor = Mutex(opened)
    }

    deinit { release() }

    func release() {
        descriptor.withLock { held in
            if let descriptor = held { close(descriptor) }
            held = nil
        }
    }
}
