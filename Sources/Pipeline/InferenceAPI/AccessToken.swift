import CCrypto

/// The secret that a client of the inference API shows (`Authorization: Bearer TOKEN`). Never printed.
public struct AccessToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    /// - Parameter text: the token; white space around it, such as a file's last line break, is left out.
    /// - Throws: `RoleError` (65) for one that is no token, or too short to be a secret.
    public init(_ text: String) throws(RoleError) {
        let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        bytes = Array(String(trimmed).utf8)
        guard bytes.count >= 16, bytes.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw RoleError(
                .badData,
                "the token for HTTP must be at least 16 printable ASCII characters without spaces: make one with "
                    + "`openssl rand -hex 32`")
        }
    }

    /// Reads the token from a file.
    ///
    /// - Throws: `RoleError`: 66 where the file cannot be read, 65 where it holds no token.
    public init(file path: String) throws(RoleError) {
        guard let text = try? TextFile.read(path) else { throw FileFailure.reading(path) }
        do throws(RoleError) {
            try self.init(text)
        } catch {
            throw RoleError(error.status, "\(path): \(error.message)")
        }
    }

    /// Whether a request's `Authorization` shows this token; the time it takes tells nothing but the length.
    func isShown(by authorization: String?) -> Bool {
        let parts = (authorization ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        let shown = Array(parts[1].utf8)
        return shown.count == bytes.count && CRYPTO_memcmp(shown, bytes, bytes.count) == 0
    }

    /// Not the token.
    public var description: String { "(token)" }
    /// Not the token.
    public var debugDescription: String { description }
    /// Not the token.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
