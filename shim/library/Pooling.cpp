#include "Pooling.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#if defined(__x86_64__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define WIDEST __attribute__((target_clones("avx512bw", "avx2", "default")))
#endif
#endif
#ifndef WIDEST
#define WIDEST
#endif

namespace iotpipe {

namespace {

// Numbers that are not negative are in the order of their bits, so that integers serve for every format.
WIDEST void larger(const uint8_t *a, const uint8_t *b, uint8_t *out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] = std::max(a[i], b[i]);
}
WIDEST void larger(const int16_t *a, const int16_t *b, int16_t *out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] = std::max(a[i], b[i]);
}
WIDEST void larger(const int32_t *a, const int32_t *b, int32_t *out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] = std::max(a[i], b[i]);
}

template <typename Bits> void pool(const at::Tensor &input, const at::Tensor &output) {
    const int64_t channels = input.size(1), height = input.size(2), width = input.size(3);
    const int64_t outHeight = output.size(2), outWidth = output.size(3);
    const int64_t inputRow = width * channels, outputRow = outWidth * channels;
    const auto *from = static_cast<const Bits *>(input.const_data_ptr());
    auto *to = static_cast<Bits *>(output.data_ptr());
    at::parallel_for(0, input.size(0) * outHeight, 8, [&](int64_t begin, int64_t end) {
        std::vector<Bits> column(inputRow); // the maximum of three rows
        for (int64_t i = begin; i < end; ++i) {
            const int64_t middle = i % outHeight * 2;
            const auto *row = from + (i / outHeight * height + middle) * inputRow;
            larger(row, middle > 0 ? row - inputRow : row, column.data(), inputRow);
            if (middle + 1 < height) larger(column.data(), row + inputRow, column.data(), inputRow);
            auto *out = to + i * outputRow;
            for (int64_t x = 0; x < outWidth; ++x, out += channels) {
                const auto *centre = column.data() + 2 * x * channels;
                larger(centre, x > 0 ? centre - channels : centre, out, channels);
                if (2 * x + 1 < width) larger(out, centre + channels, out, channels);
            }
        }
    });
}

} // namespace

at::Tensor maximumPool(const at::Tensor &input) {
    const auto plain = input.contiguous(at::MemoryFormat::ChannelsLast);
    const auto output = at::empty(
        {plain.size(0), plain.size(1), (plain.size(2) - 1) / 2 + 1, (plain.size(3) - 1) / 2 + 1},
        plain.options().memory_format(at::MemoryFormat::ChannelsLast));
    switch (plain.element_size()) {
    case 1: pool<uint8_t>(plain, output); break;
    case 2: pool<int16_t>(plain, output); break;
    default: pool<int32_t>(plain, output); break;
    }
    return output;
}

} // namespace iotpipe
