#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace iotpipe {

/// An uninitialised tensor of the same kind (quantized in the same way, where it is) and channels, channels last.
at::Tensor like(const at::Tensor &tensor, int64_t pictures, int64_t height, int64_t width);

/// How the pictures of a batch lie beside one another when a convolution takes them.
///
/// oneDNN goes through a batch picture by picture. Where a picture has few positions left, as in the last stages, all
/// weights are then read for a handful of products, again for each picture: laid out as one large picture, a batch takes
/// as little as a fifth of the time.
class Arrangement {
public:
    /// For a convolution of this kernel and stride, with padding kernel / 2, over pictures of height × width.
    Arrangement(int64_t batch, int64_t height, int64_t width, int64_t kernel, int64_t stride, int64_t padding);

    /// Sizes of what the convolution takes: pictures, height, width.
    int64_t pictures() const { return form == Form::plain ? batch : 1; }
    int64_t rows() const { return form == Form::tall ? batch * height : height; }
    int64_t columns() const { return form == Form::wide ? batch * period : width; }

    /// [batch, channels, height, width], channels last, as the convolution takes it; without copying unless `wide`.
    at::Tensor arranged(const at::Tensor &input) const;

    /// The convolution's result as [batch, channels, height / stride, width / stride].
    at::Tensor restored(const at::Tensor &output) const;

private:
    enum class Form {
        plain, ///< picture by picture
        tall,  ///< one below the other: for kernels of one pixel
        wide,  ///< one beside the other, with columns of zeros between
    };

    Form form;
    int64_t batch, height, width, stride;
    int64_t period; ///< columns from one picture to the next when `wide`: a multiple of the stride
};

} // namespace iotpipe
