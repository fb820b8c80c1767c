import Latency
import Testing
import TestSupport

@testable import Pipeline

extension Cluster {
    /// A producer's options: fast, with a CSV, on this cluster.
    func options(_ folder: TemporaryFolder, count: Int) -> ProduceOptions {
        var options = ProduceOptions(kafka: kafka(), producer: "cam")
        options.rate = 400
        options.count = count
        options.devices = 3
        options.latencies = folder.file("latencies.csv")
        options.run = "test"
        options.producers = 2
        return options
    }

    /// Runs a producer.
    func run(_ options: ProduceOptions) throws -> (summary: ProduceSummary, status: Pipeline.ExitStatus) {
        try ProduceRole(options: options, services: services).run()
    }
}

extension ProduceOptions {
    /// The rows of the CSV, in the order in which they were planned.
    func rows() throws -> [LatencyRecord] {
        var rows: [LatencyRecord] = []
        try LatencyCSVReader(path: try #require(latencies)).forEach { rows.append($0) }
        return rows.sorted { $0.planned < $1.planned }
    }
}
