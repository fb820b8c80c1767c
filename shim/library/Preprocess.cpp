#include "Preprocess.h"

#include <algorithm>
#include <cmath>

namespace iotpipe {

Resampling::Resampling(int inputs, int outputs) : first(outputs) {
    const double scale = double(inputs) / outputs;
    const double reach = std::max(scale, 1.0);
    taps = std::min(inputs, int(std::ceil(reach)) * 2 + 1);
    weights.assign(size_t(outputs) * taps, 0.0f);
    for (int i = 0; i < outputs; ++i) {
        const double centre = (i + 0.5) * scale;
        const int low = std::max(int(centre - reach + 0.5), 0);
        const int high = std::min(int(centre + reach + 0.5), inputs);
        first[i] = std::min(low, inputs - taps); // the taps before `low` keep weight 0
        double sum = 0;
        const auto weight = [&](int x) { return std::max(0.0, 1.0 - std::abs((x + 0.5 - centre) / reach)); };
        for (int x = low; x < high; ++x) sum += weight(x);
        for (int x = low; x < high; ++x) weights[size_t(i) * taps + (x - first[i])] = float(weight(x) / sum);
    }
}

Preprocess::Preprocess(const iotpipe_shim_options &options)
    : height(options.input_height), width(options.input_width) {
    for (int x = 0; x < 3 * width; ++x) {
        factors.push_back(1.0f / (255.0f * options.deviation[x % 3]));
        offsets.push_back(-options.mean[x % 3] / options.deviation[x % 3]);
    }
}

void Preprocess::normalised(const iotpipe_shim_image &image, float *output) const {
    const size_t row = size_t(width) * 3;
    const auto normalise = [&](const auto *from, int y) {
        float *to = output + y * row;
        for (size_t x = 0; x < row; ++x) to[x] = from[x] * factors[x] + offsets[x];
    };
    if (image.width == width && image.height == height) {
        for (int y = 0; y < height; ++y) normalise(image.pixels + y * row, y);
    } else {
        resampled(image, normalise);
    }
}

void Preprocess::bytes(const iotpipe_shim_image &image, uint8_t *output, size_t stride) const {
    const size_t row = size_t(width) * 3;
    if (image.width == width && image.height == height) {
        for (int y = 0; y < height; ++y) std::copy_n(image.pixels + y * row, row, output + y * stride);
        return;
    }
    resampled(image, [&](const float *from, int y) {
        uint8_t *to = output + y * stride;
        // A weighted mean of bytes never leaves their range.
        for (size_t x = 0; x < row; ++x) to[x] = uint8_t(int(from[x] + 0.5f));
    });
}

/// Calls `row` with each row of the resized picture, values 0...255, and its number.
template <typename Row> void Preprocess::resampled(const iotpipe_shim_image &image, Row row) const {
    const size_t inputRow = size_t(image.width) * 3, outputRow = size_t(width) * 3;
    // Columns first: only the input's rows are resampled, and those are mostly fewer.
    const Resampling across(image.width, width), down(image.height, height);
    std::vector<float> narrowed(size_t(image.height) * outputRow), sum(outputRow);
    for (int y = 0; y < image.height; ++y) {
        const uint8_t *from = image.pixels + y * inputRow;
        float *to = narrowed.data() + y * outputRow;
        for (int x = 0; x < width; ++x, to += 3) {
            const uint8_t *source = from + size_t(across.first[x]) * 3;
            const float *weight = across.weights.data() + size_t(x) * across.taps;
            float red = 0, green = 0, blue = 0;
            for (int tap = 0; tap < across.taps; ++tap, source += 3) {
                red += weight[tap] * source[0];
                green += weight[tap] * source[1];
                blue += weight[tap] * source[2];
            }
            to[0] = red;
            to[1] = green;
            to[2] = blue;
        }
    }
    for (int y = 0; y < height; ++y) {
        std::fill(sum.begin(), sum.end(), 0.0f);
        for (int tap = 0; tap < down.taps; ++tap) {
            const float weight = down.weights[size_t(y) * down.taps + tap];
            if (weight == 0) continue;
            const float *from = narrowed.data() + size_t(down.first[y] + tap) * outputRow;
            for (size_t x = 0; x < outputRow; ++x) sum[x] += weight * from[x];
        }
        row(sum.data(), y);
    }
}

} // namespace iotpipe
