#include "Pooling.h"

#include "Arrangement.h"

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

/// One row of the result, from three rows of `width` × `channels` numbers and room for another.
///
/// Numbers that are not negative are in the order of their bits, so that integers serve for every format.
#define POOLED_ROW(Bits)                                                                                              \
    WIDEST void pooledRow(const Bits *above, const Bits *middle, const Bits *below, Bits *column, Bits *out,          \
                          int64_t width, int64_t channels) {                                                          \
        for (int64_t i = 0; i < width * channels; ++i) column[i] = std::max(std::max(above[i], middle[i]), below[i]); \
        for (int64_t x = 0; x < width; x += 2, out += channels) {                                                     \
            const Bits *centre = column + x * channels;                                                               \
            const Bits *left = x > 0 ? centre - channels : centre;                                                    \
            const Bits *right = x + 1 < width ? centre + channels : centre;                                           \
            for (int64_t c = 0; c < channels; ++c) out[c] = std::max(std::max(left[c], centre[c]), right[c]);         \
        }                                                                                                             \
    }
POOLED_ROW(uint8_t)
POOLED_ROW(int16_t)
POOLED_ROW(int32_t)
#undef POOLED_ROW

template <typename Bits> void pool(const at::Tensor &input, const at::Tensor &output) {
    const int64_t channels = input.size(1), height = input.size(2), width = input.size(3);
    const int64_t outHeight = output.size(2);
    const int64_t inputRow = width * channels, outputRow = output.size(3) * channels;
    const auto *from = static_cast<const Bits *>(input.const_data_ptr());
    auto *to = static_cast<Bits *>(output.data_ptr());
    at::parallel_for(0, input.size(0) * outHeight, 8, [&](int64_t begin, int64_t end) {
        std::vector<Bits> column(inputRow);
        for (int64_t i = begin; i < end; ++i) {
            const int64_t middle = i % outHeight * 2;
            const auto *row = from + (i / outHeight * height + middle) * inputRow;
            pooledRow(middle > 0 ? row - inputRow : row, row, middle + 1 < height ? row + inputRow : row,
                      column.data(), to + i * outputRow, width, channels);
        }
    });
}

} // namespace

at::Tensor maximumPool(const at::Tensor &input) {
    const auto plain = input.contiguous(at::MemoryFormat::ChannelsLast);
    const auto output = like(plain, plain.size(0), (plain.size(2) - 1) / 2 + 1, (plain.size(3) - 1) / 2 + 1);
    switch (plain.element_size()) {
    case 1: pool<uint8_t>(plain, output); break;
    case 2: pool<int16_t>(plain, output); break;
    default: pool<int32_t>(plain, output); break;
    }
    return output;
}

} // namespace iotpipe
