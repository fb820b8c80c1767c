import Testing

@testable import Arguments

/// Commands that choose among others.
@Suite struct SubcommandTests {
    static let cups = Option("cups", .integer(1...12), default: 4, help: "How many cups.")
    static let count = Command(
        name: "count", abstract: "Count the cups", options: [cups], examples: [.init("teapot shelf count", "All cups")],
        run: { _ in 3 })
    static let clear = Command(name: "clear", abstract: "Clear the shelf", run: { _ in 4 })
    static let dust = Command(name: "dust", abstract: "Dust the shelf", isHidden: true, run: { _ in 5 })
    static let shelf = Command(
        name: "shelf", abstract: "Look after the shelf", discussion: "It stands in the kitchen.",
        subcommands: [count, clear, dust])
    static let tool = CommandLineTool(
        name: "teapot", version: "1.2.3", abstract: "makes tea", commandNoun: "task", commands: [Teapot.pour, shelf])

    private func main(_ line: String) -> CommandLineTool.Outcome {
        SubcommandTests.tool.main(arguments: line.split(separator: " ").map(String.init), environment: [:])
    }

    private func fault(_ line: String) -> String {
        guard case .usageError(let text) = main(line) else { return "no usage error" }
        return text.split(separator: "\n").prefix(2).joined(separator: " | ")
    }

    private func printed(_ line: String) -> String? {
        guard case .print(let text) = main(line) else { return nil }
        return text
    }

    @Test func runsTheOneBelow() throws {
        guard case .run(let command, let parsed) = main("shelf count --cups 7") else {
            Issue.record("not run")
            return
        }
        #expect(command.name == "count" && command.path == "shelf count")
        #expect(parsed[SubcommandTests.cups] == 7)
        #expect(try command.run(parsed) == 3)
    }

    @Test func helpListsThem() {
        #expect(
            printed("shelf --help") == """
                Look after the shelf

                Usage: teapot shelf COMMAND [OPTIONS]

                It stands in the kitchen.

                Commands:
                  count          Count the cups
                  clear          Clear the shelf

                Help:
                  -h, --help     Show this help.
                      --version  Show the version.

                """)
        #expect(printed("help shelf") == printed("shelf --help"))
        #expect(printed("shelf help") == printed("shelf --help"))
    }

    @Test func helpOfOneNamesItsPath() throws {
        let text = try #require(printed("shelf count --help"))
        #expect(text.contains("Usage: teapot shelf count [OPTIONS]"))
        #expect(printed("help shelf count") == text)
        #expect(printed("shelf --version") == "teapot 1.2.3\n")
    }

    @Test(arguments: [
        ("shelf", "teapot shelf: give a command, such as teapot shelf count | See teapot shelf --help"),
        ("shelf cuont", "teapot shelf: unknown command cuont; did you mean count? | See teapot shelf --help"),
        ("shelf paint", "teapot shelf: unknown command paint; there are count, clear | See teapot shelf --help"),
        (
            "shelf --cups 3 count",
            "teapot shelf: unknown option --cups; the command comes first, then its options | See teapot shelf --help"
        ),
        (
            "shelf count --cusp 3",
            "teapot shelf count: unknown option --cusp; did you mean --cups? | See teapot shelf count --help"
        ),
        (
            "shelf clear --cups 3",
            "teapot shelf clear: unknown option --cups: it belongs to shelf count | See teapot shelf clear --help"
        ),
        ("help shelf count x", "teapot: unexpected argument x: help takes one task | See teapot --help"),
        ("help shelf cuont", "teapot: unknown command cuont; did you mean count? | See teapot --help"),
    ])
    func mistakes(line: String, expected: String) {
        #expect(fault(line) == expected)
    }

    @Test func variablesOfOptionsBelowAreKnown() throws {
        let outcome = SubcommandTests.tool.main(
            arguments: ["pour", "--day", "friday"], environment: ["TEAPOT_CUSP": "3", "TEAPOT_CUPS": "3"])
        guard case .run(_, let parsed) = outcome else {
            Issue.record("not run")
            return
        }
        #expect(parsed.warnings == ["TEAPOT_CUSP: no option reads this variable; did you mean TEAPOT_CUPS?"])
    }

    @Test func faultsBelowAreFound() {
        #expect(SubcommandTests.tool.declarationFaults.isEmpty)
        let twice = Command(
            name: "shelf", abstract: "", subcommands: [SubcommandTests.count, SubcommandTests.count])
        #expect(CommandLineTool.faults(of: [twice]) == ["the command shelf count is declared twice"])
    }
}
