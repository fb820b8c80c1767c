import Arguments
import Pipeline

/// `iotpipe man`: the manual pages.
enum ManCommand {
    static let role = Positional("ROLE", repeated: .command, help: "The words that choose a role; none: the overview.")
    static let output = Option(
        "output", short: "o", optional: .directory,
        help: "Write all pages into this folder: for section 1 of a MANPATH."
    )
    .withoutVariable()

    static let command = Command(
        name: "man", abstract: "print a manual page",
        discussion: """
            Prints the page of a role, or the overview, in the macros of man(7): for `man -l`, or for a packager.
            """,
        section: Iotpipe.manualSection, options: [output], positionals: [role],
        examples: [
            Command.Example("iotpipe man produce | man -l -", "read the page about produce"),
            Command.Example("iotpipe man dead-letters replay | man -l -", "the page of one of a role's commands"),
            Command.Example(
                "iotpipe man --output ~/.local/share/man/man1", "from then on `man iotpipe-produce` finds it"),
        ]
    ) { arguments in
        guard let folder = arguments[output] else {
            Output.write(try Iotpipe.tool.manualPage(of: arguments[role]))
            return ExitStatus.success.rawValue
        }
        if !arguments[role].isEmpty { throw arguments.error(output, "writes all pages: leave ROLE out") }
        try WholeFile.write(Iotpipe.tool.manualPages, into: folder)
        return ExitStatus.success.rawValue
    }
}
