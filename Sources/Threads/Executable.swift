import Glibc

/// Where this process's program lies.
public enum Executable {
    /// The absolute path with symbolic links resolved, or nil where /proc is not mounted.
    public static var path: String? {
        guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The folder part of an absolute path; "/" for the root.
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
