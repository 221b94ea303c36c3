// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A librdkafka producer as dnsweir wants it: idempotent, every message acknowledged by all replicas, waiting
 * for a broker for ever.
 */
#ifndef SINK_KAFKA_CLIENT_H
#define SINK_KAFKA_CLIENT_H

#include "sink/sink.h"

#include <librdkafka/rdkafka.h>

/** What the producer tells, all from within rd_kafka_poll() or rd_kafka_flush() and in their thread. */
struct kafka_events {
	void (*delivery)(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque);
	void (*error)(rd_kafka_t *rk, int code, const char *reason, void *opaque);
	void (*log)(const rd_kafka_t *rk, int level, const char *facility, const char *text);
};

/** A producer and its topic. */
struct kafka_client {
	rd_kafka_t *rk;           /**< NULL: closed */
	rd_kafka_topic_t *topic;
	uint32_t queue_max;       /**< messages that its queue takes */
	uint64_t queue_bytes;     /**< of their values */
	uint32_t message_max;     /**< bytes of a message, key included */
};

/** Opens one for the brokers and topic of `c`; its threads run on c->cpus. 0; or -1 and librdkafka's own text. */
int kafka_client_open(struct kafka_client *k, const struct sink_config *c, const struct kafka_events *events,
	void *opaque, struct error *e);

/** Closes it; a message that is still queued gets no report any more. */
void kafka_client_close(struct kafka_client *k);

#endif
