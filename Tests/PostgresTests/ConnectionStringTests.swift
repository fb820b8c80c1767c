import Foundation
import Testing

@testable import Postgres

struct ConnectionStringTests {
    @Test(arguments: [
        "postgresql://user:pw@host:5433/db?sslmode=require", "postgres:///db", "host=/tmp user=x", "justadatabase",
        "me@work",
        "postgresql://a,b:5432,5433/db?target_session_attrs=read-write",
    ])
    func takesWhatLibpqTakes(text: String) throws {
        #expect(try ConnectionString(text).text == text)
    }

    @Test(arguments: [
        "postgresql://user:hun@ter2@host/db", "postgresql://user:hunter2/@host/db",
        "postgresql://user:hunter2#@[host/db",
        "password=hunter2 x hunter3 host=h", "password='hunter2 host=h", "password=a hunter2=b",
        "mysql://u:hunter2@host/db",
        "jdbc:postgresql://host/db?password=hunter2", "postgresql://user:%hunter2@host/db",
        "postgresql:/user:hunter2@host/db", "user:hunter2@host/db", "PostgreSQL:user:hunter2@host", "postgres:hunter2",
        "postgresql:/user:hunter2@host/db?sslmode=require", "user:hunter2@host", "//user:hunter2@host/db",
        "host=h dbname=user:hunter2@host/db", "host=user:hunter2@host",
        "host=h dbname='postgresql://user:hunter2@host/db'",
    ])
    func showsNoPieceOfAPassword(text: String) throws {
        let error = try Server.error { _ = try ConnectionString(text) }
        #expect(error.code == .configuration)
        #expect(!error.description.contains("hunter"))
        #expect(!error.description.contains("ter2"))
    }

    @Test func namesAnUnknownOptionWhereNoPasswordCanBeMeant() throws {
        let error = try Server.error { _ = try ConnectionString("hots=localhost") }
        #expect(error.message.contains("hots"))
    }

    @Test(arguments: ["postgresql://localhost:99999/db", "host=localhost sslmode=perhaps"])
    func anOptionThatCannotBeIsNoOutage(text: String) throws {
        let error = try Server.error { _ = try Connection(text, applicationName: "tests") }
        #expect(error.code == .configuration)
        #expect(!error.isTransient)
    }
}
