import Glibc
import Testing
import Threads

@testable import Kafka

/// What librdkafka's connections are set to.
@Suite(.serialized) struct SocketTests {
    /// TCP_NODELAY of this process's connections to a port of this machine.
    private func noDelay(ofConnectionsTo port: UInt16) -> [Int32] {
        (0..<1_024).compactMap { descriptor -> Int32? in
            var peer = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let found = withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(Int32(descriptor), $0, &size) }
            }
            guard found == 0, peer.sin_family == sa_family_t(AF_INET), peer.sin_port == port.bigEndian else {
                return nil
            }
            var value: Int32 = -1
            size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(Int32(descriptor), Int32(IPPROTO_TCP), TCP_NODELAY, &value, &size)
            return value
        }
    }

    @Test(arguments: [nil, "false"] as [String?])
    func smallRequestsGoAtOnceUnlessToldOtherwise(setting: String?) throws {
        let fixture = try Fixture()
        let servers = try #require(fixture.broker.clientConfiguration["bootstrap.servers"])
        let port = try #require(UInt16(servers.split(separator: ":").last ?? ""))
        let producer = try fixture.producer(setting.map { ["socket.nagle.disable": $0] } ?? [:])
        #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes("x")))
        #expect(producer.flush(timeout: .seconds(20)) == 0)
        let found = noDelay(ofConnectionsTo: port)
        #expect(!found.isEmpty && found.allSatisfy { ($0 != 0) == (setting == nil) }, "\(found)")
        producer.close()
    }
}
