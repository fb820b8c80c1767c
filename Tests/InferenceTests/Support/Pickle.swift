/// Assembles pickles of protocol 2 for the tests.
struct Pickle {
    private(set) var bytes: [UInt8] = [0x80, 2]

    mutating func add(_ opcode: Character) { bytes.append(opcode.asciiValue!) }

    mutating func add(raw: [UInt8]) { bytes += raw }

    mutating func add(text: String) {
        add("X")
        bytes += withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
    }

    mutating func add(_ number: Int32) {
        add("J")
        bytes += withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    mutating func add(global module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }

    mutating func add(tuple numbers: [Int32]) {
        add("(")
        for number in numbers { add(number) }
        add("t")
    }

    /// A tensor as `torch.save` describes it.
    mutating func add(
        tensor key: String, type: String = "FloatStorage", count: Int32, offset: Int32 = 0, shape: [Int32],
        strides: [Int32]
    ) {
        add(global: "torch._utils", "_rebuild_tensor_v2")
        add("(")
        add("(")
        add(text: "storage")
        add(global: "torch", type)
        add(text: key)
        add(text: "cpu")
        add(count)
        add("t")
        add("Q")
        add(offset)
        add(tuple: shape)
        add(tuple: strides)
        add(raw: [0x89])
        add(global: "collections", "OrderedDict")
        add(")")
        add("R")
        add("t")
        add("R")
    }

    /// A dictionary of one entry, whose value `value` adds.
    static func dictionary(_ key: String, _ value: (inout Pickle) -> Void) -> [UInt8] {
        var pickle = Pickle()
        pickle.add("}")
        pickle.add(text: key)
        value(&pickle)
        pickle.add("s")
        pickle.add(".")
        return pickle.bytes
    }
}
