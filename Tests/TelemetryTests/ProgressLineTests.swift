import Telemetry
import Testing

@Suite struct ProgressLineTests {
    @Test func rewritesItselfOnATerminal() {
        let text = output(isTerminal: true) { output in
            let progress = ProgressLine(output: output)
            progress.update("1 of 2")
            progress.update("2 of 2\n")
            progress.finish()
            progress.finish()
            progress.update("late")
        }
        #expect(text == "\r\u{1B}[K1 of 2\r\u{1B}[K2 of 2\\n\n")
    }

    @Test func logLinesPassAboveIt() {
        let text = output(isTerminal: true) { output in
            let progress = ProgressLine(output: output)
            output.write(line: "before")
            progress.update("half")
            output.write(line: "during")
            progress.finish()
            output.write(line: "after")
        }
        #expect(text == "before\n\r\u{1B}[Khalf\r\u{1B}[Kduring\nhalf\nafter\n")
    }

    @Test func isCutToTheTerminalsWidth() {
        let text = output(isTerminal: true) { ProgressLine(output: $0).update(String(repeating: "é", count: 200)) }
        // A pipe has no width: 80 columns are taken, the last left free.
        #expect(text == "\r\u{1B}[K" + String(repeating: "é", count: 79))
    }

    @Test func isNotThereElsewhereNorWhereItIsHidden() {
        for isTerminal in [false, true] {
            let text = output(isTerminal: isTerminal) { output in
                if isTerminal { output.progressPlace = .nowhere }
                let progress = ProgressLine(output: output)
                progress.update("1")
                output.write(line: "log")
                progress.finish()
            }
            #expect(text == "log\n")
        }
    }

    @Test func isAPlainLineNowAndThenWhereItIsWanted() {
        let text = output(isTerminal: false) { output in
            output.progressPlace = .everywhere
            let progress = ProgressLine(output: output, interval: .seconds(3_600))
            progress.update("1")
            progress.update("2")
            progress.update("3")
            progress.finish()
        }
        #expect(text == "1\n3\n")
    }

    @Test func lastLineIsNotRepeated() {
        let text = output(isTerminal: false) { output in
            output.progressPlace = .everywhere
            let progress = ProgressLine(output: output, interval: .zero)
            progress.update("1")
            progress.update("2")
            progress.finish()
        }
        #expect(text == "1\n2\n")
    }
}
