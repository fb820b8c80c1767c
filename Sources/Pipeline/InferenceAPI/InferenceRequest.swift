import Events
import Images

/// One inference request of the Open Inference Protocol v2: a batch of pictures, and what is wanted of the answer.
struct InferenceRequest {
    /// An output that was asked for.
    struct Output: Equatable {
        /// `probabilities` or `label`.
        var name = ""
        /// Whether as binary data behind the JSON; nil where it does not say.
        var isBinary: Bool?
        /// In place of the numbers so many best classes, as text.
        var classification: Int?
    }

    /// What the answer is to carry again.
    let id: String?
    /// Number of pictures, their height and width.
    let count: Int
    let height: Int
    let width: Int
    /// What is asked for; empty is all.
    let outputs: [Output]
    /// Whether outputs that do not say are to be binary.
    let prefersBinary: Bool
    /// R, G, B, row by row, picture by picture.
    private let pixels: ArraySlice<UInt8>

    /// Bytes of the pixels.
    var byteCount: Int { pixels.count }

    /// Reads a body.
    ///
    /// - Parameter headerLength: the value of `Inference-Header-Content-Length`: how much of the body is JSON, where
    ///   binary data follow.
    init(body: [UInt8], headerLength: String?, limits: APILimits) throws(APIError) {
        let length: Int
        if let headerLength {
            guard let number = Int(headerLength), 0...body.count ~= number else {
                throw .malformed(
                    "Inference-Header-Content-Length must be the JSON's bytes, 0 to the body's \(body.count)")
            }
            length = number
        } else {
            length = body.count
        }
        let parsed = body.withUnsafeBufferPointer { buffer in
            Result { () throws(EventError) in
                try InferenceRequestJSON(UnsafeBufferPointer(rebasing: buffer[..<length]), limits: limits)
            }
        }
        let json: InferenceRequestJSON
        do {
            json = try parsed.get()
        } catch {
            throw .malformed("the request's JSON: \(error.message)")
        }
        guard json.inputs.count == 1, let input = json.inputs.first else {
            throw .malformed("the model has one input, image; the request has \(json.inputs.count)")
        }
        (count, height, width) = try InferenceRequest.shape(of: input, limits: limits)
        pixels = try InferenceRequest.pixels(
            of: input, count: 3 * count * height * width, binary: body[length...])
        for output in json.outputs {
            guard ["probabilities", "label"].contains(output.name) else {
                throw .malformed("there is no such output: the model has probabilities and label")
            }
            if let wanted = output.classification, wanted < 1 {
                throw .malformed("the parameter classification must be 1 or more, not \(wanted)")
            }
        }
        id = json.id
        outputs = json.outputs
        prefersBinary = json.prefersBinary
    }

    /// The pictures.
    func images() -> [RGBImage] {
        let size = 3 * height * width
        return (0..<count).map { index in
            let start = pixels.startIndex + index * size
            return RGBImage(width: width, height: height, pixels: Array(pixels[start..<start + size]))
        }
    }

    // MARK: - The input

    private static func shape(
        of input: InferenceRequestJSON.Input, limits: APILimits
    ) throws(APIError) -> (count: Int, height: Int, width: Int) {
        guard input.name == "image" else {
            throw .malformed("there is no such input: the model has image")
        }
        guard input.datatype == "UINT8" else { throw .malformed("input image: datatype must be UINT8") }
        if input.usesSharedMemory { throw .malformed("input image: shared memory is not supported, send the data") }
        let shape = input.shape
        guard shape.count == 4, shape[3] == 3, shape.allSatisfy({ $0 > 0 }) else {
            throw .malformed("input image: shape must be [N, height, width, 3], each at least 1, not \(shape)")
        }
        guard shape[0] <= limits.maxImages, shape[1] <= limits.maxSide, shape[2] <= limits.maxSide,
            shape[0] * shape[1] * shape[2] <= limits.maxPixels
        else {
            throw APIError(
                413,
                "input image: shape \(shape) is too large: at most \(limits.maxImages) pictures, sides of "
                    + "\(limits.maxSide) and \(limits.maxPixels) pixels in all; send fewer or smaller ones")
        }
        return (shape[0], shape[1], shape[2])
    }

    private static func pixels(
        of input: InferenceRequestJSON.Input, count: Int, binary: ArraySlice<UInt8>
    ) throws(APIError) -> ArraySlice<UInt8> {
        let pixels: ArraySlice<UInt8>
        switch (input.data, input.binarySize) {
        case (let data?, nil):
            guard binary.isEmpty else {
                throw .malformed("\(binary.count) bytes follow the JSON, but no input has binary_data_size")
            }
            pixels = data[...]
        case (nil, let size?):
            guard size == binary.count else {
                throw .malformed(
                    "input image: binary_data_size is \(size), but \(binary.count) bytes follow the JSON")
            }
            pixels = binary
        case (nil, nil): throw .malformed("input image: neither data nor the parameter binary_data_size is there")
        case (_?, _?): throw .malformed("input image: both data and binary_data_size are there; send one")
        }
        guard pixels.count == count else {
            throw .malformed("input image: the shape means \(count) values, but there are \(pixels.count)")
        }
        return pixels
    }
}
