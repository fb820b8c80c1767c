import Events
import Foundation
import Glibc
import Synchronization
import Testing
import TestSupport
import Threads

@testable import Pipeline

/// A spool on a disk that refuses, hangs, or was changed.
@Suite struct SpoolDiskTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("spool") }
    private let log = LogLines()

    /// Writes until it is told what goes wrong.
    private final class Disk: Sendable {
        enum State { case works, isFull, hangs }

        let state = Monitor(State.works)
        let calls = Atomic<Int>(0)

        @Sendable func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
            calls.add(1, ordering: .relaxed)
            let isFull = state.wait { $0 == .hangs ? nil : $0 == .isFull }
            if isFull == true {
                // Half of it still finds room.
                _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count / 2)
                errno = ENOSPC
                return -1
            }
            return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        }
    }

    private func open(_ disk: Disk, failed: @escaping @Sendable () -> Void = {}) throws -> Spool {
        try Spool(path: path, limit: 1 << 30, logger: log.logger, write: disk.write) { _ in failed() }
    }

    private func add(_ image: ImageCaptured, to spool: Spool) -> Bool {
        spool.add(image.encoded(), id: image.id, topic: "iot.images", waiting: DrainLimit.never)
    }

    private var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0 != ".lock" }.sorted()
    }

    @Test func segmentWithoutItsFirstLineIsNotLeft() throws {
        let disk = Disk()
        disk.state.update { $0 = .isFull }
        var writer = SpoolWriter(folder: try SpoolFolder(path: path), number: 1, write: disk.write)
        let error = thrown(RoleError.self) { try writer.append([[1, 2, 3]]) }
        #expect(error?.status == .ioFailure && error?.message.contains("No space left") == true)
        #expect(files == [] && !writer.isOpen)
    }

    @Test func afterAFailureNothingCountsAsKept() throws {
        let disk = Disk()
        let failures = Atomic<Int>(0)
        let spool = try open(disk) { failures.add(1, ordering: .relaxed) }
        let images = (0..<3).map { _ in Samples.captured() }
        #expect(add(images[0], to: spool))
        Wait.until("the first is kept") { spool.spooled == 1 }
        // The second fails; the third is on its way by then.
        disk.state.update { $0 = .hangs }
        #expect(add(images[1], to: spool))
        Wait.until("the second is being written") { disk.calls.load(ordering: .relaxed) == 3 }
        #expect(add(images[2], to: spool))
        disk.state.update { $0 = .isFull }
        Wait.until("the failure is told") { failures.load(ordering: .relaxed) == 1 }
        disk.state.update { $0 = .works }
        #expect(!add(images[0], to: spool))
        spool.close(until: .never)
        #expect(spool.spooled == 1 && failures.load(ordering: .relaxed) == 1)
        for image in images[1...] {
            #expect(log.count(of: "image not delivered image=\(image.id.lowercased)") == 1)
        }
        let segment = try SpoolSegment(path: "\(path)/\(try #require(files.first))")
        #expect(segment.records.map(\.event) == [images[0].encoded()] && segment.rest == .none)
    }

    @Test func diskThatHangsHoldsNobodyUpBeyondTheLimit() throws {
        let disk = Disk()
        let spool = try open(disk)
        disk.state.update { $0 = .hangs }
        let images = (0..<4).map { _ in Samples.captured(bytes: 5 << 20) }
        #expect(add(images[0], to: spool))
        Wait.until("it is being written") { disk.calls.load(ordering: .relaxed) == 1 }
        #expect(add(images[1], to: spool))
        #expect(!spool.add(images[2].encoded(), id: images[2].id, topic: "iot.images", waiting: DrainLimit.over))
        spool.close(until: .over)
        #expect(spool.spooled == 0)
        for image in images[..<2] {
            #expect(log.count(of: "image not delivered image=\(image.id.lowercased)") == 1)
        }
        // Once is enough.
        spool.close(until: .over)
        #expect(log.count(of: "image not delivered") == 2)
        disk.state.update { $0 = .works }
        spool.close(until: .never)
        #expect(spool.spooled == 0, "they were listed")
    }

    // MARK: - What is put aside

    @Test func numbersOfFilesPutAsideAreNotUsedAgain() throws {
        let folder = try SpoolFolder(path: path)
        for name in ["segment-00000003.spool.damaged", "segment-00000007.spool.refused", "segment-x.spool", "notes"] {
            try Data().write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        folder.release()
        let again = try SpoolFolder(path: path)
        #expect(again.nextNumber == 8 && again.segments.isEmpty)
        #expect(
            again.aside == ["\(path)/segment-00000003.spool.damaged", "\(path)/segment-00000007.spool.refused"])
        again.release()
        try open(Disk()).close(until: .never)
        #expect(log.count(of: "an earlier run put a file of the spool aside") == 2)
    }

    @Test func damagedSegmentReplacesNoOther() throws {
        let folder = try SpoolFolder(path: path)
        let segment = SpoolFolder.Segment(path: folder.segment(1), size: 1)
        for (text, aside) in [("one", "damaged"), ("two", "damaged-2"), ("three", "damaged-3")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: segment.path))
            #expect(try folder.putAside(segment) == "\(segment.path).\(aside)")
            #expect(try TextFile.read("\(segment.path).\(aside)") == text)
        }
        #expect(try TextFile.read("\(segment.path).damaged") == "one" && files.count == 3)
    }

    @Test func segmentThatCannotBeRemovedIsAnError() throws {
        let folder = try SpoolFolder(path: path)
        let segment = SpoolFolder.Segment(path: folder.segment(1), size: 1)
        // A folder in its place cannot be unlinked.
        try FileManager.default.createDirectory(atPath: segment.path, withIntermediateDirectories: false)
        #expect(thrown(RoleError.self) { try folder.remove(segment) }?.status == .ioFailure)
        #expect(thrown(RoleError.self) { try folder.putAside(segment) }?.status == .ioFailure)
    }
}
