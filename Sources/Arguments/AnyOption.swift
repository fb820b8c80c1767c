/// An ``Option`` of any value type, as a command lists it.
public protocol AnyOption: Sendable {
    /// Everything but the type.
    var info: OptionInfo { get }
    /// The default; nil where the option is required.
    var untypedDefault: (any Sendable)? { get }
    /// Reads the value from the texts that were given, at least one.
    func value(of texts: [GivenText]) throws(ArgumentError) -> any Sendable
}

/// A text that the user gave as a value, and how a message names the place.
public struct GivenText: Sendable, Equatable {
    /// The text.
    public let text: String
    /// Where it stands, with the text itself where it is no secret: `--rate -1`, `IOTPIPE_RATE=-1`.
    public let place: String
    /// The place in the error where the text is refused. It is without the text where the option may hold a secret: one that
    /// is mistyped does not look like one.
    let refusalPlace: String

    init(text: String, place: String, refusalPlace: String? = nil) {
        self.text = text
        self.place = place
        self.refusalPlace = refusalPlace ?? place
    }
}

extension ValueType {
    /// The value of one text; the error says where it stands.
    func value(of given: GivenText) throws(ArgumentError) -> Value {
        do throws(ArgumentError) {
            return try parse(given.text)
        } catch {
            throw ArgumentError(error.code, "\(given.refusalPlace): \(error.message)")
        }
    }

    /// The values of all texts, in order.
    func allValues(of texts: [GivenText]) throws(ArgumentError) -> [Value] {
        var values: [Value] = []
        for given in texts {
            values.append(try value(of: given))
        }
        return values
    }

    /// The value of the last text; the others must be right as well. There is at least one.
    func lastValue(of texts: [GivenText]) throws(ArgumentError) -> Value {
        let values = try allValues(of: texts)
        return values[values.count - 1]
    }
}

extension ValueType where Value == Bool {
    /// On or off, as a flag's variable says it.
    static var flag: ValueType<Bool> {
        ValueType(
            placeholder: "",
            parse: { (text) throws(ArgumentError) -> Bool in
                switch text.lowercased() {
                case "true", "yes", "on", "1": return true
                case "false", "no", "off", "0": return false
                default: throw .badValue("must be true or false (or yes, no, on, off, 1, 0)")
                }
            },
            format: { $0 ? "on" : "off" })
    }
}
