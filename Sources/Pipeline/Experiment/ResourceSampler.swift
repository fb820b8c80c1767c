import FoundationEssentials
import Glibc
import Threads

/// Reads from /proc what processes and the machine take up (proc(5)).
struct ResourceSampler {
    private struct Sample {
        /// Seconds of user and system time, with those of children that have ended.
        let seconds: Double
        let peakMemory: Int
    }

    private let instant = MonotonicClock.now
    private let samples: [pid_t: Sample]
    private let busySeconds: Double

    /// Samples now.
    ///
    /// - Parameter processes: those of the pipeline; their children count with them.
    init(_ processes: [(role: String, process: pid_t)]) {
        let children = ResourceSampler.children()
        samples = Dictionary(
            uniqueKeysWithValues: processes.map { entry in
                (entry.process, ResourceSampler.sample(entry.process, children: children[entry.process] ?? []))
            })
        busySeconds = ResourceSampler.machineBusySeconds()
    }

    /// What was taken up from an earlier sample to this one.
    ///
    /// - Parameter processes: those of this sample, by role.
    func usage(since earlier: ResourceSampler, of processes: [(role: String, process: pid_t)]) -> ResourceUsage {
        let seconds = max(1e-3, Double(instant - earlier.instant) / 1e9)
        var usage = ResourceUsage()
        usage.processors = ProcessorCount.available
        usage.busyProcessors = (busySeconds - earlier.busySeconds) / seconds
        var names: [String] = []
        for (role, _) in processes where !names.contains(role) { names.append(role) }
        usage.roles = names.map { name in
            let own = processes.filter { $0.role == name }.map(\.process)
            let taken = own.reduce(0.0) { sum, process in
                sum + max(0, (samples[process]?.seconds ?? 0) - (earlier.samples[process]?.seconds ?? 0))
            }
            return ResourceUsage.Role(
                name: name, processes: own.count, processors: taken / seconds,
                peakMemory: own.compactMap { samples[$0]?.peakMemory }.max() ?? 0)
        }
        return usage
    }

    // MARK: - /proc

    private static let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))

    private static func sample(_ process: pid_t, children: [pid_t]) -> Sample {
        let own = seconds(of: process, withEnded: true)
        let seconds = children.reduce(own) { $0 + self.seconds(of: $1, withEnded: false) }
        var peak = 0
        let status = (try? TextFile.read("/proc/\(process)/status")) ?? ""
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            peak = (Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0) << 10
        }
        return Sample(seconds: seconds, peakMemory: peak)
    }

    private static func fields(of process: pid_t) -> [Substring] {
        // The name is in brackets and may hold anything: what counts comes after the last one.
        guard let stat = try? TextFile.read("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")") else {
            return []
        }
        return stat[stat.index(after: end)...].split(separator: " ")
    }

    private static func seconds(of process: pid_t, withEnded: Bool) -> Double {
        let fields = fields(of: process)
        guard fields.count > 14 else { return 0 }
        // utime, stime, and cutime and cstime of the children waited for.
        let ticks = fields[11...(withEnded ? 14 : 12)].reduce(0.0) { $0 + (Double($1) ?? 0) }
        return ticks / self.ticks
    }

    /// The processes by their parent.
    private static func children() -> [pid_t: [pid_t]] {
        var children: [pid_t: [pid_t]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = pid_t(name), let parent = fields(of: process).dropFirst().first.flatMap({ pid_t($0) })
            else { continue }
            children[parent, default: []].append(process)
        }
        return children
    }

    private static func machineBusySeconds() -> Double {
        let line = (try? TextFile.read("/proc/stat"))?.prefix { $0 != "\n" } ?? ""
        let times = line.split(separator: " ").dropFirst().map { Double($0) ?? 0 }
        // user nice system idle iowait irq softirq steal; guest times are within user and nice.
        guard times.count >= 8 else { return 0 }
        return (times[0] + times[1] + times[2] + times[5] + times[6] + times[7]) / ticks
    }
}
