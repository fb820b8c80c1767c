import Foundation
import Testing
import TestSupport

@testable import Pipeline

@Suite struct DemoFoldersTests {
    private let parent = TemporaryFolder()
    private var wanted: String { parent.file("demo") }

    @Test func nothingIsLeftOfADemoWithoutResults() throws {
        let folders = try DemoFolders(output: wanted)
        #expect(FileManager.default.fileExists(atPath: folders.work))
        #expect(folders.output == wanted)
        try Data("log".utf8).write(to: URL(fileURLWithPath: "\(folders.work)/infer.log"))
        folders.remove()
        #expect(!FileManager.default.fileExists(atPath: folders.work))
        #expect(parent.contents == [])
    }

    @Test func resultsStayAndNothingElse() throws {
        let folders = try DemoFolders(output: wanted)
        try Data("new".utf8).write(to: URL(fileURLWithPath: "\(folders.work)/latencies.csv"))
        try folders.keep("latencies.csv")
        folders.remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: wanted) == ["latencies.csv"])
        #expect(try TextFile.read("\(wanted)/latencies.csv") == "new")
    }

    @Test func resultsOfAnEarlierDemoAreReplacedAndOtherFilesStay() throws {
        try FileManager.default.createDirectory(atPath: wanted, withIntermediateDirectories: false)
        for name in ["latencies.csv", "notes.txt"] {
            try Data("old".utf8).write(to: URL(fileURLWithPath: "\(wanted)/\(name)"))
        }
        let folders = try DemoFolders(output: wanted)
        try Data("new".utf8).write(to: URL(fileURLWithPath: "\(folders.work)/latencies.csv"))
        try folders.keep("latencies.csv")
        folders.remove()
        #expect(try TextFile.read("\(wanted)/latencies.csv") == "new")
        #expect(try TextFile.read("\(wanted)/notes.txt") == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: wanted).count == 2)
    }

    @Test func folderThatWasThereStaysThoughEmpty() throws {
        try FileManager.default.createDirectory(atPath: wanted, withIntermediateDirectories: false)
        try DemoFolders(output: wanted).remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: wanted) == [])
    }

    @Test func demosAtTheSameTimeGetDifferentFolders() throws {
        let demos = try (0..<3).map { _ in try DemoFolders(output: wanted) }
        #expect(demos.map(\.output) == [wanted, "\(wanted)-2", "\(wanted)-3"])
        #expect(Set(demos.map(\.work)).count == 3)
        demos[0].remove()
        let next = try DemoFolders(output: wanted)
        #expect(next.output == wanted, "the first folder is free again")
        for demo in demos.dropFirst() { demo.remove() }
        next.remove()
        #expect(parent.contents == [])
    }

    @Test func folderThatCannotBeMadeIsNamed() throws {
        let path = parent.file("missing/demo")
        let error = thrown(RoleError.self) { _ = try DemoFolders(output: path) }
        #expect(error?.status == .cannotCreate)
        #expect(error?.message.contains(path) == true && error?.message.contains("--output") == true)
    }

    @Test func fileInPlaceOfTheFolderIsRefused() throws {
        try Data().write(to: URL(fileURLWithPath: wanted))
        let error = thrown(RoleError.self) { _ = try DemoFolders(output: wanted) }
        #expect(error?.status == .cannotCreate)
        #expect(parent.contents == ["demo"])
    }

    @Test func resultThatIsMissingIsNamed() throws {
        let folders = try DemoFolders(output: wanted)
        defer { folders.remove() }
        let error = thrown(RoleError.self) { try folders.keep("nothing.csv") }
        #expect(error?.status == .ioFailure && error?.message.contains("nothing.csv") == true)
    }
}
