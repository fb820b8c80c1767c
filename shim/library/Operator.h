#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <utility>
#include <vector>

namespace iotpipe {

/// An operator that libtorch registers without a C++ header (the fused ones of oneDNN), called through the dispatcher.
///
/// Arguments are bound by their names in the operator's schema; one that is not named takes the schema's default, else
/// None. So a version of libtorch that adds an argument or moves one is called rightly all the same.
class Operator {
public:
    using Arguments = std::vector<std::pair<std::string, c10::IValue>>;

    /// Throws Failure(IOTPIPE_SHIM_UNSUPPORTED) where this libtorch has no such operator or no such argument.
    Operator(const char *name, const char *overload, const Arguments &bound, const std::vector<std::string> &open);

    /// Whether this libtorch has an operator.
    static bool exists(const char *name, const char *overload);

    /// Calls it with one tensor for each of the `open` arguments, in the order they were named.
    template <typename... Tensors> at::Tensor operator()(const Tensors &...tensors) const {
        return call({tensors...}).toTensor();
    }

    /// The same for an operator whose result is no tensor.
    c10::IValue call(std::initializer_list<at::Tensor> tensors) const;

private:
    c10::OperatorHandle handle;
    std::vector<c10::IValue> arguments;
    std::vector<size_t> positions; // of the open arguments
};

} // namespace iotpipe
