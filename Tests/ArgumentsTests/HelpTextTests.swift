import Arguments
import Testing

/// Whole help texts: whoever changes one sees here what users will see.
@Suite struct HelpTextTests {
    @Test func toolHelp() {
        #expect(
            Teapot.printed("--help") == """
                teapot 1.2.3: makes tea

                Usage: teapot TASK [OPTIONS]

                Tasks:
                  brew         Brew tea
                  pour         Pour what was brewed

                Care:
                  rinse        Rinse the pot

                Help:
                  help TASK    Show the options of a task.
                  -h, --help   Show this help.
                  --version    Show the version.

                Variables:
                  TEAPOT_HOME  Where the pot stands.

                An option --some-name can be set by the variable TEAPOT_SOME_NAME too, or by a
                line some-name = value in the file that --config names; the option counts before
                the variable, the variable before the file, and the file before the default. In
                a variable, several values of a repeatable option are separated by white space,
                or stand on a line each; in the file they have a line each.

                """)
    }

    @Test func helpOfACommand() {
        #expect(
            Teapot.printed("brew --help") == """
                Brew tea

                Usage: teapot brew [OPTIONS] LEAVES [HERB…]

                Water is boiled, the leaves are steeped, and the tea is kept warm until it is
                poured or the pot is empty.

                  water -> leaves -> cup

                Nothing is poured.

                Arguments:
                  LEAVES                     The leaves to use.
                  [HERB…]                    Herbs to add.

                Options:
                  -r, --rate RATE            Cups each second, such as 20, 500/s or 10/min.
                                             [default: 20/s] [TEAPOT_RATE]
                      --steep TIME           How long the leaves stay in the water. Longer makes
                                             it stronger, and after some minutes bitter.
                                             [default: 3m] [TEAPOT_STEEP]
                  -t, --tea TEA              The leaves. [one of: green, black, oolong]
                                             [default: green] [TEAPOT_TEA]
                      --cup CUP              What to pour into: [default: mug] [TEAPOT_CUP]
                                             - mug: with a handle
                                             - bowl: without a handle; it is held with both
                                               hands
                      --guests N,…           Guests at each table. [default: 1,2,3,4]
                                             [TEAPOT_GUESTS]
                      --volume SIZE          The pot's volume, in bytes. [default: 64MiB]
                                             [TEAPOT_VOLUME]
                      --spout WxH            Its opening. [default: 32x24] [TEAPOT_SPOUT]
                      --[no-]lid             Keep the lid on. [default: on] [TEAPOT_LID]
                  -v, --verbose              Say more. [TEAPOT_VERBOSE]
                      --sugar NUMBER         Spoons of sugar. [TEAPOT_SUGAR]
                      --recipe FILE          A recipe to follow. [TEAPOT_RECIPE]

                Kettle:
                  -k, --kettle HOST          The kettle. [default: localhost]
                                             [TEAPOT_KETTLE, KETTLE]
                  -X, --property NAME=VALUE  A property of the kettle, passed on. [repeatable]
                                             [TEAPOT_PROPERTY]
                      --pantry URL           Where the tea is. [default: the cupboard]
                                             [TEAPOT_PANTRY]

                Configuration:
                      --config FILE          A file of options: name = value, one a line; a
                                             section [role] is for that one alone.
                                             [TEAPOT_CONFIG]

                Help:
                  -h, --help                 Show this help.
                      --version              Show the version.

                Examples:
                  # A pot for four
                  teapot brew sencha.leaf

                  # Oolong with mint, steeped longer
                  teapot brew --tea oolong --steep 4m oolong.leaf mint

                """)
    }

    @Test func helpOfACommandWithARequiredOption() {
        #expect(
            Teapot.printed("help pour") == """
                Pour what was brewed

                Usage: teapot pour --day DAY [OPTIONS] [TABLE]

                Arguments:
                  [TABLE]            The table to serve.

                Options:
                      --day DAY      The day of the party. [required] [TEAPOT_DAY]

                Configuration:
                      --config FILE  A file of options: name = value, one a line; a section
                                     [role] is for that one alone. [TEAPOT_CONFIG]

                Help:
                  -h, --help         Show this help.
                      --version      Show the version.

                """)
    }

    @Test(arguments: ["-h", "help", "help help", "help --help"])
    func otherWaysToTheHelpOfTheTool(line: String) {
        #expect(Teapot.printed(line) == Teapot.printed("--help"))
    }

    @Test(arguments: ["brew -h", "help brew", "brew --rate -1 --help", "brew --rate --help", "brew -vh x"])
    func otherWaysToTheHelpOfACommand(line: String) {
        #expect(Teapot.printed(line) == Teapot.printed("brew --help"))
    }

    @Test func helpAfterTheEndOfOptionsIsAnArgument() throws {
        #expect(try Teapot.parse("brew -- --help")[Teapot.leaves] == "--help")
    }

    @Test func hiddenCommandHasHelpAllTheSame() throws {
        #expect(try #require(Teapot.printed("help descale")).hasPrefix("Descale the pot\n"))
    }

    @Test(arguments: ["--version", "brew --version"])
    func version(line: String) {
        #expect(Teapot.printed(line) == "teapot 1.2.3\n")
    }

    @Test func noLineIsWiderThanATerminal() throws {
        for line in ["--help", "brew --help", "pour --help"] {
            for text in try #require(Teapot.printed(line)).split(separator: "\n") {
                #expect(text.count <= 80, "\(text)")
                #expect(text.last != " ", "\(text)")
            }
        }
    }
}
