import Foundation
import Testing
import TestSupport

@testable import Latency

@Suite struct LatencyCSVTailTests {
    let folder = TemporaryFolder()

    private func append(_ text: String, to path: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    @Test func rowsAreHandedOutOnceAndWhole() throws {
        let path = folder.file("a.csv")
        let tail = LatencyCSVTail(path: path)
        var offsets: [Int64] = []
        func read() throws { try tail.read { offsets.append($0.offset ?? -1) } }
        try read()
        #expect(offsets.isEmpty, "the file is not there yet")

        var record = LatencyCSVTests.full
        func line(_ offset: Int64) -> String {
            record.offset = offset
            return LatencyCSV.line(for: record) + "\n"
        }
        try Data(LatencyCSV.header.prefix(7).utf8).write(to: URL(fileURLWithPath: path))
        try read()
        try append(String(LatencyCSV.header.dropFirst(7)) + "\n" + line(1) + line(2), to: path)
        try read()
        #expect(offsets == [1, 2])
        let third = line(3)
        try append(String(third.prefix(20)), to: path)
        try read()
        #expect(offsets == [1, 2])
        try append(String(third.dropFirst(20)) + line(4), to: path)
        try read()
        try read()
        #expect(offsets == [1, 2, 3, 4])
        // More than one piece of reading at once.
        try append((5...3_000).map(line).joined(), to: path)
        try read()
        #expect(offsets == Array(1...3_000))
    }

    @Test func aBadRowIsNamedByItsLine() throws {
        let path = folder.file("b.csv")
        let good = LatencyCSV.line(for: LatencyCSVTests.full)
        try Data("\(LatencyCSV.header)\n\(good)\nx,y\n".utf8).write(to: URL(fileURLWithPath: path))
        let tail = LatencyCSVTail(path: path)
        do {
            try tail.read { _ in }
            Issue.record("it was read")
        } catch {
            #expect(error.message.contains("b.csv:3"), "\(error.message)")
        }
    }
}
