// SPDX-License-Identifier: BSD-3-Clause
/*
 * pcapng (draft-ietf-opsawg-pcapng): blocks of type, length, body and length again. A section header sets the byte order and
 * starts the list of interfaces anew; each interface has a link type and a resolution of its own.
 */
#include "core/clock.h"
#include "port/capture.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete, but written for years */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
};

enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14 };

/** Type and length before a body, length behind it. */
#define BLOCK_HEADER 8
#define BLOCK_TRAILER 4
#define BLOCK_MIN (BLOCK_HEADER + BLOCK_TRAILER)
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
/** A section needs no more; the list of interfaces stays in bounded memory. */
#define INTERFACES_MAX 65536

/** The file is damaged at the current block. */
static enum capture_result damaged(const struct capture *c, struct error *e, const char *what, uint64_t value)
{
	error_set(e, "%s: corrupt block behind packet %" PRIu64 " at byte %" PRIu64 ": %s (%" PRIu64 ")", c->name, c->packets,
		  input_offset(&c->input), what, value);
	return CAPTURE_BAD;
}

/** `value` units since the epoch in ns; what no int64_t can hold becomes its limit. */
static int64_t interface_time(const struct capture_interface *i, uint64_t value)
{
	static const uint32_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000 };
	__int128 ns;

	if (__builtin_expect(!i->binary && i->exponent == 6 && !i->offset && value <= INT64_MAX / 1000, 1))
		return (int64_t)(value * 1000);
	if (i->binary) {
		ns = i->exponent < 64 ? (__int128)(value >> i->exponent) * NSEC_PER_SEC : 0;
		uint64_t fraction = i->exponent < 64 ? value & ((UINT64_C(1) << i->exponent) - 1) : value;
		ns += i->exponent < 96 ? (__int128)fraction * NSEC_PER_SEC >> i->exponent : 0;
	} else if (i->exponent <= 9) {
		ns = (__int128)value * powers[9 - i->exponent];
	} else {
		ns = value;
		for (unsigned n = i->exponent; n > 9 && ns; n--)
			ns /= 10;
	}
	ns += (__int128)i->offset * NSEC_PER_SEC;
	if (ns > INT64_MAX)
		return INT64_MAX;
	return ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

/** Reads an interface's options, `len` bytes at `p`. Damaged ones end the list: the interface itself is sound. */
static void interface_options(const struct capture *c, struct capture_interface *i, const uint8_t *p, uint32_t len)
{
	while (len >= 4) {
		uint16_t code = capture_u16(c, p);
		uint32_t size = capture_u16(c, p + 2);
		uint32_t padded = (size + 3) & ~3u;

		if (code == OPTION_END || padded > len - 4)
			return;
		if (code == OPTION_TSRESOL && size >= 1) {
			i->binary = p[4] & 0x80;
			i->exponent = p[4] & 0x7f;
		}
		if (code == OPTION_TSOFFSET && size >= 8) {
			uint32_t first = capture_u32(c, p + 4), second = capture_u32(c, p + 8);
			i->offset = (int64_t)(c->swap == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) ?
					      (uint64_t)first << 32 | second : (uint64_t)second << 32 | first);
		}
		p += 4 + padded;
		len -= 4 + padded;
	}
}

static enum capture_result interface_block(struct capture *c, const uint8_t *body, uint32_t len, struct error *e)
{
	if (len < 8)
		return damaged(c, e, "an interface description that is too short", len);
	if (c->interfaces == INTERFACES_MAX)
		return damaged(c, e, "too many interfaces", c->interfaces);
	if (c->interfaces == c->interfaces_max) {
		uint32_t max = c->interfaces_max ? 2 * c->interfaces_max : 16;
		struct capture_interface *more = realloc(c->interface, max * sizeof(*more));

		if (!more)
			return damaged(c, e, "no memory for interfaces", max);
		c->interface = more;
		c->interfaces_max = max;
	}
	struct capture_interface *i = &c->interface[c->interfaces++];

	*i = (struct capture_interface){ .linktype = capture_u16(c, body), .snaplen = capture_u32(c, body + 4), .exponent = 6 };
	interface_options(c, i, body + 8, len - 8);
	return CAPTURE_PACKET;
}

/** A packet of interface `id`: `len` bytes at `data`. */
static enum capture_result packet_at(struct capture *c, struct capture_packet *p, const uint8_t *data, uint32_t len,
				     uint32_t wire_len, uint32_t id)
{
	p->data = data;
	p->len = len;
	p->wire_len = wire_len > len ? wire_len : len;
	p->linktype = c->interface[id].linktype;
	p->time = c->time;
	c->packets++;
	return CAPTURE_PACKET;
}

/** An enhanced packet block, or the obsolete one, which differs in the first four bytes only. */
static enum capture_result packet_block(struct capture *c, struct capture_packet *p, const uint8_t *body, uint32_t len, bool old,
					struct error *e)
{
	if (len < 20)
		return damaged(c, e, "a packet block that is too short", len);
	uint32_t id = old ? capture_u16(c, body) : capture_u32(c, body);
	uint32_t there = capture_u32(c, body + 12);

	if (id >= c->interfaces)
		return damaged(c, e, "a packet of an interface that was not described", id);
	if (there > len - 20 || there > CAPTURE_PACKET_MAX)
		return damaged(c, e, "a packet that is longer than its block or than 262144 bytes", there);
	c->time = interface_time(&c->interface[id], (uint64_t)capture_u32(c, body + 4) << 32 | capture_u32(c, body + 8));
	return packet_at(c, p, body + 20, there, capture_u32(c, body + 16), id);
}

