import Foundation
import Glibc
import Synchronization

/// A Kafka that tests share where none of them hurts it.
enum Servers {
    private static let shared = Mutex<KafkaServer?>(nil)

    /// The shared KRaft broker, started by the first who asks and stopped when the tests end.
    static func kafka() throws -> KafkaServer {
        try shared.withLock { server in
            if let server { return server }
            let started = try KafkaServer(.kraft)
            server = started
            atexit { Servers.shared.withLock { $0?.stop() } }
            return started
        }
    }
}
