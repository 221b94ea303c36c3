// SPDX-License-Identifier: BSD-3-Clause
#include "sink/sink.h"
#include "sink/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All instances share the one standard output. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stream stream;
static unsigned users;

static bool stdio_wanted(const struct sink_config *c)
{
	return !c->quiet;
}

static const struct encoder *stdio_encoder(const struct sink_config *c, const char *format, struct error *e)
{
	return sink_text_encoder("stdout", format, e);
}

static int stdio_open(const struct sink_config *config, void **state, struct error *e)
{
	struct stream_client *c = calloc(1, sizeof(*c));

	if (!c)
		return error_set(e, "stdout: no memory");
	pthread_mutex_lock(&lock);
	if (!users++)
		stream_init(&stream, STDOUT_FILENO, "standard output");
	pthread_mutex_unlock(&lock);
	c->stream = &stream;
	c->lossless = config->lossless;
	*state = c;
	return 0;
}

static uint32_t stdio_write(void *state, struct block *b, uint32_t from, int64_t deadline)
{
	return stream_write(state, b, from, deadline);
}

static int stdio_flush(void *state, int64_t deadline)
{
	return stream_flush(state, deadline);
}

static void stdio_poll(void *state)
{
	stream_flush(state, 0);
}

static void stdio_stats(void *state, struct sink_stats *s)
{
	const struct stream_client *c = state;
	counts_read(&c->counts, s);
}

static void stdio_close(void *state, struct sink_stats *s)
{
	stream_leave(state, s);
	pthread_mutex_lock(&lock);
	if (!--users)
		stream_close(&stream);
	pthread_mutex_unlock(&lock);
	free(state);
}

const struct sink_ops sink_stdout = {
	.name = "stdout",
	.help = "whole lines to standard output",
	.patient = true,
	.wanted = stdio_wanted,
	.encoder = stdio_encoder,
	.open = stdio_open,
	.write = stdio_write,
	.poll = stdio_poll,
	.flush = stdio_flush,
	.stats = stdio_stats,
	.close = stdio_close,
};
