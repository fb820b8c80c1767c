import Foundation
import Testing
import TestSupport

@testable import Pipeline

@Suite struct ExperimentFolderTests {
    private let parent = TemporaryFolder()
    private var path: String { parent.file("experiment") }

    private func open(_ settings: ExperimentSettings = ExperimentSettings(), version: String = "1") throws
        -> ExperimentFolder
    {
        try ExperimentFolder(path: path, settings: settings, machine: .current, version: version)
    }

    @Test func finishedRunsAreKnownToTheNextStartAndOthersAreNot() throws {
        var done = ExperimentRun.offering(20, infers: 1, producers: 2, kind: .measured)
        done.isSteady = true
        done.windows = [SteadyState.Window(start: 0, perSecond: 40, median: 5)]
        do {
            let folder = try open()
            for run in [done, .capacity(infers: 1, producers: 4)] {
                try folder.begin(run)
                for number in 1...run.producers {
                    let file = folder.file(of: run, producer: number)
                    try Data("x".utf8).write(to: URL(fileURLWithPath: file))
                }
            }
            try folder.finish(done)
        }
        let folder = try open()
        #expect(folder.finished == [done.name: done])
        #expect(done.answeredPerSecond == 40)
        #expect(folder.files(of: done) == [1, 2].map { folder.file(of: done, producer: $0) })
        // The one that was cut off begins with an empty folder.
        let again = ExperimentRun.capacity(infers: 1, producers: 4)
        try folder.begin(again)
        #expect(folder.files(of: again).isEmpty)
    }

    @Test func anotherExperimentIsNotMixedIn() throws {
        _ = try open()
        var settings = ExperimentSettings()
        settings.producers = [1]
        let error = thrown(RoleError.self) { try open(settings) }
        #expect(error?.status == .cannotCreate)
        #expect(error?.message.contains("another options") == true, "\(String(describing: error))")
        #expect(thrown(RoleError.self) { try open(version: "2") }?.message.contains("version of iotpipe") == true)
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(path)/experiment.json"))
        #expect(thrown(RoleError.self) { try open() }?.status == .badData)
    }

    @Test func twoAtOnceDoNotShareIt() throws {
        let first = try open()
        #expect(thrown(RoleError.self) { try open() }?.message.contains("another experiment is at work") == true)
        withExtendedLifetime(first) {}
    }

    @Test func aFolderThatCannotBeMadeIsNamed() {
        let error = thrown(RoleError.self) {
            try ExperimentFolder(
                path: parent.file("none/experiment"), settings: ExperimentSettings(), machine: .current, version: "1")
        }
        #expect(error?.status == .cannotCreate)
        #expect(error?.message.contains("none/experiment") == true)
    }
}
