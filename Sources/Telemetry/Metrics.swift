import Synchronization

/// The metrics of a process, and their text for Prometheus (exposition format 0.0.4,
/// https://prometheus.io/docs/instrumenting/exposition_formats/).
///
/// Every name is `iotpipe_<name>_<unit>`, a counter's with `_total` behind it. Asking again for the same name and labels
/// gives the same metric. A malformed name, or one used for two kinds of metric, stops the program: it is a mistake in
/// the source.
public final class Metrics: Sendable {
    private enum Kind: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(BucketHistogram)

        var name: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// All metrics of one name.
    private struct Family {
        let name: String
        let help: String
        /// By labels, in the order of registration.
        var members: [(labels: String, metric: Kind)] = []
    }

    private let families = Mutex<[Family]>([])

    /// No metrics yet.
    public init() {}

    // MARK: - Registration

    /// A counter named `iotpipe_<name>_total`.
    ///
    /// - Parameters:
    ///   - name: with its unit, lower case: `images_received`, `sent_bytes`.
    ///   - help: what is counted, in one line.
    ///   - labels: names and values that tell it from others of the same name.
    public func counter(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Counter {
        let metric = register("\(name)_total", help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = metric else { preconditionFailure("\(name) is a \(metric.name) already") }
        return counter
    }

    /// A gauge named `iotpipe_<name>`.
    public func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        let metric = register(name, help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = metric else { preconditionFailure("\(name) is a \(metric.name) already") }
        return gauge
    }

    /// A histogram named `iotpipe_<name>`.
    ///
    /// - Parameter bounds: the upper bounds of the buckets, rising.
    public func histogram(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        bounds: [Double] = BucketHistogram.seconds
    ) -> BucketHistogram {
        let metric = register(name, help, labels) { .histogram(BucketHistogram(bounds: bounds)) }
        guard case .histogram(let histogram) = metric else {
            preconditionFailure("\(name) is a \(metric.name) already")
        }
        return histogram
    }

    private func register(
        _ name: String, _ help: String, _ labels: KeyValuePairs<String, String>, _ make: () -> Kind
    ) -> Kind {
        let name = "iotpipe_" + name
        for word in [name] + labels.map(\.key) {
            precondition(
                word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
                    && word.utf8.first.map { $0 > 0x39 } == true,
                "\(word) is no name for a metric or label: use a-z, 0-9 and _")
        }
        let labels = labels.map { "\($0.key)=\"\(Metrics.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        return families.withLock { families in
            let index: Int
            if let known = families.firstIndex(where: { $0.name == name }) {
                index = known
            } else {
                index = families.count
                families.append(Family(name: name, help: help))
            }
            if let member = families[index].members.first(where: { $0.labels == labels }) { return member.metric }
            let metric = make()
            precondition(
                families[index].members.allSatisfy { $0.metric.name == metric.name },
                "\(name) is of another kind already")
            families[index].members.append((labels, metric))
            return metric
        }
    }

    // MARK: - Text

    /// The content type of `prometheusText()`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The present values of all metrics.
    public func prometheusText() -> String {
        var text = ""
        for family in families.withLock({ $0 }) {
            guard let kind = family.members.first?.metric.name else { continue }
            text += "# HELP \(family.name) \(Metrics.escaped(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(kind)\n"
            for (labels, metric) in family.members {
                let braces = labels.isEmpty ? "" : "{\(labels)}"
                switch metric {
                case .counter(let counter): text += "\(family.name)\(braces) \(counter.value)\n"
                case .gauge(let gauge): text += "\(family.name)\(braces) \(Metrics.number(gauge.value))\n"
                case .histogram(let histogram):
                    let (cumulative, sum) = histogram.snapshot
                    let prefix = labels.isEmpty ? "" : labels + ","
                    for (bound, count) in zip(histogram.bounds + [.infinity], cumulative) {
                        text += "\(family.name)_bucket{\(prefix)le=\"\(Metrics.number(bound))\"} \(count)\n"
                    }
                    text += "\(family.name)_sum\(braces) \(Metrics.number(sum))\n"
                    text += "\(family.name)_count\(braces) \(cumulative.last ?? 0)\n"
                }
            }
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
