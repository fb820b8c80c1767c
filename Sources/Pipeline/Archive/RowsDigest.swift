/// How many rows, and the sum of their digests: equal for equal rows in whatever order.
struct RowsDigest: Equatable, Sendable {
    var rows = 0
    var sum: UInt64 = 0

    /// The sum as 16 hexadecimal digits.
    var checksum: String {
        let text = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    init(rows: Int = 0, sum: UInt64 = 0) {
        self.rows = rows
        self.sum = sum
    }

    /// - Parameter checksum: 16 hexadecimal digits; anything else gives nil.
    init?(rows: Int, checksum: String) {
        guard checksum.utf8.count == 16, checksum.allSatisfy(\.isHexDigit), let sum = UInt64(checksum, radix: 16) else {
            return nil
        }
        self.init(rows: rows, sum: sum)
    }
}
