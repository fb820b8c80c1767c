#include "iotpipe_shim.h"
