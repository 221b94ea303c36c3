// SPDX-License-Identifier: BSD-3-Clause
#include "l4/framing.h"

#include "core/wire.h"

/* The least that a question and a record take (RFC 1035 §4.1.2, §4.1.3). */
#define QUESTION_MIN 5
#define RECORD_MIN 11
/* The shortest message that a strict look accepts: a header and a question for the root. */
#define STRICT_MIN (FRAMING_HEADER + QUESTION_MIN)
/* Records that a strict look reads, at most. */
#define RECORDS_READ 4
/* Questions that a loose look takes for possible. */
#define QUESTIONS_MAX 16
#define OPCODE_MAX 6
#define TYPE_OPT 41
#define NAME_MAX 255

#define QR 0x8000
#define Z 0x0040

/* A bit each: the opcodes and classes that are in use. Query, inverse query, status, notify, update, stateful
 * operations. */
static const uint16_t opcodes_used = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6;

struct header {
	uint16_t flags;
	uint16_t questions;
	uint16_t answers;
	uint32_t records; /* answers and those of both later sections */
};

static bool class_used(uint16_t rclass)
{
	return (rclass >= 1 && rclass <= 4) || rclass == 254 || rclass == 255;
}

static struct header read_header(struct wire *w)
{
	struct header h;

	wire_skip(w, 2);
	h.flags = wire_u16(w);
	h.questions = wire_u16(w);
	h.answers = wire_u16(w);
	h.records = h.answers;
	h.records += wire_u16(w);
	h.records += wire_u16(w);
	return h;
}

/* Whether so many questions and records have room in a message. */
static bool counts_fit(const struct header *h, uint32_t len)
{
	return h->questions * QUESTION_MIN + h->records * RECORD_MIN <= len - FRAMING_HEADER;
}

/* Moves behind a name; false where it is malformed. Where the bytes end within it, the cursor is in error and
 * the name is not. */
static bool skip_name(struct wire *w, bool compressed)
{
	uint32_t start = w->pos;

	for (;;) {
		uint32_t at = w->pos;
		uint8_t n = wire_u8(w);
		if (w->error || n == 0)
			return true;
		if (n >= 0xc0) {
			uint32_t to = (n & 0x3fU) << 8 | wire_u8(w);
			return compressed && (w->error || (to >= FRAMING_HEADER && to < at));
		}
		if (n > 63 || at + 1 + n - start >= NAME_MAX)
			return false;
		wire_skip(w, n);
		if (w->error)
			return true;
	}
}

/* Moves behind a question; false where it is malformed. */
static bool skip_question(struct wire *w)
{
	if (!skip_name(w, false))
		return false;
	uint16_t type = wire_u16(w), rclass = wire_u16(w);
	return w->error || (type != 0 && class_used(rclass));
}

/* Moves behind a record's fixed part, and tells its data's length; false where it is malformed. */
static bool read_record(struct wire *w, uint16_t *rdlen)
{
	uint32_t start = w->pos;

	if (!skip_name(w, true))
		return false;
	bool root = w->pos == start + 1;
	uint16_t type = wire_u16(w), rclass = wire_u16(w);
	wire_skip(w, 4);
	*rdlen = wire_u16(w);
	return w->error || (type == TYPE_OPT ? root : type != 0 && class_used(rclass));
}

/* What a query or a response never has. */
static bool header_sane(const struct header *h, uint32_t len)
{
	unsigned opcode = h->flags >> 11 & 15;

	if (!(opcodes_used >> opcode & 1) || h->flags & Z || h->questions > 1 || !counts_fit(h, len))
		return false;
	if (h->flags & QR)
		return h->questions || h->answers;
	return h->questions && (h->flags & 15) == 0 && (opcode != 0 || h->answers == 0);
}

/* The records that are there, `most` of them at most. False where one is malformed, leaves the message, or
 * where all were read and something follows. `len` is the message's length; the cursor may hold less. */
