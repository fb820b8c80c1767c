#include "Processor.h"

#include "Convolution.h"
#include "iotpipe_shim.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cstdlib>
#include <string_view>

namespace iotpipe {

namespace {

/// Whether ONEDNN_MAX_CPU_ISA leaves instructions for bfloat16 in use.
bool mayUseBFloat16() {
    const char *limit = std::getenv("ONEDNN_MAX_CPU_ISA");
    if (limit == nullptr) return true;
    const std::string_view name(limit);
    for (const auto *narrow : {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"}) {
        if (name == narrow) return false;
    }
    return true;
}

bool hasBFloat16() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") && mayUseBFloat16();
#else
    return false;
#endif
}

/// Whether one convolution gives the right sums, with these weights of whole numbers of which one is the limit.
bool addsExactly(const at::Tensor &input, const at::Tensor &weight, int limit) {
    const int64_t kernel = weight.size(2), padding = kernel / 2;
    Arithmetic arithmetic;
    arithmetic.type = at::kByte;
    arithmetic.weightLimit = limit;
    arithmetic.result = at::kFloat;
    const auto bias = at::zeros({weight.size(0)});
    Convolution convolution({weight, bias}, {input.size(2), input.size(3), padding, 1}, Fusion::none, arithmetic);
    const auto found = (*convolution.packed(1))(input);
    const auto right = at::conv2d(input.to(at::kDouble), weight.to(at::kDouble), {}, 1, padding);
    return at::allclose(found.to(at::kDouble), right, 1e-6, 0.5);
}

} // namespace

bool isNative(int32_t precision) {
    switch (precision) {
    case IOTPIPE_SHIM_PRECISION_F32: return true;
    case IOTPIPE_SHIM_PRECISION_BF16: return hasBFloat16();
    case IOTPIPE_SHIM_PRECISION_INT8: return largestWeight() == 127;
    default: return false;
    }
}

bool addsExactly(int weight) {
    const c10::InferenceMode guard;
    struct Shape {
        int64_t inputs, outputs, kernel;
    };
    for (const auto &[inputs, outputs, kernel] : {Shape{3, 64, 7}, Shape{64, 64, 1}, Shape{64, 64, 3}}) {
        const auto largest = at::full({outputs, inputs, kernel, kernel}, float(weight));
        auto mixed = at::arange(largest.numel()).mul(7919).remainder(2 * weight + 1).sub(weight).to(at::kFloat);
        mixed = mixed.view(largest.sizes()).contiguous();
        mixed.select(1, 0).fill_(float(weight)); // so that the scale is 1
        const auto bytes = at::TensorOptions(at::kByte);
        const auto full = at::full({1, inputs, 14, 14}, 255, bytes).contiguous(at::MemoryFormat::ChannelsLast);
        const auto varied = at::arange(full.numel()).mul(7907).remainder(256).to(at::kByte).view(full.sizes()).contiguous(
            at::MemoryFormat::ChannelsLast);
        if (!addsExactly(full, largest, weight) || !addsExactly(varied, mixed, weight)) return false;
    }
    return true;
}

int largestWeight() {
    static const int weight = addsExactly(127) ? 127 : 63;
    return weight;
}

} // namespace iotpipe
