import FoundationEssentials

/// JSON for scripts that read what a command prints.
enum JSONOutput {
    /// Indented, with sorted keys.
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
