import Events
import Foundation
import Glibc
import Synchronization
import Testing
import TestSupport
import Threads

@testable import Pipeline

@Suite struct DeliveryJournalTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("journal") }

    private func ids(_ count: Int) -> [UUID] { (0..<count).map { _ in EventIdentifier.make() } }

    private func open(limit: Int = 1_000_000, _ path: String? = nil, failed: @escaping @Sendable () -> Void = {}) throws
        -> DeliveryJournal
    {
        try DeliveryJournal(path: path ?? self.path, limit: limit, stop: StopSignal()) { _ in failed() }
    }

    private func lines() throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    @Test func idsAreThereAtOnceInOrder() throws {
        let journal = try open()
        let ids = ids(500)
        for start in stride(from: 0, to: 500, by: 50) { journal.append(Array(ids[start..<start + 50])) }
        // Not by `close`: a process that is killed never gets there.
        try Wait.until("all are in the file") { try lines().count == 501 }
        #expect(try lines() == ids.map(\.lowercased) + [""])
        try journal.close(timeout: Wait.patience, until: .never)
    }

    @Test func runsAppendAndHalfALineStaysAlone() throws {
        try "0190\n0191".write(toFile: path, atomically: false, encoding: .utf8)
        let ids = ids(2)
        for id in ids {
            let journal = try open()
            journal.append([id])
            try journal.close(timeout: Wait.patience, until: .never)
        }
        #expect(try lines() == ["0190", "0191", ids[0].lowercased, ids[1].lowercased, ""])
    }

    @Test func pipesByNameAndByNumberAreWrittenTo() throws {
        mkfifo(path, 0o600)
        let reader = Glibc.open(path, O_RDWR | O_CLOEXEC)
        defer { close(reader) }
        for target in [path, "/dev/fd/\(reader)"] {
            let journal = try open(target)
            let id = EventIdentifier.make()
            journal.append([id])
            try journal.close(timeout: Wait.patience, until: .never)
            var buffer = [UInt8](repeating: 0, count: 37)
            #expect(read(reader, &buffer, 37) == 37)
            #expect(String(decoding: buffer, as: UTF8.self) == id.lowercased + "\n")
        }
    }

    @Test func fullDiskIsAnErrorThatIsToldAtOnce() throws {
        let isTold = Monitor(false)
        let journal = try open("/dev/full") { isTold.update { $0 = true } }
        journal.append(ids(3))
        Wait.until("it is told") { isTold.read { $0 } }
        journal.append(ids(1))
        let error = thrown(RoleError.self) { try journal.close(timeout: Wait.patience, until: .never) }
        #expect(error?.status == .ioFailure)
        #expect(error?.message.contains("No space left") == true && error?.message.contains("/dev/full") == true)
    }

    /// A reader that pauses holds nobody up; ids beyond the limit are never dropped in silence.
    @Test func readerThatDoesNotReadEndsIt() throws {
        mkfifo(path, 0o600)
        let reader = Glibc.open(path, O_RDWR | O_CLOEXEC)
        defer { close(reader) }
        let isTold = Monitor(false)
        let journal = try open(limit: 10_000) { isTold.update { $0 = true } }
        for _ in 0..<5 { journal.append(ids(2_000)) }
        #expect(
            thrown(RoleError.self) { try journal.close(timeout: .milliseconds(50), until: .never) }?.status
                == .ioFailure)
        journal.append(ids(10_000))
        #expect(isTold.read { $0 })
        let error = thrown(RoleError.self) { try journal.close(timeout: .zero, until: .never) }
        #expect(error?.message.contains("does not keep up") == true)
        // Lets the thread end.
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total = 0
        while total < 74_000 { total += max(0, read(reader, &buffer, buffer.count)) }
    }

    @Test func stopEndsTheWaitForAReader() throws {
        mkfifo(path, 0o600)
        let (stop, path) = (StopSignal(), path)
        let isOpen = Monitor(false)
        let thread = OSThread(name: "opening") {
            let journal = try? DeliveryJournal(path: path, stop: stop) { _ in }
            try? journal?.close(timeout: Wait.patience, until: .never)
            isOpen.update { $0 = journal != nil }
        }
        #expect(!isOpen.read { $0 }, "nobody reads it")
        stop.request()
        thread.join()
        #expect(isOpen.read { $0 })
    }

    @Test func pipeWithoutAReaderIsOpenedOnceThereIsOne() throws {
        mkfifo(path, 0o600)
        let path = path
        let id = EventIdentifier.make()
        let thread = OSThread(name: "opening") {
            let journal = try? DeliveryJournal(path: path, stop: StopSignal()) { _ in }
            journal?.append([id])
            try? journal?.close(timeout: Wait.patience, until: .never)
        }
        let reader = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        defer { close(reader) }
        var buffer = [UInt8](repeating: 0, count: 37)
        #expect(read(reader, &buffer, 37) == 37)
        #expect(String(decoding: buffer, as: UTF8.self) == id.lowercased + "\n")
        thread.join()
    }

    /// After a stop the reader gets no patience of its own.
    @Test func stopLimitsTheWaitAtTheEnd() throws {
        mkfifo(path, 0o600)
        let reader = Glibc.open(path, O_RDWR | O_CLOEXEC)
        defer { close(reader) }
        let journal = try open()
        journal.append(ids(10_000))
        let error = thrown(RoleError.self) { try journal.close(timeout: .seconds(3_600), until: .over) }
        #expect(error?.message.contains("before the end") == true)
        // Lets the thread end.
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total = 0
        while total < 370_000 { total += max(0, read(reader, &buffer, buffer.count)) }
    }

    @Test func fileThatCannotBeMadeIsRefusedAtTheStart() {
        #expect(thrown(RoleError.self) { try open("/nowhere/journal") }?.status == .cannotCreate)
    }
}
