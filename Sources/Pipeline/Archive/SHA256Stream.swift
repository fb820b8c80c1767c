import CCrypto

/// SHA-256 of bytes that come in pieces, by libcrypto.
final class SHA256Stream {
    private let context = EVP_MD_CTX_new()
    private let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    /// - Throws: `RoleError` where libcrypto refuses the algorithm.
    init() throws(RoleError) {
        guard context != nil, algorithm != nil, EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
            throw RoleError(.internalFailure, "libcrypto cannot compute SHA-256; check the system's OpenSSL set-up")
        }
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(algorithm)
    }

    func add(_ bytes: UnsafeRawBufferPointer) {
        _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of what was added; then it starts anew.
    func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        _ = EVP_DigestFinal_ex(context, &digest, &length)
        _ = EVP_DigestInit_ex2(context, algorithm, nil)
        return digest
    }

    /// The digest as 64 lower-case hexadecimal digits; then it starts anew.
    func finishHex() -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: finish().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
