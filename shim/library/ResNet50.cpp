#include "ResNet50.h"

#include "BlockCache.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <array>
#include <cmath>

namespace iotpipe {

ResNet50::ResNet50(const iotpipe_shim_tensor *tensors, size_t count, const iotpipe_shim_options &options)
    : options(options), preprocess(options) {
    const c10::InferenceMode guard;
    useThreads();
    Weights weights(tensors, count);
    int64_t height = options.input_height, width = options.input_width;
    // Appends a convolution over an input of the given size and moves that size on to its output.
    const auto add = [&](const std::string &name, const std::string &norm, int64_t outputs, int64_t inputs,
                         int64_t kernel, int64_t stride, Fusion fusion, int64_t &high, int64_t &wide) {
        convolutions.emplace_back(weights.convolution(name, norm, outputs, inputs, kernel), high, wide, kernel / 2,
                                  stride, fusion);
        high = convolutions.back().outputHeight();
        wide = convolutions.back().outputWidth();
        return convolutions.size() - 1;
    };
    add("conv1", "bn1", 64, 3, 7, 2, Fusion::relu, height, width);
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
            int64_t downHeight = height, downWidth = width;
            if (block == 0) {
                bottleneck.downsample = add(name + "downsample.0", name + "downsample.1", outer, channels, 1, stride,
                                            Fusion::none, downHeight, downWidth);
            }
            bottleneck.reduce =
                add(name + "conv1", name + "bn1", inner, channels, 1, 1, Fusion::relu, height, width);
            bottleneck.spatial =
                add(name + "conv2", name + "bn2", inner, inner, 3, stride, Fusion::relu, height, width);
            bottleneck.expand =
                add(name + "conv3", name + "bn3", outer, inner, 1, 1, Fusion::addThenRelu, height, width);
            blocks.push_back(bottleneck);
            channels = outer;
        }
    }
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
    const auto input = at::empty({count, 3, options.input_height, options.input_width},
                                 at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    auto *values = input.data_ptr<float>();
    const int64_t stride = 3 * int64_t(options.input_height) * options.input_width;
    at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) preprocess(images[i], values + i * stride);
    });
    const auto result = at::softmax(forward(input), 1).contiguous();
    std::copy_n(result.data_ptr<float>(), result.numel(), probabilities);
}

void ResNet50::logits(const float *input, int64_t count, float *result) {
    const c10::InferenceMode guard;
    useThreads();
    const auto plain = at::from_blob(const_cast<float *>(input), {count, 3, options.input_height, options.input_width},
                                     at::TensorOptions(at::kFloat));
    const auto values = forward(plain.contiguous(at::MemoryFormat::ChannelsLast)).contiguous();
    std::copy_n(values.data_ptr<float>(), values.numel(), result);
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

at::Tensor ResNet50::forward(const at::Tensor &input) {
    const auto shared = plan(input.size(0));
    const auto &at = *shared;
    auto x = at::max_pool2d((*at[0])(input), {3, 3}, {2, 2}, {1, 1});
    for (const auto &block : blocks) {
        const auto residual = block.downsample ? (*at[*block.downsample])(x) : x;
        x = (*at[block.spatial])((*at[block.reduce])(x));
        x = (*at[block.expand])(x, residual);
    }
    return (*linear)(at::mean(x, {2, 3}));
}

/// Makes calls of this thread compute on `options.threads` threads; OpenMP keeps that number for each thread apart.
void ResNet50::useThreads() const {
    // Reading it first completes libtorch's lazy start of this thread, which would undo what is set before.
    if (at::get_num_threads() != options.threads) at::set_num_threads(options.threads);
}

} // namespace iotpipe
