#include "../../interface/include/iotpipe_shim.h"
