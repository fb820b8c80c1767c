#include "Convolution.h"

#include <ATen/ATen.h>

namespace iotpipe {

namespace {

c10::List<int64_t> pair(int64_t value) { return c10::List<int64_t>({value, value}); }

Operator makeOperator(const at::Tensor &weight, const at::Tensor &bias, int64_t padding, int64_t stride,
                      Fusion fusion) {
    const c10::List<std::optional<at::Scalar>> noScalars;
    Operator::Arguments arguments{{"W", weight},           {"B", bias},          {"padding", pair(padding)},
                                  {"stride", pair(stride)}, {"dilation", pair(1)}, {"groups", int64_t(1)}};
    if (fusion == Fusion::addThenRelu) {
        arguments.insert(arguments.end(), {{"binary_attr", "add"},
                                           {"alpha", at::Scalar(1.0)},
                                           {"unary_attr", "relu"},
                                           {"unary_scalars", noScalars}});
        return Operator("mkldnn::_convolution_pointwise_", "binary", arguments, {"X", "other"});
    }
    arguments.insert(arguments.end(),
                     {{"attr", fusion == Fusion::relu ? "relu" : "none"}, {"scalars", noScalars}, {"algorithm", ""}});
    return Operator("mkldnn::_convolution_pointwise", "", arguments, {"X"});
}

/// oneDNN's description of a packed tensor's layout, as bytes.
std::string layout(const at::Tensor &packed) {
    static const Operator describe("mkldnn::_get_mkldnn_serialized_md", "", {}, {"mkldnn_tensor"});
    const auto bytes = describe(packed).contiguous();
    return {static_cast<const char *>(bytes.data_ptr()), bytes.nbytes()};
}

} // namespace

PackedConvolution::PackedConvolution(const at::Tensor &weight, const at::Tensor &bias, int64_t padding, int64_t stride,
                                     Fusion fusion)
    : call(makeOperator(weight, bias, padding, stride, fusion)) {}

Convolution::Convolution(Layer layer, int64_t height, int64_t width, int64_t padding, int64_t stride, Fusion fusion)
    : plain(std::move(layer.weight)), bias(std::move(layer.bias)), input{1, plain.size(1), height, width},
      kernel(plain.size(2)), padding(padding), stride(stride), fusion(fusion) {}

std::shared_ptr<const PackedConvolution> Convolution::packed(int64_t batch) {
    input[0] = batch;
    const Operator reorder("mkldnn::_reorder_convolution_weight", "",
                           {{"padding", pair(padding)},
                            {"stride", pair(stride)},
                            {"dilation", pair(1)},
                            {"groups", int64_t(1)},
                            {"input_size", c10::List<int64_t>({input[0], input[1], input[2], input[3]})}},
                           {"self"});
    const auto weight = reorder(plain.defined() ? plain : variants.begin()->second.weight.to_dense());
    auto &variant = variants[layout(weight)];
    if (!variant.convolution) {
        variant = {weight, std::make_shared<PackedConvolution>(weight, bias, padding, stride, fusion)};
        plain.reset();
    }
    return variant.convolution;
}

} // namespace iotpipe
