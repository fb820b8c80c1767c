import Foundation

/// What a process takes.
enum Memory {
    /// Anonymous memory in KiB, which no file gives back: `RssAnon` of /proc; nil where the process is gone.
    static func anonymous(of process: Int32) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        for line in status.split(separator: "\n") where line.hasPrefix("RssAnon:") {
            return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        }
        return nil
    }
}
