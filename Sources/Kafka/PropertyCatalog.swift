import CRdKafka
import Glibc

/// The properties that the librdkafka in use knows, for helpful refusals.
enum PropertyCatalog {
    /// Every property's name, from librdkafka's own table.
    static var names: [String] {
        guard let text = iotpipe_kafka_properties() else { return [] }
        defer { free(text) }
        return String(cString: text).split(separator: "\n").compactMap { line in
            guard let end = line.firstIndex(of: "|") else { return nil }
            let name = trimmed(line[..<end])
            return name.isEmpty || name == "Property" || name.hasPrefix("-") ? nil : name
        }
    }

    /// What to use instead of a property that librdkafka does not know; nil where nothing is near.
    static func suggestion(for property: String) -> String? {
        if let ours = javaProperties[property] { return ours }
        let limit = max(2, property.utf8.count / 5)
        let names = names
        let near = names.map { ($0, distance(property, $0)) }.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
        let begun = names.filter { $0.hasPrefix(property + ".") }
        return near ?? (begun.count == 1 ? begun[0] : nil)
    }

    /// Names from Java clients' files, and what does the same here.
    static let javaProperties = [
        "sasl.jaas.config": "sasl.username and sasl.password",
        "ssl.truststore.location": "ssl.ca.location (a PEM file)",
        "ssl.truststore.password": "ssl.ca.location (a PEM file needs no password)",
        "buffer.memory": "queue.buffering.max.kbytes",
        "max.block.ms": "queue.buffering.max.kbytes",
    ]

    /// How many letters differ: insertions, deletions, replacements, and swaps of neighbours.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var rows = [Array(0...right.count)]
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(
                    rows[row][column] + (letter == other ? 0 : 1), rows[row][column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, rows[row - 1][column - 1] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}

/// A text without blanks at its ends.
func trimmed(_ text: some StringProtocol) -> String {
    let blanks: Set<Character> = [" ", "\t", "\r", "\n", "\r\n"]
    guard let first = text.firstIndex(where: { !blanks.contains($0) }),
        let last = text.lastIndex(where: { !blanks.contains($0) })
    else { return "" }
    return String(text[first...last])
}
