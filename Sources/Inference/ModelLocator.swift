import Glibc
import Threads

/// Which weights are used.
public enum ModelLocator {
    /// Where a file fetched by `make weights` lies, from the repository's root.
    static let fetched = ".deps/weights/resnet50-imagenet1k-v2.pth"

    /// The model that ships with iotpipe (`models/*.safetensors`, beside the executable or in a folder above it), else
    /// the weights that `make weights` fetched; nil where there are neither.
    public static func defaultWeights() -> String? {
        home.flatMap { defaultWeights(from: $0) }
    }

    /// The file named, else the default one.
    ///
    /// - Throws: `.weightsUnreadable` where none is named and there is none.
    public static func weights(named path: String?) throws(InferenceError) -> String {
        if let found = path ?? defaultWeights() { return found }
        throw InferenceError(
            .weightsUnreadable,
            "no model was found: neither models/*.safetensors nor \(fetched) in \(home ?? "the program's folder") or in "
                + "the four folders above it; give --weights FILE, run `make weights`, or put models/ back")
    }

    /// The folder that the program lies in; nil where /proc is not mounted.
    private static var home: String? { Executable.path.map { Executable.folder(of: $0) } }

    /// As `defaultWeights()`, seen from a folder. The folder itself and four above it are looked into: a build's
    /// executable lies in .build/TRIPLE/release of its repository.
    static func defaultWeights(from folder: String) -> String? {
        var folders = [folder]
        while folders.count < 5, folders[folders.count - 1] != "/" {
            folders.append(Executable.folder(of: folders[folders.count - 1]))
        }
        let shipped = folders.lazy.compactMap { shippedModel(in: $0 + "/models") }.first
        return shipped ?? folders.lazy.map { $0 + "/" + fetched }.first { access($0, R_OK) == 0 }
    }

    /// The first `.safetensors` file of a folder in the order of names.
    private static func shippedModel(in folder: String) -> String? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".safetensors") { names.append(name) }
        }
        return names.min().map { folder + "/" + $0 }
    }
}
