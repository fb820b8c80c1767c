#include "BlockCache.h"
#include "Failure.h"
#include "Processor.h"
#include "ResNet50.h"
#include "include/iotpipeshim.h"

#include <ATen/Version.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cmath>
#include <cstring>
#include <new>

/// The opaque handle is the network itself.
struct iotpipe_shim_model {
    iotpipe::ResNet50 network;
};

namespace {

using iotpipe::Failure;

constexpr size_t largestBatch = 4096;

/// Writes one terminated line, without what libtorch appends to it (a backtrace).
int32_t report(int32_t status, const char *message, char *error, size_t size) noexcept {
    if (error != nullptr && size > 0) {
        const size_t length = std::min(std::strcspn(message, "\n"), size - 1);
        std::memcpy(error, message, length);
        error[length] = '\0';
    }
    return status;
}

/// Runs `body`; whatever it throws becomes a status and a message.
template <typename Body> int32_t guarded(char *error, size_t size, Body body) noexcept {
    try {
        body();
        return IOTPIPE_SHIM_OK;
    } catch (const Failure &failure) {
        return report(failure.status, failure.what(), error, size);
    } catch (const std::bad_alloc &) {
        return report(IOTPIPE_SHIM_OUT_OF_MEMORY, "out of memory", error, size);
    } catch (const std::exception &exception) {
        return report(IOTPIPE_SHIM_INTERNAL, exception.what(), error, size);
    } catch (...) {
        return report(IOTPIPE_SHIM_INTERNAL, "something was thrown that is no std::exception", error, size);
    }
}

void require(bool condition, const char *rule) {
    if (!condition) throw Failure(IOTPIPE_SHIM_INVALID_ARGUMENT, rule);
}

void check(const iotpipe_shim_options &options) {
    require(options.input_height >= 32 && options.input_height <= 4096 && options.input_width >= 32 &&
                options.input_width <= 4096,
            "the input size must be 32 to 4096 pixels each way");
    require(options.threads >= 1 && options.threads <= 1024, "the thread count must be 1 to 1024");
    for (int c = 0; c < 3; ++c) {
        require(std::isfinite(options.mean[c]) && std::isfinite(options.deviation[c]) && options.deviation[c] > 0,
                "mean and deviation must be finite, and the deviation above 0");
    }
    require(options.precision >= IOTPIPE_SHIM_PRECISION_F32 && options.precision <= IOTPIPE_SHIM_PRECISION_INT8,
            "the precision's number is not defined");
    if (options.precision == IOTPIPE_SHIM_PRECISION_BF16 && !iotpipe::isNative(options.precision)) {
        throw Failure(IOTPIPE_SHIM_UNSUPPORTED, "this processor has no instructions for bfloat16");
    }
    if (options.precision != IOTPIPE_SHIM_PRECISION_INT8) return;
    require(options.ranges != nullptr, "int8 needs the ranges of the convolutions' results");
    for (int i = 0; i < IOTPIPE_SHIM_CONVOLUTIONS; ++i) {
        require(std::isfinite(options.ranges[i]) && options.ranges[i] > 0, "the ranges must be finite and above 0");
    }
}

void check(const iotpipe_shim_image *images, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const auto &image = images[i];
        require(image.pixels != nullptr && image.width >= 1 && image.width <= 65535 && image.height >= 1 &&
                    image.height <= 65535,
                "an image must have pixels and 1 to 65535 of them each way");
    }
}

void check(const iotpipe_shim_model *model, const void *input, size_t count, const float *output, size_t capacity) {
    require(model != nullptr && input != nullptr && output != nullptr, "a pointer is null");
    require(count >= 1 && count <= largestBatch, "a batch must have 1 to 4096 images");
    require(capacity >= count * size_t(model->network.classes()),
            "the output has no room for count × classes numbers");
}

const char *torchVersion() { return TORCH_VERSION; }

const char *onednnVersion() {
    // at::get_mkldnn_version() says "Intel(R) MKL-DNN v3.5.3 (Git Hash …)".
    static const std::string version = [] {
        try {
            const auto text = at::get_mkldnn_version();
            const auto start = text.find(" v");
            if (start == std::string::npos) return text;
            return text.substr(start + 2, text.find(' ', start + 2) - start - 2);
        } catch (...) {
            return std::string();
        }
    }();
    return version.c_str();
}

const char *cpuCapability() {
    static const std::string capability = [] {
        try {
            return at::get_cpu_capability();
        } catch (...) {
            return std::string();
        }
    }();
    return capability.c_str();
}

int32_t create(const iotpipe_shim_tensor *tensors, size_t count, const iotpipe_shim_options *options,
               iotpipe_shim_model **model, char *error, size_t size) {
    return guarded(error, size, [&] {
        require(model != nullptr, "a pointer is null");
        *model = nullptr;
        require(options != nullptr && (tensors != nullptr || count == 0), "a pointer is null");
        iotpipe::BlockCache::install();
        check(*options);
        *model = new iotpipe_shim_model{{tensors, count, *options}};
    });
}

void destroy(iotpipe_shim_model *model) { delete model; }

int32_t classes(const iotpipe_shim_model *model) { return int32_t(model->network.classes()); }

int32_t classify(iotpipe_shim_model *model, const iotpipe_shim_image *images, size_t count, float *probabilities,
                 size_t capacity, char *error, size_t size) {
    return guarded(error, size, [&] {
        check(model, images, count, probabilities, capacity);
        check(images, count);
        model->network.classify(images, int64_t(count), probabilities);
    });
}

int32_t logits(iotpipe_shim_model *model, const float *input, size_t count, float *result, size_t capacity,
               char *error, size_t size) {
    return guarded(error, size, [&] {
        check(model, input, count, result, capacity);
        model->network.logits(input, int64_t(count), result);
    });
}

int32_t observe(iotpipe_shim_model *model, const iotpipe_shim_image *images, size_t count, const float *limits,
                float *maxima, uint64_t *bins, char *error, size_t size) {
    return guarded(error, size, [&] {
        check(model, images, count, maxima, SIZE_MAX);
        require(bins == nullptr || limits != nullptr, "counting needs limits");
        require(model->network.isFloat32(), "only a model of f32 is observed");
        check(images, count);
        model->network.observe(images, int64_t(count), limits, maxima, bins);
    });
}

int32_t native(int32_t precision) {
    try {
        iotpipe::BlockCache::install();
        return iotpipe::isNative(precision);
    } catch (...) {
        return 0;
    }
}

int32_t addsExactly(int32_t weight) {
    if (weight < 1 || weight > 127) return -1;
    try {
        iotpipe::BlockCache::install();
        return iotpipe::addsExactly(weight);
    } catch (...) {
        return -1;
    }
}

constexpr iotpipe_shim table{
    .abi = IOTPIPE_SHIM_ABI,
    .torch_version = torchVersion,
    .onednn_version = onednnVersion,
    .cpu_capability = cpuCapability,
    .native = native,
    .adds_exactly = addsExactly,
    .create = create,
    .destroy = destroy,
    .classes = classes,
    .classify = classify,
    .logits = logits,
    .observe = observe,
};

} // namespace

const iotpipe_shim *iotpipe_shim_get(uint32_t abi) { return abi == IOTPIPE_SHIM_ABI ? &table : nullptr; }
