import Events
import Foundation
import Testing
import TestSupport

@testable import Latency

@Suite struct HistogramLogTests {
    let folder = TemporaryFolder()

    private func text(_ runs: [LatencyCollector]) throws -> String {
        String(decoding: try HistogramLog.bytes(of: runs), as: UTF8.self)
    }

    private func read(_ text: String) throws -> HistogramLogReader {
        try HistogramLogReader(bytes: Array(text.utf8), name: "a.hlog")
    }

    private func failure(_ text: String) -> String {
        caught { try read(text) }?.message ?? "none"
    }

    private var run: LatencyCollector { Synthetic.staged(images: 300) }

    @Test func theFileIsTheDocumentedOne() throws {
        let lines = try text([run]).split(separator: "\n").map(String.init)
        #expect(lines[1] == "#[Histogram log format version 1.3]")
        #expect(lines[2].hasPrefix("#[StartTime: 1800000000.0"))
        #expect(lines[2].hasSuffix("Z]"))
        #expect(lines[3] == "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"")
        #expect(lines[4].hasPrefix("#[iotpipe: {\"dead_lettered\":0,"))
        let tags = lines[5...].map { $0.prefix { $0 != "," } }
        #expect(tags == ["Tag=total", "Tag=send", "Tag=broker-and-queue", "Tag=decode", "Tag=inference", "Tag=return"])
        #expect(lines[5...].allSatisfy { $0.split(separator: ",").count == 5 && $0.contains(",HISTF") })
    }

    @Test func whatIsWrittenIsRead() throws {
        let unanswered = Synthetic.steady(producers: 3, run: "a \"b\",\nc]", median: 3e7, timeouts: 0.1)
        let log = try read(try text([unanswered, run]))
        #expect(log.unknownTags.isEmpty)
        #expect(log.runs.map(\.run) == [unanswered.run, run.run] || log.runs.map(\.run) == [run.run, unanswered.run])
        for whole in [unanswered, run] {
            let found = try #require(log.runs.first { $0.run == whole.run })
            #expect(found.facts == whole.facts)
            #expect(found.histogram.counts == whole.histogram.counts)
            let (figures, expected) = (found.summary(name: "x"), whole.summary(name: "x"))
            #expect(figures.images == expected.images && figures.timedOut == expected.timedOut)
            #expect(figures.offeredRate == expected.offeredRate && figures.duration == expected.duration)
            for (figure, value) in zip(figures.percentiles, expected.percentiles) {
                #expect((figure.value == nil) == (value.value == nil))
                #expect(abs(Double(figure.value ?? 0) - Double(value.value ?? 0)) <= 0.0005 * Double(value.value ?? 0))
            }
            #expect(figures.stages?.parts.map(\.mean) == expected.stages?.parts.map(\.mean))
        }
    }

    @Test func overloadIsUnknownUnlessTooFewWereAnswered() throws {
        let queue = Synthetic.queue(images: 2000, rate: 80, capacity: 50)
        #expect(queue.summary(name: "x").isOverloaded)
        let figures = try #require(try read(try text([queue])).runs.first).summary(name: "x")
        #expect(!figures.isOverloaded && figures.overload.isUnknown && figures.servedRate == nil)
        #expect(figures.unknownNote?.contains("overload unknown") == true)
        let lossy = Synthetic.steady(median: 3e7, timeouts: 0.1)
        let known = try #require(try read(try text([lossy])).runs.first).summary(name: "x")
        #expect(known.isOverloaded && !known.overload.isUnknown && known.unknownNote == nil)
    }