/** A simple packet block has no time: its packet's is that of the one before. */
static enum capture_result simple_block(struct capture *c, struct capture_packet *p, const uint8_t *body, uint32_t len,
					struct error *e)
{
	if (len < 4)
		return damaged(c, e, "a packet block that is too short", len);
	if (!c->interfaces)
		return damaged(c, e, "a packet of an interface that was not described", 0);
	uint32_t wire_len = capture_u32(c, body);
	uint32_t there = wire_len;

	if (c->interface[0].snaplen && there > c->interface[0].snaplen)
		there = c->interface[0].snaplen;
	if (there > len - 4 || there > CAPTURE_PACKET_MAX)
		return damaged(c, e, "a packet that is longer than its block or than 262144 bytes", there);
	return packet_at(c, p, body + 4, there, wire_len, 0);
}

/** The block at the cursor's start, whole; CAPTURE_END where it holds no packet. */
static enum capture_result take_block(struct capture *c, struct capture_packet *p, uint32_t type, uint32_t total, struct error *e)
{
	const uint8_t *body = c->input.at + BLOCK_HEADER;
	uint32_t len = total - BLOCK_MIN;
	enum capture_result r = CAPTURE_END;

	if (capture_u32(c, body + len) != total)
		return damaged(c, e, "its two lengths differ", total);
	switch (type) {
	case BLOCK_ENHANCED:
	case BLOCK_PACKET:
		r = packet_block(c, p, body, len, type == BLOCK_PACKET, e);
		break;
	case BLOCK_SIMPLE:
		r = simple_block(c, p, body, len, e);
		break;
	case BLOCK_INTERFACE:
		r = interface_block(c, body, len, e) == CAPTURE_BAD ? CAPTURE_BAD : CAPTURE_END;
		break;
	default: /* section header (already looked at), statistics, names, secrets, custom and unknown blocks */
		break;
	}
	if (r != CAPTURE_BAD)
		input_take(&c->input, total);
	return r;
}

/** A section header: 12 bytes of it tell the byte order, which its own length is in. */
static enum capture_result section_block(struct capture *c, struct error *e)
{
	enum input_result r = input_need(&c->input, 16);
	const uint8_t *p = c->input.at;

	if (r != INPUT_OK)
		return capture_short(c, r, "section header", 16, e);
	c->swap = false;
	c->swap = capture_u32(c, p + 8) != BYTE_ORDER_MAGIC;
	if (capture_u32(c, p + 8) != BYTE_ORDER_MAGIC)
		return damaged(c, e, "a section header without the byte-order magic", capture_u32(c, p + 8));
	if (capture_u16(c, p + 12) != 1)
		return damaged(c, e, "a pcapng version that is not known, only 1.x is", capture_u16(c, p + 12));
	if (capture_u32(c, p + 4) < BLOCK_MIN + 16)
		return damaged(c, e, "a section header that is too short", capture_u32(c, p + 4));
	c->interfaces = 0;
	return CAPTURE_PACKET;
}

static enum capture_result pcapng_start(struct capture *c, struct error *e)
{
	return section_block(c, e);
}

/** The next block; CAPTURE_END where it was none of a packet's, and *last where there are no more. */
static enum capture_result next_block(struct capture *c, struct capture_packet *p, bool *last, struct error *e)
{
	struct input *s = &c->input;
	enum input_result r = input_need(s, BLOCK_HEADER);

	if (r == INPUT_END && !input_left(s) && !s->skip) {
		*last = true;
		return CAPTURE_END;
	}
	if (r != INPUT_OK)
		return capture_short(c, r, "block header", BLOCK_HEADER, e);
	uint32_t type = capture_u32(c, s->at); /* the section header's reads the same in both orders */

	if (type == BLOCK_SECTION) {
		enum capture_result section = section_block(c, e);
		if (section != CAPTURE_PACKET)
			return section;
	}
	uint32_t total = capture_u32(c, s->at + 4);

	if (total < BLOCK_MIN || total % 4)
		return damaged(c, e, "a block length that can't be", total);
	if (total > INPUT_NEED_MAX) {
		if (type == BLOCK_ENHANCED || type == BLOCK_PACKET || type == BLOCK_SIMPLE || type == BLOCK_INTERFACE)
			return damaged(c, e, "a block that is too long", total);
		input_skip(s, total);
		return CAPTURE_END;
	}
	r = input_need(s, total);
	if (r != INPUT_OK)
		return capture_short(c, r, "block", total, e);
	return take_block(c, p, type, total, e);
}

/** True where the next block lies in the window, whole. */
static bool have_block(const struct capture *c)
{
	const struct input *in = &c->input;

	return input_left(in) >= BLOCK_MIN && !in->skip && input_left(in) >= capture_u32(c, in->at + 4) &&
	       capture_u32(c, in->at) != BLOCK_SECTION;
}

static enum capture_result pcapng_next(struct capture *c, struct capture_packet *p, unsigned n, unsigned *got, struct error *e)
{
	bool last = false;
	unsigned k = 0;

	do {
		enum capture_result r = next_block(c, p + k, &last, e);

		if (r == CAPTURE_PACKET)
			k++;
		else if (k && r == CAPTURE_BAD)
			break; /* told when it comes first: nothing was taken */
		else if (r != CAPTURE_END || last)
			return r;
	} while (k < n && (!k || have_block(c)));
	*got = k;
	return CAPTURE_PACKET;
}

const struct capture_format capture_pcapng = { "pcapng", pcapng_start, pcapng_next };
