import FoundationEssentials

/// Writes weights as a safetensors file, with what is known of them in its metadata.
public enum SafetensorsWriter {
    /// The bytes of a file: the tensors as they are, in the order of their names.
    ///
    /// - Parameter notes: further entries of the metadata, beside and instead of the weights' own.
    public static func bytes(of weights: ModelWeights, notes: [String: String] = [:]) throws(InferenceError) -> [UInt8]
    {
        let tensors = weights.tensors.sorted { $0.name < $1.name }
        var entries: [String: Entry] = [:]
        var end = 0
        for tensor in tensors {
            entries[tensor.name] = Entry(
                dtype: tensor.type.safetensorsName, shape: tensor.shape, data_offsets: [end, end + tensor.byteCount])
            end += tensor.byteCount
        }
        let metadata = weights.notes.merging(notes) { $1 }.merging(try self.metadata(of: weights)) { $1 }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let header = try? encoder.encode(Header(metadata: metadata, entries: entries)) else {
            throw InferenceError(.internalFailure, "the header of the weights file cannot be written")
        }
        // Padded with spaces, so that the data is aligned.
        let length = (header.count + 7) / 8 * 8
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + length + end)
        withUnsafeBytes(of: UInt64(length).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: header)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: length - header.count))
        weights.storage.withBytes { storage in
            for tensor in tensors {
                bytes.append(contentsOf: storage[tensor.offset..<tensor.offset + tensor.byteCount])
            }
        }
        return bytes
    }

    private static func metadata(of weights: ModelWeights) throws(InferenceError) -> [String: String] {
        var metadata = [
            "architecture": ModelWeights.name,
            "labels": try list(weights.labels),
            "mean": try list(weights.normalization.mean),
            "std": try list(weights.normalization.deviation),
        ]
        if weights.inputSize.height == weights.inputSize.width {
            metadata["input_size"] = String(weights.inputSize.height)
        }
        if let ranges = weights.activationRanges { metadata["activation_ranges"] = try list(ranges.values) }
        return metadata
    }

    private static func list(_ values: some Encodable) throws(InferenceError) -> String {
        guard let data = try? JSONEncoder().encode(values) else {
            throw InferenceError(.internalFailure, "the metadata of the weights file cannot be written")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Entry: Encodable {
        let dtype: String
        let shape: [Int]
        // The format's spelling.
        let data_offsets: [Int]
    }

    private struct Header: Encodable {
        let metadata: [String: String]
        let entries: [String: Entry]

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(_ name: String) { stringValue = name }
            init?(stringValue: String) { self.init(stringValue) }
            init?(intValue: Int) { return nil }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(metadata, forKey: Key("__metadata__"))
            for (name, entry) in entries { try container.encode(entry, forKey: Key(name)) }
        }
    }
}
