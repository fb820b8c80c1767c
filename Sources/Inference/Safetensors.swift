import FoundationEssentials

/// A reader of the safetensors format (https://huggingface.co/docs/safetensors): eight bytes of header length, a JSON
/// header, and the tensors' bytes without gaps or overlaps.
struct Safetensors {
    /// The tensors that the network may use, by name.
    let tensors: [WeightTensor]

    /// The header's `__metadata__`, empty where there is none.
    let metadata: [String: String]

    /// The format's own limit of the header, in bytes.
    private static let longestHeader = 100_000_000

    /// Bytes per element of every type that the format defines.
    private static let elementSizes: [String: Int] = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
        "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
    ]

    private static let readable = Dictionary(
        uniqueKeysWithValues: WeightTensor.ElementType.allCases.map { ($0.safetensorsName, $0) })

    /// - Throws: `.weightsFormat`, without the file's name: the caller knows it.
    init(_ file: UnsafeRawBufferPointer) throws(InferenceError) {
        guard file.count >= 8 else { throw Safetensors.failure("it has \(file.count) bytes, fewer than a header") }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length >= 2, length <= Safetensors.longestHeader, Int(length) <= file.count - 8 else {
            throw Safetensors.failure(
                "its header claims \(length) bytes, but \(file.count - 8) follow: the file is cut short or of another "
                    + "format")
        }
        let start = 8 + Int(length)
        let header = try Safetensors.header(UnsafeRawBufferPointer(rebasing: file[8..<start]))
        try Safetensors.checkCoverage(header.entries, of: file.count - start)
        metadata = header.metadata
        var found: [WeightTensor] = []
        for (name, entry) in header.entries where !WeightTensor.isIgnored(name) {
            guard let type = Safetensors.readable[entry.dtype] else {
                throw Safetensors.failure("tensor '\(name)' has the type \(entry.dtype); F32, F16 and BF16 can be read")
            }
            found.append(
                WeightTensor(name: name, type: type, shape: entry.shape, offset: start + entry.data_offsets[0]))
        }
        tensors = found.sorted { $0.name < $1.name }
    }

    // MARK: Header

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        // The format's spelling.
        let data_offsets: [Int]
    }

    private struct Header: Decodable {
        var metadata: [String: String] = [:]
        var entries: [String: Entry] = [:]

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { return nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys {
                if key.stringValue == "__metadata__" {
                    metadata = try container.decode([String: String].self, forKey: key)
                } else {
                    entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
                }
            }
        }
    }

    private static func header(_ bytes: UnsafeRawBufferPointer) throws(InferenceError) -> Header {
        guard bytes.first == UInt8(ascii: "{") else { throw failure("its header is no JSON object") }
        guard JSONText.hasSoundStrings(bytes) else { throw failure("its header's strings are damaged") }
        do {
            return try JSONDecoder().decode(Header.self, from: Data(bytes))
        } catch {
            throw failure("its header is no JSON object of tensors with dtype, shape and data_offsets")
        }
    }

    /// Every byte of the data must belong to exactly one tensor, and each tensor's bytes must match its shape.
    private static func checkCoverage(_ entries: [String: Entry], of size: Int) throws(InferenceError) {
        for (name, entry) in entries {
            guard let elementSize = elementSizes[entry.dtype] else {
                throw failure("tensor '\(name)' has the unknown type '\(entry.dtype)'")
            }
            guard entry.data_offsets.count == 2, 0 <= entry.data_offsets[0],
                entry.data_offsets[0] <= entry.data_offsets[1], entry.data_offsets[1] <= size
            else {
                throw failure(
                    "tensor '\(name)' lies outside the \(size) bytes of data: the file is cut short or damaged")
            }
            let (bytes, overflow) = (WeightTensor.elementCount(of: entry.shape) ?? -1)
                .multipliedReportingOverflow(by: elementSize)
            guard !overflow, bytes == entry.data_offsets[1] - entry.data_offsets[0] else {
                throw failure("tensor '\(name)' has a shape that does not match its bytes")
            }
        }
        var end = 0
        let inOrder = entries.sorted {
            ($0.value.data_offsets[0], $0.value.data_offsets[1]) < ($1.value.data_offsets[0], $1.value.data_offsets[1])
        }
        for (name, entry) in inOrder {
            guard entry.data_offsets[0] == end else {
                throw failure("tensor '\(name)' overlaps another one or leaves a gap before it")
            }
            end = entry.data_offsets[1]
        }
        guard end == size else {
            throw failure("\(size - end) bytes after the last tensor belong to none")
        }
    }

    private static func failure(_ what: String) -> InferenceError {
        InferenceError(.weightsFormat, what)
    }
}
