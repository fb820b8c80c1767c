import Testing

@testable import Arguments

@Suite struct CommandLineToolTests {
    @Test func runsTheNamedCommand() throws {
        guard case .run(let command, let parsed) = Teapot.main("pour --day friday 3") else {
            Issue.record("not run")
            return
        }
        #expect(command.name == "pour")
        #expect(parsed[Teapot.day] == "friday")
        #expect(parsed[Teapot.table] == 3)
        #expect(try command.run(parsed) == 7)
        #expect(CommandLineTool.usageStatus == 64)
    }

    @Test func nothingGiven() {
        guard case .usageError(let text) = Teapot.main("") else {
            Issue.record("no usage error")
            return
        }
        #expect(
            text.hasPrefix("teapot: give a task, such as teapot brew\nSee teapot --help\n\nteapot 1.2.3: makes tea\n"))
    }

    @Test(arguments: [
        ("brwe", "teapot: unknown task brwe; did you mean brew?"),
        ("Pour", "teapot: unknown task Pour; did you mean pour?"),
        ("cook", "teapot: unknown task cook; there are brew, pour, rinse, help"),
        ("descal", "teapot: unknown task descal; there are brew, pour, rinse, help"),
        ("--hlep", "teapot: unknown option --hlep; did you mean --help?"),
        ("--rate 5 brew", "teapot: unknown option --rate; the task comes first, then its options"),
        ("help brwe", "teapot: unknown task brwe; did you mean brew?"),
        ("help brew pour", "teapot: unexpected argument pour: help takes one task"),
    ])
    func wrongCommand(line: String, fault: String) {
        #expect(Teapot.fault(line) == fault)
    }

    @Test func usageErrorsSayWhereToReadMore() {
        guard case .usageError(let text) = Teapot.main("brew --rate -1 x") else {
            Issue.record("no usage error")
            return
        }
        #expect(
            text == """
                teapot brew: --rate -1: a rate must be greater than zero, such as 20 or 500/s
                See teapot brew --help

                """)
    }

    @Test func valuesAreCheckedAgainstEachOther() {
        #expect(
            Teapot.fault("brew --steep 11m x") == "teapot brew: --steep 11m: green tea is steeped for 10m at most")
        #expect(
            Teapot.fault("brew x", ["TEAPOT_STEEP": "11m"])
                == "teapot brew: TEAPOT_STEEP=11m: green tea is steeped for 10m at most")
    }

    // MARK: Variables

    @Test func mistypedVariablesAreWarnedAbout() throws {
        let parsed = try Teapot.parse(
            "brew x",
            [
                "TEAPOT_STEPE": "4m", "TEAPOT_HOMME": "/", "TEAPOT_SERVICE_HOST": "10.0.0.1", "TEAPOT_DAY": "friday",
                "TEAPOT_HOME": "/", "TEAPOT_SECRET_INGREDIENT": "x", "OTHER_RATE": "1",
            ])
        #expect(
            parsed.warnings == [
                "TEAPOT_HOMME: no option reads this variable; did you mean TEAPOT_HOME?",
                "TEAPOT_STEPE: no option reads this variable; did you mean TEAPOT_STEEP?",
            ])
    }

    @Test func dashesBecomeUnderscoresInVariables() {
        let tool = CommandLineTool(name: "tea-pot", version: "1", abstract: "", commands: [])
        #expect(tool.variablePrefix == "TEA_POT_")
        #expect(Teapot.secretIngredient.info.variables(prefix: tool.variablePrefix) == ["TEA_POT_SECRET_INGREDIENT"])
        #expect(Teapot.kettle.info.variables(prefix: tool.variablePrefix) == ["TEA_POT_KETTLE", "KETTLE"])
    }

    @Test func variablesOfTheProcess() {
        #expect(ProcessEnvironment.current["PATH"]?.isEmpty == false)
    }

    // MARK: Declarations

    @Test func soundDeclarationsHaveNoFaults() {
        #expect(Teapot.tool.declarationFaults.isEmpty)
    }

    @Test func faultsOfDeclarationsAreFound() {
        let twice = Command(
            name: "a", abstract: "",
            options: [
                Option("same", short: "s", flag: false, help: ""), Option("same", short: "s", flag: false, help: ""),
                Option("version", short: "h", flag: false, help: ""),
                Option("No Word", short: "1", flag: false, help: ""),
            ],
            positionals: [
                Positional("A", optional: .text, help: ""), Positional("B", .text, help: ""),
                Positional("C", repeated: .text, help: ""), Positional("C", repeated: .text, help: ""),
            ],
            run: { _ in 0 })
        #expect(
            CommandLineTool.faults(of: [twice, twice]) == [
                "the command a is declared twice"
            ]
                + Array(
                    repeating: [
                        "a: --same is declared twice", "a: --version is declared twice", "a: -s is declared twice",
                        "a: -h is declared twice", "a: C is declared twice",
                        "a: --No Word must be lower-case words with dashes",
                        "a: -1 must be a letter", "a: B is required but follows A, which is not",
                        "a: C can never be reached after C…",
                    ], count: 2
                ).flatMap { $0 })
    }
}
