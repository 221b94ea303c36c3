// SPDX-License-Identifier: BSD-3-Clause
#include "sink/sink.h"
#include "sink/counts.h"

const char *const sink_drop_names[SINK_DROPS] = {
	[SINK_DROP_FULL] = "full",
	[SINK_DROP_ERROR] = "error",
	[SINK_DROP_TOO_LONG] = "too_long",
	[SINK_DROP_CLOSED] = "closed",
};

const struct sink_ops *const sink_kinds[] = {
	&sink_stdout,
	&sink_file,
	&sink_kafka,
	&sink_syslog,
	&sink_fluentd,
	NULL,
};

const struct encoder *sink_text_encoder(const char *sink, const char *format, struct error *e)
{
	const struct encoder *encoder = encoder_find(format);

	if (encoder && encoder->text)
		return encoder;
	error_set(e, "%s: can't write format '%s': flat or nested", sink, format);
	return NULL;
}

void sink_stats_add(struct sink_stats *sum, const struct sink_stats *s)
{
	const uint64_t *from = (const uint64_t *)s;
	uint64_t *to = (uint64_t *)sum;

	for (unsigned i = 0; i < sizeof(*s) / sizeof(*from); i++)
		to[i] += from[i];
}

void counts_read(const struct sink_counts *c, struct sink_stats *s)
{
	const uint64_t *from = (const uint64_t *)&c->s;
	uint64_t *to = (uint64_t *)s;
	uint32_t before, after;

	do {
		before = atomic_load_explicit(&c->sequence, memory_order_acquire);
		for (unsigned i = 0; i < sizeof(*s) / sizeof(uint64_t); i++)
			to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&c->sequence, memory_order_relaxed);
	} while (before != after || before & 1);
}
