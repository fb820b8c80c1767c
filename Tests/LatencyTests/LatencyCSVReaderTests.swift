import Events
import Foundation
import Testing
import TestSupport

@testable import Latency

@Suite struct LatencyCSVReaderTests {
    let folder = TemporaryFolder()

    private func records(_ text: String) throws -> [LatencyRecord] {
        let reader = try LatencyCSVReader(path: folder.file("a.csv", text))
        var records: [LatencyRecord] = []
        try reader.forEach { records.append($0) }
        return records
    }

    private let row = LatencyCSV.line(for: LatencyCSVTests.full)

    private func failure(_ text: String) -> LatencyError? {
        caught { try records(text) }
    }

    // MARK: - What is tolerated

    @Test(arguments: ["\n", "\r\n"], [true, false])
    func lineEndings(_ ending: String, _ isLastEnded: Bool) throws {
        let text = [LatencyCSV.header, row, row].joined(separator: ending) + (isLastEnded ? ending : "")
        #expect(try records(text) == [LatencyCSVTests.full, LatencyCSVTests.full])
    }

    @Test func byteOrderMarkAndBlankLines() throws {
        #expect(try records("\u{FEFF}\(LatencyCSV.header)\n\n\(row)\n\r\n\n") == [LatencyCSVTests.full])
    }

    @Test func columnsAreFoundByName() throws {
        let names = LatencyCSV.header.split(separator: ",").reversed()
        let cells = row.split(separator: ",", omittingEmptySubsequences: false).reversed()
        let text = "extra," + names.joined(separator: ",") + ",more\nx," + cells.joined(separator: ",") + ",\n"
        #expect(try records(text) == [LatencyCSVTests.full])
    }

    @Test func everythingMayBeQuoted() throws {
        func quoted(_ line: String) -> String {
            line.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ",")
        }
        #expect(try records("\(quoted(LatencyCSV.header))\r\n\(quoted(row))\r\n") == [LatencyCSVTests.full])
    }

    @Test func lineNumbersCountBreaksInQuotes() throws {
        var record = LatencyCSVTests.full
        record.device = "two\nlines"
        let error = failure("\(LatencyCSV.header)\n\(LatencyCSV.line(for: record))\nnonsense\n")
        #expect(error?.message.contains("a.csv:4:") == true)
    }

    @Test func rowsAcrossBufferEnds() throws {
        // More than three buffers, with rows of every length up to 400 and quotes in them.
        var record = LatencyCSVTests.full
        var text = LatencyCSV.header + "\n"
        var devices: [String] = []
        for index in 0..<14_000 {
            record.device = String(repeating: index % 3 == 0 ? "\"" : "d", count: index % 200)
            devices.append(record.device)
            text += LatencyCSV.line(for: record) + "\r\n"
        }
        #expect(text.utf8.count > 3 * CSVScanner.bufferSize)
        #expect(try records(text).map(\.device) == devices)
    }

    @Test func tornLastLineIsLeftOut() throws {
        let whole = "\(LatencyCSV.header)\n\(row)\n"
        for length in 1..<(row.utf8.count - 1) {
            let path = folder.file("torn.csv", whole + row.prefix(length))
            let reader = try LatencyCSVReader(path: path)
            var count = 0
            try reader.forEach { _ in count += 1 }
            #expect(count == 1 && reader.tornLine == 3, "cut after \(length)")
        }
    }

    // MARK: - What is not

    @Test func missingColumnIsNamed() {
        let header = LatencyCSV.header.replacingOccurrences(of: "planned_ns,", with: "")
        let error = failure("\(header)\n")
        #expect(error?.code == .malformed)
        #expect(error?.message.contains("a.csv:1:1: the column planned_ns is missing") == true)
    }

    @Test func columnTwice() {
        #expect(failure("\(LatencyCSV.header),run\n")?.message.contains("the column run is there twice") == true)
    }

    @Test(arguments: [
        ("1795478400123456789", "", "planned_ns: \"\" must not be empty"),
        ("1795478400123456789", "9223372036854775808", "planned_ns: \"9223372036854775808\" is not a whole number"),
        ("12345678,", ",", "result_ns: \"\" is empty although the outcome is ok"),
        (",ok", ",fine", "outcome: \"fine\" is none of ok, timed-out, dead-lettered, undelivered"),
        ("r1,4", "r1,0", "producers: \"0\" is not a number of producers"),
        ("0192f3a4-", "0192-", "image_id: \"0192-0000-7abc-8def-0123456789ab\" is not a UUID"),
        (",3,41", ",99999999999,41", "partition: \"99999999999\" is not a partition"),
        (",ok", "", "the row has 16 fields, the header 17"),
        (",ok", ",ok,", "the row has 18 fields, the header 17"),
        (",ok", ",\"ok\"x", "a comma or the end of the line must follow a closing quote"),
        (",-5,", ",-,", "received_ns: \"-\" is not a whole number"),
    ])
    func badRow(_ found: String, _ replacement: String, _ complaint: String) {
        let bad = row.replacingOccurrences(of: found, with: replacement)
        #expect(bad != row)
        let error = failure("\(LatencyCSV.header)\n\(row)\n\(bad)\n\(row)\n")
        #expect(error?.code == .malformed)
        #expect(error?.message.contains("a.csv:3:") == true)
        #expect(error?.message.contains(complaint) == true, "\(error?.message ?? "")")
    }

    @Test func notAFile() {
        #expect(caught { try LatencyCSVReader(path: folder.file("none.csv")) }?.code == .unreadable)
        #expect(caught { try LatencyCSVReader(path: folder.path) }?.code == .unreadable)
        #expect(failure("")?.code == .empty)
    }

    @Test func notACSV() throws {
        let path = folder.file("binary.csv")
        try Data(repeating: 0x41, count: 3 << 20).write(to: URL(fileURLWithPath: path))
        let error = caught { try LatencyCSVReader(path: path) }
        #expect(error?.message.contains("a row longer than") == true)
    }
}
