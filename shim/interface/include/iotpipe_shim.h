#ifndef IOTPIPE_SHIM_H
#define IOTPIPE_SHIM_H
#include <stddef.h>
#include <stdint.h>
#endif
