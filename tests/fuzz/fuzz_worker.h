// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * For fuzz_worker: a worker without an lcore, and what takes its records.
 */
#ifndef FUZZ_FUZZ_WORKER_H
#define FUZZ_FUZZ_WORKER_H

#include "fuzz.h"

#include "app/worker.h"
#include "packet/ingress.h"
#include "record/record.h"

static struct worker *worker;
static struct ingress *ingress;
static struct counters both;

/** Reads every record in the ring as every format; lines must be JSON. */
static inline void drain(void *unused)
{
	static const struct encoder *const encoders[] = { &encoder_flat, &encoder_nested, &encoder_avro,
							  &encoder_msgpack };
	static struct encode_context cx;
	uint32_t size, len, items, flat = 0;
	const struct record *r;

	while ((r = ring_next(worker->ring[0], &size))) {
		encode_context_init(&cx, "INFO", "sensor");
		for (unsigned i = 0; i < 4; i++) {
			const char *at = (const char *)fuzz_encode(encoders[i], &cx, r, &len, &items);
			flat = i ? flat : items;
			ALWAYS(i == 1 ? items == 1 : items == flat);
			for (const char *end = at + len; encoders[i]->text && at < end;) {
				const char *stop = memchr(at, '\n', (size_t)(end - at));
				json_t *line =
				    json_loadb(at, (size_t)(stop - at), JSON_REJECT_DUPLICATES, NULL);
				ALWAYS(line && json_is_object(line));
				json_decref(line);
				at = stop + 1;
			}
		}
	}
	ring_release(worker->ring[0]);
}

/** A fresh worker with small tables; its bits are those of the input's first byte. */
static inline struct counters *start(uint8_t bits)
{
	struct worker_config config = {
		.pair = { .max_queries = 8,
			  .wait_bytes = 4096,
			  .gc_age = INT64_C(60000000000),
			  .unanswered = bits & 1,
			  .orphans = bits & 2 },
		.tcp = { .max_flows = 4,
			 .max_bytes = 2 * TCP_FLOW_BYTES_MIN,
			 .max_flow_bytes = TCP_FLOW_BYTES_MIN,
			 .idle = INT64_C(30000000000) },
		.lossless = true,
	};
	struct error e;

	memset(&both, 0, sizeof(both));
	ALWAYS((worker = worker_new(&config, &e)));
	ALWAYS((worker->ring[0] = ring_new(1 << 18, &e)));
	worker->rings = 1;
	worker->wait = drain;
	ingress = ingress_new(&(struct ingress_config){ .filter = bits & 4 ? NULL : "",
							.max_datagrams = 16,
							.max_fragment_bytes = 65536,
							.counters = &both },
			      &e);
	ALWAYS(ingress);
	return &both;
}

/** A packet, the last of its burst. */
static inline void feed(const uint8_t *frame, uint32_t len, uint16_t linktype, int64_t time, bool cut)
{
	static uint8_t room[INGRESS_ARENA_ROOM];
	struct packet p = { .linktype = linktype, .wire_len = len + (cut ? 9 : 0), .time = time };
	struct arena arena = { .base = room, .cap = sizeof(room) };
	const uint8_t *data;

	if (ingress_packet(ingress, frame, len, &p, &arena, &data) == INGRESS_PASS)
		worker_packet(worker, &p, data);
	worker_flush(worker);
	drain(NULL);
}

/** The end of the run; the counters of both are added up. */
static inline void finish(void)
{
	ingress_finish(ingress);
	worker_finish(worker);
	drain(NULL);
	counters_add(&both, &worker->counters);
	ingress_free(ingress);
	worker_free(worker);
}

#endif
