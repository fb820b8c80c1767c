import Events

/// The JSON of an inference request, as it stands there: nothing is checked against the model yet.
struct InferenceRequestJSON {
    /// An input tensor.
    struct Input {
        var name: String?
        var datatype: String?
        var shape: [Int] = []
        var data: [UInt8]?
        var binarySize: Int?
        var usesSharedMemory = false
    }

    private(set) var id: String?
    private(set) var inputs: [Input] = []
    private(set) var outputs: [InferenceRequest.Output] = []
    private(set) var prefersBinary = false

    /// Reads the text; fields and parameters that are not known are passed over.
    init(_ text: UnsafeBufferPointer<UInt8>, limits: APILimits) throws(EventError) {
        var reader = JSONReader(text)
        try reader.beginObject(nil)
        while let name = try reader.nextName() {
            switch name {
            case "id": id = try reader.string("id")
            case "inputs":
                try reader.beginArray("inputs")
                while try reader.nextElement() {
                    let input = try InferenceRequestJSON.input(from: &reader, limits)
                    // The first two tell already that there is not one.
                    if inputs.count < 2 { inputs.append(input) }
                }
            case "outputs":
                try reader.beginArray("outputs")
                while try reader.nextElement() {
                    guard outputs.count < 16 else {
                        throw EventError(code: .invalidValue, message: "field outputs: more than 16")
                    }
                    outputs.append(try InferenceRequestJSON.output(from: &reader))
                }
            case "parameters":
                try reader.beginObject("parameters")
                while let parameter = try reader.nextName() {
                    switch parameter {
                    case "binary_data_output": prefersBinary = try reader.boolean("parameters.binary_data_output")
                    default: try reader.skipValue()
                    }
                }
            default: try reader.skipValue()
            }
        }
        try reader.end()
    }

    private static func input(from reader: inout JSONReader, _ limits: APILimits) throws(EventError) -> Input {
        var input = Input()
        try reader.beginObject("inputs")
        while let name = try reader.nextName() {
            switch name {
            case "name": input.name = try reader.string("inputs.name")
            case "datatype": input.datatype = try reader.string("inputs.datatype")
            case "shape":
                try reader.beginArray("inputs.shape")
                while try reader.nextElement() {
                    // More than four are wrong, however many there are.
                    let size = try reader.integer("inputs.shape")
                    if input.shape.count < 5 { input.shape.append(size) }
                }
            case "data": input.data = try reader.bytes("inputs.data", limit: 3 * limits.maxPixels)
            case "parameters":
                try reader.beginObject("inputs.parameters")
                while let parameter = try reader.nextName() {
                    switch parameter {
                    case "binary_data_size":
                        input.binarySize = try reader.integer("inputs.parameters.binary_data_size")
                    case "shared_memory_region":
                        input.usesSharedMemory = true
                        try reader.skipValue()
                    default: try reader.skipValue()
                    }
                }
            default: try reader.skipValue()
            }
        }
        return input
    }

    private static func output(from reader: inout JSONReader) throws(EventError) -> InferenceRequest.Output {
        var output = InferenceRequest.Output()
        try reader.beginObject("outputs")
        while let name = try reader.nextName() {
            switch name {
            case "name": output.name = try reader.string("outputs.name")
            case "parameters":
                try reader.beginObject("outputs.parameters")
                while let parameter = try reader.nextName() {
                    switch parameter {
                    case "binary_data": output.isBinary = try reader.boolean("outputs.parameters.binary_data")
                    case "classification":
                        output.classification = try reader.integer("outputs.parameters.classification")
                    default: try reader.skipValue()
                    }
                }
            default: try reader.skipValue()
            }
        }
        return output
    }
}
