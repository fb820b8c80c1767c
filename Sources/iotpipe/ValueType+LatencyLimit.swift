import Arguments
import Pipeline
import Threads

extension ValueType where Value == LatencyLimit {
    /// A limit to a percentile of latency, such as `p99=250ms`.
    static var latencyLimit: ValueType<LatencyLimit> {
        ValueType(
            placeholder: "PERCENTILE=DURATION",
            parse: { (text) throws(ArgumentError) -> LatencyLimit in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2, LatencyLimit.names.contains(parts[0]) else {
                    throw .badValue(
                        "a limit is one of \(LatencyLimit.names.joined(separator: ", ")) and a duration, such as p99=250ms"
                    )
                }
                let duration = try ValueType<Duration>.duration(.nanoseconds(1)...).value(of: parts[1])
                return LatencyLimit(percentile: parts[0], nanoseconds: duration.nanoseconds)
            },
            format: { "\($0.percentile)=\(Duration.nanoseconds($0.nanoseconds).argumentText)" })
    }
}
