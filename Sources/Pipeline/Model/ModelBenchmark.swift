import Glibc
import Images
import Inference
import Telemetry
import Threads

/// Measures the model alone: no Kafka, no decoding; each stream classifies batches of one size, one after the other.
public struct ModelBenchmark: Sendable {
    private let settings: ModelSettings
    private let duration: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - settings: the model.
    ///   - duration: how long to measure, after everything was warmed up.
    public init(_ settings: ModelSettings, duration: Duration, logger: Logger) {
        self.settings = settings
        self.duration = duration
        self.logger = logger
    }

    /// Warms each stream up, then measures all of them at once.
    public func run() throws -> ModelBenchmarkReport {
        let model = try settings.makeModel(try settings.loadWeights(), logger: logger)
        let sample = SampleImages()
        let images = try (0..<settings.batch).map { try sample.image(at: $0 % sample.count).image }
        let warm = Monitor(0)
        let begin = Monitor<UInt64?>(nil)
        let outcomes = (0..<settings.effectiveStreams).map { [duration] index in
            BackgroundCall<[UInt64]>(name: "model-\(index)") {
                let warming = Result { try model.warmUp(batches: [images.count]) }
                warm.update { $0 += 1 }
                try warming.get()
                let end = begin.wait { $0 }! &+ UInt64(duration.nanoseconds)
                var times: [UInt64] = []
                repeat {
                    let start = MonotonicClock.now
                    _ = try model.classify(images)
                    times.append(MonotonicClock.now - start)
                } while MonotonicClock.now < end
                return times
            }
        }
        _ = warm.wait { $0 == settings.effectiveStreams ? true : nil }
        let (start, processorTime) = (MonotonicClock.now, ModelBenchmark.processorTime)
        begin.update { $0 = start }
        let times = try outcomes.flatMap { try $0.wait()!.get() }
        return ModelBenchmarkReport(
            settings, model: model, batchTimes: times, seconds: Double(MonotonicClock.now - start) / 1e9,
            processorSeconds: ModelBenchmark.processorTime - processorTime)
    }

    /// User and system time of this process, in seconds.
    private static var processorTime: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
