import Foundation
import Testing

@testable import Arguments

@Suite struct ConfigurationFileTests {
    /// Runs a body with a file of that content, which its owner alone may read.
    private func withFile<Result>(_ text: String, mode: Int = 0o600, _ body: (String) throws -> Result) throws -> Result
    {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("teapot-\(UUID()).conf")
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    private func parsed(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) -> (values: ParsedArguments?, error: String?) {
        switch Teapot.tool.main(arguments: arguments, environment: environment) {
        case .run(_, let parsed): (parsed, nil)
        case .usageError(let text), .missingInput(let text), .print(let text): (nil, text)
        }
    }

    /// What is wrong with a file of that content, without its path.
    private func faults(_ text: String) throws -> [String] {
        try withFile(text) { path in
            try Teapot.tool.faults(inConfiguration: path).faults.map { $0.replacing(path + ":", with: "") }
        }
    }

    @Test func argumentBeforeVariableBeforeFileBeforeDefault() throws {
        try withFile("rate = 1/s\nsteep = 10s\nkettle = iron\n tea=oolong \nlid = no\n") { path in
            let values = try #require(
                parsed(
                    ["brew", "--config", path, "--rate", "3", "x"], ["TEAPOT_STEEP": "20s", "TEAPOT_RATE": "2"]
                ).values)
            #expect(values[Teapot.rate] == .perSecond(3))
            #expect(values[Teapot.steep] == .seconds(20))
            #expect(values[Teapot.kettle] == "iron" && values[Teapot.tea] == .oolong && !values[Teapot.lid])
            #expect(values.source(of: Teapot.kettle) == .file(path, line: 3) && values.isGiven(Teapot.kettle))
            #expect(values[Teapot.cup] == .mug && !values.isGiven(Teapot.cup))
            #expect(parsed(["brew", "x"], ["TEAPOT_CONFIG": path]).values?[Teapot.kettle] == "iron")
        }
    }

    @Test func sectionsAreForOneCommand() throws {
        let text = """
            # all
            day = monday
            property = a=1
            property = b=2

            [pour]
            day = tuesday
            ; one of them
            [brew]
            property = c=3
            """
        try withFile(text) { path in
            #expect(parsed(["pour", "--config", path]).values?[Teapot.day] == "tuesday")
            let properties = parsed(["brew", "--config", path, "x"]).values?[Teapot.property]
            #expect(properties?.map(\.text) == ["c=3"])
        }
        try withFile("property = a=1\nproperty = b = 2 #\n") { path in
            let properties = parsed(["brew", "--config", path, "x"]).values?[Teapot.property]
            #expect(properties == [Assignment(name: "a", value: "1"), Assignment(name: "b ", value: " 2 #")])
        }
    }

    @Test func whatIsWrongIsNamedWithItsLine() throws {
        #expect(try faults("tee = green\n") == ["1: unknown option tee; did you mean tea?"])
        #expect(try faults("[brw]\n") == ["1: unknown task brw; did you mean [brew]?"])
        #expect(try faults("\n[pour]\ntea = green") == ["3: unknown option tea: it belongs to brew"])
        #expect(try faults("no-lid = true") == ["1: unknown option no-lid; write lid = false"])
        #expect(try faults("rate = 1\nrate = 2") == ["2: rate is set in line 1 already: leave one of them out"])
        #expect(try faults("rate = 1\n[brew]\nrate = 2") == [])
        #expect(try faults("config = other").first?.hasPrefix("1: ") == true)
        #expect(try faults("steep = 1\ntea = gren\n").count == 2)
        #expect(try faults("\u{FEFF}tea\nlid = no\ntee = green").map { $0.prefix(2) } == ["1:", "3:"])
        #expect(try faults("tea = gren")[0].hasPrefix("1: tea = gren: must be one of green, black, oolong"))
        #expect(try faults("lid = maybe")[0].hasPrefix("1: lid = maybe: must be true or false"))
        for line in ["tea", "= green", "[brew", "[brew] x", "[a = b"] {
            #expect(try faults("\n" + line)[0].hasPrefix("2: a line is"), "\(line)")
        }
    }

