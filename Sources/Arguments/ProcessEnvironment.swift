@preconcurrency import Glibc

/// The variables of this process.
public enum ProcessEnvironment {
    /// A copy of all variables. Call it at the start, before another thread may change them.
    public static var current: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
