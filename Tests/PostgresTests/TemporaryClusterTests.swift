import Foundation
import Glibc
import Testing

@testable import Postgres

@Suite(.needsServer) struct TemporaryClusterTests {
    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Waits until the server's process and the folder are gone.
    private static func waitUntilGone(process: Int32, folder: String) -> Bool {
        Server.wait { kill(process, 0) != 0 && !exists(folder) }
    }

    @Test func stopLeavesNothing() throws {
        let cluster = try TemporaryCluster()
        let process = try #require(cluster.serverProcess)
        let connection = try Connection(cluster.conninfo, applicationName: "tests")
        #expect(try connection.query("SHOW fsync").first?[0] == "off")
        #expect(try connection.query("SHOW listen_addresses").first?[0] == "")
        #expect(cluster.tcpConninfo == nil)
        #expect(cluster.psqlCommand == "psql '\(cluster.conninfo)'")
        // A Ctrl-C in our terminal does not reach it.
        #expect(getsid(process) != getsid(0))
        // An open session does not hold it up.
        cluster.stop()
        #expect(kill(process, 0) != 0)
        #expect(!Self.exists(cluster.folder) && !Self.exists(cluster.socketFolder))
        #expect(try Server.error { try connection.execute("SELECT 1") }.isTransient)
        cluster.stop()
    }

    @Test func twoNeverMeetAndALongFolderGetsAShortSocket() throws {
        let parent = "/tmp/iotpipe-tests-\(UUID().uuidString)/" + String(repeating: "long ", count: 20)
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: (parent as NSString).deletingLastPathComponent) }
        let other = try Server.cluster()
        let cluster = try TemporaryCluster(in: parent, tcp: .freePort, settings: ["max_connections": "7"])
        #expect(cluster.folder.hasPrefix(parent))
        #expect(cluster.socketFolder.utf8.count < 60)
        #expect(cluster.folder != other.folder && cluster.port != other.port)
        try #require(cluster.tcpConninfo != nil && other.tcpConninfo != nil)
        let first = try Connection(other.tcpConninfo, applicationName: "tests")
        let second = try Connection(cluster.tcpConninfo, applicationName: "tests")
        #expect(try second.query("SHOW max_connections").first?[0] == "7")
        let folder = "SHOW data_directory"
        #expect(try first.query(folder).first?[0] != second.query(folder).first?[0])
        let socketFolder = cluster.socketFolder
        cluster.stop()
        #expect(!Self.exists(socketFolder))
        #expect(try first.query("SELECT 1").count == 1)
    }

    @Test func aTakenPortIsNamed() throws {
        let port = try Server.cluster().port
        let error = try Server.error { _ = try TemporaryCluster(tcp: .port(port)) }
        #expect(error.code == .cluster)
        #expect(error.message.contains("\(port)"))
    }

    @Test func aSettingTheServerRefusesShowsItsLogAndLeavesNothing() throws {
        let parent = "/tmp/iotpipe-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let error = try Server.error { _ = try TemporaryCluster(in: parent, settings: ["shared_buffers": "many"]) }
        #expect(error.code == .cluster)
        #expect(error.message.contains("shared_buffers"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == [])
    }

    @Test func aFolderThatCannotBeMadeIsNamed() throws {
        let error = try Server.error { _ = try TemporaryCluster(in: "/nonexistent") }
        #expect(error.code == .cluster)
        #expect(error.message.contains("/nonexistent"))
    }

    @Test func aServerThatDiesIsNoticedAndItsFolderRemoved() throws {
        let cluster = try TemporaryCluster()
        let process = try #require(cluster.serverProcess)
        kill(process, SIGQUIT)
        #expect(Server.wait { Self.exists(cluster.folder + "/exited") })
        #expect(kill(process, 0) != 0)
        let error = try Server.error { _ = try Connection(cluster.conninfo, applicationName: "tests") }
        #expect(error.code == .unreachable)
        cluster.stop()
        #expect(!Self.exists(cluster.folder))
    }

    #if compiler(>=6.2)
        /// Where the process that gets killed says which server and folder were its own.
        private static let note = "IOTPIPE_TEST_NOTE"

        @Test func theServerEndsWithAnOwnerThatIsKilled() async throws {
            let note = "/tmp/iotpipe-tests-\(UUID().uuidString)"
            setenv(Self.note, note, 1)
            defer { try? FileManager.default.removeItem(atPath: note) }
            await #expect(processExitsWith: .signal(SIGKILL)) {
                let cluster = try TemporaryCluster()
                let connection = try Connection(cluster.conninfo, applicationName: "tests")
                let words = "\(try #require(cluster.serverProcess)) \(cluster.folder)"
                try words.write(toFile: String(cString: getenv(Self.note)), atomically: true, encoding: .utf8)
                // A session at work, as in a real end.
                try connection.execute("BEGIN; CREATE TABLE t AS SELECT generate_series(1, 1000)")
                kill(getpid(), SIGKILL)
            }
            let words = try String(contentsOfFile: note, encoding: .utf8).split(separator: " ")
            let process = try #require(Int32(words[0]))
            #expect(Self.waitUntilGone(process: process, folder: String(words[1])))
        }
    #endif

    @Test func theServerEndsWithASupervisorThatIsKilled() throws {
        let cluster = try TemporaryCluster()
        let process = try #require(cluster.serverProcess)
        // The server's parent is the supervisor.
        let status = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let parent = try #require(status.split(separator: ")").last?.split(separator: " ")[1]).description
        kill(try #require(Int32(parent)), SIGKILL)
        cluster.stop()
        #expect(!Self.exists(cluster.folder))
        #expect(Self.waitUntilGone(process: process, folder: cluster.folder))
    }
}
