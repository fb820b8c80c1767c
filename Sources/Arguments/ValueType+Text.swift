// MARK: Texts and paths

extension ValueType where Value == String {
    /// Any text but the empty one.
    public static var text: ValueType<String> {
        nonEmptyText(placeholder: "TEXT", completion: .none)
    }

    /// The path of a file; whether it exists is not looked at.
    /// - Parameter extensions: the usual ones, without the dot, for a shell's completion.
    public static func file(extensions: [String] = []) -> ValueType<String> {
        nonEmptyText(placeholder: "FILE", completion: .file(extensions: extensions))
    }

    /// The path of a folder; whether it exists is not looked at.
    public static var directory: ValueType<String> {
        nonEmptyText(placeholder: "DIR", completion: .directory)
    }

    /// A word that chooses one of the tool's commands; whether there is such a one is not looked at.
    public static var command: ValueType<String> { nonEmptyText(placeholder: "COMMAND", completion: .commands) }

    private static func nonEmptyText(placeholder: String, completion: Completion) -> ValueType<String> {
        ValueType(
            placeholder: placeholder, completion: completion,
            parse: { (text) throws(ArgumentError) -> String in
                if text.isEmpty { throw .badValue("must not be empty") }
                return text
            },
            format: { $0 })
    }
}

extension ValueType where Value == Assignment {
    /// A name and its value, such as `linger.ms=5`; the value may be empty and may hold further `=`.
    public static var assignment: ValueType<Assignment> {
        ValueType<Assignment>(
            placeholder: "NAME=VALUE",
            parse: { (text) throws(ArgumentError) -> Assignment in
                guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                    throw .badValue("a name, an equals sign and a value are expected, such as linger.ms=5")
                }
                return Assignment(
                    name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
            },
            format: { $0.text })
    }
}

// MARK: Choices

extension ValueType where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the cases of an enumeration, by its raw value.
    /// - Parameters:
    ///   - type: the enumeration.
    ///   - help: what a case means, shown in help; nil where it explains itself.
    public static func choice(
        _ type: Value.Type, help: (Value) -> String? = { _ in nil }
    ) -> ValueType<Value> {
        let choices = Value.allCases.map { Choice($0.rawValue, help: help($0)) }
        return ValueType(
            placeholder: "CHOICE", completion: .choices(choices),
            parse: { (text) throws(ArgumentError) -> Value in
                guard let value = Value(rawValue: text) else { throw wrongChoice(text, of: choices.map(\.name)) }
                return value
            },
            format: { $0.rawValue })
    }
}

/// The error for a word that is none of the choices.
private func wrongChoice(_ text: String, of names: [String]) -> ArgumentError {
    let known = "must be one of \(names.joined(separator: ", "))"
    guard let close = Suggestion.closest(to: text, among: names) else { return .badValue(known) }
    return .badValue("\(known); did you mean \(close)?")
}

// MARK: Lists

extension ValueType {
    /// Values of another type with commas between them, such as `1,2,3,4`.
    /// - Parameter element: the type of one value.
    public static func list<Element: Sendable>(of element: ValueType<Element>) -> ValueType<[Element]>
    where Value == [Element] {
        ValueType<[Element]>(
            placeholder: element.placeholder + ",…", completion: element.completion,
            parse: { (text) throws(ArgumentError) -> [Element] in
                var values: [Element] = []
                for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                    let word = String(part.trimmed)
                    if word.isEmpty {
                        throw .badValue("a list has commas between its values and none is empty, such as 1,2,3,4")
                    }
                    do throws(ArgumentError) {
                        values.append(try element.parse(word))
                    } catch {
                        throw .badValue("\(Shown.value(word)) in the list: \(error.message)")
                    }
                }
                return values
            },
            format: { $0.map(element.format).joined(separator: ",") })
    }
}