    /// A log of another program: no comment, several intervals, a carriage return.
    @Test func foreignLogs() throws {
        var first = Histogram()
        first.record(5_000_000, count: 90)
        var second = Histogram()
        second.record(70_000_000, count: 10)
        let encoded = try [first, second].map { Data(try $0.encoded()).base64EncodedString() }
        let log = try read(
            "#[StartTime: 1441812279.474 (seconds since epoch), Wed]\r\n\(HistogramLog.legend)\r\n0.127,1.007,5.0,"
                + "\(encoded[0])\r\nTag=A,0.127,1.0,5.0,\(encoded[0])\r\n1.134,0.999,70,\(encoded[1])")
        #expect(log.unknownTags == ["A"])
        let figures = try #require(log.runs.first).summary(name: "x")
        #expect(log.runs.count == 1 && figures.ok == 100 && !figures.hasOutcomes && figures.producers == 0)
        #expect(figures.p50.map { abs($0 - 5_000_000) < 2500 } == true)
        #expect(abs(figures.duration - 2.006) < 1e-6 && figures.offeredRate == nil && figures.stages == nil)
        #expect(
            figures.unknownNote?.contains("unanswered") == true
                || figures.unknownNote?.contains("without an answer") == true)
        #expect(failure("Tag=A,0.127,1.0,5.0,\(encoded[0])").contains("has the tags A alone"))
        #expect(try read("").runs.isEmpty)
    }

    // MARK: - What is refused

    @Test func badLines() throws {
        let whole = try text([run])
        let lines = whole.split(separator: "\n").map(String.init)
        let total = lines[5]
        func changed(_ old: String, _ new: String) -> String {
            let text = whole.replacingOccurrences(of: old, with: new)
            #expect(text != whole, "\(old)")
            return failure(text)
        }
        #expect(changed("HISTF", "HI*TF").contains("a.hlog:6: the histogram is not base64"))
        #expect(changed("version 1.3", "version 2.0").contains("a.hlog:2: version 2.0]"))
        #expect(changed("\"ok\":300", "\"ok\":301").contains("announces 301 latencies, 300 follow"))
        #expect(changed("\"ok\":300", "\"ok\":-1").contains("figures that cannot be"))
        #expect(changed("\"ok\":300", "\"ok\":1e99").contains("not the JSON"))
        #expect(changed("\"producers\":2", "\"producers\":0").contains("figures that cannot be"))
        #expect(changed("\"staged\":300", "\"staged\":299").contains("announces 299 images with all stages, 300"))
        #expect(changed("Tag=decode,", "Tag=decoded,").contains("0 follow with the tag decode"))
        #expect(changed(total, String(total.dropLast(5))).contains("a.hlog:6:"))
        #expect(changed(total, total + ",x").contains("it has 5 fields"))
        #expect(changed(total, "1,2,3").contains("it has 3 fields"))
        #expect(changed("Tag=total,1800000000", "Tag=total,-1800000000").contains("start: \"-1800000000"))
        #expect(changed("Tag=total,1800000000", "Tag=total,nan0").contains("is not a number"))
        // Cut off at the end of any line.
        for count in 6..<lines.count {
            #expect(failure(lines[..<count].joined(separator: "\n")).contains("is the file whole?"), "\(count)")
        }
        var many = Histogram()
        many.record(1, count: 1 << 53)
        let line = "0,1,1,\(Data(try many.encoded()).base64EncodedString())\n"
        #expect(failure(line + line).contains("a.hlog:2: more than"))
    }

    @Test(arguments: 1...10)
    func damage(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let whole = try HistogramLog.bytes(of: [run])
        for _ in 0..<200 {
            var bytes = whole
            for _ in 0...Int(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 3 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            _ = try? HistogramLogReader(bytes: bytes, name: "a.hlog")
        }
    }

    @Test func notAFile() {
        #expect(caught { try HistogramLogReader(path: folder.file("none.hlog")) }?.code == .unreadable)
        #expect(caught { try HistogramLogReader(path: folder.path) }?.code == .unreadable)
    }

    // MARK: - Beside a CSV file

    @Test func writerLeavesALogBesideItsFile() throws {
        let path = folder.file("run.csv")
        _ = folder.file("run.hlog", "of an earlier run")
        let writer = try LatencyCSVWriter(path: path)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/run.hlog"))
        let records = Synthetic.records(500)
        writer.append(records)
        try writer.close()
        let (log, csv) = (
            try LatencyReport(reading: [folder.path + "/run.hlog"], withStages: true),
            try LatencyReport(reading: [path], withStages: true)
        )
        #expect(log.curves[0].label == csv.curves[0].label)
        #expect(log.curves[0].summary.images == 500 && log.curves[0].summary.ok == csv.curves[0].summary.ok)
        #expect(log.curves[0].summary.stages?.mean == csv.curves[0].summary.stages?.mean)
        let both = try LatencyReport(reading: [folder.path + "/run.hlog", path])
        #expect(both.warnings.count == 1 && both.warnings[0].contains("run.hlog has the images of"))
        #expect(both.summaries.map(\.images) == [500] && !both.summaries[0].overload.isUnknown)
    }

    @Test func aLogThatCannotBeWrittenIsReported() throws {
        let path = folder.file("run.csv")
        let writer = try LatencyCSVWriter(path: path)
        try FileManager.default.createDirectory(atPath: folder.path + "/run.hlog/x", withIntermediateDirectories: true)
        writer.append(Synthetic.records(5))
        let error = caught { try writer.close() }
        #expect(error?.message.contains("run.hlog") == true)
        var rows = 0
        try LatencyCSVReader(path: path).forEach { _ in rows += 1 }
        #expect(rows == 5)
    }

    @Test func logsOfARunMergeAsItsFilesDo() throws {
        let records = Synthetic.records(900)
        for (name, part) in [("a", records[..<400]), ("b", records[400...]), ("whole", records[...])] {
            let writer = try LatencyCSVWriter(path: folder.file("\(name).csv"))
            writer.append(Array(part))
            try writer.close()
        }
        let parts = try LatencyReport(reading: ["a", "b"].map { "\(folder.path)/\($0).hlog" }).curves
        let whole = try LatencyReport(reading: ["\(folder.path)/whole.hlog"]).curves
        #expect(parts.count == 1 && parts[0].points == whole[0].points)
        #expect(parts[0].summary == whole[0].summary)
        let mixed = try LatencyReport(reading: ["\(folder.path)/a.csv", "\(folder.path)/b.hlog"]).curves
        #expect(mixed.count == 1 && mixed[0].summary.images == 900 && mixed[0].summary.overload.isUnknown)
    }
}
