// SPDX-License-Identifier: BSD-3-Clause
#include "sink/kafka_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ours, before the user's: anything can be said otherwise by -kafka_config. */
static const struct {
	const char *key, *value;
} defaults[] = {
	{ "client.id", "dnsweir" },
	{ "acks", "all" },
	{ "enable.idempotence", "true" },
	{ "compression.codec", "lz4" },
	/* Latency of a quiet sensor against the size of batches of a busy one. */
	{ "linger.ms", "50" },
	{ "batch.num.messages", "10000" },
	{ "queue.buffering.max.messages", "100000" },
	{ "queue.buffering.max.kbytes", "1048576" },
	/* A message waits as long as its broker is away. */
	{ "message.timeout.ms", "0" },
	{ "reconnect.backoff.max.ms", "2000" },
	{ "socket.keepalive.enable", "true" },
	{ "log.connection.close", "false" },
	/* Logs come in the thread that polls. */
	{ "log.queue", "true" },
};

/* Of message.max.bytes (1000 at least): what surrounds a message in its request. librdkafka fails a message that fits but for
 * that with others of its batch. */
#define FRAMING 512

static int set(rd_kafka_conf_t *conf, const char *key, const char *value, struct error *e)
{
	char reason[256];

	if (rd_kafka_conf_set(conf, key, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
		return 0;
	return error_set(e, "kafka: %s=%s: %s", key, value, reason);
}

/* A KEY=VALUE of the user's. */
static int set_pair(rd_kafka_conf_t *conf, const char *pair, struct error *e)
{
	const char *equals = strchr(pair, '=');
	char key[256];

	if (!equals || equals == pair || (size_t)(equals - pair) >= sizeof(key))
		return error_set(e, "kafka_config '%s': KEY=VALUE is wanted", pair);
	memcpy(key, pair, (size_t)(equals - pair));
	key[equals - pair] = '\0';
	return set(conf, key, equals + 1, e);
}

static int configure(rd_kafka_conf_t *conf, const struct sink_config *c, struct error *e)
{
	if (!c->kafka_brokers || !*c->kafka_brokers || !c->kafka_topic || !*c->kafka_topic)
		return error_set(e, "kafka: kafka_brokers and kafka_topic go together");
	for (unsigned i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (set(conf, defaults[i].key, defaults[i].value, e) < 0)
			return -1;
	if (set(conf, "bootstrap.servers", c->kafka_brokers, e) < 0)
		return -1;
	for (const char *const *pair = c->kafka_config; pair && *pair; pair++)
		if (set_pair(conf, *pair, e) < 0)
			return -1;
	return 0;
}

static uint32_t number(const rd_kafka_conf_t *conf, const char *key)
{
	char value[32] = "";
	size_t size = sizeof(value);

	rd_kafka_conf_get(conf, key, value, &size);
	return (uint32_t)strtoul(value, NULL, 10);
}

/* A new producer; its threads inherit the affinity that this thread has meanwhile. Takes `conf` over where it
 * succeeds. */
static rd_kafka_t *create(rd_kafka_conf_t *conf, const cpu_set_t *cpus, char *reason, size_t size)
{
	cpu_set_t own;
	bool moved = cpus && pthread_getaffinity_np(pthread_self(), sizeof(own), &own) == 0 &&
		pthread_setaffinity_np(pthread_self(), sizeof(*cpus), cpus) == 0;
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, size);

	if (moved)
		pthread_setaffinity_np(pthread_self(), sizeof(own), &own);
	return rk;
}

int kafka_client_open(struct kafka_client *k, const struct sink_config *c, const struct kafka_events *events,
	void *opaque, struct error *e)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char reason[256];

	*k = (struct kafka_client){ 0 };
	if (configure(conf, c, e) < 0) {
		rd_kafka_conf_destroy(conf);
		return -1;
	}
	k->queue_max = number(conf, "queue.buffering.max.messages");
	if (!k->queue_max)
		k->queue_max = 1000000;
	k->queue_bytes = (uint64_t)number(conf, "queue.buffering.max.kbytes") << 10;
	k->message_max = number(conf, "message.max.bytes") - FRAMING;
	rd_kafka_conf_set_opaque(conf, opaque);
	rd_kafka_conf_set_dr_msg_cb(conf, events->delivery);
	rd_kafka_conf_set_error_cb(conf, events->error);
	rd_kafka_conf_set_log_cb(conf, events->log);
	k->rk = create(conf, c->cpus, reason, sizeof(reason));
	if (!k->rk) {
		rd_kafka_conf_destroy(conf);
		return error_set(e, "kafka: %s", reason);
	}
	rd_kafka_set_log_queue(k->rk, NULL);
	k->topic = rd_kafka_topic_new(k->rk, c->kafka_topic, NULL);
	if (!k->topic) {
		kafka_client_close(k);
		return error_set(e, "kafka: topic %s: %s", c->kafka_topic, rd_kafka_err2str(rd_kafka_last_error()));
	}
	return 0;
}

void kafka_client_close(struct kafka_client *k)
{
	if (k->topic)
		rd_kafka_topic_destroy(k->topic);
	if (k->rk)
		rd_kafka_destroy(k->rk);
	k->topic = NULL;
	k->rk = NULL;
}
