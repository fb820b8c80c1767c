import Arguments
import Testing

@Suite struct ArgumentResolverTests {
    // MARK: Precedence

    @Test func argumentBeforeVariableBeforeDefault() throws {
        let environment = ["TEAPOT_RATE": "7"]
        #expect(try Teapot.parse("brew x")[Teapot.rate] == .perSecond(20))
        #expect(try Teapot.parse("brew x", environment)[Teapot.rate] == .perSecond(7))
        #expect(try Teapot.parse("brew --rate 9 x", environment)[Teapot.rate] == .perSecond(9))
    }

    @Test func sources() throws {
        #expect(try Teapot.parse("brew x").source(of: Teapot.rate) == .standard)
        #expect(try Teapot.parse("brew x", ["TEAPOT_RATE": "7"]).source(of: Teapot.rate) == .variable("TEAPOT_RATE"))
        #expect(try Teapot.parse("brew -r9 x").source(of: Teapot.rate) == .argument)
        #expect(try Teapot.parse("brew -r9 x").isGiven(Teapot.rate))
        #expect(try Teapot.parse("brew x").isGiven(Teapot.rate) == false)
    }

    @Test func emptyVariableCountsAsUnset() throws {
        #expect(try Teapot.parse("brew x", ["TEAPOT_RATE": ""])[Teapot.rate] == .perSecond(20))
        #expect(Teapot.fault("pour", ["TEAPOT_DAY": ""]).hasPrefix("teapot pour: --day is missing"))
    }

    @Test func furtherVariableComesAfterTheOwn() throws {
        #expect(try Teapot.parse("brew x", ["KETTLE": "a"])[Teapot.kettle] == "a")
        #expect(try Teapot.parse("brew x", ["KETTLE": "a", "TEAPOT_KETTLE": "b"])[Teapot.kettle] == "b")
    }

    @Test func requiredOptionFromItsVariable() throws {
        #expect(try Teapot.parse("pour", ["TEAPOT_DAY": "friday"])[Teapot.day] == "friday")
    }

