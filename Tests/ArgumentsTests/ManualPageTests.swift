import Testing

@testable import Arguments

@Suite struct ManualPageTests {
    private func page(_ command: Command? = nil, of tool: CommandLineTool = Teapot.tool) throws -> [String] {
        let words = command?.path.split(separator: " ").map(String.init) ?? []
        return try tool.manualPage(of: words).split(separator: "\n").map(String.init)
    }

    @Test func hasTheSectionsOfAManualPage() throws {
        let sections = try page(Teapot.brew).filter { $0.hasPrefix(".SH") }
        #expect(
            sections == [
                ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH ARGUMENTS", ".SH OPTIONS", ".SH EXAMPLES",
                ".SH SEE ALSO",
            ])
        let lines = try page()
        #expect(lines.contains(".SH TASKS") && lines.contains(".SH ENVIRONMENT"))
        #expect(lines.contains(".BR teapot\\-brew (1),") && lines.contains(".BR teapot\\-rinse (1)"))
        #expect(!lines.contains { $0.contains("descale") })
    }

    @Test func describesAnOption() throws {
        let lines = try page(Teapot.brew)
        let start = try #require(lines.firstIndex(of: "\\fB\\-r\\fR, \\fB\\-\\-rate\\fR \\fIRATE\\fR"))
        #expect(lines[start - 1] == ".TP")
        #expect(
            lines[(start + 1)...].prefix(3) == [
                "Cups each second, such as 20, 500/s or 10/min.", "Default: 20/s.", "Variable: TEAPOT_RATE.",
            ])
        #expect(lines.contains("\\fB\\-\\-[no\\-]lid\\fR"))
        #expect(!lines.contains { $0.contains("secret") })
    }

    /// Nothing in a text is taken for a macro or an escape; what stands between backticks is bold.
    @Test func textIsText() throws {
        let command = Command(
            name: "odd", abstract: ".starts with a dot",
            discussion: """
                'quoted' at the start, a back\\slash, and `--bold` words.
                .TH is no macro here.

                  kept  as it-is

                After it.
                """, run: { _ in 0 })
        let tool = CommandLineTool(
            name: "tool", version: "1", abstract: "a tool", commands: [command], exitStatuses: [.init(0, "done")])
        let lines = try page(command, of: tool)
        #expect(lines.contains("tool\\-odd \\- .starts with a dot"))
        #expect(
            lines.contains(
                "\\(aqquoted\\(aq at the start, a back\\eslash, and \\fB\\-\\-bold\\fR words."))
        #expect(lines.contains("\\&.TH is no macro here."))
        let start = try #require(lines.firstIndex(of: ".EX"))
        #expect(lines[start...].prefix(3) == [".EX", "  kept  as it\\-is", ".EE"])
        #expect(lines.contains(".SH EXIT STATUS"))
    }

    @Test func pagesOfAllCommands() {
        #expect(
            Teapot.tool.manualPages.map(\.file)
                == ["teapot.1", "teapot-brew.1", "teapot-pour.1", "teapot-rinse.1"])
        #expect(throws: ArgumentError.self) { try Teapot.tool.manualPage(of: ["brw"]) }
    }
}
