#pragma once

#include "iotpipe_shim.h"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace iotpipe {

/// What the C interface reports as a status other than IOTPIPE_SHIM_INTERNAL.
class Failure : public std::runtime_error {
public:
    Failure(int32_t status, const std::string &message) : std::runtime_error(message), status(status) {}

    const int32_t status;
};

} // namespace iotpipe
