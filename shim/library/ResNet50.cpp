#include "ResNet50.h"

#include "BlockCache.h"
#include "Failure.h"
#include "Pooling.h"
#include "Processor.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <array>
#include <cmath>

namespace iotpipe {

namespace {

constexpr int64_t border = 3; // of the first convolution

at::ScalarType scalarType(int32_t precision) {
    switch (precision) {
    case IOTPIPE_SHIM_PRECISION_BF16: return at::kBFloat16;
    case IOTPIPE_SHIM_PRECISION_INT8: return at::kByte;
    default: return at::kFloat;
    }
}

/// R, G and B, to be applied to [N, 3, height, width].
at::Tensor byChannel(const float (&values)[3]) { return at::tensor(at::ArrayRef<float>(values, 3)).view({1, 3, 1, 1}); }

/// The layer for pixels as they are, which are then neither divided by 255 nor shifted and divided by mean and deviation.
Layer forPixels(const Layer &layer, const iotpipe_shim_options &options) {
    const auto mean = byChannel(options.mean), deviation = byChannel(options.deviation);
    return {layer.weight / (deviation * 255), layer.bias - (layer.weight * (mean / deviation)).sum({1, 2, 3})};
}

/// How a byte holds values of 0 to `range`.
Quantization upTo(float range) { return {std::max(range, 1e-6f) / 255.0, 0}; }

/// How a byte holds values of -range to `range`.
Quantization around(float range) { return {std::max(range, 1e-6f) / 127.0, 128}; }

} // namespace

ResNet50::ResNet50(const iotpipe_shim_tensor *tensors, size_t count, const iotpipe_shim_options &options)
    : options(options), type(scalarType(options.precision)), preprocess(options) {
    const c10::InferenceMode guard;
    useThreads();
    Weights weights(tensors, count);
    int64_t height = options.input_height, width = options.input_width;
    // Appends a convolution over an input of the given size and moves that size on to its output.
    const auto add = [&](const std::string &name, const std::string &norm, int64_t outputs, int64_t inputs,
                         int64_t kernel, int64_t stride, Fusion fusion, const Quantization &input,
                         const Quantization &residual, int64_t &high, int64_t &wide) {
        const float range = isQuantized() ? options.ranges[convolutions.size()] : 0;
        Arithmetic arithmetic{type, input, fusion == Fusion::none ? around(range) : upTo(range), residual, 127};
        if (isQuantized()) arithmetic.weightLimit = largestWeight();
        auto layer = weights.convolution(name, norm, outputs, inputs, kernel);
        Convolution::Geometry geometry{high, wide, kernel / 2, stride};
        if (isQuantized() && convolutions.empty()) {
            layer = forPixels(layer, options);
            geometry = {high + 2 * border, wide + 2 * border, 0, stride};
        }
        convolutions.emplace_back(std::move(layer), geometry, fusion, arithmetic);
        high = convolutions.back().outputHeight();
        wide = convolutions.back().outputWidth();
        return arithmetic.output;
    };
    auto scale = add("conv1", "bn1", 64, 3, 7, 2, Fusion::relu, {}, {}, height, width);
    height = (height - 1) / 2 + 1; // the 3×3 maximum pooling with stride 2 and padding 1
    width = (width - 1) / 2 + 1;

    int64_t channels = 64;
    const std::array<int, 4> depths{3, 4, 6, 3};
    for (int stage = 0; stage < 4; ++stage) {
        const int64_t inner = 64 << stage, outer = inner * 4;
        for (int block = 0; block < depths[stage]; ++block) {
            const auto name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
            const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
            Bottleneck bottleneck{};
            auto residual = scale;
            if (block == 0) {
                int64_t downHeight = height, downWidth = width;
                bottleneck.downsample = convolutions.size();
                residual = add(name + "downsample.0", name + "downsample.1", outer, channels, 1, stride, Fusion::none,
                               scale, {}, downHeight, downWidth);
            }
            bottleneck.reduce = convolutions.size();
            scale = add(name + "conv1", name + "bn1", inner, channels, 1, 1, Fusion::relu, scale, {}, height, width);
            bottleneck.spatial = convolutions.size();
            scale = add(name + "conv2", name + "bn2", inner, inner, 3, stride, Fusion::relu, scale, {}, height, width);
            bottleneck.expand = convolutions.size();
            scale = add(name + "conv3", name + "bn3", outer, inner, 1, 1, Fusion::addThenRelu, scale, residual, height,
                        width);
            blocks.push_back(bottleneck);
            channels = outer;
        }
    }
    lastScale = scale.scale;
    const auto layer = weights.linear(channels);
    weights.finish();
    classCount = layer.weight.size(0);
    const Operator reorder("mkldnn::_reorder_linear_weight", "", {}, {"self"});
    linear.emplace("mkldnn::_linear_pointwise", "",
                   Operator::Arguments{{"W", reorder(layer.weight)},
                                       {"B", layer.bias},
                                       {"attr", "none"},
                                       {"scalars", c10::List<std::optional<at::Scalar>>()},
                                       {"algorithm", ""}},
                   std::vector<std::string>{"X"});
    plan(1);
    BlockCache::install().trim(); // what folding and packing left behind
}

void ResNet50::classify(const iotpipe_shim_image *images, int64_t count, float *probabilities) {
    const c10::InferenceMode guard;
    useThreads();
    const auto result = at::softmax(forward(prepared(images, count)), 1).contiguous();
    std::copy_n(result.data_ptr<float>(), result.numel(), probabilities);
}

void ResNet50::logits(const float *input, int64_t count, float *result) {
    const c10::InferenceMode guard;
    useThreads();
    auto values = at::from_blob(const_cast<float *>(input), {count, 3, options.input_height, options.input_width},
                                at::TensorOptions(at::kFloat))
                      .contiguous(at::MemoryFormat::ChannelsLast);
    if (isQuantized()) {
        auto pixels = bytesWithBorder(count);
        pixels.narrow(2, border, options.input_height)
            .narrow(3, border, options.input_width)
            .copy_(((values * byChannel(options.deviation) + byChannel(options.mean)) * 255).round().clamp(0, 255));
        values = pixels;
    }
    values = forward(values.to(type)).contiguous();
    std::copy_n(values.data_ptr<float>(), values.numel(), result);
}

void ResNet50::observe(const iotpipe_shim_image *images, int64_t count, const float *limits, float *maxima,
                       uint64_t *bins) {
    const c10::InferenceMode guard;
    useThreads();
    forward(prepared(images, count), [&](size_t index, const at::Tensor &result) {
        const auto sizes = result.abs();
        maxima[index] = std::max(maxima[index], sizes.max().item<float>());
        if (bins == nullptr || !(limits[index] > 0)) return;
        const auto counts = at::histc(sizes.contiguous().view(-1), IOTPIPE_SHIM_BINS, 0, limits[index]).contiguous();
        // Not const_data_ptr<float>(): from version 18 on clang gives libtorch 2.6's another name than g++ does.
        const auto *values = static_cast<const float *>(counts.const_data_ptr());
        for (int64_t bin = 0; bin < IOTPIPE_SHIM_BINS; ++bin) {
            bins[index * IOTPIPE_SHIM_BINS + bin] += uint64_t(values[bin]);
        }
    });
}

/// The pictures as the network's input.
at::Tensor ResNet50::prepared(const iotpipe_shim_image *images, int64_t count) const {
    const int64_t row = 3 * int64_t(options.input_width), height = options.input_height;
    if (isQuantized()) {
        const auto input = bytesWithBorder(count);
        const int64_t outerRow = row + 6 * border, picture = outerRow * (height + 2 * border);
        auto *values = input.data_ptr<uint8_t>() + border * outerRow + 3 * border;
        at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) preprocess.bytes(images[i], values + i * picture, outerRow);
        });
        return input;
    }
    const auto input = at::empty({count, 3, height, options.input_width},
                                 at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    auto *values = input.data_ptr<float>();
    at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) preprocess.normalised(images[i], values + i * row * height);
    });
    return input.to(type);
}

