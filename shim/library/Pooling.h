#pragma once

#include <ATen/core/Tensor.h>

namespace iotpipe {

/// The 3×3 maximum pooling with stride 2 and padding 1 of a channels-last tensor without negative values, in float32,
/// bfloat16 or bytes. libtorch's own also writes where each maximum was, and has no kernel for bytes.
at::Tensor maximumPool(const at::Tensor &input);

} // namespace iotpipe