static bool records_sane(struct wire *w, const struct header *h, uint32_t len, uint32_t most)
{
	uint32_t n = 0;

	for (; n < h->records && n < most; n++) {
		uint16_t rdlen;
		if (!read_record(w, &rdlen))
			return false;
		if (w->error)
			return w->len < len;
		if (rdlen > len - w->pos)
			return false;
		wire_skip(w, rdlen);
		if (w->error)
			return true;
	}
	return n < h->records || w->pos == len;
}

/* The checks that need no whole header, byte by byte: most places fail here. */
static bool start_sane(const uint8_t *at, uint32_t avail)
{
	if (avail >= 2 && framing_length(at) < STRICT_MIN)
		return false;
	if (avail > 4 && !(opcodes_used >> (at[4] >> 3 & 15) & 1))
		return false;
	return !(avail > 6 && at[6]) && !(avail > 7 && at[7] > 1);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

enum framing_fit framing_fits(const uint8_t *at, uint32_t avail)
{
	if (!start_sane(at, avail))
		return FRAMING_NO;
	if (avail < FRAMING_PREFIX + FRAMING_HEADER)
		return FRAMING_MAYBE;

	uint32_t len = framing_length(at);
	struct wire w = wire_init(at + FRAMING_PREFIX, least(avail - FRAMING_PREFIX, len));
	struct header h = read_header(&w);
	if (!header_sane(&h, len))
		return FRAMING_NO;
	uint16_t rdlen;
	if (h.questions ? !skip_question(&w) : !read_record(&w, &rdlen))
		return FRAMING_NO;
	if (w.error)
		return w.len < len ? FRAMING_MAYBE : FRAMING_NO;
	if (!h.questions)
		wire_seek(&w, FRAMING_HEADER);
	return records_sane(&w, &h, len, RECORDS_READ) ? FRAMING_YES : FRAMING_NO;
}

/* Opcodes up to stateful operations, a few questions, and room for what is counted. */
static bool header_possible(const struct header *h, uint32_t len)
{
	return (h->flags >> 11 & 15) <= OPCODE_MAX && h->questions <= QUESTIONS_MAX && counts_fit(h, len);
}

bool framing_sane(const uint8_t *at)
{
	struct wire w = wire_init(at + FRAMING_PREFIX, FRAMING_HEADER);
	struct header h = read_header(&w);

	return header_possible(&h, framing_length(at));
}

enum framing_fit framing_first(const uint8_t *at, uint32_t avail)
{
	if (avail < FRAMING_PREFIX + FRAMING_HEADER)
		return FRAMING_MAYBE;

	uint32_t len = framing_length(at);
	struct wire w = wire_init(at + FRAMING_PREFIX, least(avail - FRAMING_PREFIX, len));
	struct header h = read_header(&w);
	if (!header_possible(&h, len))
		return FRAMING_NO;
	if (h.questions && !skip_name(&w, true))
		return FRAMING_NO;
	if (w.error)
		return w.len < len ? FRAMING_MAYBE : FRAMING_NO;
	return FRAMING_YES;
}

uint32_t framing_scan(const uint8_t *at, uint32_t avail, enum framing_fit *fit)
{
	*fit = FRAMING_NO;
	for (uint32_t i = 0; i < avail; i++) {
		/* No place has more than one question: the byte above its count is 0. */
		if (avail - i > 7 && (at[i + 6] | at[i + 7] >> 1))
			continue;
		*fit = framing_fits(at + i, avail - i);
		if (*fit != FRAMING_NO)
			return i;
	}
	return avail;
}

bool framing_lone(const uint8_t *message, uint32_t len)
{
	struct wire w = wire_init(message, len);

	if (len < STRICT_MIN || len > 65535)
		return false;
	struct header h = read_header(&w);
	if (!header_sane(&h, len) || !h.questions || !skip_question(&w) || w.error)
		return false;
	return records_sane(&w, &h, len, h.records);
}
