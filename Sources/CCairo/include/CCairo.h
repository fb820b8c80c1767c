#ifndef IOTPIPE_CCAIRO_H
#define IOTPIPE_CCAIRO_H

#include <cairo/cairo.h>
#include <cairo/cairo-svg.h>

#endif
