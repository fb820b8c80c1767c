import FoundationEssentials
import Glibc

/// Files of measurements as they are named on a command line.
enum MeasurementFiles {
    /// The files, in the order of the paths: a folder stands for its CSV files, in the order of their names.
    ///
    /// - Throws: `unreadable`, or `empty` where a folder has none.
    static func expanded(_ paths: [String]) throws(LatencyError) -> [String] {
        var files: [String] = []
        for path in paths {
            guard let folder = folder(path) else {
                files.append(path)
                continue
            }
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: path)
            } catch {
                throw LatencyError(.unreadable, "cannot read the folder \(path): make it readable, or name its files")
            }
            let found = names.filter { $0.hasSuffix(".csv") && !$0.hasPrefix(".") }.sorted().map { folder + $0 }
            if found.isEmpty { throw LatencyError(.empty, "there is no file *.csv in the folder \(path)") }
            files += found
        }
        return files
    }

    /// The path with `/` at its end where it is a folder's, else nil.
    private static func folder(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return path.hasSuffix("/") ? path : path + "/"
    }
}
