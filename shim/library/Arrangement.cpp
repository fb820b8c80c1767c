#include "Arrangement.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <array>
#include <cstring>

namespace iotpipe {

namespace {

constexpr int64_t fewPositions = 64; // of a picture, up to which a batch is laid out as one

/// The same memory with other sizes, channels last.
at::Tensor seenAs(const at::Tensor &tensor, int64_t pictures, int64_t height, int64_t width) {
    const int64_t channels = tensor.size(1);
    return tensor.as_strided({pictures, channels, height, width},
                             {height * width * channels, 1, width * channels, channels});
}

} // namespace

at::Tensor like(const at::Tensor &tensor, int64_t pictures, int64_t height, int64_t width) {
    const std::array<int64_t, 4> sizes{pictures, tensor.size(1), height, width};
    const auto format = at::MemoryFormat::ChannelsLast;
    return tensor.is_quantized()
               ? at::_empty_affine_quantized(sizes, tensor.options(), tensor.q_scale(), tensor.q_zero_point(), format)
               : at::empty(sizes, tensor.options(), format);
}

Arrangement::Arrangement(int64_t batch, int64_t height, int64_t width, int64_t kernel, int64_t stride,
                         int64_t padding)
    : form(Form::plain), batch(batch), height(height), width(width), stride(stride),
      period((width + stride) / stride * stride) {
    if (batch == 1 || height * width > fewPositions * stride * stride) return;
    if (kernel == 1 && height % stride == 0) form = Form::tall;
    if (kernel == 3 && padding == 1) form = Form::wide;
}

at::Tensor Arrangement::arranged(const at::Tensor &input) const {
    if (form == Form::plain) return input;
    if (form == Form::tall) return seenAs(input, 1, batch * height, width);
    const auto output = like(input, 1, height, batch * period);
    const int64_t pixel = input.size(1) * input.element_size(), row = width * pixel, step = period * pixel;
    const auto *from = static_cast<const char *>(input.const_data_ptr());
    auto *to = static_cast<char *>(output.data_ptr());
    at::parallel_for(0, height * batch, 16, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            std::memcpy(to + i * step, from + (i % batch * height + i / batch) * row, row);
            std::memset(to + i * step + row, 0, step - row);
        }
    });
    return output;
}

at::Tensor Arrangement::restored(const at::Tensor &output) const {
    if (form == Form::plain) return output;
    const int64_t outHeight = (height - 1) / stride + 1, outWidth = (width - 1) / stride + 1;
    if (form == Form::tall) return seenAs(output, batch, outHeight, outWidth);
    const auto compact = like(output, batch, outHeight, outWidth);
    const int64_t pixel = output.size(1) * output.element_size();
    const int64_t row = outWidth * pixel, step = period / stride * pixel;
    const auto *from = static_cast<const char *>(output.const_data_ptr());
    auto *to = static_cast<char *>(compact.data_ptr());
    at::parallel_for(0, outHeight * batch, 16, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            std::memcpy(to + i * row, from + (i % outHeight * batch + i / outHeight) * step, row);
        }
    });
    return compact;
}

} // namespace iotpipe
