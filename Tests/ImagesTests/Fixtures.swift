import Foundation

/// Where the tests find their files, and small tools on PNG bytes.
enum Fixtures {
    /// The package's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Material that stands beside a developer's checkout; tests that need it are skipped where it does not.
    static let shared = root.deletingLastPathComponent().appending(path: "shared")

    static let cifarTest = shared.appending(path: "data/cifar-100-binary/test.bin")
    static let cifarNames = shared.appending(path: "data/cifar-100-binary")
    static let photos = shared.appending(path: "data/photos")
    static let sample = root.appending(path: "data/sample")
    static let suite = root.appending(path: "Tests/Fixtures/png")

    static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

    static func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }

    /// The bytes of a file of the PNG suite.
    static func png(_ name: String) throws -> [UInt8] { try bytes(suite.appending(path: name + ".png")) }

    /// A new folder that is gone after `body`.
    static func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "iotpipe-images-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    // MARK: - PNG bytes

    /// A chunk with its length and CRC.
    static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(kind.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(crc(body))
    }

    /// A PNG that claims a size and has one IDAT chunk of the given content.
    static func png(width: UInt32, height: UInt32, depth: UInt8 = 8, color: UInt8 = 2, data: [UInt8] = []) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", bigEndian(width) + bigEndian(height) + [depth, color, 0, 0, 0])
            + chunk("IDAT", data) + chunk("IEND", [])
    }

    /// Makes the CRC of every chunk right again, as far as the lengths make sense.
    static func repairChecksums(_ png: inout [UInt8]) {
        var position = 8
        while position + 12 <= png.count {
            let length = png[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
            let end = position + 8 + length
            guard end + 4 <= png.count else { return }
            png.replaceSubrange(end..<(end + 4), with: bigEndian(crc(Array(png[(position + 4)..<end]))))
            position = end + 4
        }
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var value = ~UInt32(0)
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
        }
        return ~value
    }

    /// FNV-1a, to compare large pictures with a number.
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

/// A repeatable stream of random numbers (xorshift64*).
struct Repeatable: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
