import Foundation
import Testing

@testable import iotpipe

/// Files of options through the program, as a user meets them.
@Suite struct ConfigCommandTests {
    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("options-\(UUID()).conf")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(file.path)
    }

    @Test func checkFindsWhatIsWrong() throws {
        try withFile("bootstrap-server = kafka:9092\n[produce]\nrate = 50/s\n") { path in
            let outcome = try Program.run(["config", "check", path])
            #expect(outcome.status == 0 && outcome.output == "\(path): 2 options, all understood\n")
        }
        try withFile("[produce]\nrat = 50/s\n[infer]\nprecision = int9\n") { path in
            let outcome = try Program.run(["config", "check", path])
            #expect(outcome.status == 1 && outcome.errors.isEmpty)
            #expect(
                outcome.output == """
                    \(path):2: unknown option rat; did you mean rate?
                    \(path):4: precision = int9: must be one of f32, bf16, int8, auto; did you mean int8?

                    """)
            #expect(try Program.run(["produce", "--config", path]).status == 64)
        }
        // What librdkafka, libpq and the HTTP server make of their values.
        let text = """
            property = linger.ms=soon
            property = sasl.password=hush
            property = sasl.pasword=hush
            bootstrap-server = kafka:70000
            http = 9464
            database = postgresql://u:hush@db:x/iot
            [restore]
            database = host=db pasword=hush
            [archive]
            database =
            """
        try withFile(text) { path in
            let outcome = try Program.run(["config", "check", path])
            let lines = outcome.output.lines.filter { !$0.isEmpty }
            #expect(outcome.status == 1 && lines.count == 7, "\(outcome.output)")
            let expected = [
                ":1: property: linger.ms=soon", ":3: property: unknown property \"sasl.pasword\"",
                ":4: bootstrap-server = ",
                ":5: http = 9464", ":6: database: ", ":8: database: ", ":10: database: must not be empty",
            ]
            for (line, words) in zip(lines, expected) { #expect(line.contains(words), "\(line)") }
            #expect(!outcome.output.contains("hush"))
        }
        #expect(try Program.run(["config", "check", "/nothing/there"]).status == 66)
        #expect(try Program.run(["infer"], environment: ["IOTPIPE_CONFIG": "/nothing/there"]).status == 66)
    }

    @Test func showSaysWhereAValueComesFrom() throws {
        try withFile("property = sasl.password=hush\nrate = 7\n") { path in
            let arguments = ["config", "show", "--config", path, "produce", "--", "--devices", "3"]
            let outcome = try Program.run(arguments, environment: ["IOTPIPE_SEED": "5"])
            #expect(outcome.status == 0)
            let words = outcome.output.lines.map { $0.split(separator: " ").map(String.init) }
            #expect(words.contains(["devices", "argument", "3"]))
            #expect(words.contains(["seed", "IOTPIPE_SEED", "5"]))
            #expect(words.contains(["rate", "\(path):2", "7"]))
            #expect(words.contains(["property", "\(path):1", "(hidden)"]))
            #expect(words.contains(["log-level", "default", "info"]))
            #expect(!outcome.output.contains("hush") && !outcome.errors.contains("hush"))
            // The same as JSON, with the file named by the variable.
            let json = try Program.run(["config", "show", "--json", "produce"], environment: ["IOTPIPE_CONFIG": path])
            let settings = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
            let rate = settings?.first { $0["name"] as? String == "rate" }
            #expect(rate?["values"] as? [String] == ["7"] && rate?["source"] as? String == "\(path):2")
        }
        #expect(try Program.run(["config", "show", "prodce"]).errors.contains("did you mean produce?"))
        #expect(try Program.run(["config", "show", "dead-letters"]).status == 64)
    }

    /// What a role is told by a file it does.
    @Test func aRoleTakesItsFile() throws {
        try withFile("json = true\n[broker-check]\nbootstrap-server = 127.0.0.1:1\ntimeout = 100ms\n") { path in
            let outcome = try Program.run(["broker-check", "--config", path])
            #expect(outcome.status == 69, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("{") && outcome.output.contains("127.0.0.1:1"), "\(outcome.output)")
        }
    }
}
