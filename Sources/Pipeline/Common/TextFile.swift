import FoundationEssentials

/// Small text files, read whole.
enum TextFile {
    static func read(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}
