#pragma once

#include "iotpipe_shim.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace iotpipe {

/// A convolution or linear layer with its batch norm folded in: plain float32 tensors.
struct Layer {
    at::Tensor weight;
    at::Tensor bias;
};

/// The tensors that the caller named, taken out one by one under the name and shape that the network expects.
class Weights {
public:
    /// Keeps pointers into `tensors`, which must outlive this object.
    Weights(const iotpipe_shim_tensor *tensors, size_t count);

    /// The convolution PREFIX.weight [outputs, inputs, kernel, kernel] folded with the batch norm NORM.*.
    Layer convolution(const std::string &prefix, const std::string &norm, int64_t outputs, int64_t inputs,
                      int64_t kernel);

    /// The layer fc [classes, inputs]; its number of rows decides the classes.
    Layer linear(int64_t inputs);

    /// Throws where a tensor is left that the network did not ask for.
    void finish() const;

private:
    const iotpipe_shim_tensor &find(const std::string &name);
    at::Tensor take(const std::string &name, const std::vector<int64_t> &shape);

    std::map<std::string, const iotpipe_shim_tensor *> left;
};

} // namespace iotpipe
