extension RGBImage {
    /// The picture at another size, as torchvision's `resize(…, antialias=True)` makes it: bilinear with half-pixel
    /// centres (PyTorch's `align_corners=False`), the triangle widened to the scale where a side shrinks, so that every
    /// source pixel counts. Sums are in Float; the only rounding, half to even, is at the end.
    ///
    /// - Precondition: both sides are positive.
    public func resized(width newWidth: Int, height newHeight: Int) -> RGBImage {
        precondition(newWidth > 0 && newHeight > 0, "an image has at least one pixel")
        if newWidth == width && newHeight == height { return self }
        let columns = Taps(from: width, to: newWidth)
        let rows = Taps(from: height, to: newHeight)
        let stride = 3 * newWidth

        // Across first: `wide` has the old rows at the new width.
        let wide = [Float](unsafeUninitializedCapacity: stride * height) { output, count in
            pixels.withUnsafeBufferPointer { input in
                for y in 0..<height {
                    columns.stretch(input.baseAddress! + 3 * width * y, into: output.baseAddress! + stride * y)
                }
            }
            count = stride * height
        }

        // Then down: each new row is a weighted sum of old rows.
        let resized = [UInt8](unsafeUninitializedCapacity: stride * newHeight) { output, count in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: stride) { sums in
                wide.withUnsafeBufferPointer { input in
                    for y in 0..<newHeight {
                        sums.initialize(repeating: 0)
                        for tap in 0..<rows.counts[y] {
                            let weight = rows.weights[y * rows.capacity + tap]
                            let row = input.baseAddress! + (rows.starts[y] + tap) * stride
                            for x in 0..<stride { sums[x] += weight * row[x] }
                        }
                        let row = output.baseAddress! + y * stride
                        for x in 0..<stride { row[x] = rounded(sums[x]) }
                    }
                }
            }
            count = stride * newHeight
        }
        return RGBImage(width: newWidth, height: newHeight, pixels: resized)
    }

    /// The nearest integer of a value from 0 to 255 (as sums of bytes are whose weights sum to one), half to even.
    ///
    /// Beside 1.5 · 2²³ a Float has no room for a fraction, so adding rounds, and the integer is in the lowest bits.
    /// `rounded()` is a call into the C library on the oldest x86-64, which is what the compiler builds for: five times
    /// slower on the whole.
    private func rounded(_ value: Float) -> UInt8 {
        UInt8(truncatingIfNeeded: (value + 12_582_912).bitPattern)
    }
}

/// For each pixel of a new row (or column): which old ones it is made of, and how much of each.
private struct Taps {
    /// How many weights are kept per new pixel; `counts` says how many of them are used.
    let capacity: Int
    var starts: [Int]
    var counts: [Int]
    var weights: [Float]

    init(from old: Int, to new: Int) {
        let scale = Double(old) / Double(new)
        // Half the triangle's base in old pixels: never narrower than one pixel to each side.
        let support = max(scale, 1)
        capacity = min(old, Int(support.rounded(.up)) * 2 + 1)
        starts = Array(repeating: 0, count: new)
        counts = Array(repeating: 0, count: new)
        weights = Array(repeating: 0, count: new * capacity)
        for index in 0..<new {
            let center = (Double(index) + 0.5) * scale
            let start = max(0, Int(center - support + 0.5))
            let end = min(old, Int(center + support + 0.5))
            let raw = (start..<end).map { max(0, 1 - abs(Double($0) + 0.5 - center) / support) }
            // Over the edge there is nothing: what remains is made to sum to one.
            let total = raw.reduce(0, +)
            starts[index] = start
            counts[index] = raw.count
            for (tap, weight) in raw.enumerated() { weights[index * capacity + tap] = Float(weight / total) }
        }
    }

    /// One row of R, G, B at the new width.
    func stretch(_ input: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<Float>) {
        for x in 0..<starts.count {
            var (red, green, blue) = (Float(0), Float(0), Float(0))
            var pixel = input + 3 * starts[x]
            for tap in 0..<counts[x] {
                let weight = weights[x * capacity + tap]
                red += weight * Float(pixel[0])
                green += weight * Float(pixel[1])
                blue += weight * Float(pixel[2])
                pixel += 3
            }
            output[3 * x] = red
            output[3 * x + 1] = green
            output[3 * x + 2] = blue
        }
    }
}
