#ifndef IOTPIPESHIM_H
#define IOTPIPESHIM_H

#include "../../interface/include/iotpipe_shim.h"

#ifdef __cplusplus
extern "C"
#endif
    __attribute__((visibility("default"))) const iotpipe_shim *
    iotpipe_shim_get(uint32_t abi);

#endif
