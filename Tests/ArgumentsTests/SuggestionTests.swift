import Testing

@testable import Arguments

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "ab", 2), ("rate", "rate", 0), ("rate", "rat", 1), ("rate", "ratte", 1),
        ("rate", "raet", 1), ("rate", "mate", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func distance(left: String, right: String, distance: Int) {
        #expect(Suggestion.distance(left, right) == distance)
        #expect(Suggestion.distance(right, left) == distance)
    }

    @Test(arguments: [
        ("rat", "rate"), ("bootstrap", "bootstrap-server"), ("bootstrp-sever", "bootstrap-server"), ("RATE", "rate"),
        ("boot", "bootstrap-server"),
    ])
    func near(word: String, expected: String) {
        #expect(Suggestion.closest(to: word, among: ["rate", "count", "bootstrap-server"]) == expected)
    }

    @Test(arguments: ["", "x", "r", "batch", "zebra"])
    func notNear(word: String) {
        #expect(Suggestion.closest(to: word, among: ["rate", "count", "bootstrap-server"]) == nil)
    }

    @Test func ambiguousBeginningSuggestsNothing() {
        #expect(Suggestion.closest(to: "drain", among: ["drain-timeout", "drain-signal"]) == nil)
    }
}
