// What a libtorch of our own build must do, for `shim/build-libtorch`: the operators named in the arguments have a kernel,
// convolutions and products are right in float32 and bfloat16, and autograd's gradients are.
//
// The reference for each number is the same computation in double precision, which oneDNN does not have.

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdio>
#include <exception>
#include <string>

namespace {

int failures = 0;

void check(bool passed, const std::string &what) {
    std::printf("selftest: %s: %s\n", passed ? "passed" : "FAILED", what.c_str());
    if (!passed) ++failures;
}

/// The largest difference as a share of the largest value.
double difference(const at::Tensor &found, const at::Tensor &right) {
    return ((found.to(at::kDouble) - right).abs().max() / right.abs().max()).item<double>();
}

void checkNumbers(const std::string &what, const at::Tensor &found, const at::Tensor &right, double limit) {
    const double share = difference(found, right);
    check(share <= limit, what + ": differs by " + std::to_string(share) + ", at most " + std::to_string(limit));
}

void operatorsAreThere(int count, char **names) {
    auto &dispatcher = c10::Dispatcher::singleton();
    for (int i = 0; i < count; ++i) {
        bool found = false;
        for (const auto &name : dispatcher.getAllOpNames()) {
            if (name.name != names[i]) continue;
            const auto handle = dispatcher.findOp(name);
            for (const auto key : {c10::DispatchKey::CPU, c10::DispatchKey::QuantizedCPU, c10::DispatchKey::MkldnnCPU}) {
                found = found || (handle && handle->hasComputedKernelForDispatchKey(key));
            }
        }
        check(found, names[i]);
    }
    check(at::globalContext().hasMKLDNN(), "oneDNN");
    check(at::hasOpenMP(), "OpenMP");
}

void convolutionsAreRight() {
    const auto input = at::randn({4, 64, 28, 28}).contiguous(at::MemoryFormat::ChannelsLast);
    const auto weight = at::randn({128, 64, 3, 3}) / 24, bias = at::randn({128});
    const auto right = at::conv2d(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 2, 1);
    checkNumbers("convolution, float32", at::conv2d(input, weight, bias, 2, 1), right, 1e-5);
    const auto type = at::kBFloat16;
    checkNumbers("convolution, bfloat16", at::conv2d(input.to(type), weight.to(type), bias.to(type), 2, 1), right, 2e-2);
    const auto rows = at::randn({32, 2048}), matrix = at::randn({100, 2048}) / 45;
    checkNumbers("linear layer, float32", at::linear(rows, matrix), at::linear(rows.to(at::kDouble), matrix.to(at::kDouble)),
                 1e-5);
}

void gradientsAreRight() {
    const auto loss = [](const at::Tensor &x, const at::Tensor &kernel, const at::Tensor &matrix) {
        auto y = at::relu(at::batch_norm(at::conv2d(x, kernel, {}, 1, 1), {}, {}, {}, {}, true, 0.1, 1e-5, false));
        y = at::linear(y.mean({2, 3}), matrix);
        return at::cross_entropy_loss(y, at::arange(x.size(0)) % matrix.size(0));
    };
    const auto x = at::randn({8, 3, 16, 16}), kernel = at::randn({16, 3, 3, 3}), matrix = at::randn({10, 16});
    const auto gradients = [&](at::ScalarType type) {
        const auto a = kernel.to(type).clone().requires_grad_(true), b = matrix.to(type).clone().requires_grad_(true);
        return torch::autograd::grad({loss(x.to(type), a, b)}, {a, b});
    };
    const auto right = gradients(at::kDouble), found = gradients(at::kFloat);
    checkNumbers("gradient of a convolution, float32", found[0], right[0], 1e-3);
    checkNumbers("gradient of a linear layer, float32", found[1], right[1], 1e-3);
    // Against the slope itself.
    const auto direction = at::randn_like(kernel).to(at::kDouble);
    const auto at = [&](double step) {
        return loss(x.to(at::kDouble), kernel.to(at::kDouble) + step * direction, matrix.to(at::kDouble)).item<double>();
    };
    const double slope = (at(1e-5) - at(-1e-5)) / 2e-5, product = (right[0] * direction).sum().item<double>();
    check(std::abs(slope - product) <= 1e-4 * (1 + std::abs(slope)),
          "gradient " + std::to_string(product) + " against the slope " + std::to_string(slope));
}

} // namespace

int main(int count, char **arguments) {
    try {
        at::manual_seed(1);
        operatorsAreThere(count - 1, arguments + 1);
        convolutionsAreRight();
        gradientsAreRight();
    } catch (const std::exception &error) {
        check(false, error.what());
    }
    return failures == 0 ? 0 : 1;
}
