/// Why a message is not the event it was taken for.
public struct EventError: Error, Equatable, CustomStringConvertible {
    /// What kind of fault it is; the raw value is the error code that a dead letter carries.
    public enum Code: String, Sendable {
        /// A header that the event needs is not there.
        case missingHeader
        /// A header is not UTF-8, or not of its attribute's form (a UUID, a time, `/devices/ID`).
        case malformedHeader
        /// The major version of CloudEvents, or of the event's type, is not one this program reads.
        case unsupportedVersion
        /// The event is of another type altogether.
        case wrongType
        /// The value is not JSON text.
        case malformedJSON
        /// A field of the value is missing or of another JSON type, or a text or number is out of its range.
        case invalidValue
    }

    /// What kind of fault it is.
    public let code: Code
    /// What is wrong, in which header or field, and what to do. Text that came with the message is escaped and cut.
    public let message: String

    /// An error with its full text.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension EventError {
    /// The first 64 bytes of foreign text in quotes; what is not printable ASCII becomes `\xHH`, so that a message can
    /// neither break a log line nor hold what a database refuses (NUL).
    static func quoted(_ bytes: some Collection<UInt8>) -> String {
        var text = "\""
        for byte in bytes.prefix(64) {
            if (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text + (bytes.count > 64 ? "\"…" : "\"")
    }
}
