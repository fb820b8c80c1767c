#ifndef IOTPIPE_CPQ_H
#define IOTPIPE_CPQ_H

#include <postgresql/libpq-fe.h>

#endif
