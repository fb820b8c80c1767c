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
    for (int c = 0; c < 3; ++c) {
        factor[c] = 1.0f / (255.0f * options.deviation[c]);
        offset[c] = -options.mean[c] / options.deviation[c];
    }
}

void Preprocess::operator()(const iotpipe_shim_image &image, float *output) const {
    const size_t inputRow = size_t(image.width) * 3, outputRow = size_t(width) * 3;
    // Factor and offset repeated along a row, so that the loops below run over plain arrays.
    std::vector<float> factors(outputRow), offsets(outputRow);
    for (size_t x = 0; x < outputRow; ++x) {
        factors[x] = factor[x % 3];
        offsets[x] = offset[x % 3];
    }
    if (image.width == width && image.height == height) {
        for (int y = 0; y < height; ++y) {
            const uint8_t *from = image.pixels + y * inputRow;
            float *to = output + y * outputRow;
            for (size_t x = 0; x < outputRow; ++x) to[x] = from[x] * factors[x] + offsets[x];
        }
        return;
    }
    // Columns first: only the input's rows are resampled, and those are mostly fewer.
    const Resampling across(image.width, width), down(image.height, height);
    std::vector<float> narrowed(size_t(image.height) * outputRow);
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
        float *to = output + y * outputRow;
        std::fill_n(to, outputRow, 0.0f);
        for (int tap = 0; tap < down.taps; ++tap) {
            const float weight = down.weights[size_t(y) * down.taps + tap];
            if (weight == 0) continue;
            const float *from = narrowed.data() + size_t(down.first[y] + tap) * outputRow;
            for (size_t x = 0; x < outputRow; ++x) to[x] += weight * from[x];
        }
        for (size_t x = 0; x < outputRow; ++x) to[x] = to[x] * factors[x] + offsets[x];
    }
}

} // namespace iotpipe
