/// Steele, Lea and Flood's SplitMix64 (2014): one addition and a few shifts per number.
struct SplitMix64 {
    var state: UInt64

    /// The next number in -1 ..< 1, from the top 24 bits.
    mutating func next() -> Float {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return (Float(mixed >> 40) - 8_388_608) * (1 / 8_388_608)
    }
}
