/// A pickle interpreter that knows only what a PyTorch state dictionary needs, and can therefore run nothing: it builds
/// dictionaries, tuples, text, numbers, and descriptions of tensors, and refuses every other object by its name.
///
/// Opcodes as in Python's `pickletools`; PyTorch writes protocol 2.
struct PickleMachine {
    /// A tensor as the pickle describes it; nothing of it is checked against the data yet.
    struct Tensor {
        let storageType: String
        let storageKey: String
        /// Elements in the storage.
        let storageCount: Int
        /// In elements.
        let offset: Int
        let shape: [Int]
        let strides: [Int]
    }

    /// What a dictionary holds: tensors by name, and the names of entries that are none.
    final class Dictionary {
        var tensors: [String: Tensor] = [:]
        var others: [String] = []
    }

    private enum Value {
        case none
        case boolean
        case integer(Int)
        case text(String)
        case tuple([Value], depth: Int)
        case dictionary(Dictionary)
        case global(Global)
        case storage(type: String, key: String, count: Int)
        case tensor(Tensor)
    }

    /// The objects that may be named. Raw values as Python writes them: module and name.
    private enum Global: String {
        case orderedDictionary = "collections.OrderedDict"
        case rebuildTensor = "torch._utils._rebuild_tensor_v2"
        case rebuildParameter = "torch._utils._rebuild_parameter"
        case floatStorage = "torch.FloatStorage"
        case halfStorage = "torch.HalfStorage"
        case bfloat16Storage = "torch.BFloat16Storage"
        case longStorage = "torch.LongStorage"

        var isStorage: Bool {
            switch self {
            case .floatStorage, .halfStorage, .bfloat16Storage, .longStorage: return true
            case .orderedDictionary, .rebuildTensor, .rebuildParameter: return false
            }
        }
    }

    /// No state dictionary nests tuples deeper than 3; the limit keeps a hostile file from exhausting our stack.
    private static let deepestTuple = 8

    private var reader: ByteReader
    private var stack: [Value] = []
    private var marks: [Int] = []
    private var memo: [UInt32: Value] = [:]

    private init(_ bytes: UnsafeRawBufferPointer) {
        reader = ByteReader(bytes)
    }

    /// Runs a pickle whose result must be a dictionary.
    ///
    /// - Throws: `.weightsFormat`.
    static func run(_ bytes: UnsafeRawBufferPointer) throws(InferenceError) -> Dictionary {
        var machine = PickleMachine(bytes)
        while let opcode = machine.reader.next(UInt8.self) {
            if opcode == UInt8(ascii: ".") {
                guard case .dictionary(let result) = try machine.pop(), machine.stack.isEmpty else {
                    throw failure("its pickle does not hold a dictionary of tensors (a state_dict)")
                }
                return result
            }
            try machine.execute(opcode)
        }
        throw failure("its pickle is cut short")
    }

    // MARK: Opcodes

    private mutating func execute(_ opcode: UInt8) throws(InferenceError) {
        switch opcode {
        case 0x80:
            let version = try need(reader.next(UInt8.self))
            guard 2...5 ~= version else {
                throw Self.failure("its pickle has the protocol \(version); 2 to 5 can be read")
            }
        case 0x95: _ = try need(reader.next(UInt64.self))  // FRAME: a hint for readers of streams
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88, 0x89: stack.append(.boolean)
        case UInt8(ascii: "K"): stack.append(.integer(Int(try need(reader.next(UInt8.self)))))
        case UInt8(ascii: "M"): stack.append(.integer(Int(try need(reader.next(UInt16.self)))))
        case UInt8(ascii: "J"): stack.append(.integer(Int(try need(reader.next(Int32.self)))))
        case 0x8a: stack.append(.integer(try long()))
        case UInt8(ascii: "X"):
            let length = Int(try need(reader.next(UInt32.self)))
            stack.append(.text(try need(reader.text(length))))
        case 0x8c:
            let length = Int(try need(reader.next(UInt8.self)))
            stack.append(.text(try need(reader.text(length))))
        case UInt8(ascii: ")"): stack.append(.tuple([], depth: 1))
        case UInt8(ascii: "t"): try pushTuple(popToMark())
        case 0x85: try pushTuple(pop(1))
        case 0x86: try pushTuple(pop(2))
        case 0x87: try pushTuple(pop(3))
        case UInt8(ascii: "}"): stack.append(.dictionary(Dictionary()))
        case UInt8(ascii: "s"): try setItems(pop(2))
        case UInt8(ascii: "u"): try setItems(popToMark())
        case UInt8(ascii: "q"): try memorize(UInt32(try need(reader.next(UInt8.self))))
        case UInt8(ascii: "r"): try memorize(try need(reader.next(UInt32.self)))
        case 0x94: try memorize(UInt32(memo.count))
        case UInt8(ascii: "h"): try recall(UInt32(try need(reader.next(UInt8.self))))
        case UInt8(ascii: "j"): try recall(try need(reader.next(UInt32.self)))
        case UInt8(ascii: "c"): try pushGlobal(module: need(reader.line()), name: need(reader.line()))
        case 0x93:
            let names = try pop(2)
            guard case .text(let module) = names[0], case .text(let name) = names[1] else { throw Self.damaged }
            try pushGlobal(module: module, name: name)
        case UInt8(ascii: "Q"): try pushStorage()
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"):
            // The state of an OrderedDict is PyTorch's `_metadata`: versions of its own classes.
            _ = try pop()
            guard case .dictionary? = stack.last else { throw Self.failure("its pickle sets the state of an object") }
        default:
            throw Self.failure(
                "its pickle holds more than a state_dict of tensors (opcode 0x\(String(opcode, radix: 16))); save "
                    + "model.state_dict() alone")
        }
    }

