import Glibc

/// Writing to a file descriptor.
public enum FileBytes {
    /// Writes all of it, however many calls that takes.
    ///
    /// - Returns: false where the last call failed; `errno` says why.
    public static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
