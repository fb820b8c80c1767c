import Testing

@testable import Inference

@Suite struct JSONTextTests {
    private func isSound(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { JSONText.hasSoundStrings($0) } }

    @Test(arguments: [
        "", "{}", "{\n\t\"a\": [1, \"b\"]\r\n}", #"{"a\"b\\\/\b\f\n\r\t": "\u00e9"}"#, #"{"\ud83d\ude42": "ü🙂"}"#,
        #"{"\\ud800": 1}"#,
    ])
    func soundTextPasses(_ text: String) {
        #expect(isSound(Array(text.utf8)))
    }

    @Test(arguments: [
        #"{"\ud800": 1}"#, #"{"\ud800x": 1}"#, #"{"\ud800\u0041": 1}"#, #"{"\udc00": 1}"#, #"{"\u00g0": 1}"#,
        #"{"\u00"#, #"{"\q": 1}"#, #"{"a\"#, "{\"a\u{1}\": 1}", "{\"a\n\": 1}",
    ])
    func faultyStringsAreFound(_ text: String) {
        #expect(!isSound(Array(text.utf8)))
    }

    @Test func invalidUTF8IsFound() {
        #expect(!isSound(Array("{\"a".utf8) + [0xFF] + Array("\": 1}".utf8)))
        #expect(!isSound([0xC3]))
    }
}
