import Arguments
import Foundation
import Testing

@testable import iotpipe

/// The completion scripts in real shells at a terminal, and the manual pages through `man`.
@Suite struct ShellCompletionTests {
    /// What is typed, with the Tab key, and what the line is then.
    private static let lines = [
        ("iotpipe prod\t", "iotpipe produce"),
        ("iotpipe produce --warm\t", "iotpipe produce --warm-up"),
        ("iotpipe infer --precision b\t", "iotpipe infer --precision bf16"),
        ("iotpipe infer --precision=b\t", "iotpipe infer --precision=bf16"),
        ("iotpipe cdf runs/la\t", "iotpipe cdf runs/latencies.csv"),
        ("iotpipe classify runs/pi\t", "iotpipe classify runs/picture.png"),
        ("iotpipe config show prod\t", "iotpipe config show produce"),
        ("iotpipe man ca\t", "iotpipe man calibrate"),
        ("iotpipe dead-letters rep\t", "iotpipe dead-letters replay"),
        ("iotpipe dead-letters replay --dry\t", "iotpipe dead-letters replay --dry-run"),
        ("iotpipe dead-letters replay some --dry\t", "iotpipe dead-letters replay some --dry-run"),
        ("iotpipe help inf\t", "iotpipe help infer"),
        ("iotpipe completion z\t", "iotpipe completion zsh"),
        ("iotpipe nothing-of-ours --r\t", "iotpipe nothing-of-ours --r"),
    ]

    static func path(of program: String) -> String? {
        ["/usr/bin/\(program)", "/bin/\(program)", "/usr/local/bin/\(program)"].first(
            where: FileManager.default.isExecutableFile)
    }

    private static let shells = Shell.allCases.filter { path(of: $0.rawValue) != nil && path(of: "python3") != nil }

    /// Runs a program and returns what it wrote.
    private func run(_ program: String, _ arguments: [String]) throws -> Program.Outcome {
        try Program.run(arguments, path: try #require(Self.path(of: program)))
    }

    @Test(arguments: shells) func completes(in shell: Shell) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shell-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder + "/runs", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data().write(to: URL(fileURLWithPath: folder + "/runs/latencies.csv"))
        try Data().write(to: URL(fileURLWithPath: folder + "/runs/labels.txt"))
        try Data().write(to: URL(fileURLWithPath: folder + "/runs/picture.png"))
        try Data().write(to: URL(fileURLWithPath: folder + "/runs/pixels.txt"))
        let script = folder + "/script"
        try Data(Iotpipe.tool.completionScript(for: shell).utf8).write(to: URL(fileURLWithPath: script))
        let driver = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Shells/type-line.py"
        // fish leaves files of other extensions in.
        let lines = Self.lines.filter { shell != .fish || !$0.0.contains("runs") }
        let outcome = try run("python3", [driver, shell.rawValue, script, folder] + lines.map(\.0))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let typed = outcome.output.lines.dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(typed == lines.map(\.1))
    }

    @Test func allOfThemAreThere() throws {
        for shell in Shell.allCases {
            let outcome = try Program.run(["completion", shell.rawValue])
            #expect(outcome.status == 0)
            #expect(outcome.output == Iotpipe.tool.completionScript(for: shell))
        }
        #expect(try Program.run(["completion", "tcsh"]).status == 64)
    }

    /// Every role, and every command below one, has its page, and `man` has nothing to say against any.
    @Test(.enabled(if: path(of: "man") != nil && path(of: "groff") != nil)) func manualPages() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("man-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try Program.run(["man", "--output", folder]).status == 0)
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let roles = HelpTests.all.filter { !$0.isHidden }
        let expected = roles.map { "iotpipe-" + $0.path.replacing(" ", with: "-") + ".1" }
        #expect(Set(pages) == Set(expected + ["iotpipe.1"]))
        for page in pages {
            let outcome = try Program.run(
                ["--warnings", "-l", "-P", "cat", "\(folder)/\(page)"],
                environment: ["LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFOPT": ""],
                path: try #require(Self.path(of: "man")))
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(page): \(outcome.errors)")
        }
        let produce = try Program.run(
            ["-l", "-P", "cat", "\(folder)/iotpipe-produce.1"], environment: ["LC_ALL": "C.UTF-8", "MANWIDTH": "80"],
            path: try #require(Self.path(of: "man"))
        ).output
        // As a reader sees it: nothing was taken for a macro, and every option is there.
        let command = try #require(HelpTests.all.first { $0.path == "produce" })
        for info in command.allOptions.map(\.info) where !info.isHidden {
            #expect(produce.contains((info.isNegatable ? "--[no-]" : "--") + info.name), "\(info.name)")
        }
    }

    @Test func manualOfOneCommand() throws {
        let outcome = try Program.run(["man", "dead-letters", "replay"])
        #expect(outcome.status == 0 && outcome.output.contains(".TH IOTPIPE\\-DEAD\\-LETTERS\\-REPLAY 1"))
        let unknown = try Program.run(["man", "dead-letters", "reply"])
        #expect(unknown.status == 64 && unknown.errors.contains("did you mean replay?"))
        #expect(try Program.run(["man", "produce", "more"]).status == 64)
        #expect(try Program.run(["man", "produce", "--output", "/tmp"]).status == 64)
        #expect(try Program.run(["man", "--output", "/proc/none"]).status == 73)
    }
}
