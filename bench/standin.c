// A stand-in for infer that answers each image at once, for measuring what produce does at rates that no model serves:
// standin BROKERS. It reads iot.images from their ends, says "ready" on standard output, and writes to iot.inferences, in
// the image's partition, until SIGTERM. Images must carry CloudEvents headers as produce writes them.
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1000, TIMEOUT = 10000 };

static volatile sig_atomic_t stopping;

static void stop(int signal) {
    (void)signal;
    stopping = 1;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "standin: %s: %s\n", what, why);
    exit(69);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *brokers) {
    char why[512];
    const char *settings[][2] = {
        {"bootstrap.servers", brokers}, {"socket.nagle.disable", "true"}, {"linger.ms", "0"},
        {"acks", "all"},                {"enable.idempotence", "true"},   {"group.id", "standin"},
        {"fetch.wait.max.ms", "500"},   {"enable.auto.commit", "false"},  {"enable.auto.offset.store", "false"}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        int isProducers = i >= 2 && i <= 4, isConsumers = i >= 5;
        if ((isProducers && type != RD_KAFKA_PRODUCER) || (isConsumers && type != RD_KAFKA_CONSUMER)) continue;
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) != RD_KAFKA_CONF_OK)
            fail(settings[i][0], why);
    }
    rd_kafka_t *made = rd_kafka_new(type, conf, why, sizeof why);
    if (made == NULL) fail("no client", why);
    return made;
}

// All partitions of the images, from their ends; returns their queue.
static rd_kafka_queue_t *images(rd_kafka_t *consumer) {
    const struct rd_kafka_metadata *all;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, "iot.images", NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(consumer, 0, topic, &all, TIMEOUT);
    if (code) fail("iot.images", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(all->topics[0].partition_cnt);
    for (int i = 0; i < all->topics[0].partition_cnt; i++) {
        int64_t low, high;
        code = rd_kafka_query_watermark_offsets(consumer, "iot.images", i, &low, &high, TIMEOUT);
        if (code) fail("iot.images", rd_kafka_err2str(code));
        rd_kafka_topic_partition_list_add(list, "iot.images", i)->offset = high;
    }
    rd_kafka_metadata_destroy(all);
    rd_kafka_topic_destroy(topic);
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rd_kafka_queue_get_consumer(consumer);
}

static void now(char text[40]) {
    struct timespec time;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &time);
    gmtime_r(&time.tv_sec, &parts);
    size_t length = strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, 40 - length, ".%09ldZ", time.tv_nsec);
}

static const char *header(const rd_kafka_headers_t *headers, const char *name, size_t *size) {
    const void *value;
    return rd_kafka_header_get_last(headers, name, &value, size) == RD_KAFKA_RESP_ERR_NO_ERROR ? value : NULL;
}

static void answer(rd_kafka_t *producer, rd_kafka_message_t *image, const char *instant) {
    rd_kafka_headers_t *read;
    size_t id, source, time, trace;
    if (image->err || rd_kafka_message_headers(image, &read)) return;
    const char *idText = header(read, "ce_id", &id), *sourceText = header(read, "ce_source", &source),
               *timeText = header(read, "ce_time", &time), *traceText = header(read, "traceparent", &trace);
    if (idText == NULL || sourceText == NULL || timeText == NULL || traceText == NULL || id > 64) return;
    char value[2048], event[128];
    int size = snprintf(value, sizeof value,
                        "{\"imageId\":\"%.*s\",\"deviceId\":\"%.*s\",\"capturedAt\":\"%.*s\",\"model\":\"stand-in\","
                        "\"modelVersion\":\"0123456789ab-f32\",\"precision\":\"f32\",\"top5\":[{\"label\":\"apple\",\"index\":0,"
                        "\"probability\":1}],\"receivedAt\":\"%s\",\"decodedAt\":\"%s\",\"inferredAt\":\"%s\"}",
                        (int)id, idText, (int)image->key_len, (const char *)image->key, (int)time, timeText, instant,
                        instant, instant);
    int length = snprintf(event, sizeof event, "%.*s/0123456789ab-f32", (int)id, idText);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(9);
    rd_kafka_header_add(headers, "ce_specversion", -1, "1.0", 3);
    rd_kafka_header_add(headers, "ce_id", -1, event, length);
    rd_kafka_header_add(headers, "ce_source", -1, sourceText, source);
    rd_kafka_header_add(headers, "ce_type", -1, "io.iotpipe.image.classified.v1", -1);
    rd_kafka_header_add(headers, "ce_time", -1, instant, -1);
    rd_kafka_header_add(headers, "ce_subject", -1, idText, id);
    rd_kafka_header_add(headers, "content-type", -1, "application/json", -1);
    rd_kafka_header_add(headers, "traceparent", -1, traceText, trace);
    rd_kafka_header_add(headers, "ce_traceparent", -1, traceText, trace);
    while (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("iot.inferences"), RD_KAFKA_V_PARTITION(image->partition),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(image->key, image->key_len),
                             RD_KAFKA_V_VALUE(value, size), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(producer, 10);
}

int main(int count, char **arguments) {
    if (count != 2) fail("usage", "standin BROKERS");
    signal(SIGTERM, stop);
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, arguments[1]);
    rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, arguments[1]);
    rd_kafka_queue_t *queue = images(consumer);
    puts("ready");
    fflush(stdout);
    static rd_kafka_message_t *batch[BATCH];
    while (!stopping) {
        // One is waited for; those that are there come with it. A whole batch would be waited for to the end.
        char instant[40];
        batch[0] = rd_kafka_consume_queue(queue, 100);
        if (batch[0] == NULL) continue;
        ssize_t got = 1 + rd_kafka_consume_batch_queue(queue, 0, batch + 1, BATCH - 1);
        now(instant);
        for (ssize_t i = 0; i < got; i++) {
            answer(producer, batch[i], instant);
            rd_kafka_message_destroy(batch[i]);
        }
        rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, TIMEOUT);
    return 0;
}
