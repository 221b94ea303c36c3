// SPDX-License-Identifier: BSD-3-Clause
#include "sink/forward.h"
#include "core/mem.h"
#include "core/out.h"
#include "core/wire.h"

#include <string.h>
#include <sys/random.h>

/* A byte 0x92 for each item replaces its own head, 0x93 and the tag; the frame around takes less than that. */
#define SCRATCH (BLOCK_CAPACITY + BLOCK_ITEMS + 4096u)

void forward_chunks_init(struct forward_chunks *c)
{
	if (getrandom(c->id, sizeof(c->id), 0) != sizeof(c->id))
		memset(c->id, 0x5a, sizeof(c->id));
}

void forward_chunks_next(struct forward_chunks *c, char chunk[FORWARD_CHUNK + 1])
{
	struct out o = out_init(chunk, FORWARD_CHUNK);

	for (unsigned i = sizeof(c->id); i-- > 8 && ++c->id[i] == 0;)
		;
	out_base64(&o, c->id, sizeof(c->id));
	chunk[FORWARD_CHUNK] = '\0';
}

uint8_t *forward_scratch(void)
{
	return mem_reserve(SCRATCH);
}

void forward_scratch_free(uint8_t *scratch)
{
	mem_free(scratch, SCRATCH);
}

static bool is_text(uint8_t type)
{
	return (type & 0xe0) == 0xa0 || (type >= 0xd9 && type <= 0xdb);
}

/* Bytes of the text (fixstr, str 8, 16, 32) at the cursor, its head included; 0 where there is none. */
static uint32_t text_size(struct wire w)
{
	uint32_t start = w.pos;
	uint8_t type = wire_u8(&w);
	uint32_t len = (type & 0xe0) == 0xa0 ? type & 0x1f : type == 0xd9 ? wire_u8(&w) : type == 0xda ? wire_u16(&w) :
		type == 0xdb ? wire_u32(&w) : 0;

	if (!is_text(type))
		return 0;
	wire_skip(&w, len);
	return w.error ? 0 : w.pos - start;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

uint32_t forward_pack(uint8_t *to_scratch, const struct block *b, uint32_t from, uint32_t to, const char *chunk)
{
	struct out o = out_init(to_scratch, SCRATCH);
	struct wire first = wire_init(b->data + block_start(b, from), b->end[from] - block_start(b, from));
	uint32_t tag;
	uint8_t *length;

	wire_skip(&first, 1);
	tag = text_size(first);
	out_u8(&o, 0x93);
	out_mem(&o, b->data + block_start(b, from) + 1, tag);
	out_u8(&o, 0xc6);
	length = o.at;
	out_mem(&o, "\0\0\0", 4);
	for (uint32_t i = from; i < to; i++) {
		uint32_t start = block_start(b, i) + 1 + tag;
		out_u8(&o, 0x92);
		if (start < b->end[i])
			out_mem(&o, b->data + start, b->end[i] - start);
	}
	put32(length, (uint32_t)(o.at - length - 4));
	out_u8(&o, 0x82);
	out_u8(&o, 0xa4);
	out_str(&o, "size");
	out_u8(&o, 0xcd);
	out_u8(&o, (uint8_t)((to - from) >> 8));
	out_u8(&o, (uint8_t)(to - from));
	out_u8(&o, 0xa5);
	out_str(&o, "chunk");
	out_u8(&o, (uint8_t)(0xa0 | strlen(chunk)));
	out_str(&o, chunk);
	return out_len(&o);
}

uint8_t *forward_acks_room(struct forward_acks *a, uint32_t *room)
{
	/* Acknowledgements are short: what fills all of it is none. */
	if (a->len == sizeof(a->data))
		a->len = 0;
	*room = (uint32_t)sizeof(a->data) - a->len;
	return a->data + a->len;
}

void forward_acks_add(struct forward_acks *a, uint32_t n)
{
	a->len += n;
}

bool forward_acks_next(struct forward_acks *a, char chunk[FORWARD_CHUNK + 1])
{
	static const uint8_t head[] = { 0x81, 0xa3, 'a', 'c', 'k' };
	uint32_t at = 0, size = 0, body = 0;
	bool found = false;

	for (; at < a->len && !found; at += found ? size : 1) {
		uint32_t left = a->len - at, n = left < sizeof(head) ? left : (uint32_t)sizeof(head);
		if (memcmp(a->data + at, head, n) || (left > n && !is_text(a->data[at + n])))
			continue;
		struct wire w = wire_init(a->data + at, left);
		wire_skip(&w, sizeof(head));
		body = w.error ? 0 : text_size(w);
		if (!body)
			break;
		size = (uint32_t)sizeof(head) + body;
		found = true;
	}
	if (found) {
		/* A name of ours is a fixstr of 24; any other is nobody's. */
		uint32_t len = body < FORWARD_CHUNK ? body : FORWARD_CHUNK;
		memcpy(chunk, a->data + at - len, len);
		chunk[len] = '\0';
	}
	memmove(a->data, a->data + at, a->len - at);
	a->len -= at;
	return found;
}
