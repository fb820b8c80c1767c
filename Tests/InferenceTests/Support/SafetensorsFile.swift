import Foundation

@testable import Inference

/// Writes safetensors files for the tests.
enum SafetensorsFile {
    /// A float32 tensor; its bytes are cut or filled with zeros to fit the shape.
    typealias Tensor = (name: String, shape: [Int], bytes: [UInt8])

    /// A file of the given header text (padded to 8 bytes with spaces, as the format's own writer does) and data.
    static func bytes(header: String, data: [UInt8]) -> [UInt8] {
        var header = Array(header.utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
    }

    /// A whole resnet50 of random float32 weights and 10 classes.
    ///
    /// - Parameters:
    ///   - extra: a tensor more, of zeros.
    ///   - change: is given the name and shape of each tensor; nil leaves it out.
    static func resNet50(
        metadata: [String: String] = [:], extra: (name: String, shape: [Int])? = nil,
        change: (String, [Int]) -> [Int]? = { $1 }
    ) throws -> [UInt8] {
        let tensors = random.compactMap { name, shape, bytes in change(name, shape).map { (name, $0, bytes) } }
        return try file(metadata, tensors + (extra.map { [($0.name, $0.shape, [])] } ?? []))
    }

    /// A file that holds the last layer alone, in zeros: enough for everything before the network is built.
    static func lastLayer(classes: Int, metadata: [String: String] = [:]) throws -> [UInt8] {
        try file(metadata, [("fc.weight", [classes, 2048], [])])
    }

    private static let random = RandomWeights.tensors(classes: 10, seed: 1)

    /// A file of these tensors.
    static func file(_ metadata: [String: String], _ tensors: [Tensor]) throws -> [UInt8] {
        var header: [String: Any] = metadata.isEmpty ? [:] : ["__metadata__": metadata]
        var data: [UInt8] = []
        for (name, shape, bytes) in tensors {
            let start = data.count
            let end = start + 4 * shape.reduce(1, *)
            data.append(contentsOf: bytes.prefix(end - start))
            data.append(contentsOf: [UInt8](repeating: 0, count: end - data.count))
            header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [start, end]]
        }
        let text = String(decoding: try JSONSerialization.data(withJSONObject: header), as: UTF8.self)
        return Self.bytes(header: text, data: data)
    }

    /// The float32 tensor of that name in a file, with its shape.
    static func tensor(_ name: String, in file: URL) throws -> (values: [Float], shape: [Int]) {
        let bytes = [UInt8](try Data(contentsOf: file))
        return try bytes.withUnsafeBytes { bytes in
            let tensor = try Safetensors(bytes).tensors.first { $0.name == name }!
            let values = (0..<tensor.shape.reduce(1, *)).map {
                bytes.loadUnaligned(fromByteOffset: tensor.offset + 4 * $0, as: Float.self)
            }
            return (values, tensor.shape)
        }
    }
}
