#pragma once

#include "Operator.h"
#include "Weights.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace iotpipe {

/// What is done to a convolution's result in the same pass.
enum class Fusion { none, relu, addThenRelu };

/// A convolution packed for one batch size: ready to be called from several threads.
class PackedConvolution {
public:
    PackedConvolution(const at::Tensor &weight, const at::Tensor &bias, int64_t padding, int64_t stride, Fusion fusion);

    at::Tensor operator()(const at::Tensor &input) const { return call(input); }

    /// For Fusion::addThenRelu: the sum is written over `residual`.
    at::Tensor operator()(const at::Tensor &input, const at::Tensor &residual) const { return call(input, residual); }

private:
    Operator call;
};

/// A convolution whose weights are kept in oneDNN's packed layouts. The best layout may differ between batch sizes, so
/// there is a variant for each layout that some batch size asked for: mostly one in all.
class Convolution {
public:
    /// `height` and `width` are the input's.
    Convolution(Layer layer, int64_t height, int64_t width, int64_t padding, int64_t stride, Fusion fusion);

    /// Packs for a batch size; to be called by one thread at a time, with the thread count that calls will have.
    std::shared_ptr<const PackedConvolution> packed(int64_t batch);

    int64_t outputHeight() const { return (input[2] + 2 * padding - kernel) / stride + 1; }
    int64_t outputWidth() const { return (input[3] + 2 * padding - kernel) / stride + 1; }

private:
    struct Variant {
        at::Tensor weight;
        std::shared_ptr<const PackedConvolution> convolution;
    };

    at::Tensor plain; // until the first variant exists
    at::Tensor bias;
    std::array<int64_t, 4> input; // [0] is the batch
    int64_t kernel, padding, stride;
    Fusion fusion;
    std::map<std::string, Variant> variants; // by oneDNN's description of the layout
};

} // namespace iotpipe
