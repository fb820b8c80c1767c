import CShim
import Images

extension Model {
    /// Runs pictures through a model of f32 and notes how large the convolutions' results become.
    ///
    /// - Parameters:
    ///   - limits: up to where `bins` count, one number for each convolution.
    ///   - maxima: raised to the largest absolute values, one for each convolution.
    ///   - bins: raised by how many values lie in each of the equal parts of 0 to the limit; empty counts nothing.
    /// - Throws: `.invalidArgument`, `.internalFailure` or `.outOfMemory`.
    func observe(
        _ images: [RGBImage], limits: [Float] = [], maxima: inout [Float], bins: inout [UInt64]
    ) throws(InferenceError) {
        let outcome = try Model.withViews(of: images) { views in
            ShimOutcome { error, size in
                bins.withUnsafeMutableBufferPointer { bins in
                    shim.table.pointee.observe(
                        handle, views, views.count, limits, &maxima, bins.isEmpty ? nil : bins.baseAddress, error, size)
                }
            }
        }
        try outcome.check()
    }

    func observe(_ images: [RGBImage], maxima: inout [Float]) throws(InferenceError) {
        var none: [UInt64] = []
        try observe(images, maxima: &maxima, bins: &none)
    }
}
