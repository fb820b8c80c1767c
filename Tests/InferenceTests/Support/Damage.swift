import Images

/// Damages sound files at random, the same way in each run.
enum Damage {
    static func apply(to sound: [UInt8], rounds: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        var generator = SplitMix64(seed: 42)
        for _ in 0..<rounds {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[place] = .random(in: 0...255, using: &generator)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: bytes[place] = [0, 0xff, 0x7f, 0x80].randomElement(using: &generator)!
                case 3: bytes.removeSubrange(place..<min(bytes.count, place + 8))
                default: bytes.removeLast(bytes.count - place)
                }
            }
            bytes.withUnsafeBytes(body)
        }
    }
}
