#include "Operator.h"

#include "Failure.h"

namespace iotpipe {

namespace {

c10::OperatorHandle find(const char *name, const char *overload) {
    const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!found) {
        throw Failure(IOTPIPE_SHIM_UNSUPPORTED,
                      std::string("this libtorch has no operator ") + name +
                          ": it was built without oneDNN; use a libtorch with USE_MKLDNN=1");
    }
    return *found;
}

} // namespace

Operator::Operator(const char *name, const char *overload, const Arguments &bound,
                   const std::vector<std::string> &open)
    : handle(find(name, overload)) {
    const auto &schema = handle.schema();
    for (const auto &argument : schema.arguments()) {
        arguments.push_back(argument.default_value().value_or(c10::IValue()));
    }
    const auto position = [&](const std::string &argument) {
        const auto index = schema.argumentIndexWithName(argument);
        if (!index) {
            throw Failure(IOTPIPE_SHIM_UNSUPPORTED, std::string("this libtorch's operator ") + name +
                                                        " has no argument '" + argument + "'");
        }
        return static_cast<size_t>(*index);
    };
    for (const auto &[argument, value] : bound) arguments[position(argument)] = value;
    for (const auto &argument : open) positions.push_back(position(argument));
}

at::Tensor Operator::operator()(const at::Tensor &first) const {
    auto stack = arguments;
    stack[positions[0]] = first;
    handle.callBoxed(stack);
    return stack.back().toTensor();
}

at::Tensor Operator::operator()(const at::Tensor &first, const at::Tensor &second) const {
    auto stack = arguments;
    stack[positions[0]] = first;
    stack[positions[1]] = second;
    handle.callBoxed(stack);
    return stack.back().toTensor();
}

} // namespace iotpipe
