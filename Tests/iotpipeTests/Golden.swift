import Foundation
import Testing

/// Texts that must stay as they are, in files beside the tests.
///
/// `IOTPIPE_UPDATE_GOLDEN=1 swift test --filter iotpipeTests` writes them anew: then read what `git diff` says.
enum Golden {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")
    private static let isUpdating = ProcessInfo.processInfo.environment["IOTPIPE_UPDATE_GOLDEN"] == "1"

    /// Compares a text with the file of that name, and shows the first line that differs.
    static func expect(
        _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = folder.appendingPathComponent(name)
        if isUpdating { try Data(text.utf8).write(to: file) }
        let expected = try String(contentsOf: file, encoding: .utf8)
        guard text != expected else { return }
        let (lines, expectedLines) = (text.lines, expected.lines)
        let index = zip(lines, expectedLines).prefix { $0 == $1 }.count
        func line(_ lines: [Substring]) -> String { index < lines.count ? "\"\(lines[index])\"" : "the end" }
        Issue.record(
            """
            \(name):\(index + 1): expected \(line(expectedLines)), but it is \(line(lines)). Is that right? Then run \
            IOTPIPE_UPDATE_GOLDEN=1 swift test --filter iotpipeTests
            """, sourceLocation: sourceLocation)
    }
}

extension String {
    /// The lines, empty ones too.
    var lines: [Substring] { split(separator: "\n", omittingEmptySubsequences: false) }
}
