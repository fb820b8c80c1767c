import Events
import Foundation
import Testing

@testable import Latency

@Suite struct LatencyCSVTests {
    static let identifier = UUID(uuidString: "0192F3A4-0000-7ABC-8DEF-0123456789AB")!

    static let full = LatencyRecord(
        run: "r1", producers: 4, producer: "p2", device: "device-7", imageID: identifier,
        planned: Timestamp(nanoseconds: 1_795_478_400_123_456_789), sent: 1200, acked: 2_000_000, received: -5,
        decoded: 3_000_000, inferred: 9_000_000, result: 12_345_678, partition: 3, offset: 41, label: "apple",
        predicted: "sweet_pepper", outcome: .ok)

    @Test func headerIsTheDocumentedOne() {
        #expect(
            LatencyCSV.header
                == "run,producers,producer,device,image_id,planned_ns,sent_ns,acked_ns,received_ns,decoded_ns,"
                + "inferred_ns,result_ns,partition,offset,label,predicted,outcome")
        #expect(LatencyCSV.Column.allCases.map(\.index) == Array(LatencyCSV.Column.allCases.indices))
    }

    @Test func lineOfAFullRecord() {
        #expect(
            LatencyCSV.line(for: LatencyCSVTests.full)
                == "r1,4,p2,device-7,0192f3a4-0000-7abc-8def-0123456789ab,1795478400123456789,1200,2000000,-5,3000000,"
                + "9000000,12345678,3,41,apple,sweet_pepper,ok")
    }

    @Test func unreachedStagesAreEmpty() {
        let record = LatencyRecord(
            run: "r", producers: 1, producer: "p", device: "d", imageID: LatencyCSVTests.identifier,
            planned: Timestamp(nanoseconds: 0), outcome: .undelivered)
        #expect(
            LatencyCSV.line(for: record)
                == "r,1,p,d,0192f3a4-0000-7abc-8def-0123456789ab,0,,,,,,,,,,,undelivered")
    }

    @Test(arguments: LatencyRecord.Outcome.allCases)
    func everyRecordSurvives(_ outcome: LatencyRecord.Outcome) throws {
        var record = LatencyCSVTests.full
        record.outcome = outcome
        record.device = "a \"b\", c\r\nd"
        record.label = "ä,\""
        record.sent = .min
        record.acked = .max
        #expect(try LatencyCSV.parse(line: LatencyCSV.line(for: record), lineNumber: 2) == record)
    }

    @Test func parseNamesThePlace() {
        let line = LatencyCSV.line(for: LatencyCSVTests.full).replacingOccurrences(of: "1200", with: "12x0")
        let error = caught {
            try LatencyCSV.parse(line: line, lineNumber: 17, file: "a.csv")
        }
        #expect(error?.code == .malformed)
        #expect(error?.message == "a.csv:17:75: sent_ns: \"12x0\" is not a whole number of 64 bits")
    }
}
