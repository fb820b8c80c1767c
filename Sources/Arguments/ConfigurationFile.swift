import Glibc

/// A file of options: `name = value` a line, at first those of all commands, then, behind `[command]`, those of one alone,
/// which count before the others. Lines that begin with `#` or `;` are comments; white space around names and values does
/// not count. An option that may be given several times has a line for each value.
struct ConfigurationFile {
    /// One line that sets an option.
    struct Entry {
        /// The command it is for, by its path; nil for all that have the option.
        let section: String?
        let name: String
        let value: String
        let line: Int
    }

    /// The most bytes that are read.
    static let limit = 1 << 20

    /// As the user named it.
    let path: String
    let entries: [Entry]
    /// The sections, with the line of each.
    let sections: [(name: String, line: Int)]
    /// Lines that are neither options nor sections nor comments.
    let malformed: [Int]
    /// Whether users other than its owner and their group may read it.
    let isReadableByOthers: Bool

    /// Reads a file.
    ///
    /// - Throws: `ArgumentError`: `unreadableFile`, or `badFile` where it is no text.
    init(path: String) throws(ArgumentError) {
        let (text, mode) = try ConfigurationFile.read(path)
        self.init(text, path: path, isReadableByOthers: mode & S_IROTH != 0)
    }

    /// Takes a text apart, as if it stood in a file of that name.
    init(_ text: String, path: String, isReadableByOthers: Bool = false) {
        var section: String?
        var sections: [(name: String, line: Int)] = []
        var entries: [Entry] = []
        var malformed: [Int] = []
        // Editors of another system put a byte order mark first.
        let lines = text.drop { $0 == "\u{FEFF}" }.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, content) in lines.enumerated() {
            let line = content.trimmed
            let number = index + 1
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                let name = line.dropFirst().dropLast().split(whereSeparator: \.isWhitespace).joined(separator: " ")
                section = name
                sections.append((name, number))
            } else if let equals = line.firstIndex(of: "="), ConfigurationFile.isName(line[..<equals].trimmed) {
                entries.append(
                    Entry(
                        section: section, name: String(line[..<equals].trimmed),
                        value: String(line[line.index(after: equals)...].trimmed), line: number))
            } else {
                malformed.append(number)
            }
        }
        self.path = path
        self.entries = entries
        self.sections = sections
        self.malformed = malformed
        self.isReadableByOthers = isReadableByOthers
    }

    /// What sets an option of a command: the lines of its section, else those before all sections.
    func entries(of option: OptionInfo, for command: Command) -> [Entry] {
        let mine = entries.filter { $0.name == option.name }
        let own = mine.filter { $0.section == command.path }
        return own.isEmpty ? mine.filter { $0.section == nil } : own
    }

    /// How a message names an entry's line.
    func place(of entry: Entry) -> String { "\(Shown.value(path)):\(entry.line)" }

    /// The text of an entry, with its place.
    func given(_ entry: Entry, for info: OptionInfo) -> GivenText {
        info.given(entry.value) { shown in "\(place(of: entry)): \(info.name)" + (shown.map { " = " + $0 } ?? "") }
    }

    /// Whether it could be an option's name; anything else may be, or hold, a secret, and must not be repeated.
    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }

    // MARK: Reading

    private static func read(_ path: String) throws(ArgumentError) -> (text: String, mode: mode_t) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw unreadable(path) }
            if read == 0 { break }
            count += read
        }
        guard count <= limit else {
            throw ArgumentError(
                .badFile, "\(Shown.value(path)) is larger than \(limit) bytes: is that the file of options?")
        }
        guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
            throw ArgumentError(.badFile, "\(Shown.value(path)) is not UTF-8 text: is that the file of options?")
        }
        return (text, status.st_mode)
    }

    private static func unreadable(_ path: String) -> ArgumentError {
        ArgumentError(
            .unreadableFile,
            "cannot read the options in \(Shown.value(path)): \(String(cString: strerror(errno))); check the path")
    }
}
