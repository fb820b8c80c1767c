import FoundationEssentials

/// JSON for scripts that read what a command prints.
public enum JSONOutput {
    /// Indented, with sorted keys.
    public static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
