import CShim

/// The status of a call of the shim and the sentence that it left.
struct ShimOutcome {
    private var status = Int32(IOTPIPE_SHIM_OK)
    private var message = ""

    init() {}

    /// Runs `body` with a buffer for the sentence.
    init(_ body: (UnsafeMutablePointer<CChar>?, Int) -> Int32) {
        (status, message) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            buffer[0] = 0
            let status = body(buffer.baseAddress, buffer.count)
            return (status, String(cString: buffer.baseAddress!))
        }
    }

    var isSuccess: Bool { status == Int32(IOTPIPE_SHIM_OK) }

    /// - Throws: the error that the status stands for.
    func check() throws(InferenceError) {
        if isSuccess { return }
        let code: InferenceError.Code
        switch Int(status) {
        case IOTPIPE_SHIM_INVALID_ARGUMENT: code = .invalidArgument
        case IOTPIPE_SHIM_TENSOR_MISSING, IOTPIPE_SHIM_TENSOR_UNKNOWN: code = .weightsMissingTensor
        case IOTPIPE_SHIM_TENSOR_SHAPE: code = .weightsShape
        case IOTPIPE_SHIM_TENSOR_VALUE: code = .weightsFormat
        case IOTPIPE_SHIM_UNSUPPORTED: code = .device
        case IOTPIPE_SHIM_OUT_OF_MEMORY:
            throw InferenceError(
                .outOfMemory, "the model ran out of memory; use a smaller batch or input size, or free memory")
        default: code = .internalFailure
        }
        throw InferenceError(code, message)
    }
}
