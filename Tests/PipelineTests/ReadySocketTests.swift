import Foundation
import Glibc
import Testing
import TestSupport

@testable import Pipeline

/// Serialized: NOTIFY_SOCKET is the whole process's.
@Suite(.serialized) struct ReadySocketTests {
    private func withNotifySocket(_ path: String?, _ body: () throws -> Void) rethrows {
        if let path { setenv("NOTIFY_SOCKET", path, 1) } else { unsetenv("NOTIFY_SOCKET") }
        defer { unsetenv("NOTIFY_SOCKET") }
        try body()
    }

    @Test func readinessArrives() throws {
        let socket = try ReadySocket(name: UUID().uuidString)
        #expect(!socket.isReady())
        withNotifySocket(socket.path) { ServiceNotification.ready() }
        #expect(socket.isReady())
        #expect(!socket.isReady(), "said once, heard once")
    }

    @Test func drainingIsNotReadiness() throws {
        let socket = try ReadySocket(name: UUID().uuidString)
        withNotifySocket(socket.path) { ServiceNotification.stopping() }
        #expect(!socket.isReady())
    }

    @Test func socketsOfOneProcessAreToldApart() throws {
        let (first, second) = (try ReadySocket(name: UUID().uuidString), try ReadySocket(name: UUID().uuidString))
        withNotifySocket(second.path) { ServiceNotification.ready() }
        #expect(!first.isReady())
        #expect(second.isReady())
    }

    /// systemd's own sockets are files.
    @Test func socketFileIsServedToo() throws {
        let folder = TemporaryFolder()
        let path = folder.file("notify")
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = try #require(UnixAddress(path: path))
        try #require(address.withPointer { bind(descriptor, $0, $1) } == 0)
        withNotifySocket(path) { ServiceNotification.ready() }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1")
    }

    @Test(arguments: [nil, "", "@nobody-listens-here", "/nowhere/notify", String(repeating: "x", count: 200)])
    func nobodyToTellIsNoFault(path: String?) {
        withNotifySocket(path) {
            ServiceNotification.ready()
            ServiceNotification.stopping()
        }
    }

    @Test func nameThatIsTakenIsRefused() throws {
        let name = UUID().uuidString
        let socket = try ReadySocket(name: name)
        let error = thrown(RoleError.self) { _ = try ReadySocket(name: name) }
        #expect(error?.message.contains("Address already in use") == true)
        withExtendedLifetime(socket) {}
    }

    @Test func addressesThatDoNotFitAreRefused() {
        #expect(UnixAddress(path: "") == nil)
        #expect(UnixAddress(path: String(repeating: "x", count: 107)) != nil)
        #expect(UnixAddress(path: String(repeating: "x", count: 108)) == nil)
    }
}
