#include "Weights.h"

#include "Failure.h"

#include <ATen/ATen.h>

namespace iotpipe {

namespace {

constexpr double normEpsilon = 1e-5; // torch.nn.BatchNorm2d's default, which torchvision's resnet50 uses
constexpr int64_t mostClasses = 100'000;

std::string text(const int64_t *shape, size_t rank) {
    std::string result = "[";
    for (size_t i = 0; i < rank; ++i) result += (i ? ", " : "") + std::to_string(shape[i]);
    return result + "]";
}

at::ScalarType scalarType(const iotpipe_shim_tensor &tensor) {
    switch (tensor.type) {
    case IOTPIPE_SHIM_F32: return at::kFloat;
    case IOTPIPE_SHIM_F16: return at::kHalf;
    case IOTPIPE_SHIM_BF16: return at::kBFloat16;
    default:
        throw Failure(IOTPIPE_SHIM_INVALID_ARGUMENT, std::string("tensor '") + tensor.name + "' has the type number " +
                                                         std::to_string(tensor.type) + ", which is not defined");
    }
}

} // namespace

Weights::Weights(const iotpipe_shim_tensor *tensors, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const auto &tensor = tensors[i];
        if (tensor.name == nullptr || tensor.data == nullptr || tensor.rank < 0 || tensor.rank > 8 ||
            (tensor.rank > 0 && tensor.shape == nullptr)) {
            throw Failure(IOTPIPE_SHIM_INVALID_ARGUMENT,
                          "tensor number " + std::to_string(i) + " has a null pointer or a rank outside 0 to 8");
        }
        if (!left.emplace(tensor.name, &tensor).second) {
            throw Failure(IOTPIPE_SHIM_TENSOR_UNKNOWN, std::string("tensor '") + tensor.name + "' is there twice");
        }
    }
}

Layer Weights::convolution(const std::string &prefix, const std::string &norm, int64_t outputs, int64_t inputs,
                           int64_t kernel) {
    const auto weight = take(prefix + ".weight", {outputs, inputs, kernel, kernel});
    const auto gamma = take(norm + ".weight", {outputs}).to(at::kDouble);
    const auto beta = take(norm + ".bias", {outputs}).to(at::kDouble);
    const auto mean = take(norm + ".running_mean", {outputs}).to(at::kDouble);
    const auto variance = take(norm + ".running_var", {outputs}).to(at::kDouble);
    if (variance.lt(0).any().item<bool>()) {
        throw Failure(IOTPIPE_SHIM_TENSOR_VALUE, "tensor '" + norm + ".running_var' holds a negative variance");
    }
    const auto scale = gamma / (variance + normEpsilon).sqrt();
    return {weight.mul(scale.to(at::kFloat).view({outputs, 1, 1, 1})), (beta - mean * scale).to(at::kFloat)};
}

Layer Weights::linear(int64_t inputs) {
    const auto &tensor = find("fc.weight");
    const int64_t classes = tensor.rank == 2 ? tensor.shape[0] : 1;
    if (classes < 1 || classes > mostClasses) {
        throw Failure(IOTPIPE_SHIM_TENSOR_SHAPE, "tensor 'fc.weight' has " + std::to_string(classes) +
                                                     " rows (classes); 1 to " + std::to_string(mostClasses) +
                                                     " are possible");
    }
    return {take("fc.weight", {classes, inputs}), take("fc.bias", {classes})};
}

void Weights::finish() const {
    if (left.empty()) return;
    throw Failure(IOTPIPE_SHIM_TENSOR_UNKNOWN,
                  "resnet50 has no tensor '" + left.begin()->first + "'" +
                      (left.size() > 1 ? " (and " + std::to_string(left.size() - 1) + " more)" : "") +
                      ": the weights are of another network");
}

const iotpipe_shim_tensor &Weights::find(const std::string &name) {
    const auto found = left.find(name);
    if (found == left.end()) {
        throw Failure(IOTPIPE_SHIM_TENSOR_MISSING,
                      "the weights lack the tensor '" + name + "' of torchvision's resnet50");
    }
    return *found->second;
}

/// A float32 copy of the named tensor, which must have that shape and finite values.
at::Tensor Weights::take(const std::string &name, const std::vector<int64_t> &shape) {
    const auto &tensor = find(name);
    const auto rank = static_cast<size_t>(tensor.rank);
    if (std::vector<int64_t>(tensor.shape, tensor.shape + rank) != shape) {
        throw Failure(IOTPIPE_SHIM_TENSOR_SHAPE, "tensor '" + name + "' has the shape " + text(tensor.shape, rank) +
                                                     "; resnet50 needs " + text(shape.data(), shape.size()));
    }
    // Copied byte by byte first: the data lies in a file, at any address.
    auto copy = at::empty(shape, scalarType(tensor));
    std::memcpy(copy.data_ptr(), tensor.data, copy.nbytes());
    copy = copy.to(at::kFloat);
    if (!at::isfinite(copy).all().item<bool>()) {
        throw Failure(IOTPIPE_SHIM_TENSOR_VALUE, "tensor '" + name + "' holds infinity or not-a-number");
    }
    left.erase(name);
    return copy;
}

} // namespace iotpipe
