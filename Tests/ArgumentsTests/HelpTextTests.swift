import Arguments
import Testing

/// Whole help texts: whoever changes one sees here what users will see.
@Suite struct HelpTextTests {
    @Test func toolHelp() {
        #expect(
            Teapot.printed("--help") == """
                TOOL
                """)
    }

    @Test func helpOfACommand() {
        #expect(
            Teapot.printed("brew --help") == """
                BREW
                """)
    }

    @Test func helpOfACommandWithARequiredOption() {
        #expect(
            Teapot.printed("help pour") == """
                POUR
                """)
    }

    @Test(arguments: ["-h", "help", "help help", "help --help"])
    func otherWaysToTheHelpOfTheTool(line: String) {
        #expect(Teapot.printed(line) == Teapot.printed("--help"))
    }

    @Test(arguments: ["brew -h", "help brew", "brew --rate -1 --help", "brew --rate --help", "brew -vh x"])
    func otherWaysToTheHelpOfACommand(line: String) {
        #expect(Teapot.printed(line) == Teapot.printed("brew --help"))
    }

    @Test func helpAfterTheEndOfOptionsIsAnArgument() throws {
        #expect(try Teapot.parse("brew -- --help")[Teapot.leaves] == "--help")
    }

    @Test func hiddenCommandHasHelpAllTheSame() throws {
        #expect(try #require(Teapot.printed("help descale")).hasPrefix("Descale the pot\n"))
    }

    @Test(arguments: ["--version", "brew --version"])
    func version(line: String) {
        #expect(Teapot.printed(line) == "teapot 1.2.3\n")
    }

    @Test func noLineIsWiderThanATerminal() throws {
        for line in ["--help", "brew --help", "pour --help"] {
            for text in try #require(Teapot.printed(line)).split(separator: "\n") {
                #expect(text.count <= 80, "\(text)")
                #expect(text.last != " ", "\(text)")
            }
        }
    }
}
