import Foundation
import Synchronization
import Telemetry
import Testing

/// Lines kept for looking at.
final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }
    func append(_ line: String) { kept.withLock { $0.append(line) } }
}

@Suite struct LoggerTests {
    private let lines = Lines()

    private func logger(level: Logger.Level = .info, format: Logger.Format = .text) -> Logger {
        Logger(role: "infer", level: level, format: format) { [lines] in lines.append($0) }
    }

    /// The only line, without its time.
    private func lineWithoutTime() throws -> Substring {
        try #require(lines.all.count == 1)
        return lines.all[0].dropFirst(24)
    }

    @Test func textLineHasTimeLevelRoleMessageAndFields() throws {
        logger().info("model ready", ["classes": 100, "rate": 0.5, "fast": true, "file": "a b.bin"])
        #expect(try lineWithoutTime() == " info infer: model ready classes=100 rate=0.5 fast=true file=\"a b.bin\"")
        let time = try #require(lines.all.first?.prefix(24))
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test func textCannotBreakTheLine() throws {
        logger().warning("a\nb\u{1B}[2J", ["k": "x\r\n\u{202E}y", "q": "say \"hi\"\\", "empty": "", "eq": "a=b"])
        #expect(
            try lineWithoutTime()
                == #" warning infer: a\nb\u{1b}[2J k="x\r\n\u{202e}y" q="say \"hi\"\\" empty="" eq="a=b""#)
    }

    @Test func jsonLineKeepsTypes() throws {
        logger(format: .json).error("a\n\"b\"", ["n": 5, "x": 0.25, "nan": Double.nan, "on": false, "s": "é\u{0}"])
        let line = try #require(lines.all.first)
        #expect(!line.contains("\n"))
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["level"] as? String == "error")
        #expect(object["role"] as? String == "infer")
        #expect(object["message"] as? String == "a\n\"b\"")
        #expect(object["n"] as? Int == 5)
        #expect(object["x"] as? Double == 0.25)
        #expect(object["nan"] as? String == "nan")
        #expect(object["on"] as? Bool == false)
        #expect(object["s"] as? String == "é\u{0}")
        #expect((object["time"] as? String)?.count == 24)
    }

    @Test func lowerLevelsAreNotEvenPutTogether() {
        let logger = logger(level: .warning)
        func expensive() -> String {
            Issue.record("the message was put together")
            return ""
        }
        logger.debug(expensive())
        logger.info(expensive())
        logger.warning("w")
        logger.error("e")
        #expect(lines.all.count == 2)
    }
}
