extension CommandLineTool {
    /// What is wrong with the declarations themselves, such as an option declared twice. Empty in a sound tool: a debug
    /// build stops on any, and the tool's tests should look too.
    public var declarationFaults: [String] { Self.faults(of: commands) }

    static func faults(of commands: [Command]) -> [String] {
        let leaves = commands.flatMap(\.leaves)
        let twice = repeated(commands.map(\.path)) + repeated(leaves.filter { $0.path != $0.name }.map(\.path))
        return twice.map { "the command \($0) is declared twice" } + leaves.flatMap(faults(of:))
    }

    private static func faults(of command: Command) -> [String] {
        let infos = command.allOptions.map(\.info)
        let longNames = infos.flatMap { $0.isNegatable ? [$0.name, "no-" + $0.name] : [$0.name] }
        var faults = repeated(longNames + ["help", "version"]).map { "--\($0) is declared twice" }
        faults += repeated(infos.compactMap(\.short) + ["h"]).map { "-\($0) is declared twice" }
        faults += repeated(command.positionals.map(\.info.name)).map { "\($0) is declared twice" }
        for info in infos {
            let isWord =
                info.name.count > 1
                && info.name.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                }
            if !isWord || info.name.hasPrefix("-") {
                faults.append("--\(info.name) must be lower-case words with dashes")
            }
            if let short = info.short, !short.isASCII || !short.isLetter {
                faults.append("-\(short) must be a letter")
            }
        }
        for (earlier, later) in zip(command.positionals.map(\.info), command.positionals.map(\.info).dropFirst()) {
            if earlier.isRepeated { faults.append("\(later.name) can never be reached after \(earlier.name)…") }
            if earlier.minimum == 0, later.minimum > 0 {
                faults.append("\(later.name) is required but follows \(earlier.name), which is not")
            }
        }
        return faults.map { "\(command.path): \($0)" }
    }

    private static func repeated<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { !seen.insert($0).inserted }
    }
}
