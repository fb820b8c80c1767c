import FoundationEssentials
import Glibc

/// The machine on which something was measured.
struct MachineDescription: Sendable, Codable, Equatable {
    /// The processor's name, as /proc/cpuinfo has it.
    let processor: String
    /// Processors that this process may use.
    let processors: Int
    /// The instruction sets that decide how fast a model is.
    let instructionSets: [String]
    /// Bytes.
    let memory: Int
    /// The distribution, and the kernel's release.
    let system: String

    private static let flags = [
        "avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8",
    ]

    /// This machine.
    static var current: MachineDescription {
        let cpu = (try? TextFile.read("/proc/cpuinfo")) ?? ""
        let has = Set(value("flags", in: cpu, separator: ":").split(separator: " ").map(String.init))
        let memory = value("MemTotal", in: (try? TextFile.read("/proc/meminfo")) ?? "", separator: ":")
        let release = (try? TextFile.read("/etc/os-release")) ?? ""
        let kernel = (try? TextFile.read("/proc/sys/kernel/osrelease")) ?? ""
        let name = value("model name", in: cpu, separator: ":")
        return MachineDescription(
            processor: name.isEmpty ? "unknown processor" : name, processors: ProcessorCount.available,
            instructionSets: flags.filter(has.contains),
            memory: (Int(memory.split(separator: " ").first ?? "") ?? 0) << 10,
            system: value("PRETTY_NAME", in: release, separator: "=").filter { $0 != "\"" } + ", Linux "
                + String(kernel.prefix { $0 != "\n" }))
    }

    private static func value(_ name: String, in text: String, separator: Character) -> String {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: separator, maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]) == name else { continue }
            return trimmed(parts[1])
        }
        return ""
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
