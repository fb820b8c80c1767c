import CMicrohttpd
import Glibc
import Synchronization
import Threads

/// A small HTTP/1.1 server for metrics, health and the inference API: one thread per connection, everything bounded.
///
/// GET, HEAD and POST reach the handler; anything else is answered with 405, a body beyond the limit with 413.
public final class HTTPServer: Sendable {
    /// What a client may use.
    public struct Limits: Sendable {
        /// The longest body of a request in bytes; a longer one is answered with 413.
        public var maxBody: Int
        /// Connections at a time, each a thread and at most `maxBody` of memory; more are closed at once.
        public var maxConnections: Int
        /// For a whole request to arrive, for its answer to leave, and for a connection to stand idle.
        public var timeout: Duration

        /// 1 MiB, 64 connections, 10 s where nothing else is said.
        public init(maxBody: Int = 1 << 20, maxConnections: Int = 64, timeout: Duration = .seconds(10)) {
            self.maxBody = maxBody
            self.maxConnections = maxConnections
            self.timeout = timeout
        }
    }

    /// Answers one request, on the thread of its connection: handlers run at the same time and may block.
    public typealias Handler = @Sendable (Request) -> Response

    /// Decides on a request whose headers have come and whose body has not, on the thread of its connection.
    public typealias Gate = @Sendable (Request) -> Admission

    /// The port that the server listens on; the system's choice where the address said 0.
    public let port: Int

    /// A daemon's handle: libmicrohttpd's calls on it are thread-safe.
    private struct Daemon: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let daemon: Mutex<Daemon?>
    private let exchange: HTTPExchange
    private let watcher: OSThread
    private let timeout: Duration

    /// Listens and begins to answer.
    ///
    /// - Parameters:
    ///   - address: HOST:PORT. The host is a name, an IPv4 address, an IPv6 address in brackets, or nothing for all
    ///     addresses; port 0 lets the system choose.
    ///   - gate: asked before a body is read; nil admits all.
    /// - Throws: `HTTPError`, which names the address.
    public init(
        address: String, limits: Limits = Limits(), gate: Gate? = nil, handler: @escaping Handler
    ) throws(HTTPError) {
        let (descriptor, port) = try ListeningSocket.open(address)
        let watch = ConnectionWatch(timeout: limits.timeout)
        let exchange = HTTPExchange(
            maxBody: limits.maxBody, isLoopback: ListeningSocket.isLoopback(descriptor), watch: watch,
            gate: gate ?? { _ in .admitted(maxBody: limits.maxBody) }, handler: handler)
        guard
            let pointer = iotpipe_http_start(descriptor, UInt32(clamping: limits.maxConnections), exchange.callbacks)
        else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw HTTPError(.failed, "cannot serve HTTP on \(address): libmicrohttpd did not start (\(reason))")
        }
        self.port = port
        self.exchange = exchange
        timeout = limits.timeout
        daemon = Mutex(Daemon(pointer: pointer))
        watcher = OSThread(name: "http-watch") { watch.run() }
    }

    deinit {
        stop()
    }

    /// Stops listening, lets the requests at hand be answered (for `Limits.timeout` at most), and closes every
    /// connection. A handler that still works is waited for. Calling it again does nothing.
    public func stop() {
        guard let daemon = daemon.withLock({ $0.take() }) else { return }
        let listening = MHD_quiesce_daemon(daemon.pointer)
        if listening >= 0 { close(listening) }
        exchange.watch.waitForRequests(until: MonotonicClock.deadline(after: timeout))
        MHD_stop_daemon(daemon.pointer)
        exchange.watch.stop()
        watcher.join()
    }
}
