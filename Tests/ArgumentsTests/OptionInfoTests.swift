import Arguments
import Testing

/// What a shell completion or a man page will be made from.
@Suite struct OptionInfoTests {
    @Test func valueOption() {
        let info = Teapot.rate.info
        #expect(info.name == "rate")
        #expect(info.short == "r")
        #expect(info.kind == .single)
        #expect(info.takesValue)
        #expect(info.placeholder == "RATE")
        #expect(info.defaultText == "20/s")
        #expect(!info.isRequired)
        #expect(!info.isHidden)
    }

    @Test func kinds() {
        #expect(Teapot.lid.info.kind == .flag(isNegatable: true))
        #expect(Teapot.lid.info.isNegatable)
        #expect(Teapot.verbose.info.kind == .flag(isNegatable: false))
        #expect(!Teapot.verbose.info.takesValue)
        #expect(Teapot.property.info.kind == .repeated)
        #expect(Teapot.day.info.isRequired)
        #expect(Teapot.secretIngredient.info.isHidden)
        #expect(Option("x-ray", flag: false, isNegatable: true, help: "").info.isNegatable)
    }

    @Test func completions() {
        #expect(Teapot.tea.info.completion == .choices([Choice("green"), Choice("black"), Choice("oolong")]))
        #expect(Teapot.recipe.info.completion == .file(extensions: ["tea"]))
        #expect(Teapot.leaves.info.completion == .file(extensions: []))
        #expect(Teapot.sugar.info.completion == .none)
    }

    @Test func defaults() {
        #expect(Teapot.pantry.info.defaultText == "the cupboard")
        #expect(Teapot.sugar.info.defaultText == nil)
        #expect(Teapot.lid.info.defaultText == "on")
        #expect(Option("x-ray", repeated: .integer(), default: [1, 2], help: "").info.defaultText == "1 2")
    }

    @Test func positionals() {
        #expect(Teapot.leaves.info.usage == "LEAVES")
        #expect(Teapot.herbs.info.usage == "[HERB…]")
        #expect(Teapot.table.info.usage == "[TABLE]")
        #expect(Positional("FILE", repeated: .file(), minimum: 1, help: "").info.usage == "FILE…")
    }
}
