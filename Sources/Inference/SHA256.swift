import CCrypto

/// SHA-256 (FIPS 180-4), by libcrypto.
enum SHA256 {
    /// The digest as 64 lower-case hexadecimal digits.
    ///
    /// - Throws: `.internalFailure` where libcrypto refuses the algorithm.
    static func hex(_ bytes: UnsafeRawBufferPointer) throws(InferenceError) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, EVP_sha256(), nil) == 1, length == 32 else {
            throw InferenceError(
                .internalFailure, "libcrypto could not compute the weights' SHA-256; check the system's OpenSSL set-up")
        }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
