#pragma once

#include <cstdint>

namespace iotpipe {

/// Whether this processor, within what ONEDNN_MAX_CPU_ISA allows, has instructions of its own for a precision
/// (IOTPIPE_SHIM_PRECISION_…).
bool isNative(int32_t precision);

/// The largest 8-bit weight with which no convolution overflows.
///
/// Without VNNI oneDNN adds pairs of products of 8-bit numbers in 16 bits, which saturate beyond 63 × 255 × 2.
int largestWeight();

} // namespace iotpipe
