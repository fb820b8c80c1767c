extension CommandLineTool {
    /// A script that lets a shell complete the tool's command lines.
    public func completionScript(for shell: Shell) -> String { CompletionScript(tool: self).text(for: shell) }

    /// The manual page of the tool, or of a command, in the macros of man(7).
    /// - Parameter words: the words that choose the command; none for the tool.
    /// - Throws: where there is no such command.
    public func manualPage(of words: [String]) throws(ArgumentError) -> String {
        if words.isEmpty || words == ["help"] { return ManualPage.tool(self) }
        let (command, rest) = try chosen(by: words[...])
        if let extra = rest.first {
            throw ArgumentError(
                .unexpectedArgument, "unexpected argument \(Shown.value(extra)): \(command.path) has no commands")
        }
        return ManualPage.command(command, of: self)
    }

    /// All manual pages: the name of each file, such as `iotpipe-produce.1`, and its text.
    public var manualPages: [(file: String, text: String)] {
        let shown = commands.flatMap { [$0] + $0.subcommands }.filter { !$0.isHidden }
        let pages = shown.map { (ManualPage.name(of: $0, in: self), ManualPage.command($0, of: self)) }
        let all = [(ManualPage.name(of: nil, in: self), ManualPage.tool(self))] + pages
        return all.map { (file: $0 + ".1", text: $1) }
    }
}
