import Testing

@testable import Events

@Suite struct JSONReaderValuesTests {
    private func read<Value>(
        _ text: String, _ body: (inout JSONReader) throws(EventError) -> Value
    ) throws(EventError) -> Value {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(EventError) in
                var reader = JSONReader(buffer)
                let value = try body(&reader)
                try reader.end()
                return value
            }
        }.get()
    }

    private func bytes(_ text: String, limit: Int = 100) throws(EventError) -> [UInt8] {
        try read(text) { reader throws(EventError) in try reader.bytes("data", limit: limit) }
    }

    @Test(
        arguments: [
            ("[]", []), ("[0]", [0]), ("[1,2,255]", [1, 2, 255]), (" [ 1 ,\n2 ] ", [1, 2]),
            ("[[1,2],[3]]", [1, 2, 3]), ("[[[[9]]],[],[7]]", [9, 7]),
        ] as [(String, [UInt8])])
    func bytesAreReadFlatOrNested(text: String, expected: [UInt8]) throws {
        #expect(try bytes(text) == expected)
    }

    @Test(arguments: [
        "[", "[1", "[1,]", "[,1]", "[1 2]", "[1][2]", "]", "[1]]", "[[1]", "[[1],]", "[1,,2]", "[01]", "[-1]", "[256]",
        "[1000]", "[1.0]", "[1e1]", "[\"1\"]", "[true]", "[null]", "[{}]", "1", "{}", "",
        String(repeating: "[", count: 17) + String(repeating: "]", count: 17),
    ])
    func whatIsNoArrayOfBytesIsRefused(text: String) {
        #expect(throws: EventError.self) { try bytes(text) }
    }

    @Test func moreThanTheLimitAreRefused() throws {
        #expect(try bytes("[1,2,3]", limit: 3) == [1, 2, 3])
        #expect(throws: EventError(code: .invalidValue, message: "field data: more than 3 numbers")) {
            try bytes("[1,2,3,4]", limit: 3)
        }
    }

    @Test func aFaultNamesItsPlace() {
        #expect(
            throws: EventError(
                code: .invalidValue, message: "field data: expected an integer from 0 to 255 at byte 3 of 7")
        ) { try bytes("[1,300]") }
    }

    @Test func bytesStandAmongOtherFields() throws {
        let sum = try read("{\"a\":[1,2],\"b\":true,\"c\":false}") { reader throws(EventError) in
            var sum = 0
            try reader.beginObject(nil)
            while let name = try reader.nextName() {
                switch name {
                case "a": sum += try reader.bytes("a", limit: 2).count
                case "b": sum += try reader.boolean("b") ? 10 : 0
                default: sum += try reader.boolean("c") ? 100 : 0
                }
            }
            return sum
        }
        #expect(sum == 12)
    }

    @Test(arguments: ["1", "\"true\"", "tru", "null"]) func whatIsNoBooleanIsRefused(text: String) {
        #expect(throws: EventError.self) { try read(text) { reader throws(EventError) in try reader.boolean("x") } }
    }
}
