import Testing
import TestSupport

@testable import Pipeline

@Suite struct AccessTokenTests {
    private static let secret = "0123456789abcdef"

    @Test func onlyTheTokenItselfIsRight() throws {
        let token = try AccessToken(" \(Self.secret)\n")
        #expect(token.isShown(by: "Bearer \(Self.secret)"))
        for other in ["Bearer 0123456789abcdeF", "Bearer 0123456789abcde", "Bearer  \(Self.secret)", "Bearer ", ""] {
            #expect(!token.isShown(by: other))
        }
    }

    @Test(arguments: ["", "short", "0123456789abcde", "0123456789 abcdef", "0123456789abcdeü"])
    func whatIsNoSecretIsRefusedAndNotRepeated(text: String) {
        do {
            _ = try AccessToken(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.status == .badData && (text.isEmpty || !error.message.contains(text)))
        }
    }

    @Test func itIsNeverPrinted() throws {
        let token = try AccessToken(Self.secret)
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", "\(String(reflecting: token))", dumped, "\([token])"] {
            #expect(!text.contains("0123") && !text.contains("48"))
        }
    }

    @Test func itIsReadFromAFile() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/token"
        try WholeFile.write(Array("\(Self.secret)\n".utf8), to: path)
        #expect(try AccessToken(file: path).isShown(by: "Bearer \(Self.secret)"))
        #expect(throws: RoleError.self) { try AccessToken(file: "\(folder.path)/none") }
    }
}
