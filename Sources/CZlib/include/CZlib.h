#ifndef IOTPIPE_CZLIB_H
#define IOTPIPE_CZLIB_H

#include <zlib.h>

#endif
