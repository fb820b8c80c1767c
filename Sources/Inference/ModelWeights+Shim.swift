import CShim

extension ModelWeights {
    /// Calls `body` with the tensors as the shim reads them, valid within it alone.
    func withShimTensors<Result>(_ body: (UnsafeBufferPointer<iotpipe_shim_tensor>) -> Result) -> Result {
        // All names and shapes in one block each, so that they have one address for as long as `body` runs.
        var names: [CChar] = []
        var nameStarts: [Int] = []
        var shapes: [Int64] = []
        var shapeStarts: [Int] = []
        for tensor in tensors {
            nameStarts.append(names.count)
            names.append(contentsOf: tensor.name.utf8CString)
            shapeStarts.append(shapes.count)
            shapes.append(contentsOf: tensor.shape.map(Int64.init))
        }
        return storage.withBytes { bytes in
            names.withUnsafeBufferPointer { names in
                shapes.withUnsafeBufferPointer { shapes in
                    let described = tensors.indices.map { index in
                        iotpipe_shim_tensor(
                            name: names.baseAddress! + nameStarts[index], type: tensors[index].type.shimType,
                            rank: Int32(tensors[index].shape.count), shape: shapes.baseAddress! + shapeStarts[index],
                            data: bytes.baseAddress! + tensors[index].offset)
                    }
                    return described.withUnsafeBufferPointer(body)
                }
            }
        }
    }
}
