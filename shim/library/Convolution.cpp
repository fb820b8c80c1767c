#include "Convolution.h"

#include <ATen/ATen.h>
#include <ATen/quantized/Quantizer.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace iotpipe {

namespace {

c10::List<int64_t> pair(int64_t value) { return c10::List<int64_t>({value, value}); }

c10::List<std::optional<at::Scalar>> noScalars() { return c10::List<std::optional<at::Scalar>>(); }

/// oneDNN's description of a packed tensor's layout, as bytes.
std::string layout(const at::Tensor &packed) {
    static const Operator describe("mkldnn::_get_mkldnn_serialized_md", "", {}, {"mkldnn_tensor"});
    const auto bytes = describe(packed).contiguous();
    return {static_cast<const char *>(bytes.data_ptr()), bytes.nbytes()};
}

bool hasQuantizedConvolution() {
    static const bool found = [] {
        const auto &engines = at::Context::supportedQEngines();
        return std::find(engines.begin(), engines.end(), at::QEngine::ONEDNN) != engines.end() &&
               Operator::exists("quantized::conv2d_add_relu", "");
    }();
    return found;
}

} // namespace

at::Tensor PackedConvolution::taken(const at::Tensor &input) const {
    if (!quantization || input.is_quantized()) return arrangement.arranged(input);
    return arrangement.arranged(at::from_blob_quantized_per_tensor_affine(
        input.data_ptr(), input.sizes(), input.strides(), [kept = input](void *) {}, float(quantization->scale),
        quantization->zero, at::TensorOptions(at::kQUInt8)));
}

Convolution::Convolution(Layer layer, const Geometry &geometry, Fusion fusion, const Arithmetic &arithmetic)
    : plain(std::move(layer.weight)), bias(std::move(layer.bias)), channels(plain.size(1)), height(geometry.height),
      width(geometry.width), kernel(plain.size(2)), padding(geometry.padding), stride(geometry.stride), fusion(fusion),
      arithmetic(arithmetic) {
    if (!isQuantized()) {
        plain = plain.to(arithmetic.type);
        bias = bias.to(arithmetic.type);
        return;
    }
    const auto largest = plain.abs().amax({1, 2, 3});
    const double limit = arithmetic.weightLimit;
    weightScales = at::where(largest > 0, largest / limit, at::ones_like(largest)).contiguous();
    plain = (plain / weightScales.view({-1, 1, 1, 1})).round().clamp(-limit, limit).to(at::kChar);
}

std::shared_ptr<const PackedConvolution> Convolution::packed(int64_t batch) {
    const Arrangement arrangement(batch, height, width, kernel, stride, padding);
    if (keepsPrimitive()) {
        return std::make_shared<PackedConvolution>(makeKeptOperator(), arrangement, arithmetic.input);
    }
    const auto weight = pack(arrangement);
    const auto key = layout(weight);
    auto variant = variants.find(key);
    if (variant == variants.end()) {
        variant = variants.emplace(key, Variant{weight, makeOperator(weight)}).first;
        // A packed weight of floating point can be unpacked again.
        if (!isQuantized()) plain.reset();
    }
    return std::make_shared<PackedConvolution>(variant->second.call, arrangement, std::nullopt);
}

/// The weight in the layout that oneDNN wants.
at::Tensor Convolution::pack(const Arrangement &arrangement) const {
    auto arguments = window();
    const c10::List<int64_t> shape({arrangement.pictures(), channels, arrangement.rows(), arrangement.columns()});
    if (isQuantized()) {
        arguments.insert(arguments.end(), {{"w_scales", weightScales},
                                           {"x_scale", arithmetic.input.scale},
                                           {"x_zp", arithmetic.input.zero},
                                           {"x_shape", shape}});
        return Operator("onednn::qconv_prepack", "", arguments, {"weight"})(plain);
    }
    arguments.emplace_back("input_size", shape);
    const Operator reorder("mkldnn::_reorder_convolution_weight", "", arguments, {"self"});
    return reorder(plain.defined() ? plain : variants.begin()->second.weight.to_dense());
}

/// Where it reads, as all operators have it.
Operator::Arguments Convolution::window() const {
    return {{"padding", pair(padding)}, {"stride", pair(stride)}, {"dilation", pair(1)}, {"groups", int64_t(1)}};
}

Operator Convolution::makeOperator(const at::Tensor &packed) const {
    const bool adds = fusion == Fusion::addThenRelu;
    auto arguments = window();
    if (adds) {
        arguments.insert(arguments.end(), {{"binary_attr", isQuantized() ? "sum" : "add"},
                                           {"alpha", at::Scalar(1.0)},
                                           {"unary_attr", "relu"},
                                           {"unary_scalars", noScalars()}});
    } else {
        arguments.insert(
            arguments.end(),
            {{"attr", fusion == Fusion::relu ? "relu" : "none"}, {"scalars", noScalars()}, {"algorithm", ""}});
    }
    if (!isQuantized()) {
        arguments.insert(arguments.end(), {{"W", packed}, {"B", bias}});
        return adds ? Operator("mkldnn::_convolution_pointwise_", "binary", arguments, {"X", "other"})
                    : Operator("mkldnn::_convolution_pointwise", "", arguments, {"X"});
    }
    arguments.insert(arguments.end(), {{"x_scale", arithmetic.input.scale},
                                       {"x_zero_point", arithmetic.input.zero},
                                       {"qw", packed},
                                       {"w_scale", weightScales},
                                       {"w_zero_point", at::zeros_like(weightScales, at::kInt)},
                                       {"bias", bias},
                                       {"output_scale", arithmetic.output.scale},
                                       {"output_zero_point", arithmetic.output.zero},
                                       {"output_dtype", int64_t(arithmetic.result)}});
    if (!adds) return Operator("onednn::qconv2d_pointwise", "", arguments, {"qx"});
    arguments.insert(arguments.end(), {{"accum_scale", arithmetic.residual.scale},
                                       {"accum_zero_point", arithmetic.residual.zero}});
    return Operator("onednn::qconv2d_pointwise", "binary", arguments, {"qx", "qaccum"});
}

bool Convolution::keepsPrimitive() const {
    return isQuantized() && arithmetic.result == at::kByte && hasQuantizedConvolution();
}

Operator Convolution::makeKeptOperator() const {
    /// libtorch 2.15 warns once that quantized tensors are deprecated.
    struct Silence : c10::WarningHandler {
        void process(const c10::Warning &) override {}
    } silence;
    const c10::WarningUtils::WarningHandlerGuard guard(&silence);
    at::globalContext().setQEngine(at::QEngine::ONEDNN); // whose prepacking is meant
    const auto weight = at::from_blob_quantized_per_channel_affine(
        plain.data_ptr(), plain.sizes(), [kept = plain](void *) {}, weightScales.to(at::kDouble),
        at::zeros_like(weightScales, at::kLong), 0, at::TensorOptions(at::kQInt8));
    auto arguments = window();
    arguments.emplace_back("bias", bias);
    const auto parameters = Operator("quantized::conv2d_prepack", "", arguments, {"weight"}).call({weight});
    const Operator::Arguments bound{{"packed_weight", parameters},
                                    {"output_scale", arithmetic.output.scale},
                                    {"output_zero_point", arithmetic.output.zero}};
    switch (fusion) {
    case Fusion::none: return Operator("quantized::conv2d", "new", bound, {"qx"});
    case Fusion::relu: return Operator("quantized::conv2d_relu", "new", bound, {"qx"});
    default: return Operator("quantized::conv2d_add_relu", "", bound, {"qx", "qaccum"});
    }
}

} // namespace iotpipe
