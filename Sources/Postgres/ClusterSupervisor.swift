import CPQ
import FoundationEssentials
import Glibc
import Synchronization

/// The process between us and a temporary server: a /bin/sh in a session of its own, which makes the cluster, is the
/// server's parent, and at the end removes the folder.
///
/// Its descriptor 3 is one end of a socket pair whose other end we alone hold. A line "stop" asks for a fast shutdown.
/// Its end without a line means that we died, SIGKILL included: then the server is shut down immediately. Ctrl-C in a
/// terminal reaches neither it nor the server, so that we can end in order.
final class ClusterSupervisor: Sendable {
    private struct State {
        var control: Int32?
        var process: pid_t?
    }

    private let state: Mutex<State>
    private let folders: [String]

    init(
        folder: String, socketFolder: String, programs: ServerPrograms, user: ServerUser, password: String,
        superuser: String, settings: [(String, String)]
    ) throws(PostgresError) {
        folders = [folder, socketFolder]
        let identity = user.switchTo.map { ["\($0.user)", "\($0.group)"] } ?? ["", ""]
        let arguments =
            ["/bin/sh", "-c", ClusterSupervisor.script, "iotpipe-postgres", folder, socketFolder, programs.folder]
            + identity + [superuser] + settings.flatMap { ["-c", "\($0.0)=\($0.1)"] }

        var ends: [Int32] = [-1, -1]
        // Closed on exec: no other child of ours may keep our end open when we are gone.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw PostgresError(.cluster, "cannot make a socket pair: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[1]) }
        var process: pid_t = 0
        let status = ClusterSupervisor.withCStrings(arguments) { arguments in
            ClusterSupervisor.withCStrings(ClusterSupervisor.environment) { environment in
                iotpipe_spawn_session(&process, "/bin/sh", arguments, environment, ends[1])
            }
        }
        guard status == 0 else {
            close(ends[0])
            for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
            throw PostgresError(.cluster, "cannot start /bin/sh: \(String(cString: strerror(status)))")
        }
        state = Mutex(State(control: ends[0], process: process))
        // The superuser's password goes this way because arguments and environments can be seen by others.
        tell(password)
    }

    deinit { stop() }

    /// Whether the shell is still there.
    var isRunning: Bool {
        state.withLock { state in
            guard let process = state.process else { return false }
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) != 0 else { return true }
            state.process = nil
            return false
        }
    }

    /// Has the server shut down and the folders removed, and waits for it.
    func stop() {
        tell("stop")
        state.withLock { state in
            guard let control = state.control else { return }
            close(control)
            state.control = nil
            if let process = state.process {
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0, errno == EINTR {}
                state.process = nil
            }
            // The shell has done this, unless somebody killed it.
            for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
        }
    }

    private func tell(_ word: String) {
        let bytes = Array((word + "\n").utf8)
        state.withLock { state in
            guard let control = state.control else { return }
            _ = send(control, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
    }

    // MARK: The shell

    /// Arguments: folder, socket folder, programs' folder, user and group to become or two empty ones, superuser, and
    /// the server's arguments.
    ///
    /// - `setpriv` becomes the server's user, and asks the kernel to end the server where this shell is killed.
    /// - The shell starts background commands with SIGINT and SIGQUIT ignored, until the server has set handlers of its
    ///   own: a signal may get lost, so each is repeated. After 10 s fast becomes immediate, after 15 s SIGKILL.
    /// - `exited` tells us that the server is gone, and the second half not to signal a process number used again.
    private static let script = """
        folder=$1 sockets=$2 programs=$3 user=$4 group=$5 superuser=$6
        shift 6
        trap '' HUP INT TERM
        umask 077
        cd "$folder" || exit 1
        exec >"$folder/log" 2>&1

        as_server() {
            if [ -n "$user" ]; then
                exec setpriv --reuid "$user" --regid "$group" --clear-groups --pdeathsig QUIT "$@" 3<&-
            elif command -v setpriv >/dev/null; then
                exec setpriv --pdeathsig QUIT "$@" 3<&-
            else
                exec "$@" 3<&-
            fi
        }

        finish() {
            cd /
            rm -rf "$folder" "$sockets"
            exit
        }

        read -r password <&3
        printf '%s\\n' "$password" | (as_server tee "$folder/password" >/dev/null)
        if ! (as_server "$programs/initdb" --pgdata="$folder/data" --username="$superuser" \\
                --pwfile="$folder/password" --auth-local=trust --auth-host=scram-sha-256 \\
                --encoding=UTF8 --locale=C --no-sync); then
            echo initdb >"$folder/exited"
            read -r word <&3
            finish
        fi
        rm "$folder/password"

        as_server "$programs/postgres" -D "$folder/data" "$@" </dev/null &
        server=$!

        (
            word=
            read -r word <&3
            signal=QUIT tries=0
            [ "$word" = stop ] && signal=INT
            while [ ! -e "$folder/exited" ] && kill -s "$signal" "$server" 2>/dev/null; do
                tries=$((tries + 1))
                [ "$tries" -eq 200 ] && signal=QUIT
                [ "$tries" -eq 300 ] && signal=KILL
                sleep 0.05
            done
        ) &

        wait "$server"
        echo "$?" >"$folder/exited"
        wait
        finish
        """

    /// Ours, less what would change the server or its messages.
    private static var environment: [String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("LC_") && $0.key != "LANG" && $0.key != "LANGUAGE" }
            .map { "\($0.key)=\($0.value)" } + ["LC_ALL=C"]
    }

    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        let pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
