import Events
import TestSupport
import Testing

@testable import Pipeline

@Suite struct LatencyFileTests {
    private let folder = TemporaryFolder()
    private let time = Timestamp(nanoseconds: 1_795_814_100_123_456_789)

    @Test func aFileStaysAsNamed() {
        for path in ["a.csv", folder.file("a.csv"), folder.file("missing")] {
            #expect(LatencyFile.path(path, producer: "p", at: time) == path)
        }
    }

    @Test func aFolderGetsAFileForEachProducerAndStart() {
        let name = "gate-20261127T211500Z.csv"
        #expect(LatencyFile.path(folder.path, producer: "gate", at: time) == folder.file(name))
        #expect(LatencyFile.path(folder.path + "/", producer: "gate", at: time) == folder.file(name))
        #expect(LatencyFile.path("missing/", producer: "gate", at: time) == "missing/\(name)")
        #expect(LatencyFile.path("x/", producer: "a/b", at: time) == "x/a-b-20261127T211500Z.csv")
    }
}
