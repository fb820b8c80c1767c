/// Numbers with a unit, such as `1.5GiB` or `1m30s`, counted exactly in the smallest unit.
enum Quantity {
    /// Why a text is not a quantity.
    enum Failure: Error, Equatable {
        case malformed
        case missingUnit
        case unknownUnit(String)
        /// Not a whole count of the smallest unit.
        case notWhole
        /// Beyond 2^63 - 1 of the smallest unit.
        case tooLarge
    }

    /// Reads a quantity.
    /// - Parameters:
    ///   - text: digits, perhaps a decimal point and more digits, and a unit; several in a row where `isCompound`.
    ///   - units: how many of the smallest unit each unit is, by its lower-case name; "" for a number without a unit.
    ///   - isCompound: whether `1m30s` is read.
    static func parse(_ text: String, units: [String: Int64], isCompound: Bool) throws(Failure) -> Int64 {
        var rest = text[...]
        var total: Int128 = 0
        repeat {
            let whole = takeDigits(&rest)
            if whole.isEmpty { throw .malformed }
            var fraction: Substring = ""
            if rest.first == "." {
                rest.removeFirst()
                fraction = takeDigits(&rest)
                if fraction.isEmpty { throw .malformed }
            }
            let unit = rest.prefix { !isDigit($0) }
            rest.removeFirst(unit.count)
            total += try count(whole: whole, fraction: fraction, unit: unit, units: units)
            if total > Int64.max { throw .tooLarge }
        } while isCompound && !rest.isEmpty
        if !rest.isEmpty { throw .malformed }
        return Int64(total)
    }

    private static func count(
        whole: Substring, fraction: Substring, unit: Substring, units: [String: Int64]
    ) throws(Failure) -> Int128 {
        guard let size = units[unit.lowercased()] else {
            throw unit.isEmpty ? .missingUnit : .unknownUnit(String(unit))
        }
        guard let number = Int64(whole) else { throw .tooLarge }
        var parts: Int128 = 0
        var scale: Int128 = 1
        for digit in fraction.utf8 {
            if scale > 1_000_000_000_000_000_000 { throw .notWhole }
            parts = parts * 10 + Int128(digit - 0x30)
            scale *= 10
        }
        let (quotient, remainder) = (parts * Int128(size)).quotientAndRemainder(dividingBy: scale)
        if remainder != 0 { throw .notWhole }
        return Int128(number) * Int128(size) + quotient
    }

    private static func takeDigits(_ rest: inout Substring) -> Substring {
        let digits = rest.prefix(while: isDigit)
        rest.removeFirst(digits.count)
        return digits
    }

    private static func isDigit(_ character: Character) -> Bool {
        character.isASCII && character.isNumber
    }

    /// Writes a count in the largest of the units that divides it.
    /// - Parameter units: from the largest to the smallest, which must be 1.
    static func text(_ count: Int64, units: [(String, Int64)]) -> String {
        for (name, size) in units where count % size == 0 && (count != 0 || size == 1) {
            return "\(count / size)\(name)"
        }
        return "\(count)"
    }
}
