import Latency
import Testing
import TestSupport
import Threads

@testable import Pipeline

/// A producer that sends when a result has come, on an embedded broker.
@Suite struct ProduceClosedLoopTests {
    private func options(_ cluster: Cluster, _ folder: TemporaryFolder, users: Int, count: Int?) -> ProduceOptions {
        var options = cluster.options(folder, count: 1)
        options.count = count
        options.closedLoop = users
        return options
    }

    /// The most images that were in flight at once, by the rows.
    private func mostInFlight(_ rows: [LatencyRecord]) -> Int {
        var changes: [(instant: Int64, change: Int)] = []
        for row in rows {
            changes.append((row.planned.nanoseconds, 1))
            if let result = row.result { changes.append((row.planned.nanoseconds + result, -1)) }
        }
        var (now, most) = (0, 0)
        for change in changes.sorted(by: { ($0.instant, $0.change) < ($1.instant, $1.change) }) {
            now += change.change
            most = max(most, now)
        }
        return most
    }

    @Test(arguments: [1, 5]) func neverMoreInFlightThanUsers(users: Int) throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        let options = options(cluster, folder, users: users, count: 60)
        let (summary, status) = try cluster.run(options)
        classifier.stop()
        #expect(status == .success && summary.classified == 60 && summary.closedLoop == users)
        let rows = try options.rows()
        #expect(rows.count == 60 && mostInFlight(rows) == users)
    }

    @Test func warmUpCountsInAClosedLoopToo() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        var options = options(cluster, folder, users: 2, count: 20)
        options.warmUp = .milliseconds(100)
        let (summary, _) = try cluster.run(options)
        classifier.stop()
        #expect(summary.classified == 20 && summary.warmUp?.planned ?? 0 > 0)
        #expect(try options.rows().count == 20)
    }

    /// What is never answered frees its place after the result timeout.
    @Test func timeOutFreesThePlace() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, number in number % 2 == 0 ? .nothing : .label("apple") }
        var options = options(cluster, folder, users: 1, count: 6)
        options.resultTimeout = .milliseconds(700)
        options.drainTimeout = .zero
        let (summary, status) = try cluster.run(options)
        classifier.stop()
        #expect(status == .success)
        // On a busy machine one of the others may come too late as well.
        #expect(summary.planned == 6 && summary.timedOut >= 3, "\(summary.text)")
    }

    /// All users wait for results that never come.
    @Test func durationEndsTheWait() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .nothing }
        var options = options(cluster, folder, users: 3, count: nil)
        options.duration = .milliseconds(200)
        options.resultTimeout = .milliseconds(1_500)
        options.drainTimeout = .zero
        let (summary, _) = try cluster.run(options)
        classifier.stop()
        #expect(summary.planned == 3 && summary.timedOut == 3 && summary.seconds < 10, "\(summary.text)")
    }

    @Test func stopEndsTheWait() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let stop = cluster.stop
        let classifier = try StandInClassifier(cluster) { _, _ in
            stop.request()
            return .nothing
        }
        var options = options(cluster, folder, users: 1, count: nil)
        options.resultTimeout = .seconds(3_600)
        options.drainTimeout = .zero
        let (summary, _) = try cluster.run(options)
        classifier.stop()
        #expect(summary.planned == 1 && summary.timedOut == 1, "\(summary.text)")
    }
}