    private mutating func long() throws(InferenceError) -> Int {
        let length = Int(try need(reader.next(UInt8.self)))
        guard length <= 8 else { throw Self.failure("its pickle holds a number beyond 64 bits") }
        var value: UInt64 = 0
        var last: UInt8 = 0
        for index in 0..<length {
            last = try need(reader.next(UInt8.self))
            value |= UInt64(last) << UInt64(8 * index)
        }
        // Two's complement of as many bytes as are needed.
        if length > 0, length < 8, last >= 0x80 { value |= UInt64.max << UInt64(8 * length) }
        return Int(truncatingIfNeeded: value)
    }

    private mutating func pushTuple(_ elements: [Value]) throws(InferenceError) {
        var depth = 1
        for case .tuple(_, let inner) in elements { depth = max(depth, inner + 1) }
        guard depth <= Self.deepestTuple else { throw Self.failure("its pickle nests tuples too deeply") }
        stack.append(.tuple(elements, depth: depth))
    }

    private mutating func setItems(_ items: [Value]) throws(InferenceError) {
        guard items.count.isMultiple(of: 2), case .dictionary(let dictionary)? = stack.last else { throw Self.damaged }
        for index in stride(from: 0, to: items.count, by: 2) {
            guard case .text(let key) = items[index] else {
                throw Self.failure("its pickle holds a dictionary whose keys are not text")
            }
            if case .tensor(let tensor) = items[index + 1] {
                guard dictionary.tensors.updateValue(tensor, forKey: key) == nil else {
                    throw Self.failure("its pickle holds the tensor '\(key)' twice")
                }
            } else {
                dictionary.others.append(key)
            }
        }
    }

    private mutating func pushGlobal(module: String, name: String) throws(InferenceError) {
        guard let global = Global(rawValue: "\(module).\(name)") else {
            throw Self.failure(
                "its pickle names \(module).\(name), which is refused: a state_dict of tensors needs no such object")
        }
        stack.append(.global(global))
    }

    /// The persistent identifier of a storage: ('storage', class, key, location, element count).
    private mutating func pushStorage() throws(InferenceError) {
        guard case .tuple(let parts, _) = try pop(), parts.count == 5, case .text("storage") = parts[0],
            case .global(let type) = parts[1], type.isStorage, case .text(let key) = parts[2],
            case .text = parts[3], case .integer(let count) = parts[4]
        else { throw Self.failure("its pickle refers to something outside it that is no storage") }
        stack.append(.storage(type: type.rawValue, key: key, count: count))
    }

    private mutating func reduce() throws(InferenceError) {
        let parts = try pop(2)
        guard case .global(let callable) = parts[0], case .tuple(let arguments, _) = parts[1] else {
            throw Self.damaged
        }
        switch callable {
        case .orderedDictionary where arguments.isEmpty:
            stack.append(.dictionary(Dictionary()))
        case .rebuildTensor:
            // (storage, offset, size, stride, requires_grad, backward_hooks[, metadata])
            guard arguments.count >= 4, case .storage(let type, let key, let count) = arguments[0],
                case .integer(let offset) = arguments[1]
            else { throw Self.damaged }
            stack.append(
                .tensor(
                    Tensor(
                        storageType: type, storageKey: key, storageCount: count, offset: offset,
                        shape: try Self.integers(arguments[2]), strides: try Self.integers(arguments[3]))))
        case .rebuildParameter:
            // (data, requires_grad, backward_hooks)
            guard case .tensor(let tensor)? = arguments.first else { throw Self.damaged }
            stack.append(.tensor(tensor))
        default:
            throw Self.failure("its pickle calls \(callable.rawValue), which is refused")
        }
    }

    private static func integers(_ value: Value) throws(InferenceError) -> [Int] {
        guard case .tuple(let parts, _) = value else { throw damaged }
        var result: [Int] = []
        for part in parts {
            guard case .integer(let number) = part else { throw damaged }
            result.append(number)
        }
        return result
    }

    // MARK: Stack and memo

    private mutating func pop() throws(InferenceError) -> Value {
        guard stack.count > (marks.last ?? 0) else { throw Self.damaged }
        return stack.removeLast()
    }

    private mutating func pop(_ count: Int) throws(InferenceError) -> [Value] {
        guard stack.count - (marks.last ?? 0) >= count else { throw Self.damaged }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws(InferenceError) -> [Value] {
        guard let mark = marks.popLast() else { throw Self.damaged }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func memorize(_ index: UInt32) throws(InferenceError) {
        guard let top = stack.last else { throw Self.damaged }
        memo[index] = top
    }

    private mutating func recall(_ index: UInt32) throws(InferenceError) {
        stack.append(try need(memo[index]))
    }

    private func need<Wrapped>(_ value: Wrapped?) throws(InferenceError) -> Wrapped {
        guard let value else { throw Self.damaged }
        return value
    }

    private static var damaged: InferenceError { failure("its pickle is damaged or cut short") }

    private static func failure(_ what: String) -> InferenceError {
        InferenceError(.weightsFormat, what)
    }
}
