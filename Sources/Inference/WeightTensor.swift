import CShim

/// A named tensor inside a `WeightStorage`: dense, row-major, little-endian.
struct WeightTensor: Sendable, Equatable {
    /// Element types that the network reads.
    enum ElementType: Sendable, CaseIterable {
        case float32, float16, bfloat16

        /// Bytes per element.
        var size: Int { self == .float32 ? 4 : 2 }

        /// Its name in the safetensors format.
        var safetensorsName: String {
            switch self {
            case .float32: return "F32"
            case .float16: return "F16"
            case .bfloat16: return "BF16"
            }
        }

        /// The number that the shim knows it by.
        var shimType: Int32 {
            switch self {
            case .float32: return Int32(IOTPIPE_SHIM_F32)
            case .float16: return Int32(IOTPIPE_SHIM_F16)
            case .bfloat16: return Int32(IOTPIPE_SHIM_BF16)
            }
        }
    }

    /// Tensors that training needs and inference does not: they are counters of whole numbers.
    static func isIgnored(_ name: String) -> Bool { name.hasSuffix(".num_batches_tracked") }

    let name: String
    let type: ElementType
    let shape: [Int]
    /// Bytes from the start of the storage.
    let offset: Int

    /// Bytes of all its elements.
    var byteCount: Int { shape.reduce(type.size, *) }

    /// The number of elements of a shape, or nil where a side is negative or the product overflows.
    static func elementCount(of shape: [Int]) -> Int? {
        var count = 1
        for side in shape {
            guard side >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: side)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }
}
