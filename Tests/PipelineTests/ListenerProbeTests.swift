import Glibc
import Testing

@testable import Pipeline

@Suite struct ListenerProbeTests {
    /// A bound TCP port of the loopback address, and whether it listens.
    private final class Port {
        let number: Int
        private let descriptor: Int32

        init(listens: Bool) throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let status = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
                }
            }
            try #require(status == 0)
            if listens { try #require(listen(descriptor, 1) == 0) }
            number = Int(UInt16(bigEndian: address.sin_port))
        }

        deinit { close(descriptor) }
    }

    private func reason(_ host: String, _ port: Int) -> String? {
        do {
            _ = try ListenerProbe.connect(host: host, port: port, timeout: .seconds(10))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func listenerIsTimed(host: String) throws {
        let port = try Port(listens: true)
        let milliseconds = try ListenerProbe.connect(host: host, port: port.number, timeout: .seconds(10))
        #expect(milliseconds > 0 && milliseconds < 10_000)
    }

    /// Bound, so that nobody else can listen there, but not listening.
    @Test func portNobodyListensToIsToldFromANameThatDoesNotResolve() throws {
        let port = try Port(listens: false)
        let refused = try #require(reason("127.0.0.1", port.number))
        #expect(refused == "does not accept a connection (Connection refused)")
        let unresolved = try #require(reason("kafka.invalid", port.number))
        #expect(unresolved.hasPrefix("does not resolve here ("))
    }

    @Test func limitBeyondWhatPollCountsIsNoTrap() throws {
        let port = try Port(listens: true)
        #expect(try ListenerProbe.connect(host: "127.0.0.1", port: port.number, timeout: .seconds(1e10)) > 0)
    }
}
