// SPDX-License-Identifier: BSD-3-Clause
#include "port/input.h"

#include "core/mem.h"
#include "port/decode.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Bytes a read: small enough to stay in the second-level cache, large enough to make system calls cheap. */
#define CHUNK ((size_t)128 << 10)
/** The first read: a probe for the first packet shouldn't cost more. */
#define FIRST_CHUNK ((size_t)16 << 10)
/** The window: what is left of the last read is moved in front of `INPUT_NEED_MAX`, so that reads go to aligned memory. */
#define WINDOW (INPUT_NEED_MAX + CHUNK)
/** How long a pipe is waited for, ms: a reader that has nothing to do sleeps here. */
#define PIPE_WAIT 10

/** Packed bytes and the state of their unpacking. */
struct decoder {
	const struct decode_ops *ops;
	void *state;
	bool between;  /**< between two frames: the stream may end here */
	bool in_ended; /**< no more packed bytes */
	size_t pos, len;
	uint8_t in[128 << 10];
};

int input_open(struct input *s, const char *path, uint64_t *progress, struct error *e)
{
	bool standard = !strcmp(path, "-");
	struct stat st;

	*s = (struct input){ .fd = -1, .progress = progress };
	/* O_NONBLOCK: a FIFO whose other end nobody has opened yet must not stop us here. */
	s->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0 || fstat(s->fd, &st)) {
		error_set(e, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		error_set(e, "%s: %s", path, strerror(EISDIR));
		goto fail;
	}
	if (standard && isatty(s->fd)) {
		error_set(e, "standard input is a terminal, no capture");
		goto fail;
	}
	s->pipe = !S_ISREG(st.st_mode);
	s->window = mem_reserve(WINDOW);
	if (!s->window) {
		error_set(e, "%s: no memory", path);
		goto fail;
	}
	s->at = s->end = s->window + INPUT_NEED_MAX;
	return 0;
fail:
	input_close(s);
	return -1;
}

void input_close(struct input *s)
{
	if (s->decoder) {
		s->decoder->ops->close(s->decoder->state);
		free(s->decoder);
	}
	mem_free(s->window, WINDOW);
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	*s = (struct input){ .fd = -1 };
}

/** Reads from the file itself. */
static enum input_result raw_read(struct input *s, uint8_t *to, size_t room, size_t *got)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	if (s->pipe && poll(&p, 1, PIPE_WAIT) <= 0)
		return INPUT_AGAIN;
	ssize_t n = read(s->fd, to, room);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return INPUT_AGAIN;
	if (n < 0) {
		error_set(&s->error, "%s", strerror(errno));
		return INPUT_FAILED;
	}
	if (s->progress)
		__atomic_store_n(s->progress, *s->progress + (uint64_t)n, __ATOMIC_RELAXED);
	*got = (size_t)n;
	return n ? INPUT_OK : INPUT_END;
}

/** More packed bytes. INPUT_END is noted, not told. */
static enum input_result decoder_fill(struct input *s)
{
	struct decoder *d = s->decoder;

	d->pos = d->len = 0;
	enum input_result r = raw_read(s, d->in, sizeof(d->in), &d->len);

	if (r != INPUT_END)
		return r;
	d->in_ended = true;
	return INPUT_OK;
}

/** Unpacks into `to`; some bytes at least, or why not. */
static enum input_result decoder_read(struct input *s, uint8_t *to, size_t room, size_t *got)
{
	struct decoder *d = s->decoder;

	for (;;) {
		struct decode_io io = { .in = d->in + d->pos, .in_len = d->len - d->pos, .out = to, .out_len = room };

		if (!io.in_len && !d->in_ended) {
			enum input_result r = decoder_fill(s);
			if (r != INPUT_OK)
				return r;
			continue;
		}
		if (!io.in_len && d->between)
			return INPUT_END;
		struct error why = { "" };
		size_t in_before = io.in_len;
		int r = d->ops->run(d->state, &io, &why);

		d->pos = d->len - io.in_len;
		*got = room - io.out_len;
		if (r < 0) {
			error_set(&s->error, "corrupt %s data (%s)", d->ops->name, why.text);
			return INPUT_FAILED;
		}
		if (in_before || *got)
			d->between = r > 0;
		if (*got)
			return INPUT_OK;
		if (d->in_ended && !in_before) {
			error_set(&s->error, "%s data is cut", d->ops->name);
			return INPUT_FAILED;
		}
	}
}

/** Looks at the first bytes: packed ones go to a decoder. */
static enum input_result input_start(struct input *s)
{
	const struct decode_ops *ops = decode_find(s->at, input_left(s));

	s->started = true;
	if (!ops)
		return INPUT_OK;
	struct decoder *d = malloc(sizeof(*d));
	void *state = d ? ops->open() : NULL;

	if (!state) {
		free(d);
		error_set(&s->error, "no memory");
		return INPUT_FAILED;
	}
	d->ops = ops;
	d->state = state;
	d->between = false;
	d->in_ended = s->ended;
	d->pos = 0;
	d->len = input_left(s);
	memcpy(d->in, s->at, d->len);
	s->decoder = d;
	s->behind = 0;
	s->ended = false;
	s->at = s->end = s->window + INPUT_NEED_MAX;
	return INPUT_OK;
}
static_assert(FIRST_CHUNK <= sizeof(((struct decoder *)0)->in), "what was read at first fits");

/** One read behind what is there, which is moved to the front where room gets short. */
static enum input_result input_more(struct input *s)
{
	uint8_t *base = s->window + INPUT_NEED_MAX;
	size_t left = input_left(s);
	size_t got = 0;

	if (left < 4096 || s->end > base + CHUNK / 2) {
		memmove(base - left, s->at, left);
		s->at = base - left;
		s->end = base;
	}
	uint8_t *to = s->window + (s->end - s->window);
	size_t room = (size_t)(base + CHUNK - s->end);

	if (!s->started)
		room = FIRST_CHUNK - left;
	enum input_result r = s->decoder ? decoder_read(s, to, room, &got) : raw_read(s, to, room, &got);

	s->end += got;
	s->behind += got;
	s->ended |= r == INPUT_END;
	s->failed |= r == INPUT_FAILED;
	return r;
}

/** Passes over what is to be skipped and is there. */
static void skip_there(struct input *s)
{
	size_t n = input_left(s) < s->skip ? input_left(s) : (size_t)s->skip;

	s->at += n;
	s->skip -= n;
}

enum input_result input_fill(struct input *s, uint32_t n)
{
	for (;;) {
		skip_there(s);
		if (!s->skip && input_left(s) >= n && s->started)
			return INPUT_OK;
		if (!s->started && (s->ended || input_left(s) >= 4)) {
			if (input_start(s) == INPUT_FAILED)
				s->failed = true;
			continue;
		}
		if (s->failed)
			return INPUT_FAILED;
		if (s->ended)
			return INPUT_END;
		if (input_more(s) == INPUT_AGAIN)
			return INPUT_AGAIN;
	}
}

void input_skip(struct input *s, uint64_t n)
{
	s->skip += n;
	skip_there(s);
}

const char *input_compression(const struct input *s)
{
	return s->decoder ? s->decoder->ops->name : "";
}
