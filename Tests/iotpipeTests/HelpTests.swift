import Arguments
import Testing

@testable import iotpipe

@Suite struct HelpTests {
    static let all = Iotpipe.tool.commands.flatMap { [$0] + $0.subcommands }
    static let commands = all.map(\.path)

    /// The words of a command line that choose a command.
    private func words(_ path: String) -> [String] { path.split(separator: " ").map(String.init) }

    /// What a command line prints; nil where it prints nothing and exits with 0.
    private func printed(_ arguments: [String]) -> String? {
        guard case .print(let text) = Iotpipe.tool.main(arguments: arguments, environment: [:]) else { return nil }
        return text
    }

    @Test func declarationsAreSound() {
        #expect(Iotpipe.tool.declarationFaults == [])
    }

    @Test func helpOfTheTool() throws {
        try Golden.expect(try #require(printed(["--help"])), is: "iotpipe.txt")
    }

    @Test(arguments: commands) func helpOfARole(name: String) throws {
        let text = try #require(printed(words(name) + ["--help"]))
        try Golden.expect(text, is: "\(words(name).joined(separator: "-")).txt")
        #expect(printed(["help"] + words(name)) == text)
    }

    @Test(arguments: commands) func helpFitsATerminal(name: String) throws {
        for line in try #require(printed(words(name) + ["--help"])).lines {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
    }

    @Test func rolesAreListedButTheHiddenOne() throws {
        let text = try #require(printed(["--help"]))
        for command in Iotpipe.tool.commands {
            #expect(text.contains("\n  \(command.name) ") == !command.isHidden, "\(command.name)")
        }
        #expect(Iotpipe.tool.commands.filter(\.isHidden).map(\.name) == ["embedded-broker"])
    }

    /// What the help shows can be typed.
    @Test(arguments: commands) func examplesAreUnderstood(name: String) throws {
        let command = try #require(HelpTests.all.first { $0.path == name })
        #expect(command.isHidden || command.examples.count >= 2 || !command.subcommands.isEmpty)
        for example in command.examples {
            let words = shellWords(example.command)
            let variables = words.prefix { $0.contains("=") && !$0.hasPrefix("-") }
            #expect(words.dropFirst(variables.count).first == "iotpipe", "\(example.command)")
            // What stands behind a pipe or a redirection is the shell's.
            let arguments = words.dropFirst(variables.count + 1).prefix {
                !["|", "&&"].contains($0) && !$0.hasPrefix(">")
            }
            guard case .run(let run, _) = Iotpipe.tool.main(arguments: Array(arguments), environment: [:]) else {
                Issue.record("not understood: \(example.command)")
                continue
            }
            #expect(run.path == name)
        }
    }

    @Test func versionIsThatOfTheProgram() throws {
        let text = try #require(printed(["--version"]))
        #expect(text.lines.first == "iotpipe \(Version.current)")
        let names = text.lines.dropFirst().dropLast().compactMap { $0.split(separator: " ").first }
        #expect(names == ["commit", "Swift", "librdkafka", "libpq", "libpng", "libtorch", "oneDNN"], "\(text)")
        #expect(printed(["produce", "--version"]) == text)
    }

    /// Words between spaces, single quotes taken off.
    private func shellWords(_ text: String) -> [String] {
        var words = [""]
        var isQuoted = false
        for character in text {
            if character == "'" {
                isQuoted.toggle()
            } else if character == " ", !isQuoted {
                words.append("")
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words
    }
}
