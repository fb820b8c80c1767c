#include "CRdKafka.h"

#include <stdio.h>

rd_kafka_resp_err_t iotpipe_kafka_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                          const void *key, size_t key_size, const void *value, size_t value_size,
                                          rd_kafka_headers_t *headers, void *opaque) {
    return rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_MSGFLAGS(0), RD_KAFKA_V_KEY(key, key_size),
                             RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

char *iotpipe_kafka_properties(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return NULL;
    rd_kafka_conf_properties_show(stream);
    return fclose(stream) == 0 ? text : NULL;
}
