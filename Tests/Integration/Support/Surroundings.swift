import Foundation

/// Where the tests find what stands beside the project, and whether it may be missing.
enum Surroundings {
    /// The project's folder.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Test data: `IOTPIPE_SHARED`, else `../shared`.
    static let shared = environment("IOTPIPE_SHARED") ?? "\(root)/../shared"

    /// An Apache Kafka installation: `KAFKA_HOME`, else the one in the test data.
    static let kafkaHome = environment("KAFKA_HOME") ?? "\(shared)/kafka"

    /// CI sets this: what is missing fails a test in place of skipping it.
    static let requiresServers = environment("IOTPIPE_REQUIRE_SERVERS") == "1"

    /// Whether Kafka, Java and PostgreSQL are here.
    static let hasServers =
        requiresServers
        || FileManager.default.fileExists(atPath: "\(kafkaHome)/bin/kafka-server-start.sh") && find("java") != nil

    /// Whether the test split and the reference weights are here.
    static let hasData =
        requiresServers
        || ["data/cifar-100-binary/test.bin", "models/resnet50-imagenet-pqf.safetensors.xz"].allSatisfy {
            FileManager.default.fileExists(atPath: "\(shared)/\($0)")
        } && find("xz") != nil

    /// The Python of `make setup-test`, which has the clients of the HTTP API.
    static let python = "\(root)/.deps/clients/bin/python"

    /// Whether these clients are here.
    static let hasClients = requiresServers || FileManager.default.isExecutableFile(atPath: python)

    /// Whether HdrHistogram for Python is there, too: it has wheels for x86-64 alone.
    static let hasHdrHistogram: Bool = {
        #if arch(x86_64)
            hasClients
        #else
            false
        #endif
    }()

    /// The official test split.
    static let testSplit = "\(shared)/data/cifar-100-binary/test.bin"

    /// The program under test: it lies where the tests were built.
    static let executable: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let beside = "\(tests)/iotpipe"
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : "\(root)/.build/debug/iotpipe"
    }()

    /// The decompressed reference weights, made once for all tests.
    static let weights: String = {
        let path = "\(NSTemporaryDirectory())/iotpipe-reference-\(getuid()).safetensors"
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        if size > 100_000_000 { return path }
        let unpacked = "\(path).\(getpid())"
        let xz = Shell.run("xz -dc '\(shared)/models/resnet50-imagenet-pqf.safetensors.xz' > '\(unpacked)'")
        precondition(xz.status == 0, "cannot unpack the reference weights: \(xz.output)")
        rename(unpacked, path)
        return path
    }()

    private static func environment(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

    private static func find(_ program: String) -> String? {
        (environment("PATH") ?? "").split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
