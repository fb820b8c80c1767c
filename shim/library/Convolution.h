#pragma once

#include "Arrangement.h"
#include "Operator.h"
#include "Weights.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace iotpipe {

/// What is done to a convolution's result in the same pass.
enum class Fusion { none, relu, addThenRelu };

/// What an 8-bit unsigned number of a tensor stands for: (number - zero) × scale.
struct Quantization {
    double scale = 1;
    int64_t zero = 0;
};

/// The number format of a convolution's input, weights and result. The quantizations matter for 8-bit integers alone.
struct Arithmetic {
    at::ScalarType type = at::kFloat; ///< kFloat, kBFloat16, or kByte: input and result unsigned, weights signed
    Quantization input, output, residual;
    int weightLimit = 127;               ///< the largest 8-bit weight to use
    at::ScalarType result = at::kByte; ///< of a convolution of 8-bit integers; kFloat is for tests
};

/// A convolution packed for one batch size: ready to be called from several threads.
///
/// 8-bit integers may come back as a quantized tensor, which the next one takes as it is.
class PackedConvolution {
public:
    /// With `quantization` for an operator that takes quantized tensors only: what plain bytes stand for.
    PackedConvolution(Operator call, const Arrangement &arrangement, std::optional<Quantization> quantization)
        : call(std::move(call)), arrangement(arrangement), quantization(quantization) {}

    at::Tensor operator()(const at::Tensor &input) const {
        return arrangement.restored(called([&] { return call(taken(input)); }));
    }

    /// For Fusion::addThenRelu, whose kernel has one pixel: the sum is written over `residual`.
    at::Tensor operator()(const at::Tensor &input, const at::Tensor &residual) const {
        return arrangement.restored(called([&] { return call(taken(input), arrangement.arranged(residual)); }));
    }

private:
    at::Tensor taken(const at::Tensor &input) const;

    /// The first call ends before any other begins: in it `quantized::conv2d` lays its weights out anew, while another
    /// call would read their sizes unguarded.
    template <typename Call> at::Tensor called(const Call &call) const {
        at::Tensor result;
        std::call_once(prepared, [&] { result = call(); });
        return result.defined() ? result : call();
    }

    mutable std::once_flag prepared;

    Operator call;
    Arrangement arrangement;
    std::optional<Quantization> quantization;
};

/// A convolution whose weights are kept in oneDNN's packed layouts. The best layout may differ between batch sizes, so
/// there is a variant for each layout that some batch size asked for: mostly one in all.
///
/// The fused operators have oneDNN look its primitive up in every call, which takes as long as a short call computes.
/// `quantized::conv2d` keeps the primitive of its first call, so 8-bit integers go there where this libtorch has it
/// (2.15 calls it deprecated), with packed weights for each batch size.
class Convolution {
public:
    /// Where a convolution reads.
    struct Geometry {
        int64_t height, width; ///< of the input
        int64_t padding, stride;
    };

    Convolution(Layer layer, const Geometry &geometry, Fusion fusion, const Arithmetic &arithmetic);

    /// Packs for a batch size; to be called by one thread at a time, with the thread count that calls will have.
    std::shared_ptr<const PackedConvolution> packed(int64_t batch);

    int64_t outputHeight() const { return (height + 2 * padding - kernel) / stride + 1; }
    int64_t outputWidth() const { return (width + 2 * padding - kernel) / stride + 1; }

private:
    struct Variant {
        at::Tensor weight;
        Operator call;
    };

    at::Tensor pack(const Arrangement &arrangement) const;
    Operator makeOperator(const at::Tensor &packed) const;
    Operator makeKeptOperator() const;
    bool keepsPrimitive() const;
    Operator::Arguments window() const;
    bool isQuantized() const { return arithmetic.type == at::kByte; }

    at::Tensor plain; // for floating point only until the first variant exists
    at::Tensor bias;
    at::Tensor weightScales; // of each output channel, for 8-bit integers
    int64_t channels, height, width; // of the input
    int64_t kernel, padding, stride;
    Fusion fusion;
    Arithmetic arithmetic;
    std::map<std::string, Variant> variants; // by oneDNN's description of the layout
};

} // namespace iotpipe
