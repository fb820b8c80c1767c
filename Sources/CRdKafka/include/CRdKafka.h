#ifndef IOTPIPE_CRDKAFKA_H
#define IOTPIPE_CRDKAFKA_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#endif
