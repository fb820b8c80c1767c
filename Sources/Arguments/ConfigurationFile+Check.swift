extension ConfigurationFile {
    /// Something that is wrong.
    struct Fault {
        let line: Int
        /// With the place.
        let message: String
    }

    /// What is wrong with names and sections: an unknown one must not pass as if it were in force.
    func misnamed(in tool: CommandLineTool) -> [Fault] {
        let leaves = tool.commands.flatMap(\.leaves)
        let byPath = Dictionary(leaves.map { ($0.path, $0) }) { first, _ in first }
        // Such a line is not shown: it may be a secret.
        var faults = malformed.map { line in
            (line: line, text: "a line is \"option = value\", \"[\(tool.commandNoun)]\", or a comment behind #")
        }
        for section in sections where byPath[section.name] == nil {
            let known = leaves.filter { !$0.isHidden }.map(\.path)
            let hint =
                Suggestion.closest(to: section.name, among: known).map { "did you mean [\($0)]?" }
                ?? "there are \(known.joined(separator: ", "))"
            faults.append((section.line, "unknown \(tool.commandNoun) \(Shown.value(section.name)); \(hint)"))
        }
        for entry in entries {
            if let section = entry.section {
                guard let command = byPath[section] else { continue }
                if let fault = fault(entry, among: [command], elsewhere: leaves) { faults.append((entry.line, fault)) }
            } else if let fault = fault(entry, among: leaves, elsewhere: []) {
                faults.append((entry.line, fault))
            }
        }
        return (faults + repeated(leaves)).sorted { $0.line < $1.line }.map { line, text in
            Fault(line: line, message: "\(Shown.value(path)):\(line): \(text)")
        }
    }

    /// What is wrong with the values of an option.
    func faults(in option: any AnyOption, of command: Command) -> [Fault] {
        if !option.info.isSettable { return [] }
        return entries(of: option.info, for: command).compactMap { entry in
            do throws(ArgumentError) {
                _ = try option.value(of: [given(entry, for: option.info)])
                return nil
            } catch {
                return Fault(line: entry.line, message: error.message)
            }
        }
    }

    /// What is wrong with an entry's name, for commands one of which must have it.
    private func fault(_ entry: Entry, among commands: [Command], elsewhere others: [Command]) -> String? {
        let options = commands.flatMap(\.allOptions).map(\.info)
        let name = Shown.value(entry.name)
        let named = options.filter { $0.name == entry.name }
        if named.contains(where: \.isSettable) { return nil }
        if !named.isEmpty { return "\(name) cannot be set in a file: give it as an argument" }
        if entry.name.hasPrefix("no-"), let info = options.first(where: { $0.name == entry.name.dropFirst(3) }) {
            return "unknown option \(name); write \(info.name) = false"
        }
        let owners = others.filter { other in
            !other.isHidden && other.allOptions.contains { $0.info.name == entry.name && !$0.info.isHidden }
        }
        if !owners.isEmpty {
            return "unknown option \(name): it belongs to \(owners.map(\.path).joined(separator: ", "))"
        }
        let word = String(entry.name.drop { $0 == "-" })
        let known = options.filter { $0.isSettable && !$0.isHidden }.map(\.name)
        let close = Suggestion.closest(to: word, among: known)
        return "unknown option \(name)" + (close.map { "; did you mean \($0)?" } ?? "")
    }

    /// Options that have one value and are set twice in one section.
    private func repeated(_ leaves: [Command]) -> [(line: Int, text: String)] {
        let several = Set(leaves.flatMap(\.allOptions).map(\.info).filter { $0.kind == .repeated }.map(\.name))
        var first: [String: Int] = [:]
        return entries.filter { !several.contains($0.name) }.compactMap { entry in
            let key = "\(entry.section ?? "") \(entry.name)"
            guard let line = first[key] else {
                first[key] = entry.line
                return nil
            }
            return (entry.line, "\(Shown.value(entry.name)) is set in line \(line) already: leave one of them out")
        }
    }
}
