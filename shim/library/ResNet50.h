#pragma once

#include "Convolution.h"
#include "Preprocess.h"
#include "iotpipe_shim.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace iotpipe {

/// torchvision's resnet50 (v1.5: the stride sits in the 3×3 convolution), channels last.
///
/// In 8-bit integers the first convolution takes the pixels as they are: mean and deviation are folded into its weights,
/// and its border is padded with the rounded mean, which is what zero means after normalisation.
///
/// Every public function but the constructor may be called from several threads at once.
class ResNet50 {
public:
    ResNet50(const iotpipe_shim_tensor *tensors, size_t count, const iotpipe_shim_options &options);

    int64_t classes() const { return classCount; }

    bool isFloat32() const { return type == at::kFloat; }

    /// Softmax of the logits of pictures, row after row.
    void classify(const iotpipe_shim_image *images, int64_t count, float *probabilities);

    /// The logits of an [count, 3, height, width] input that is normalised already.
    void logits(const float *input, int64_t count, float *result);

    /// How large the results of the convolutions become on these pictures, in float32: raises `maxima`, and where `bins`
    /// is given counts the absolute values by IOTPIPE_SHIM_BINS equal steps up to `limits`.
    void observe(const iotpipe_shim_image *images, int64_t count, const float *limits, float *maxima, uint64_t *bins);

private:
    /// Indices into `convolutions`.
    struct Bottleneck {
        size_t reduce, spatial, expand;
        std::optional<size_t> downsample;
    };

    /// The convolutions packed for one batch size, in the order of `convolutions`.
    using Plan = std::vector<std::shared_ptr<const PackedConvolution>>;

    /// Told of each convolution's result, with its index in `convolutions`.
    using Observer = std::function<void(size_t, const at::Tensor &)>;

    std::shared_ptr<const Plan> plan(int64_t batch);
    at::Tensor prepared(const iotpipe_shim_image *images, int64_t count) const;
    at::Tensor bytesWithBorder(int64_t count) const;
    at::Tensor forward(const at::Tensor &input, const Observer &observe = nullptr);
    void useThreads() const;

    bool isQuantized() const { return type == at::kByte; }

    iotpipe_shim_options options;
    at::ScalarType type; // that the convolutions compute in
    Preprocess preprocess;
    int64_t classCount;
    double lastScale = 1; // of the last convolution's result, for 8-bit integers
    std::vector<Bottleneck> blocks;
    std::optional<Operator> linear;

    std::mutex mutex;
    std::vector<Convolution> convolutions;               // guarded by `mutex` once built
    std::map<int64_t, std::shared_ptr<const Plan>> plans; // guarded by `mutex`
};

} // namespace iotpipe
