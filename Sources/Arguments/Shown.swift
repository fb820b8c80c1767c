/// How a text that the user gave is shown in a message: safe for a terminal, short, and quoted where it needs to be.
enum Shown {
    /// At most this many characters are shown.
    static let limit = 80

    /// The value as shown: control characters escaped, cut at ``limit``, in quotes where empty or holding spaces.
    static func value(_ text: some StringProtocol) -> String {
        var shown = ""
        for character in text.prefix(limit) {
            for scalar in character.unicodeScalars {
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator:
                    shown += "\\u{\(String(scalar.value, radix: 16))}"
                default: shown.unicodeScalars.append(scalar)
                }
            }
        }
        if text.dropFirst(limit).first != nil { shown += "…" }
        return shown.isEmpty || shown.contains(" ") ? "'\(shown)'" : shown
    }
}

extension StringProtocol {
    /// The text without white space at its ends.
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }
}
