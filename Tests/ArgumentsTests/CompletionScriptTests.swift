import Foundation
import Testing

@testable import Arguments

@Suite struct CompletionScriptTests {
    private static let awkward = CommandLineTool(
        name: "odd-tool", version: "1", abstract: "a tool",
        commands: [
            Command(
                name: "run", abstract: "don't [stop]: \"now\" `or` $never\\",
                options: [
                    Option(
                        "price", optional: .file(extensions: ["a", "b"]), value: "[A:B]", help: "Cost: 5 $ [net]. More."
                    ),
                    Option(
                        "kind", .choice(Teapot.Cup.self) { _ in "it's: [one]" }, default: .mug, help: "Don't: [ask]."),
                ], run: { _ in 0 })
        ])

    /// Whether the shell finds no fault in a script; nil where it is not installed.
    private func isUnderstood(_ script: String, by shell: Shell) throws -> Bool? {
        let path = "/usr/bin/\(shell.rawValue)"
        guard FileManager.default.isExecutableFile(atPath: path) else { return nil }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("completion-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(script.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-n", file.path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test(arguments: Shell.allCases) func isReadByItsShell(shell: Shell) throws {
        for tool in [Teapot.tool, Self.awkward] {
            #expect(try isUnderstood(tool.completionScript(for: shell), by: shell) != false)
        }
        #expect(try isUnderstood("if then 'x", by: shell) != true)
    }

    @Test(arguments: Shell.allCases) func offersWhatHelpShows(shell: Shell) {
        let script = Teapot.tool.completionScript(for: shell)
        for word in ["brew", "pour", "rinse", "steep", "no-lid", "oolong", "pantry"] {
            #expect(script.contains(word), "\(word)")
        }
        for word in ["descale", "secret-ingredient"] { #expect(!script.contains(word), "\(word)") }
    }

    @Test func summaryIsTheFirstSentence() {
        let script = CompletionScript(tool: Teapot.tool)
        #expect(script.summary("How long. Longer is stronger.") == "How long")
        #expect(script.summary("Such as 2.5 cups\nor more:") == "Such as 2.5 cups or more")
    }
}
