import Events
import Glibc

/// Where a producer's latencies go.
public enum LatencyFile {
    /// The file named, or where a folder is named a file in it that no other producer has, and no earlier start of this one:
    /// `PRODUCER-20261127T211500Z.csv`.
    ///
    /// - Parameters:
    ///   - path: a file, or a folder: one that is there, or a path that ends in `/`.
    ///   - producer: the producer's name; characters that no file name may have become `-`.
    public static func path(_ path: String, producer: String, at time: Timestamp = .now) -> String {
        var status = stat()
        let isFolder = path.hasSuffix("/") || stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        guard isFolder else { return path }
        let name = String(producer.map { $0 == "/" || $0 == "\0" ? "-" : $0 })
        let stamp = time.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" }
        return "\(path)\(path.hasSuffix("/") ? "" : "/")\(name)-\(stamp)Z.csv"
    }
}
