import Testing

@testable import Pipeline

@Suite struct AnswerCountTests {
    @Test func onlyLabelsThatTheModelKnowsCount() {
        var answers = AnswerCount()
        let names: Set = ["apple", "bee"]
        for (answer, truth) in [("apple", nil), ("apple", "whale"), (nil, "bee")] as [(String?, String?)] {
            answers.add(answer, truth: truth, names: names)
        }
        #expect(answers.text == nil)
        answers.add("apple", truth: "apple", names: names)
        answers.add("apple", truth: "bee", names: names, count: 3)
        #expect(answers.right == 1 && answers.judged == 4)
        #expect(answers.text == "1 of 4 (25.0 %)")
    }

    @Test func thousandsAreGrouped() {
        var answers = AnswerCount()
        answers.add("a", truth: "a", names: ["a"], count: 1_024)
        answers.add("b", truth: "a", names: ["a"], count: 236)
        #expect(answers.text == "1,024 of 1,260 (81.3 %)")
    }

    @Test func infersSummaryLeavesThemOutWhereNoneCouldBeJudged() {
        var summary = InferSummary()
        (summary.received, summary.classified) = (3, 3)
        #expect(summary.text == "3 received, 3 classified, 0 dead-lettered, 0 skipped")
        for isRight in [true, false, true] { summary.answers.add(isRight: isRight) }
        #expect(summary.text.hasSuffix(", 0 skipped, right answers 2 of 3 (66.7 %)"))
    }
}
