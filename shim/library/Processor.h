#pragma once

#include <cstdint>

namespace iotpipe {

/// Whether this processor, within what ONEDNN_MAX_CPU_ISA allows, has instructions of its own for a precision
/// (IOTPIPE_SHIM_PRECISION_…).
bool isNative(int32_t precision);

/// Whether convolutions of bytes with weights of -weight to weight give the sums that integers have.
///
/// Without VNNI oneDNN adds pairs of products of 8-bit numbers in 16 bits, which saturate unless weights stay within 63.
/// Asked of oneDNN itself, since the processor, its virtual machine and the environment all have a say.
bool addsExactly(int weight);

/// The largest 8-bit weight with which no convolution overflows: 127 or 63.
int largestWeight();

} // namespace iotpipe
