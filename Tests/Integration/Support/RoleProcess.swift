import Foundation
import Glibc
import Threads

@testable import Pipeline

/// A role as a process of the built program, its log in a temporary file.
final class RoleProcess {
    let child: ChildProcess
    private let log: String

    /// Starts it, and waits until it says that it is ready where `waits` is set.
    init(_ arguments: [String], environment: [String: String] = [:], waits: Bool = false) throws {
        log = "\(NSTemporaryDirectory())/iotpipe-role-\(UUID().uuidString).log"
        var environment = environment
        let socket = try ReadySocket(name: UUID().uuidString)
        if waits { environment["NOTIFY_SOCKET"] = socket.path }
        child = try ChildProcess(
            name: arguments[0], executable: Surroundings.executable, arguments: arguments, environment: environment,
            log: log)
        let deadline = MonotonicClock.deadline(after: .seconds(120))
        while waits, !socket.isReady() {
            if MonotonicClock.now > deadline {
                child.signal(SIGKILL)
                throw KafkaServer.Failure(what: "\(arguments[0]) is not ready after 120 s: \(output)")
            }
            if let exit = child.ended {
                throw KafkaServer.Failure(what: "\(arguments[0]) \(exit.text): \(output)")
            }
        }
    }

    deinit {
        child.signal(SIGKILL)
        child.wait()
        unlink(log)
    }

    /// What it wrote to standard output and standard error.
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Waits for its end; kills it where that takes longer.
    func wait(_ limit: Duration = Wait.patience) -> ChildProcess.Exit? {
        child.wait(until: MonotonicClock.deadline(after: limit))
    }

    /// Asks it to drain and waits.
    func stop() -> ChildProcess.Exit? {
        child.signal(SIGTERM)
        return wait(.seconds(30))
    }
}
