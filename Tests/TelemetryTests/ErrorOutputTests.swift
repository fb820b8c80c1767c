import Telemetry
import Testing
import Threads

@Suite struct ErrorOutputTests {
    @Test func linesOfSeveralThreadsStayWhole() {
        let text = output(isTerminal: false) { output in
            let threads = ["a", "b", "c"].map { letter in
                OSThread(name: letter) {
                    for _ in 0..<100 { output.write(line: String(repeating: letter, count: 50)) }
                }
            }
            threads.forEach { $0.join() }
        }
        let lines = text.split(separator: "\n")
        #expect(lines.count == 300)
        #expect(lines.allSatisfy { $0.count == 50 && Set($0).count == 1 })
    }

    @Test func closedDescriptorIsNoFault() {
        ErrorOutput(fileDescriptor: -1).write(line: "dropped")
    }
}
