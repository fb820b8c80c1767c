import CLinux
import Glibc
import Threads

/// A child process in a process group of its own, so that Ctrl-C reaches only the parent, which stops its children in
/// order. A thread waits for its end.
///
/// Children are iotpipe itself and end with their parent (see `ParentDeath`).
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)

        /// As a sentence says it.
        var text: String {
            switch self {
            case .code(let code): "ended with exit status \(code)"
            case .signal(let signal): "was killed by signal \(signal)"
            }
        }
    }

    /// What the process is called in messages.
    let name: String
    /// Where its standard error goes.
    let log: String
    let identifier: pid_t
    private let input: Int32
    private let exit = Monitor<Exit?>(nil)

    /// Starts the process.
    ///
    /// - Parameters:
    ///   - environment: added to this process's own.
    ///   - log: file that standard error is appended to.
    ///   - output: file descriptor for standard output; nil appends it to `log` as well.
    init(
        name: String, executable: String, arguments: [String], environment: [String: String], log: String,
        output: Int32? = nil
    ) throws {
        self.name = name
        self.log = log
        var pipeEnds: [Int32] = [0, 0]
        guard iotpipe_pipe(&pipeEnds) == 0 else { throw ChildProcess.failure("make a pipe for", name) }
        defer { close(pipeEnds[0]) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipeEnds[0], 0)
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, output ?? 2, 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals are blocked here for `StopSignal`; a child starts with none blocked.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var variables = ChildProcess.ownEnvironment
        variables[ParentDeath.variable] = String(getpid())
        for (name, value) in environment { variables[name] = value }
        let argv = CStrings([executable] + arguments)
        let envp = CStrings(variables.map { "\($0.key)=\($0.value)" })
        var started = pid_t()
        let status = posix_spawn(&started, executable, &actions, &attributes, argv.pointers, envp.pointers)
        guard status == 0 else {
            close(pipeEnds[1])
            errno = status
            throw ChildProcess.failure("start", name)
        }
        let identifier = started
        self.identifier = identifier
        input = pipeEnds[1]
        let exit = self.exit
        _ = OSThread(name: "wait-\(name)") {
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            exit.update { $0 = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal) }
        }
    }

    deinit { close(input) }

    /// How it ended; nil while it runs.
    var ended: Exit? { exit.read { $0 } }

    /// Waits for its end, until a deadline (a `MonotonicClock` instant).
    @discardableResult
    func wait(until deadline: UInt64? = nil) -> Exit? {
        exit.wait(until: deadline) { $0 }
    }

    /// Sends a signal, while it runs.
    func signal(_ number: Int32) {
        exit.read { if $0 == nil { kill(identifier, number) } }
    }

    /// Asks it to drain; kills it where it has not ended in time.
    func stop(within limit: Duration) {
        signal(SIGTERM)
        if wait(until: MonotonicClock.deadline(after: limit)) == nil {
            signal(SIGKILL)
            wait()
        }
    }

    /// Writes to its standard input, without waiting for ever: where nobody reads, the text is given up.
    func write(_ text: String) {
        let bytes = Array(text.utf8)
        var poll = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
        guard Glibc.poll(&poll, 1, 100) == 1, poll.revents & Int16(POLLOUT) != 0 else { return }
        // Far shorter than PIPE_BUF, so each write is whole.
        _ = Glibc.write(input, bytes, bytes.count)
    }

    /// The last lines of its log.
    func lastLines(_ count: Int) -> String {
        guard let text = try? TextFile.read(log) else { return "" }
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }

    private static var ownEnvironment: [String: String] {
        var variables: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // The options that variables give are this process's own; a child is given its own.
            let isOption = parts[0].hasPrefix("IOTPIPE_") && parts[0] != "IOTPIPE_SHIM"
            if parts.count == 2, !isOption { variables[String(parts[0])] = String(parts[1]) }
            pointer += 1
        }
        return variables
    }

    private static func failure(_ step: String, _ name: String) -> RoleError {
        RoleError(.internalFailure, "cannot \(step) the process \(name): \(String(cString: strerror(errno)))")
    }
}

/// Strings as C programs take them: an array of pointers that ends with nil.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
