import Arguments
import Testing

@Suite struct ArgumentSplitterTests {
    // MARK: Ways to write a value

    @Test(arguments: [
        "brew -k hot x", "brew -khot x", "brew -k=hot x", "brew --kettle hot x", "brew --kettle=hot x",
        "brew x --kettle hot",
    ])
    func waysToGiveAValue(line: String) throws {
        let parsed = try Teapot.parse(line)
        #expect(parsed[Teapot.kettle] == "hot")
        #expect(parsed[Teapot.leaves] == "x")
    }

    @Test func valuesMayHoldEqualsSignsAndDashes() throws {
        #expect(try Teapot.parse("brew --kettle=-a=b x")[Teapot.kettle] == "-a=b")
        #expect(try Teapot.parse("brew --kettle - x")[Teapot.kettle] == "-")
        #expect(try Teapot.parse("brew --sugar=1e-1 x")[Teapot.sugar] == 0.1)
    }

    @Test func shortFlagsMayStandTogether() throws {
        let parsed = try Teapot.parse("brew -vkhot x")
        #expect(parsed[Teapot.verbose])
        #expect(parsed[Teapot.kettle] == "hot")
    }

    @Test func lastOfSeveralCounts() throws {
        #expect(try Teapot.parse("brew --kettle a -k b x")[Teapot.kettle] == "b")
        #expect(try Teapot.parse("brew --no-lid --lid x")[Teapot.lid])
        #expect(try Teapot.parse("brew --lid --no-lid x")[Teapot.lid] == false)
        #expect(Teapot.fault("brew --rate 0 --rate 5 x").hasPrefix("teapot brew: --rate 0: "))
    }

    @Test func positionalArguments() throws {
        let parsed = try Teapot.parse("brew a -v b --rate 5 - -- -c --rate")
        #expect(parsed[Teapot.leaves] == "a")
        #expect(parsed[Teapot.herbs] == ["b", "-", "-c", "--rate"])
        #expect(parsed[Teapot.rate] == .perSecond(5))
        #expect(try Teapot.parse("brew a")[Teapot.herbs] == [])
        #expect(try Teapot.parse("pour --day x")[Teapot.table] == nil)
    }

    // MARK: Faults

    @Test(arguments: [
        ("brew --ratte 5 x", "unknown option --ratte; did you mean --rate?"),
        ("brew --ratte=hunter2 x", "unknown option --ratte; did you mean --rate?"),
        ("brew --no-lidd x", "unknown option --no-lidd; did you mean --no-lid?"),
        ("brew --no-verbose x", "unknown option --no-verbose: --verbose cannot be negated"),
        ("brew --prop a=b x", "unknown option --prop; did you mean --property?"),
        ("brew --hepl x", "unknown option --hepl; did you mean --help?"),
        ("brew --day friday x", "unknown option --day: it belongs to pour"),
        ("brew --zzzzz x", "unknown option --zzzzz"),
        ("brew --secret-ingredent y x", "unknown option --secret-ingredent"),
        ("brew -steep 5 x", "unknown option -steep; did you mean --steep?"),
        ("brew -z x", "unknown option -z"),
        ("brew -zhunter2 x", "unknown option -z"),
        ("brew -1 x", "unknown option -1; put -- before an argument that begins with a dash"),
        ("brew --rate", "--rate needs a value: --rate RATE"),
        ("brew -X", "-X needs a value: -X NAME=VALUE"),
        (
            "brew --kettle --verbose x",
            "--kettle needs a value, but --verbose follows; write --kettle HOST,"
                + " or --kettle=VALUE for a value that begins with a dash"
        ),
        (
            "brew --kettle -- x",
            "--kettle needs a value, but -- follows; write --kettle HOST,"
                + " or --kettle=VALUE for a value that begins with a dash"
        ),
        ("brew --lid=yes x", "--lid takes no value; leave out what follows the equals sign"),
        ("brew -v=yes x", "-v takes no value; leave out what follows the equals sign"),
        ("brew", "LEAVES is missing: The leaves to use."),
        ("rinse twice", "unexpected argument twice: rinse takes options only"),
        ("pour --day x 1 2", "unexpected argument 2: one argument too many"),
        ("pour --day x one", "TABLE one: must be a whole number, at least 1"),
        ("pour", "--day is missing: give --day DAY or set TEAPOT_DAY"),
    ])
    func fault(line: String, fault: String) {
        let command = line.split(separator: " ")[0]
        #expect(Teapot.fault(line) == "teapot \(command): \(fault)")
    }

    @Test func hostileTextIsShownSafely() {
        #expect(Teapot.fault(["rinse", "\u{1B}[31m\nred"]).contains("argument \\u{1b}[31m\\u{a}red: "))
        #expect(Teapot.fault(["rinse", String(repeating: "x", count: 5000)]).count < 200)
        #expect(Teapot.fault(["brew", "--rate=", "x"]).hasPrefix("teapot brew: --rate '': a rate is a number"))
        #expect(Teapot.fault(["brew", "--rate", "5 apples", "x"]).hasPrefix("teapot brew: --rate '5 apples': "))
    }
}