/// Room for pictures as bytes, in a border of the rounded mean.
at::Tensor ResNet50::bytesWithBorder(int64_t count) const {
    const int64_t height = options.input_height + 2 * border, width = options.input_width + 2 * border;
    const auto room = at::empty({count, 3, height, width},
                                at::TensorOptions(at::kByte).memory_format(at::MemoryFormat::ChannelsLast));
    std::array<uint8_t, 3> mean{};
    for (int c = 0; c < 3; ++c) mean[c] = uint8_t(std::lround(std::clamp(options.mean[c], 0.0f, 1.0f) * 255));
    auto *values = room.data_ptr<uint8_t>();
    at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
        const int64_t row = 3 * width;
        for (auto *to = values + begin * row * height; to != values + end * row * height; to += 3) {
            std::copy_n(mean.data(), 3, to);
        }
    });
    return room;
}

/// The convolutions packed for a batch size; made at its first call.
std::shared_ptr<const ResNet50::Plan> ResNet50::plan(int64_t batch) {
    const std::lock_guard lock(mutex);
    auto &found = plans[batch];
    if (!found) {
        auto made = std::make_shared<Plan>();
        for (auto &convolution : convolutions) made->push_back(convolution.packed(batch));
        found = made;
    }
    return found;
}

at::Tensor ResNet50::forward(const at::Tensor &input, const Observer &observe) {
    const auto shared = plan(input.size(0));
    const auto run = [&](size_t index, const at::Tensor &x) {
        auto result = (*(*shared)[index])(x);
        if (observe) observe(index, result);
        return result;
    };
    auto x = maximumPool(run(0, input));
    for (const auto &block : blocks) {
        const auto residual = block.downsample ? run(*block.downsample, x) : x;
        x = run(block.spatial, run(block.reduce, x));
        x = (*(*shared)[block.expand])(x, residual);
        if (observe) observe(block.expand, x);
    }
    if (x.is_quantized()) x = x.int_repr();
    auto means = at::mean(x, {2, 3}, false, at::kFloat);
    if (isQuantized()) means.mul_(lastScale);
    return (*linear)(means);
}

/// Makes calls of this thread compute on `options.threads` threads; OpenMP keeps that number for each thread apart.
void ResNet50::useThreads() const {
    // Reading it first completes libtorch's lazy start of this thread, which would undo what is set before.
    if (at::get_num_threads() != options.threads) at::set_num_threads(options.threads);
}

} // namespace iotpipe
