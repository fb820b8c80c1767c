import Foundation
import Glibc
import Testing

@testable import Postgres

struct PostgresErrorTests {
    @Test(arguments: [
        ("08006", PostgresError.Code.connectionLost, true), ("22P02", .invalidValue, false),
        ("23505", .uniqueViolation, false), ("23514", .constraintViolation, false), ("25006", .readOnly, true),
        ("28P01", .authentication, false), ("28000", .authentication, false), ("3D000", .noSuchDatabase, false),
        ("40001", .serialization, true), ("40P01", .deadlock, true), ("42501", .permission, false),
        ("42601", .syntax, false), ("42P01", .undefinedObject, false), ("42P07", .duplicateObject, false),
        ("53100", .diskFull, true), ("53200", .outOfResources, true), ("53300", .tooManyConnections, true),
        ("55P03", .lockNotAvailable, true), ("57014", .cancelled, false), ("57P01", .unavailable, true),
        ("57P03", .unavailable, true), ("XX000", .other, false),
    ])
    func everyClassHasItsKind(sqlState: String, code: PostgresError.Code, isTransient: Bool) {
        #expect(PostgresError.Code(sqlState: sqlState) == code)
        #expect(PostgresError(code, "").isTransient == isTransient)
    }

    @Test func describesItselfOnOneLine() {
        let error = PostgresError(.syntax, "wrong", sqlState: "42601", statement: "SELECT\n  1,")
        #expect(error.description == "wrong [SQLSTATE 42601] in: SELECT 1,")
    }
}

@Suite(.needsServer) struct PostgresErrorFromServerTests {
    @Test func aUniqueViolationTellsStatementAndConstraintButNoValue() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE things (name text CONSTRAINT one_of_each PRIMARY KEY)")
        let insert = "INSERT INTO things VALUES ($1)"
        try connection.query(insert, [.text("topsecret")])
        let error = try Server.error { try connection.query(insert, [.text("topsecret")]) }
        #expect(error.code == .uniqueViolation)
        #expect(error.sqlState == "23505")
        #expect(error.statement == insert)
        #expect(error.constraint == "one_of_each")
        #expect(error.table == "things")
        #expect(!error.description.contains("topsecret"))
        #expect(!error.isTransient)
    }

    @Test func badDataIsNotQuoted() throws {
        let connection = try Server.connect()
        let error = try Server.error { try connection.query("SELECT $1::int", [.text("topsecret")]) }
        #expect(error.code == .invalidValue)
        #expect(error.message == "invalid input syntax for type integer: \"…\"")
    }

    @Test func aWrongPasswordSaysWhatToCheckAndShowsNone() throws {
        let cluster = try Server.cluster()
        let conninfo =
            "host=127.0.0.1 port=\(cluster.port) user=iotpipe dbname=iotpipe sslmode=disable password=hunter2"
        let error = try Server.error { _ = try Connection(conninfo, applicationName: "tests") }
        #expect(error.code == .authentication)
        #expect(error.sqlState == "28P01")
        #expect(error.message.contains("127.0.0.1"))
        #expect(error.message.contains("\"iotpipe\""))
        #expect(error.message.contains("Check user and password"))
        #expect(!error.description.contains("hunter2"))
        #expect(!error.message.contains("LOCATION") && !error.message.contains("28P01"))
        #expect(!error.isTransient)
    }

    @Test func noPasswordIsAnAuthenticationError() throws {
        let conninfo = "host=127.0.0.1 port=\(try Server.cluster().port) user=iotpipe passfile=/nonexistent"
        let error = try Server.error { _ = try Connection(conninfo, applicationName: "tests") }
        #expect(error.code == .authentication)
    }

    @Test func theRightPasswordConnectsThroughTCP() throws {
        let conninfo = try #require(try Server.cluster().tcpConninfo)
        let connection = try Connection(conninfo, applicationName: "tests")
        #expect(connection.endpoint.contains("127.0.0.1, port"))
    }

    @Test func aMissingDatabaseIsNamed() throws {
        let conninfo = try Server.cluster().conninfo + " dbname=nowhere"
        let error = try Server.error { _ = try Connection(conninfo, applicationName: "tests") }
        #expect(error.code == .noSuchDatabase)
        #expect(error.message.contains("\"nowhere\""))
        #expect(error.message.contains("createdb"))
    }

    @Test func aMissingRightIsNamed() throws {
        let connection = try Server.connect()
        let error = try Server.error {
            try connection.transaction {
                try connection.execute("CREATE TABLE private_table (); CREATE ROLE guest; SET LOCAL ROLE guest")
                try connection.execute("SELECT FROM private_table")
            }
        }
        #expect(error.code == .permission)
        #expect(error.message.contains("private_table"))
    }

    @Test func anUnreachablePortIsNamed() throws {
        // Bound, so nobody else takes it; not listening, so it refuses.
        let reservation = try #require(try PortReservation(.freePort))
        let error = try Server.error {
            _ = try Connection("postgresql://user:hunter2@127.0.0.1:\(reservation.port)/db", applicationName: "tests")
        }
        #expect(error.code == .unreachable)
        #expect(
            error.message
                == "cannot connect to PostgreSQL: connection to server at \"127.0.0.1\", port \(reservation.port) failed: "
                + "Connection refused. Check that the server runs and that host and port in --database or DATABASE_URL "
                + "are right")
        #expect(!error.description.contains("hunter2"))
        #expect(error.isTransient)
    }

    @Test func aServerThatNeverAnswersIsGivenUp() throws {
        // Listens and never accepts: the kernel takes the connection, and nothing comes.
        let listener = try Listener()
        let error = try Server.error {
            _ = try Connection("host=127.0.0.1 port=\(listener.port) connect_timeout=1", applicationName: "tests")
        }
        #expect(error.code == .unreachable)
        #expect(error.message.contains("\(listener.port)") && error.message.contains("1 s"))
    }

    @Test func theNextHostIsTried() throws {
        let cluster = try Server.cluster()
        let reservation = try #require(try PortReservation(.freePort))
        let conninfo =
            "host=127.0.0.1,\(cluster.socketFolder) port=\(reservation.port),\(cluster.port) user=iotpipe dbname=iotpipe"
        #expect(try Connection(conninfo, applicationName: "tests").isUsable)
    }
}

/// A TCP socket on 127.0.0.1 that listens and never accepts.
private final class Listener {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        let reservation = try #require(try PortReservation(.freePort))
        port = reservation.port
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0)
        try #require(listen(descriptor, 1) == 0)
    }

    deinit { close(descriptor) }
}
