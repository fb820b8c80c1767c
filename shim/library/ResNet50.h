#pragma once

#include "Convolution.h"
#include "Preprocess.h"
#include "iotpipe_shim.h"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace iotpipe {

/// torchvision's resnet50 (v1.5: the stride sits in the 3×3 convolution) in float32, channels last.
///
/// Every public function but the constructor may be called from several threads at once.
class ResNet50 {
public:
    ResNet50(const iotpipe_shim_tensor *tensors, size_t count, const iotpipe_shim_options &options);

    int64_t classes() const { return classCount; }

    /// Softmax of the logits of pictures, row after row.
    void classify(const iotpipe_shim_image *images, int64_t count, float *probabilities);

    /// The logits of an [count, 3, height, width] input that is normalised already.
    void logits(const float *input, int64_t count, float *result);

private:
    /// Indices into `convolutions`.
    struct Bottleneck {
        size_t reduce, spatial, expand;
        std::optional<size_t> downsample;
    };

    /// The convolutions packed for one batch size, in the order of `convolutions`.
    using Plan = std::vector<std::shared_ptr<const PackedConvolution>>;

    std::shared_ptr<const Plan> plan(int64_t batch);
    at::Tensor forward(const at::Tensor &input);
    void useThreads() const;

    iotpipe_shim_options options;
    Preprocess preprocess;
    int64_t classCount;
    std::vector<Bottleneck> blocks;
    std::optional<Operator> linear;

    std::mutex mutex;
    std::vector<Convolution> convolutions;               // guarded by `mutex` once built
    std::map<int64_t, std::shared_ptr<const Plan>> plans; // guarded by `mutex`
};

} // namespace iotpipe
