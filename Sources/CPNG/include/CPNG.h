#ifndef IOTPIPE_CPNG_H
#define IOTPIPE_CPNG_H

#include <png.h>

#endif
