// SPDX-License-Identifier: BSD-3-Clause
#include "port/capture.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct {
	uint8_t magic[4];
	const struct capture_format *format;
} magics[] = {
	{ { 0xd4, 0xc3, 0xb2, 0xa1 }, &capture_pcap }, { { 0xa1, 0xb2, 0xc3, 0xd4 }, &capture_pcap },
	{ { 0x4d, 0x3c, 0xb2, 0xa1 }, &capture_pcap }, { { 0xa1, 0xb2, 0x3c, 0x4d }, &capture_pcap },
	{ { 0x34, 0xcd, 0xb2, 0xa1 }, &capture_pcap }, { { 0xa1, 0xb2, 0xcd, 0x34 }, &capture_pcap },
	{ { 0x0a, 0x0d, 0x0d, 0x0a }, &capture_pcapng },
};

const struct capture_format *capture_find(const uint8_t *p)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (!memcmp(p, magics[i].magic, sizeof(magics[i].magic)))
			return magics[i].format;
	return NULL;
}

const char *capture_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

int capture_open(struct capture *c, const char *name, uint64_t *progress, struct error *e)
{
	*c = (struct capture){ .name = capture_name(name) };
	return input_open(&c->input, name, progress, e);
}

void capture_close(struct capture *c)
{
	input_close(&c->input);
	free(c->interface);
	c->interface = NULL;
}

enum capture_result capture_short(const struct capture *c, enum input_result r, const char *what, uint32_t n, struct error *e)
{
	const struct input *s = &c->input;

	if (r == INPUT_AGAIN)
		return CAPTURE_AGAIN;
	if (r == INPUT_FAILED)
		error_set(e, "%s: %s in packet %" PRIu64 " at byte %" PRIu64, c->name, s->error.text, c->packets + 1,
			  input_offset(s));
	else
		error_set(e, "%s: cut in packet %" PRIu64 " at byte %" PRIu64 ": %zu of %" PRIu32 " bytes of its %s are there",
			  c->name, c->packets + 1, input_offset(s), input_left(s), n, what);
	return CAPTURE_BAD;
}

/** Whatever it is, it is no capture. */
static enum capture_result not_a_capture(const struct capture *c, struct error *e)
{
	const char *packed = input_compression(&c->input);
	size_t n = input_left(&c->input);

	if (c->input.failed)
		error_set(e, "%s: %s", c->name, c->input.error.text);
	else if (!n)
		error_set(e, "%s: empty%s%s", c->name, *packed ? " inside of its compression by " : "", packed);
	else
		error_set(e, "%s: not a capture file but %s%s%s", c->name, packed, *packed ? " of " : "",
			  sniff_name(c->input.at, n));
	return CAPTURE_BAD;
}

enum capture_result capture_start(struct capture *c, struct error *e)
{
	enum input_result r = input_need(&c->input, 4);

	if (r == INPUT_AGAIN)
		return CAPTURE_AGAIN;
	const struct capture_format *format = r == INPUT_OK ? capture_find(c->input.at) : NULL;

	if (!format)
		return not_a_capture(c, e);
	enum capture_result got = format->start(c, e);

	if (got == CAPTURE_PACKET)
		c->format = format;
	return got;
}

enum capture_result capture_next(struct capture *c, struct capture_packet *p, unsigned n, unsigned *got, struct error *e)
{
	*got = 0;
	if (__builtin_expect(!c->format, 0)) {
		enum capture_result r = capture_start(c, e);
		if (r != CAPTURE_PACKET)
			return r;
	}
	return c->format->next(c, p, n, got, e);
}
