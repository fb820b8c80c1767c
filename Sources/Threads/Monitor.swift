import Glibc

/// A value behind a mutex with a condition variable: threads change it under the lock and wait for it to change.
///
/// Its methods are inlinable: called through their generic form, each call would ask the runtime for the metadata of
/// `State` and move the state through copies that the compiler cannot see into.
public final class Monitor<State>: @unchecked Sendable {
    // `@unchecked`: `state` is touched only while `mutex` is held.
    @usableFromInline var state: State
    @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    @usableFromInline let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Guards `state`, which must not be reachable from anywhere else.
    public init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        // Timed waits count on the monotonic clock, so that setting the wall clock never stretches them.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` under the lock and wakes every waiter.
    @discardableResult @inlinable
    public func update<Result, Failure: Error>(_ body: (inout State) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Runs `body` under the lock without waking anybody: for reading, or for a change nobody waits for.
    @inlinable
    public func read<Result, Failure: Error>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result
    {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Calls `body` under the lock, again after each `update`, until it returns a value or the deadline has passed.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant in nanoseconds; nil waits for ever.
    /// - Returns: what `body` returned, or nil once the deadline has passed.
    @inlinable
    public func wait<Result>(until deadline: UInt64? = nil, for body: (inout State) -> Result?) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) {
                // What `body` took may be what another waiter needs to know of (room in a queue).
                pthread_cond_broadcast(changed)
                return result
            }
            guard let deadline else {
                pthread_cond_wait(changed, mutex)
                continue
            }
            var time = timespec(
                tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            if pthread_cond_timedwait(changed, mutex, &time) == ETIMEDOUT { return body(&state) }
        }
    }
}
