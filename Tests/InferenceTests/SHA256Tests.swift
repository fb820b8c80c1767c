import Testing

@testable import Inference

@Suite struct SHA256Tests {
    /// FIPS 180-4's own examples.
    @Test(
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func digestsOfTheStandard(text: String, digest: String) throws {
        #expect(try Array(text.utf8).withUnsafeBytes { try SHA256.hex($0) } == digest)
    }
}
