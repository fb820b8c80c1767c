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

bool Operator::exists(const char *name, const char *overload) {
    return c10::Dispatcher::singleton().findSchema({name, overload}).has_value();
}

c10::IValue Operator::call(std::initializer_list<at::Tensor> tensors) const {
    auto stack = arguments;
    size_t next = 0;
    for (const auto &tensor : tensors) stack[positions[next++]] = tensor;
    handle.callBoxed(stack);
    return std::move(stack.back());
}

} // namespace iotpipe
