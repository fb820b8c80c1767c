import Testing

@testable import Arguments

@Suite struct TextWrapperTests {
    @Test func wordsAreWrapped() {
        #expect(TextWrapper.lines("one two three", width: 7) == ["one two", "three"])
        #expect(TextWrapper.lines("one  two\nthree", width: 80) == ["one two three"])
        #expect(TextWrapper.lines("", width: 7) == [])
        #expect(TextWrapper.lines("incomprehensible to me", width: 7) == ["incomprehensible", "to me"])
    }

    @Test func joinedWordsStayTogether() {
        #expect(TextWrapper.lines("one [two\u{A0}three]", width: 12) == ["one", "[two three]"])
    }

    @Test func paragraphsAndFixedLines() {
        let text = "one two\nthree\n\n  fixed   line\nfour"
        #expect(TextWrapper.paragraphs(text, width: 9) == ["one two", "three", "", "  fixed   line", "four"])
    }
}
