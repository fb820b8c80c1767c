import Glibc

/// As whom a temporary server runs.
struct ServerUser: Sendable {
    /// Whom to become; nil stays who we are.
    let switchTo: (user: uid_t, group: gid_t)?

    /// Ourselves, or when root `postgres`, else `nobody`.
    init() throws(PostgresError) {
        guard geteuid() == 0 else {
            switchTo = nil
            return
        }
        guard let found = ServerUser.look(up: "postgres") ?? ServerUser.look(up: "nobody") else {
            throw PostgresError(
                .cluster,
                "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody. Run as another user"
            )
        }
        switchTo = found
    }

    private static func look(up name: String) -> (user: uid_t, group: gid_t)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return (entry.pw_uid, entry.pw_gid)
    }
}
