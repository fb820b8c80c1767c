#pragma once

#include "iotpipe_shim.h"

#include <vector>

namespace iotpipe {

/// How one axis of a picture is resampled: for each output position the first input position and its weights.
///
/// Bilinear with half-pixel centres: the triangle filter around (i + 0.5) × scale, widened by `scale` when shrinking
/// (antialias), cut at the border and normalised, as torchvision's resize does.
class Resampling {
public:
    Resampling(int inputs, int outputs);

    int taps = 0;               ///< weights for each output position
    std::vector<int> first;     ///< first input position for each output position; first + taps never passes the end
    std::vector<float> weights; ///< outputs × taps
};

/// Turns pictures into the network's input: resized, and either normalised or as bytes.
class Preprocess {
public:
    explicit Preprocess(const iotpipe_shim_options &options);

    /// Writes height × width × 3 numbers, channels last, at `output`: divided by 255, mean subtracted, divided by the
    /// deviation.
    void normalised(const iotpipe_shim_image &image, float *output) const;

    /// Writes the pixels as they are, rounded, in rows that begin `stride` bytes apart.
    void bytes(const iotpipe_shim_image &image, uint8_t *output, size_t stride) const;

private:
    template <typename Row> void resampled(const iotpipe_shim_image &image, Row row) const;

    int height, width;
    std::vector<float> factors, offsets; // of pixel values 0...255, along a row
};

} // namespace iotpipe
