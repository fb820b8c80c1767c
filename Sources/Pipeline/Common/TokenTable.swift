/// Values by tokens that grow: like a dictionary, without a hash for each call.
///
/// The latest tokens lie in a ring, one place each; what an old token still holds when the ring has come round, and what is
/// far ahead of the others, is in a dictionary. So memory follows the number of values, not how far apart they are.
struct TokenTable<Value> {
    private static var least: Int { 256 }
    /// How far ahead a token may be to move the ring on.
    private static var farthest: UInt64 { 1 << 20 }

    /// The place of a token is its lowest bits; there are a power of two of them.
    private var ring: [Value?]
    /// The ring holds the tokens from here on.
    private var base: UInt64 = 0
    private var inRing = 0
    private var others: [UInt64: Value] = [:]

    /// An empty table.
    init() {
        ring = Array(repeating: nil, count: TokenTable.least)
    }

    /// How many values there are.
    var count: Int { inRing + others.count }

    /// Whether there is none.
    var isEmpty: Bool { count == 0 }

    /// The value of a token.
    subscript(token: UInt64) -> Value? { isInRing(token) ? ring[place(token)] : others[token] }

    /// Changes the value of a token in its place.
    ///
    /// - Returns: nil where it has none.
    @discardableResult
    mutating func update<Result>(_ token: UInt64, _ body: (inout Value) -> Result) -> Result? {
        if isInRing(token) { return ring[place(token)].mutate(body) }
        return others[token].mutate(body)
    }

    /// Gives a token its value.
    mutating func insert(_ token: UInt64, _ value: Value) {
        if token >= base, token - base >= UInt64(ring.count), token - base < UInt64(ring.count) + TokenTable.farthest {
            makeRoom(for: token)
        }
        if isInRing(token) {
            if ring[place(token)] == nil { inRing += 1 }
            ring[place(token)] = value
        } else {
            others[token] = value
        }
    }

    /// Takes a token's value out.
    @discardableResult
    mutating func remove(_ token: UInt64) -> Value? {
        guard isInRing(token) else { return others.isEmpty ? nil : others.removeValue(forKey: token) }
        guard let value = ring[place(token)].take() else { return nil }
        inRing -= 1
        return value
    }

    /// All values, in the order of their tokens.
    var sorted: [(token: UInt64, value: Value)] {
        var all = others.map { (token: $0.key, value: $0.value) }
        if inRing > 0 {
            for token in base..<base + UInt64(ring.count) {
                if let value = ring[place(token)] { all.append((token, value)) }
            }
        }
        return all.sorted { $0.token < $1.token }
    }

    private func isInRing(_ token: UInt64) -> Bool { token >= base && token - base < UInt64(ring.count) }

    private func place(_ token: UInt64) -> Int { Int(token & UInt64(ring.count - 1)) }

    /// Moves the ring on, or makes it larger where it is half full.
    private mutating func makeRoom(for token: UInt64) {
        while !isInRing(token) {
            if inRing == 0 {
                base = token
            } else if inRing > ring.count / 2 {
                var larger = [Value?](repeating: nil, count: 2 * ring.count)
                for old in base..<base + UInt64(ring.count) {
                    larger[Int(old & UInt64(larger.count - 1))] = ring[place(old)]
                }
                ring = larger
            } else {
                if let value = ring[place(base)].take() {
                    others[base] = value
                    inRing -= 1
                }
                base += 1
            }
        }
    }
}

extension Optional {
    /// Changes the value where there is one.
    fileprivate mutating func mutate<Result>(_ body: (inout Wrapped) -> Result) -> Result? {
        guard self != nil else { return nil }
        return body(&self!)
    }
}
