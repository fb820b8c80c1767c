import Events

/// One output's values.
enum OutputTensor {
    case numbers([[Float]], shape: [Int])
    case texts([String], shape: [Int])

    /// The protocol's name of the type.
    var datatype: String {
        switch self {
        case .numbers: "FP32"
        case .texts: "BYTES"
        }
    }

    /// The sizes.
    var shape: [Int] {
        switch self {
        case .numbers(_, let shape), .texts(_, let shape): shape
        }
    }

    /// The values, separated by commas.
    func writeJSON(to writer: inout JSONWriter) {
        var isFirst = true
        func separate() {
            if !isFirst { writer.raw(",") }
            isFirst = false
        }
        switch self {
        case .numbers(let rows, _):
            for number in rows.joined() {
                separate()
                writer.raw(number.description)
            }
        case .texts(let texts, _):
            for text in texts {
                separate()
                writer.string(text)
            }
        }
    }

    /// The values' bytes: numbers in little-endian order, texts behind their length in four bytes.
    func writeBinary(to bytes: inout [UInt8]) {
        switch self {
        case .numbers(let rows, _):
            for number in rows.joined() {
                withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
            }
        case .texts(let texts, _):
            for text in texts {
                withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
                bytes += text.utf8
            }
        }
    }
}
