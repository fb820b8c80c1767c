import Foundation

@testable import Inference

/// Files that stand beside the project: real weights and the answers of another implementation.
enum SharedFiles {
    /// IOTPIPE_SHARED, else `../shared` seen from the package.
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["IOTPIPE_SHARED"] { return URL(fileURLWithPath: named) }
        return package.deletingLastPathComponent().appendingPathComponent("shared")
    }()

    static let areThere = FileManager.default.fileExists(atPath: folder.appendingPathComponent("models").path)

    static let message = "the folder of shared models is not there; set IOTPIPE_SHARED to it"

    /// Files that belong to the tests.
    static let fixtures = package.appendingPathComponent("Tests/Fixtures")

    static func model(_ name: String) -> URL { folder.appendingPathComponent("models/" + name) }

    /// The package's root: this file lies in Tests/InferenceTests/Support.
    private static let package = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
        url.deletingLastPathComponent()
    }
}

/// ImageNet's weights, unpacked once for all tests of a run. The file's name goes at once: its mapping keeps it.
enum RealWeights {
    static func load() throws -> ModelWeights { try loaded.get() }

    private static let loaded = Result {
        try TemporaryFolder.use { folder in
            let path = folder.appendingPathComponent("resnet50-imagenet.safetensors")
            _ = FileManager.default.createFile(atPath: path.path, contents: nil)
            let unpack = Process()
            unpack.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            unpack.arguments = ["xz", "-dc", SharedFiles.model("resnet50-imagenet-pqf.safetensors.xz").path]
            unpack.standardOutput = try FileHandle(forWritingTo: path)
            try unpack.run()
            unpack.waitUntilExit()
            return try ModelWeights.load(path.path)
        }
    }
}

enum TemporaryFolder {
    /// Calls `body` with a new folder, and removes it afterwards.
    static func use<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("iotpipe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// Loads weights from a file of these bytes.
    static func load(_ bytes: [UInt8]) throws -> ModelWeights {
        try use { folder in
            let file = folder.appendingPathComponent("weights")
            try Data(bytes).write(to: file)
            return try ModelWeights.load(file.path)
        }
    }
}
