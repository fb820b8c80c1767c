import CShim
import Glibc
import Threads

/// The dynamic library that holds libtorch, opened at run time so that only who runs a model pays for it.
///
/// Once opened it stays open until the process ends: libtorch's threads cannot be unloaded.
public final class ShimLibrary: Sendable {
    /// The file name of the library.
    public static let fileName = "libiotpipeshim.so"

    /// Where the library was found.
    public let path: String

    // Points to a constant table inside the library, which is never closed.
    nonisolated(unsafe) let table: UnsafePointer<iotpipe_shim>

    private init(path: String, table: UnsafePointer<iotpipe_shim>) {
        self.path = path
        self.table = table
    }

    /// Opens the library: the file that the variable IOTPIPE_SHIM names, else the one beside the executable, else the
    /// one in `../lib`, seen from there.
    ///
    /// Sets OMP_WAIT_POLICY=passive unless it is set: OpenMP's threads would otherwise spin between two batches and
    /// take the processor from the roles beside the model. OpenMP reads it while the library is opened.
    ///
    /// - Throws: `.shimMissing`, with the loader's reason.
    public static func open() throws(InferenceError) -> ShimLibrary {
        if let named = getenv("IOTPIPE_SHIM").map({ String(cString: $0) }), !named.isEmpty {
            return try open(path: named)
        }
        guard let executable = Executable.path else {
            throw InferenceError(
                .shimMissing, "cannot read /proc/self/exe to find \(fileName) beside it; set IOTPIPE_SHIM to its path")
        }
        return try open(path: path(from: Executable.folder(of: executable)))
    }

    /// Where the library lies, seen from the executable's folder; beside it where there is none.
    static func path(from folder: String) -> String {
        let beside = folder + "/" + fileName
        return [beside, Executable.folder(of: folder) + "/lib/" + fileName].first { access($0, F_OK) == 0 } ?? beside
    }

    /// Opens the library at a path.
    ///
    /// - Throws: `.shimMissing`, with the loader's reason.
    public static func open(path: String) throws(InferenceError) -> ShimLibrary {
        setenv("OMP_WAIT_POLICY", "passive", 0)
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw InferenceError(
                .shimMissing,
                "cannot open the model library \(path): \(reason); build it with `make`, or set IOTPIPE_SHIM to its path"
            )
        }
        guard let symbol = dlsym(handle, IOTPIPE_SHIM_SYMBOL) else {
            throw InferenceError(.shimMissing, "\(path) is not iotpipe's model library; correct IOTPIPE_SHIM")
        }
        let getter = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> UnsafePointer<iotpipe_shim>?).self)
        guard let table = getter(IOTPIPE_SHIM_ABI) else {
            throw InferenceError(
                .shimMissing, "\(path) was built for another version of iotpipe; build both together with `make`")
        }
        return ShimLibrary(path: path, table: table)
    }

    /// Whether the processor has instructions of its own for a precision; false for `auto`.
    public func isNative(_ precision: Precision) -> Bool {
        precision.shimPrecision.map { table.pointee.native($0) == 1 } ?? false
    }

    /// Whether convolutions of 8-bit numbers give the sums that integers have; nil where that cannot be found out.
    ///
    /// - Parameter weight: the largest weight, 1 to 127.
    func addsExactly(weight: Int) -> Bool? {
        let answer = table.pointee.adds_exactly(Int32(weight))
        return answer < 0 ? nil : answer == 1
    }

    /// libtorch's version, such as "2.6.0".
    public var torchVersion: String { String(cString: table.pointee.torch_version()!) }

    /// The file of libtorch that is loaded; nil where /proc is not mounted.
    public var torchPath: String? {
        guard let maps = fopen("/proc/self/maps", "r") else { return nil }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, maps) > 0, let text = line.map({ String(cString: $0) }) {
            guard let slash = text.firstIndex(of: "/") else { continue }
            let path = text[slash...].prefix { $0 != "\n" }
            if path.split(separator: "/").last?.hasPrefix("libtorch_cpu") == true { return String(path) }
        }
        return nil
    }

    /// oneDNN's version, such as "3.5.3".
    public var oneDNNVersion: String { String(cString: table.pointee.onednn_version()!) }

    /// The instruction set that libtorch's own kernels chose: "DEFAULT", "AVX2", "AVX512" and others.
    public var cpuCapability: String { String(cString: table.pointee.cpu_capability()!) }
}
