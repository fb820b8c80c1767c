/// Which values of an option are secret: such a value is never repeated in a message, and where it was given as an
/// argument, which other users of the machine can read, the parser warns.
public struct Secrecy: Sendable {
    /// Whether a value, as typed, holds a secret.
    let holdsSecret: @Sendable (String) -> Bool
    /// Where else the secret can be kept, besides the option's variable.
    let alternative: String?

    /// Whether no value can be a secret.
    let isNone: Bool

    /// No value is secret.
    public static let none = Secrecy(holdsSecret: { _ in false }, alternative: nil, isNone: true)

    private init(
        holdsSecret: @escaping @Sendable (String) -> Bool, alternative: String?, isNone: Bool = false
    ) {
        self.holdsSecret = holdsSecret
        self.alternative = alternative
        self.isNone = isNone
    }

    /// Every value is secret.
    /// - Parameter alternative: where to keep it rather than in the variable, such as "a file named by --token-file".
    public static func always(alternative: String? = nil) -> Secrecy {
        Secrecy(holdsSecret: { _ in true }, alternative: alternative)
    }

    /// Some values are secret.
    /// - Parameters:
    ///   - alternative: where to keep them rather than in the variable.
    ///   - holdsSecret: whether a value, as typed, is one of them.
    public static func when(
        alternative: String? = nil, _ holdsSecret: @escaping @Sendable (String) -> Bool
    ) -> Secrecy {
        Secrecy(holdsSecret: holdsSecret, alternative: alternative)
    }

    /// A connection string of PostgreSQL or a URL: secret where it holds a password (`scheme://user:password@host`,
    /// `password=…` among the parameters, or the password of a private key).
    /// - Parameter alternative: where to keep the password rather than in the variable.
    public static func connectionString(alternative: String? = nil) -> Secrecy {
        Secrecy(holdsSecret: holdsPassword, alternative: alternative)
    }

    @Sendable private static func holdsPassword(_ text: String) -> Bool {
        if text.lowercased().filter({ !$0.isWhitespace }).contains("password=") { return true }
        // Not cut at "/" or "?": a password that should have been percent-encoded is a secret all the same.
        guard let at = text.lastIndex(of: "@") else { return false }
        // A slash may have been forgotten, or the scheme.
        let scheme = text[..<at].firstRange(of: "://") ?? text[..<at].firstRange(of: ":/")
        return text[(scheme?.upperBound ?? text.startIndex)..<at].contains(":")
    }
}
