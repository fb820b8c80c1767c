import CLinux
import Charts
import Glibc
import Inference
import Postgres

/// Looks at what this machine has and lacks for each role.
public struct Doctor: Sendable {
    /// The weights to look at; nil: those that are used where none are named.
    public var weights: String?
    /// Addresses that roles are to listen at.
    public var ports: [UInt16]
    /// The folder that measurements and charts are written into.
    public var folder: String

    private static let modelRoles = ["infer", "classify", "evaluate", "calibrate", "demo", "experiment"]
    private static let serverRoles = ["demo", "experiment"]
    private static let chartRoles = ["cdf", "evaluate", "demo", "experiment"]

    /// - Parameters:
    ///   - weights: the weights to look at; nil: those that are used where none are named.
    ///   - ports: ports that roles are to listen at.
    ///   - folder: where measurements and charts are written.
    public init(weights: String? = nil, ports: [UInt16] = [], folder: String = ".") {
        self.weights = weights
        self.ports = ports
        self.folder = folder
    }

    /// Looks at everything; opens libtorch and reads the weights, which takes a second. Changes nothing.
    public func report() -> DoctorReport {
        let machine = MachineDescription.current
        let sets = machine.instructionSets.isEmpty ? "" : " (\(machine.instructionSets.joined(separator: " ")))"
        let findings =
            [swift] + model() + [postgres, fonts] + Set(ports).sorted().map(port) + disks() + [
                memoryFinding(machine), clock, files,
            ]
        return DoctorReport(
            machine: "\(machine.system); \(machine.processor)\(sets), "
                + "\(Format.count(machine.processors, "processor"))",
            findings: findings)
    }

    // MARK: Program and model

    private var swift: Finding {
        let libraries = ProgramVersions.light.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        return Finding("program", .ok, libraries)
    }

    private func model() -> [Finding] {
        var findings: [Finding] = []
        var shim: ShimLibrary?
        do throws(InferenceError) {
            let library = try ShimLibrary.open()
            shim = library
            findings.append(
                Finding(
                    "libtorch", .ok,
                    "\(ProgramVersions.torch(library)), oneDNN \(library.oneDNNVersion), \(library.cpuCapability)"))
        } catch {
            let isNamed = getenv("IOTPIPE_SHIM") != nil
            findings.append(
                Finding(
                    "libtorch", .fault, error.message,
                    remedy: isNamed ? "correct the variable IOTPIPE_SHIM, or unset it" : nil, roles: Self.modelRoles))
        }
        do throws(InferenceError) {
            let weights = try ModelWeights.load(ModelLocator.weights(named: weights))
            findings.append(
                Finding(
                    "model", .ok,
                    "\(weights.source): version \(weights.version), \(weights.labels.count) classes, \(weights.inputSize)"
                ))
            if let shim { findings.append(try precision(of: weights, shim)) }
        } catch {
            findings.append(
                Finding(
                    "model", .fault, error.message, remedy: "give --weights FILE, or put models/ back",
                    roles: Self.modelRoles))
        }
        return findings
    }

    private func precision(of weights: ModelWeights, _ shim: ShimLibrary) throws(InferenceError) -> Finding {
        let precision = try Precision.auto.resolved(for: weights, shim)
        let native = Precision.allCases.filter { $0 == .f32 || shim.isNative($0) }.map(\.rawValue)
        let wantsRanges = precision == .f32 && weights.activationRanges == nil && shim.isNative(.int8)
        return Finding(
            "precision", precision == .f32 ? .warning : .ok,
            "--precision auto takes \(precision.rawValue); the processor has \(native.joined(separator: ", "))",
            remedy: wantsRanges
                ? "iotpipe calibrate makes the weights ready for int8, which is several times as fast" : nil,
            roles: Self.modelRoles)
    }

    // MARK: The machine

    private var postgres: Finding {
        do throws(PostgresError) {
            return Finding("PostgreSQL", .ok, "initdb and postgres in \(try ServerPrograms().folder)")
        } catch {
            return Finding(
                "PostgreSQL", .fault, "initdb and postgres were not found",
                remedy: "apt-get install postgresql, or name a server's database with --database",
                roles: Self.serverRoles)
        }
    }

    private var fonts: Finding {
        if let font = Canvas.font { return Finding("fonts", .ok, font) }
        return Finding(
            "fonts", .fault, "no font was found: charts have no text", remedy: "apt-get install fonts-dejavu-core",
            roles: Self.chartRoles)
    }

    private func port(_ port: UInt16) -> Finding {
        let name = "port \(port)"
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if bound == 0 { return Finding(name, .ok, "free") }
        return Finding(
            name, .fault, String(cString: strerror(errno)), remedy: "ss -tlnp 'sport = :\(port)' says who has it")
    }

    /// Free space where files go: measurements here, the demo's servers in the folder of temporary files.
    private func disks() -> [Finding] {
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        return [("disk, \(folder)", folder), ("disk, \(temporary)", temporary)].map { name, path in
            var disk = statvfs()
            // With a slash behind it a file is none.
            guard access(path + "/", W_OK) == 0, statvfs(path, &disk) == 0 else {
                return Finding(
                    name, .fault, "cannot be written into: \(String(cString: strerror(errno)))",
                    remedy: "choose a folder that can be written")
            }
            // Some file systems say that there is no end of it.
            let (bytes, isHuge) = Int(clamping: disk.f_bavail).multipliedReportingOverflow(
                by: Int(clamping: disk.f_frsize))
            let free = isHuge ? Int.max : bytes
            let isLow = free < 1_000_000_000
            return Finding(
                name, isLow ? .warning : .ok, "\(Format.bytes(free)) free",
                remedy: isLow ? "make room: the demo wants 1 GB, an experiment more" : nil, roles: Self.serverRoles)
        }
    }

    private func memoryFinding(_ machine: MachineDescription) -> Finding {
        let isLow = machine.memory < 2 << 30
        return Finding(
            "memory", isLow ? .warning : .ok, Format.bytes(machine.memory),
            remedy: isLow ? "the demo wants 2 GB: its roles, a broker and PostgreSQL" : nil, roles: Self.serverRoles)
    }

    /// What the kernel says of the clock: chrony, systemd-timesyncd and ntpd tell it (adjtimex(2)).
    private var clock: Finding {
        if iotpipe_clock_is_synchronised() == 1 { return Finding("clock", .ok, "synchronised") }
        return Finding(
            "clock", .warning,
            "not synchronised, as far as the kernel knows: latencies across machines are off by as much",
            remedy: "apt-get install chrony; on one machine it does not matter", roles: ["produce", "infer"])
    }

    private var files: Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let isLow = limit.rlim_cur < 1024
        return Finding(
            "open files", isLow ? .warning : .ok, "at most \(limit.rlim_cur)", remedy: isLow ? "ulimit -n 4096" : nil)
    }
}
