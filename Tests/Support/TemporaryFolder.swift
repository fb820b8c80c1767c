import Foundation

/// A folder that goes with its owner.
public final class TemporaryFolder {
    /// Its path, absolute.
    public let path: String

    /// Makes it.
    public init() {
        path = "\(NSTemporaryDirectory())/iotpipe-tests-\(UUID().uuidString)"
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in it, written where a text is given.
    public func file(_ name: String, _ text: String? = nil) -> String {
        let file = "\(path)/\(name)"
        if let text { try! text.write(toFile: file, atomically: false, encoding: .utf8) }
        return file
    }

    /// What is in it, sorted.
    public var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}
