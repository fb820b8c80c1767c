import CLinux
import Glibc
import Synchronization

/// A POSIX thread of its own, for code that blocks in C (librdkafka, libpq, libtorch, signals).
///
/// Swift's cooperative pool has one thread per core and must never block, so every blocking call runs on one of these.
/// The handle may be dropped: the thread goes on until its body returns. `join()` waits for that.
public final class OSThread: Sendable {
    private let thread: pthread_t
    private let isJoined = Atomic(false)

    /// Starts a thread that runs `body` once.
    ///
    /// - Parameter name: shown by `top -H` and debuggers; the kernel keeps the first 15 bytes.
    public init(name: String, _ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Body(name: String(name.prefix(15)), run: body))
        var thread = pthread_t()
        // Retained until the new thread takes it over: the only reference that crosses.
        let status = pthread_create(&thread, nil, OSThread.entry, context.toOpaque())
        precondition(status == 0, "pthread_create failed with error \(status): out of threads or memory")
        self.thread = thread
    }

    deinit {
        // Nobody waits for it any more: its stack goes when it ends.
        if !isJoined.load(ordering: .relaxed) { pthread_detach(thread) }
    }

    /// Waits until the thread's body has returned. To be called once at most.
    public func join() {
        isJoined.store(true, ordering: .relaxed)
        pthread_join(thread, nil)
    }

    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        let body = Unmanaged<Body>.fromOpaque(context!).takeRetainedValue()
        iotpipe_name_thread(body.name)
        body.run()
        return nil
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}
