@testable import Inference

/// Damages sound files at random, the same way in each run.
enum Damage {
    static func apply(to sound: [UInt8], rounds: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        var generator = Generator(state: 42)
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

    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            // Knuth's MMIX generator; its high bits are the good ones.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 32 | state << 32
        }
    }
}