    @Test func wrongVariableIsNamed() {
        #expect(
            Teapot.fault("brew x", ["TEAPOT_RATE": "-1"])
                == "teapot brew: TEAPOT_RATE=-1: a rate must be greater than zero, such as 20 or 500/s")
        #expect(
            Teapot.fault("brew x", ["TEAPOT_LID": "maybe"])
                == "teapot brew: TEAPOT_LID=maybe: must be true or false (or yes, no, on, off, 1, 0)")
    }

    @Test func variableOfAnOverriddenOptionIsNotLookedAt() throws {
        #expect(try Teapot.parse("brew --rate 5 x", ["TEAPOT_RATE": "nonsense"])[Teapot.rate] == .perSecond(5))
    }

    @Test func optionWithoutVariable() throws {
        let option = Option("quiet", flag: false, help: "").withoutVariable()
        let tool = CommandLineTool(
            name: "t", version: "1", abstract: "",
            commands: [Command(name: "c", abstract: "", options: [option], run: { _ in 0 })])
        guard case .run(_, let parsed) = tool.main(arguments: ["c"], environment: ["T_QUIET": "true"]) else {
            Issue.record("not run")
            return
        }
        #expect(parsed[option] == false)
    }

    // MARK: Flags and optional values

    @Test(arguments: [("true", true), ("0", false), ("OFF", false), ("Yes", true), ("on", true), ("no", false)])
    func flagFromAVariable(text: String, value: Bool) throws {
        #expect(try Teapot.parse("brew x", ["TEAPOT_LID": text])[Teapot.lid] == value)
    }

    @Test func argumentOverrulesTheFlagOfAVariable() throws {
        #expect(try Teapot.parse("brew --lid x", ["TEAPOT_LID": "false"])[Teapot.lid])
        #expect(try Teapot.parse("brew --no-lid x", ["TEAPOT_LID": "true"])[Teapot.lid] == false)
    }

    @Test func optionalValue() throws {
        #expect(try Teapot.parse("brew x")[Teapot.sugar] == nil)
        #expect(try Teapot.parse("brew --sugar 2 x")[Teapot.sugar] == 2)
        #expect(try Teapot.parse("brew x", ["TEAPOT_SUGAR": "2.5"])[Teapot.sugar] == 2.5)
    }

    @Test func hiddenOptionWorks() throws {
        #expect(try Teapot.parse("brew --secret-ingredient clove x")[Teapot.secretIngredient] == "clove")
    }

    // MARK: Repeated options

    @Test func repeatedOptionKeepsAllInOrder() throws {
        let parsed = try Teapot.parse("brew -X a=1 x --property b=2=3 -Xa=")
        #expect(parsed[Teapot.property].map(\.text) == ["a=1", "b=2=3", "a="])
        #expect(parsed[Teapot.property][1] == Assignment(name: "b", value: "2=3"))
        #expect(try Teapot.parse("brew x")[Teapot.property] == [])
    }

    @Test(arguments: [
        ("a=1 b=2", ["a=1", "b=2"]), ("  a=1\tb=2  ", ["a=1", "b=2"]), ("a=1 2\n\n  b=2\n", ["a=1 2", "b=2"]),
        ("a=1 2\n", ["a=1 2"]), ("a=1\r\nb=2\r\n", ["a=1", "b=2"]), (" ", []),
    ])
    func repeatedOptionFromAVariable(content: String, values: [String]) throws {
        #expect(try Teapot.parse("brew x", ["TEAPOT_PROPERTY": content])[Teapot.property].map(\.text) == values)
    }

    @Test func argumentsReplaceTheValuesOfTheVariable() throws {
        let parsed = try Teapot.parse("brew -X c=3 x", ["TEAPOT_PROPERTY": "a=1 b=2"])
        #expect(parsed[Teapot.property].map(\.text) == ["c=3"])
    }

    /// Without its text: it may be a secret that is mistyped.
    @Test func wrongOneOfSeveralIsNamedByItsPlace() {
        let expectation = "a name, an equals sign and a value are expected, such as linger.ms=5"
        #expect(Teapot.fault("brew -X a=1 -X b x") == "teapot brew: -X: \(expectation)")
        #expect(
            Teapot.fault("brew x", ["TEAPOT_PROPERTY": "a=1 b c=1"]) == "teapot brew: TEAPOT_PROPERTY: \(expectation)")
    }

    // MARK: Secrets

    @Test func secretArgumentIsWarnedAbout() throws {
        #expect(
            try Teapot.parse("brew -X a=1 -X pin=1234 x").warnings == [
                "--property: other users of this machine can read a secret that is given as an argument;"
                    + " set TEAPOT_PROPERTY or use --kettle-file instead"
            ])
        #expect(
            try Teapot.parse("brew --pantry tea://me:pw@host/ x").warnings == [
                "--pantry: other users of this machine can read a secret that is given as an argument;"
                    + " set TEAPOT_PANTRY instead"
            ])
    }

    @Test func noWarningWhereThereIsNoSecretInAnArgument() throws {
        #expect(try Teapot.parse("brew -X a=1 --pantry tea://me@host/ x").warnings == [])
        #expect(try Teapot.parse("brew x", ["TEAPOT_PROPERTY": "pin=1"]).warnings == [])
    }

    @Test func secretIsNotInAnError() {
        let option = Option("token", required: .integer(1...9), help: "").secret()
        let tool = CommandLineTool(
            name: "t", version: "1", abstract: "",
            commands: [Command(name: "c", abstract: "", options: [option], run: { _ in 0 })])
        for (arguments, environment) in [(["c", "--token", "hunter2"], [:]), (["c"], ["T_TOKEN": "hunter2"])] {
            guard case .usageError(let text) = tool.main(arguments: arguments, environment: environment) else {
                Issue.record("no usage error")
                return
            }
            #expect(text.contains(": must be a whole number"))
            #expect(!text.contains("hunter2"))
            // A secret in the arguments is warned about all the same.
            #expect(text.contains("t c: warning: --token: ") == environment.isEmpty)
        }
    }

    @Test(arguments: [
        ("postgresql://me:pw@db/iot", true), ("postgresql://me@db/iot", false), ("postgresql://db:5432/iot", false),
        ("postgresql://me:p/w@db/iot", true), ("postgresql://db/iot?password=pw", true),
        ("host=db password = pw", true), ("postgresql:/me:pw@db/iot", true), ("me:pw@db/iot", true),
        ("postgresql:/me@db/iot", false), ("me@db/iot", false),
        ("host=db PASSWORD=pw", true), ("host=db passfile=/x", false), ("iot", false),
    ])
    func connectionString(text: String, isSecret: Bool) throws {
        let outcome = Teapot.tool.main(arguments: ["brew", "--pantry", text, "x"], environment: [:])
        guard case .run(_, let parsed) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(parsed.warnings.isEmpty != isSecret)
    }
}
