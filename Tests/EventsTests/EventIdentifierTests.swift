import Events
import Foundation
import Synchronization
import Testing
import Threads

@Suite struct EventIdentifierTests {
    @Test func isVersion7OfTheRFCVariantWithTheTimeInFront() {
        let before = Timestamp.now.nanoseconds / 1_000_000
        let bytes = EventIdentifier.make().uuid
        #expect(bytes.6 >> 4 == 7)
        #expect(bytes.8 >> 6 == 2)
        let milliseconds = [bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5].reduce(Int64(0)) {
            $0 << 8 | Int64($1)
        }
        // Threads of the other test may have counted a little ahead of the clock.
        #expect((before...(before + 60_000)).contains(milliseconds))
    }

    @Test func increasesWithinAThread() {
        let made = (0..<10_000).map { _ in EventIdentifier.make().lowercased }
        #expect(zip(made, made.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func isUniqueAcrossThreads() {
        let all = Mutex<[UUID]>([])
        let threads = (0..<4).map { number in
            OSThread(name: "maker-\(number)") {
                let made = (0..<5_000).map { _ in EventIdentifier.make() }
                all.withLock { $0 += made }
            }
        }
        threads.forEach { $0.join() }
        #expect(all.withLock { Set($0).count } == 20_000)
    }

    @Test func textIsLowerCase() {
        #expect(Samples.imageID.lowercased == "01890a5d-ac96-774b-bcce-b302099a8057")
        for _ in 0..<100 {
            let identifier = UUID()
            #expect(identifier.lowercased == identifier.uuidString.lowercased())
        }
    }
}
