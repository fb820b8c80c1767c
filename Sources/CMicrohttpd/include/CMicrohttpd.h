#ifndef IOTPIPE_CMICROHTTPD_H
#define IOTPIPE_CMICROHTTPD_H

#include <microhttpd.h>

#endif
