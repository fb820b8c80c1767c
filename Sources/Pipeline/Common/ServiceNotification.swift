import Glibc

/// Tells whoever started this process that it is ready, by systemd's protocol (sd_notify(3)): a datagram `READY=1` to the
/// Unix socket that NOTIFY_SOCKET names. systemd units of `Type=notify` and the demo both wait for it.
public enum ServiceNotification {
    /// Says that the role is ready. Does nothing where nobody asked to be told.
    public static func ready() {
        send("READY=1")
    }

    /// Says that the role is draining.
    public static func stopping() {
        send("STOPPING=1")
    }

    private static func send(_ message: String) {
        guard let value = getenv("NOTIFY_SOCKET") else { return }
        let path = String(cString: value)
        guard var address = UnixAddress(path: path) else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = message.withCString { text in
            address.withPointer { pointer, length in
                sendto(descriptor, text, strlen(text), Int32(MSG_NOSIGNAL), pointer, length)
            }
        }
    }
}
