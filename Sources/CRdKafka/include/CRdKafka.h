#ifndef IOTPIPE_CRDKAFKA_H
#define IOTPIPE_CRDKAFKA_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// Queues one message; the key is copied, the value is not: it must stay until the message's delivery report. On success
/// librdkafka owns `headers` (which may be NULL), on failure the caller still does. In C because `rd_kafka_producev` is
/// variadic, which Swift cannot call.
rd_kafka_resp_err_t iotpipe_kafka_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                          const void *key, size_t key_size, const void *value, size_t value_size,
                                          rd_kafka_headers_t *headers, void *opaque);

/// librdkafka's table of every configuration property, as text to be freed with `free`; NULL where memory ran out.
/// In C because it is printed to a `FILE`.
char *iotpipe_kafka_properties(void);

#endif
