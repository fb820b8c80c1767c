import Glibc
import Synchronization

/// Random 64-bit words of the system's generator, fetched many at once: one call of the kernel for each word is most of
/// what an identifier costs.
enum RandomWords {
    private static let count = 128

    private struct Pool {
        var words: [UInt64] = []
    }

    private static let pool = Mutex(Pool())

    /// The next word; each is handed out once. Safe to call from any thread.
    static func next() -> UInt64 {
        pool.withLock { pool in
            if let word = pool.words.popLast() { return word }
            var words = [UInt64](repeating: 0, count: count)
            words.withUnsafeMutableBytes { arc4random_buf($0.baseAddress!, $0.count) }
            pool.words = words
            return pool.words.removeLast()
        }
    }
}
