import Latency

/// Whether a run has settled: its answers in windows of equal length, by the instant at which each came.
struct SteadyState {
    /// The answers of a window.
    struct Window: Codable, Sendable, Equatable {
        /// Seconds from the run's first planned image to the window's start.
        let start: Double
        /// Images answered a second.
        let perSecond: Double
        /// The median latency in nanoseconds; nil where nothing was answered.
        let median: Int64?
    }

    /// How many windows in a row must be alike.
    static let windowsNeeded = 3
    /// How much the largest of them may be above the smallest, in images a second and in median latency.
    static let tolerance = 1.10

    private static let mostWindows = 100_000

    /// Nanoseconds of a window.
    private let width: Int64
    private var histograms: [Histogram] = []

    /// When the first image was planned, in nanoseconds since 1970; nil before there is one.
    private(set) var origin: Int64?

    /// - Parameter window: how long one is.
    init(window: Duration) {
        width = window.nanoseconds
    }

    /// Counts an image where it was answered.
    mutating func add(_ record: LatencyRecord) {
        let planned = record.planned.nanoseconds
        if origin == nil { origin = planned }
        guard record.outcome == .ok, let latency = record.result, let origin else { return }
        // Images of one producer may be in the file before earlier ones of another.
        let index = Int(max(0, planned &+ latency &- origin) / width)
        guard index < SteadyState.mostWindows else { return }
        while histograms.count <= index { histograms.append(Histogram()) }
        histograms[index].record(latency)
    }

    /// How many windows had ended by an instant.
    ///
    /// - Parameter now: nanoseconds since 1970.
    func windowsEnded(by now: Int64) -> Int {
        guard let origin, now > origin else { return 0 }
        return min(Int((now - origin) / width), SteadyState.mostWindows)
    }

    /// The windows that had ended by an instant.
    ///
    /// - Parameter now: nanoseconds since 1970.
    func windows(endedBy now: Int64) -> [Window] {
        let seconds = Double(width) / 1e9
        return (0..<windowsEnded(by: now)).map { index in
            let histogram = index < histograms.count ? histograms[index] : Histogram()
            return Window(
                start: Double(index) * seconds, perSecond: Double(histogram.count) / seconds,
                median: histogram.percentile(50))
        }
    }

    /// Whether the last three windows are within 10 % of each other, in images a second and in median latency.
    static func isSteady(_ windows: [Window]) -> Bool {
        let last = windows.suffix(windowsNeeded)
        let medians = last.compactMap(\.median)
        guard last.count == windowsNeeded, medians.count == windowsNeeded else { return false }
        let rates = last.map(\.perSecond)
        return rates.max()! <= tolerance * rates.min()!
            && Double(medians.max()!) <= tolerance * Double(medians.min()!)
    }
}