    @Test func aFaultStopsEveryCommandThatReadsTheFile() throws {
        try withFile("[pour]\ndey = monday\n") { path in
            let error = try #require(parsed(["brew", "--config", path, "x"]).error)
            #expect(error.contains(":2: unknown option dey; did you mean day?"))
        }
        guard
            case .missingInput(let text) = Teapot.tool.main(
                arguments: ["brew", "--config", "/nothing/there", "x"], environment: [:])
        else {
            Issue.record("a missing file was taken")
            return
        }
        #expect(text.contains("/nothing/there: No such file or directory"))
    }

    @Test func secretsAreNeverShown() throws {
        try withFile("property = pin=1234\npantry = x://u:secret@host\n", mode: 0o644) { path in
            let values = try #require(parsed(["brew", "--config", path, "x"]).values)
            #expect(values.warnings.count == 2 && values.warnings.allSatisfy { $0.contains("chmod o-r") })
            let settings = try Teapot.tool.settings(["brew", "--config", path], environment: [:]).settings
            let shown = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0) })
            #expect(shown["property"]?.values == ["(hidden)"] && shown["pantry"]?.values == ["(hidden)"])
            #expect(shown["pantry"]?.source == "\(path):2" && shown["lid"]?.source == "default")
            #expect(shown["verbose"]?.values == ["off"] && shown["secret-ingredient"] == nil)
        }
        try withFile("property = pin=1234\n") { path in
            #expect(parsed(["brew", "--config", path, "x"]).values?.warnings == [])
        }
        // Neither is a line without an equals sign of its own, nor what stands where a name should.
        for line in ["pin 1234", "pantry x://u:1234@host?a=b", "pantry: x://u:1234@host?a=b"] {
            try withFile(line + "\n") { path in
                #expect(parsed(["brew", "--config", path, "x"]).error?.contains("1234") == false, "\(line)")
                let faults = try Teapot.tool.faults(inConfiguration: path).faults
                #expect(!faults.joined().contains("1234"), "\(line)")
            }
        }
    }

    @Test func settingsSayWhereTheyComeFrom() throws {
        let result = try Teapot.tool.settings(
            ["brew", "--rate", "3", "-X", "a=1", "-X", "b=2"], environment: ["TEAPOT_STEEP": "20s", "TEAPOT_STEP": "1"])
        let shown = Dictionary(uniqueKeysWithValues: result.settings.map { ($0.name, $0) })
        #expect(shown["rate"] == .init(name: "rate", values: ["3"], source: "argument"))
        #expect(shown["steep"] == .init(name: "steep", values: ["20s"], source: "TEAPOT_STEEP"))
        #expect(shown["property"] == .init(name: "property", values: ["a=1", "b=2"], source: "argument"))
        #expect(shown["pantry"]?.values == ["the cupboard"])
        let long = String(repeating: "kettle ", count: 20)
        let last = try Teapot.tool.settings(["brew", "-k", "x", "-k", long], environment: [:]).settings
        #expect(last.first { $0.name == "kettle" }?.values == [long])
        #expect(result.warnings.count == 1)
        #expect(throws: ArgumentError.self) { try Teapot.tool.settings([], environment: [:]) }
        #expect(throws: ArgumentError.self) { try Teapot.tool.settings(["brew", "--rte", "1"], environment: [:]) }
        #expect(throws: ArgumentError.self) { try Teapot.tool.settings(["rinse", "x"], environment: [:]) }
    }

    /// Bytes of any kind are refused or taken, and never more than the limit is read.
    @Test func filesThatAreNone() throws {
        for path in ["/dev/zero", "/proc/self/exe", "/dev/null"] {
            let faults = try Teapot.tool.faults(inConfiguration: path).faults
            #expect(faults.isEmpty == (path == "/dev/null"))
        }
        #expect(throws: ArgumentError.self) { try Teapot.tool.faults(inConfiguration: "/tmp") }
    }
}
