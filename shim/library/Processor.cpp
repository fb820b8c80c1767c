#include "Processor.h"

#include "Convolution.h"
#include "iotpipe_shim.h"

#include <ATen/ATen.h>

#include <array>
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

/// Whether a convolution of the largest 8-bit numbers gives the sum that integers have. Asked of oneDNN itself, since
/// the processor, its virtual machine and the environment all have a say.
bool addsExactly() {
    constexpr int64_t channels = 64;
    const Layer layer{at::full({channels, channels, 1, 1}, 127.0f), at::zeros({channels})};
    Arithmetic arithmetic;
    arithmetic.type = at::kByte;
    // The result in steps of the right sum's 200th part, so that it fits in a byte.
    arithmetic.output.scale = channels * 255.0 * 127.0 / 200.0;
    Convolution convolution(layer, {8, 8, 0, 1}, Fusion::relu, arithmetic);
    const auto input = at::full({1, channels, 8, 8}, 255,
                                at::TensorOptions(at::kByte).memory_format(at::MemoryFormat::ChannelsLast));
    return (*convolution.packed(1))(input).eq(200).all().item<bool>();
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

int largestWeight() {
    static const int weight = addsExactly() ? 127 : 63;
    return weight;
}

} // namespace iotpipe
