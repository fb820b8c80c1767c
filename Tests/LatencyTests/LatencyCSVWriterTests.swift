import Foundation
import Testing
import TestSupport
import Threads

@testable import Latency

@Suite struct LatencyCSVWriterTests {
    let folder = TemporaryFolder()

    @Test func whatIsAppendedIsInTheFile() throws {
        let path = folder.file("a.csv")
        let writer = try LatencyCSVWriter(path: path, capacity: 1000)
        var record = LatencyCSVTests.full
        for batch in 0..<100 {
            var records: [LatencyRecord] = []
            for index in 0..<100 {
                record.offset = Int64(batch * 100 + index)
                records.append(record)
            }
            #expect(writer.append(records))
        }
        try writer.close()
        try writer.close()
        var offsets: [Int64] = []
        try LatencyCSVReader(path: path).forEach { offsets.append($0.offset ?? -1) }
        #expect(offsets == Array(0..<10_000))
        #expect(!writer.append([record]))
    }

    @Test func rowsAppearWithoutClosing() throws {
        let path = folder.file("a.csv")
        let writer = try LatencyCSVWriter(path: path)
        writer.append([LatencyCSVTests.full])
        let expected = "\(LatencyCSV.header)\n\(LatencyCSV.line(for: LatencyCSVTests.full))\n"
        let deadline = MonotonicClock.deadline(after: .seconds(10))
        var text = ""
        while text != expected, MonotonicClock.now < deadline {
            text = try String(contentsOfFile: path, encoding: .utf8)
            sched_yield()
        }
        #expect(text == expected)
        try writer.close()
    }

    @Test func aBatchLargerThanTheQueueIsTaken() throws {
        let path = folder.file("a.csv")
        let writer = try LatencyCSVWriter(path: path, capacity: 2)
        #expect(writer.append(Array(repeating: LatencyCSVTests.full, count: 50)))
        #expect(writer.append(Array(repeating: LatencyCSVTests.full, count: 50)))
        try writer.close()
        var count = 0
        try LatencyCSVReader(path: path).forEach { _ in count += 1 }
        #expect(count == 100)
    }

    @Test func fullDiskIsReportedWithThePath() throws {
        let writer = try LatencyCSVWriter(path: "/dev/full")
        writer.append([LatencyCSVTests.full])
        let error = caught { try writer.close() }
        #expect(error?.code == .writeFailed)
        #expect(error?.message.contains("/dev/full") == true)
        #expect(error?.message.contains("No space left on device") == true)
        #expect(writer.failure == error)
        #expect(throws: LatencyError.self) { try writer.close() }
    }

    @Test func whatCannotBeCreated() {
        for path in [folder.path, folder.file("none/a.csv")] {
            let error = caught { try LatencyCSVWriter(path: path) }
            #expect(error?.code == .cannotCreate)
            #expect(error?.message.contains(path) == true)
        }
    }
}
