/// What went wrong with the model: a kind for the program, and a sentence for the reader that says what, where, and
/// what to do.
public struct InferenceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable {
        /// The dynamic library `libiotpipeshim.so` or the libtorch under it cannot be opened, or is of another version.
        case shimMissing
        /// The weights file cannot be read.
        case weightsUnreadable
        /// The weights lack a tensor of torchvision's resnet50, or hold one that it does not have.
        case weightsMissingTensor
        /// A tensor has another shape than resnet50's.
        case weightsShape
        /// The file is neither a sound safetensors file nor a sound PyTorch checkpoint, or its metadata disagree.
        case weightsFormat
        /// The device is not one that this build can use.
        case device
        /// The precision is not one that this build can use.
        case precision
        /// An option or an argument is outside its range.
        case invalidArgument
        /// libtorch or the shim failed.
        case internalFailure
        /// Memory ran out.
        case outOfMemory
    }

    /// The kind.
    public let code: Code

    /// The sentence.
    public let message: String

    /// Makes an error of the given kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence again.
    public var description: String { message }
}
