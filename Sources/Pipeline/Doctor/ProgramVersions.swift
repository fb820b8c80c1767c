import CLinux
import Events
import Images
import Inference
import Kafka
import Latency
import Postgres

/// The versions of the libraries that this process has, and would have, loaded.
public struct ProgramVersions: Sendable, Encodable {
    /// One of them.
    public struct Entry: Sendable, Encodable {
        /// The library's name.
        public let name: String
        /// Its version, and what else is worth knowing; why it cannot be loaded where it cannot.
        public let version: String
    }

    /// In the order in which they are shown.
    public let entries: [Entry]

    /// All but libtorch.
    static var light: [Entry] {
        [
            Entry(name: "commit", version: commit ?? "unknown: not built by `make build` from a commit as it is"),
            Entry(name: "Swift", version: swift), Entry(name: "librdkafka", version: KafkaLibrary.version),
            Entry(name: "libpq", version: PostgresLibrary.version), Entry(name: "libpng", version: PNGCodec.version),
        ]
    }

    /// Looks; opens libtorch, which takes 0.2 s and 120 MB.
    public init() {
        var entries = ProgramVersions.light
        do throws(InferenceError) {
            let shim = try ShimLibrary.open()
            entries.append(Entry(name: "libtorch", version: ProgramVersions.torch(shim)))
            entries.append(Entry(name: "oneDNN", version: shim.oneDNNVersion))
        } catch {
            entries.append(Entry(name: "libtorch", version: error.message))
        }
        self.entries = entries
    }

    /// A line each.
    public var text: String {
        TextColumns.lines(entries.map { [$0.name, $0.version] }).joined(separator: "\n")
    }

    static func torch(_ shim: ShimLibrary) -> String {
        guard let path = shim.torchPath else { return shim.torchVersion }
        return shim.torchVersion + " (" + (origin(of: path).map { "\($0), " } ?? "") + path + ")"
    }

    /// Where libtorch comes from, as `shim/build-libtorch`, `scripts/setup` and `scripts/dist` leave it near the library.
    private static func origin(of library: String) -> String? {
        let folder = library.split(separator: "/").dropLast()
        for path in [folder, folder.dropLast(), folder.dropLast(2)] {
            let note = "/" + path.joined(separator: "/") + "/libtorch.source"
            if let text = try? TextFile.read(note) {
                return text.split(whereSeparator: \.isWhitespace).first.map(String.init)
            }
        }
        return nil
    }

    /// The commit that the program was built from, as `scripts/build` put it into the build ID.
    private static var commit: String? {
        var id = [UInt8](repeating: 0, count: 27)
        guard iotpipe_build_id(&id, id.count) == id.count, id.starts(with: "iotpipe".utf8) else { return nil }
        return String(
            decoding: id.dropFirst(7).flatMap { [Hexadecimal.digit($0 >> 4), Hexadecimal.digit($0 & 15)] },
            as: UTF8.self)
    }

    /// The compiler that made the program; the library says nothing of itself.
    private static var swift: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #elseif compiler(>=6.2)
            "6.2"
        #elseif compiler(>=6.1)
            "6.1"
        #else
            "6.0"
        #endif
    }
}
