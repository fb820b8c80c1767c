import CRdKafka
import Glibc

extension KafkaConfiguration {
    /// Sets what a file of `property=value` lines says, checked as `apply(assignment:)` does.
    ///
    /// Empty lines and those that start with `#` or `!` are skipped; blanks around names and values are dropped.
    ///
    /// - Throws: `configuration`, naming the file and the line.
    public mutating func load(file path: String) throws(KafkaError) {
        let text = try KafkaConfiguration.contents(of: path)
        // Not `separator: "\n"`: a Windows line end is one character of its own to Swift.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let line = trimmed(line)
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("!") { continue }
            try apply(line, where: "\(path):\(index + 1)")
        }
    }

    private static func contents(of path: String) throws(KafkaError) -> String {
        guard let file = fopen(path, "r") else { throw unreadable(path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            bytes += chunk[..<count]
            if count < chunk.count { break }
        }
        if ferror(file) != 0 { throw unreadable(path) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func unreadable(_ path: String) -> KafkaError {
        KafkaError(
            .unreadable,
            "cannot read the Kafka configuration file \(path): \(String(cString: strerror(errno))); check the path and its "
                + "permissions",
            rdKafkaCode: RD_KAFKA_RESP_ERR__FS)
    }
}
