// SPDX-License-Identifier: BSD-3-Clause
/* Frames, in the order of their time, and the capture file. */
#include "dnsgen.h"

#define FRAME_MOST 2048

/* A frame that waits. Those that are handed over at the same time go in the order in which they came. */
struct gen_frame {
	int64_t t;
	uint64_t seq;
	uint8_t *data;
	uint32_t len;
};

static bool before(const struct gen_frame *a, const struct gen_frame *b)
{
	return a->t < b->t || (a->t == b->t && a->seq < b->seq);
}

static void heap_push(struct gen_frames *f, struct gen_frame frame)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 1024;
		f->heap = realloc(f->heap, f->cap * sizeof(*f->heap));
		if (!f->heap)
			abort();
	}
	uint32_t i = f->n++;
	for (; i && before(&frame, &f->heap[(i - 1) / 2]); i = (i - 1) / 2)
		f->heap[i] = f->heap[(i - 1) / 2];
	f->heap[i] = frame;
}

static struct gen_frame heap_pop(struct gen_frames *f)
{
	struct gen_frame top = f->heap[0], last = f->heap[--f->n];
	uint32_t i = 0;

	for (uint32_t child; (child = 2 * i + 1) < f->n; i = child) {
		if (child + 1 < f->n && before(&f->heap[child + 1], &f->heap[child]))
			child++;
		if (!before(&f->heap[child], &last))
			break;
		f->heap[i] = f->heap[child];
	}
	f->heap[i] = last;
	return top;
}

static uint8_t *buffer_take(struct gen_frames *f)
{
	uint8_t *data = f->n_spare ? f->spare[--f->n_spare] : malloc(FRAME_MOST);

	if (!data)
		abort();
	return data;
}

static void buffer_give(struct gen_frames *f, uint8_t *data)
{
	if (f->n_spare < sizeof(f->spare) / sizeof(f->spare[0]))
		f->spare[f->n_spare++] = data;
	else
		free(data);
}

static void put16(uint8_t *to, uint32_t v)
{
	to[0] = (uint8_t)(v >> 8);
	to[1] = (uint8_t)v;
}

static void put32(uint8_t *to, uint32_t v)
{
	put16(to, v >> 16);
	put16(to + 2, v);
}

static uint32_t sum(uint32_t s, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i + 1 < len; i += 2)
		s += (uint32_t)data[i] << 8 | data[i + 1];
	return len & 1 ? s + ((uint32_t)data[len - 1] << 8) : s;
}

static uint16_t fold(uint32_t s)
{
	s = (s >> 16) + (s & 0xffff);
	return (uint16_t)~(s + (s >> 16));
}

/* Where in the datagram a frame's piece stands. A whole one is at 0 and has no more. */
struct piece {
	uint32_t ident, offset;
	bool more;
};

static uint8_t *ipv4(uint8_t *to, const uint8_t *src, const uint8_t *dst, uint8_t proto, uint32_t len,
		     const struct piece *piece)
{
	bool whole = !piece->offset && !piece->more;

	memset(to, 0, 20);
	to[0] = 0x45;
	put16(to + 2, 20 + len);
	put16(to + 4, piece->ident);
	put16(to + 6, whole ? 0x4000 : (piece->more ? 0x2000U : 0) | piece->offset / 8);
	to[8] = 64;
	to[9] = proto;
	memcpy(to + 12, src, 4);
	memcpy(to + 16, dst, 4);
	put16(to + 10, fold(sum(0, to, 20)));
	return to + 20;
}

static uint8_t *ipv6(uint8_t *to, const uint8_t *src, const uint8_t *dst, uint8_t proto, uint32_t len,
		     const struct piece *piece)
{
	bool whole = !piece->offset && !piece->more;

	put32(to, 0x60000000);
	put16(to + 4, len + (whole ? 0 : 8));
	to[6] = whole ? proto : 44;
	to[7] = 64;
	memcpy(to + 8, src, 16);
	memcpy(to + 24, dst, 16);
	if (whole)
		return to + 40;
	to[40] = proto;
	to[41] = 0;
	put16(to + 42, piece->offset | piece->more);
	put32(to + 44, piece->ident);
	return to + 48;
}

static void push(struct gen_frames *f, int64_t t, uint8_t *data, uint32_t len)
{
	heap_push(f, (struct gen_frame){ t, f->seq++, data, len });
	if (f->o->mirror > 0 && gen_double(f->r) < f->o->mirror) {
		uint8_t *copy = buffer_take(f);
		memcpy(copy, data, len);
		heap_push(f, (struct gen_frame){ t + 1 + gen_below(f->r, 20), f->seq++, copy, len });
	}
}

/* A frame around a piece of a datagram's payload. */
static void frame(struct gen_frames *f, int64_t t, const struct gen_ends *e, bool from_server, uint8_t proto,
		  const uint8_t *payload, uint32_t len, struct piece piece)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	const uint8_t *src = from_server ? e->server : e->client, *dst = from_server ? e->client : e->server;
	uint8_t *data = buffer_take(f), *at = data + 12;

	memcpy(data, macs, 12);
	if (f->o->vlan) {
		put16(at, 0x8100);
		put16(at + 2, f->o->vlan);
		at += 4;
	}
	put16(at, e->size == 4 ? 0x0800 : 0x86dd);
	at = (e->size == 4 ? ipv4 : ipv6)(at + 2, src, dst, proto, len, &piece);
	if ((uint32_t)(at - data) + len > FRAME_MOST)
		abort();
	memcpy(at, payload, len);
	push(f, t, data, (uint32_t)(at - data) + len);
}

static void fragments(struct gen_frames *f, int64_t t, const struct gen_ends *e, bool from_server,
		      const uint8_t *datagram, uint32_t len)
{
	uint32_t size = len / (2 + gen_below(f->r, 2)) / 8 * 8, ident = (uint32_t)gen_u64(f->r);
	size = size < 8 ? 8 : size;
	uint32_t n = (len + size - 1) / size;
	bool backwards = gen_below(f->r, 2);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t offset = (backwards ? n - 1 - i : i) * size, rest = len - offset;
		frame(f, t - n + 1 + i, e, from_server, 17, datagram + offset, rest < size ? rest : size,
		      (struct piece){ ident, offset, rest > size });
	}
}

void gen_udp(struct gen_frames *f, int64_t t, const struct gen_ends *e, bool from_server,
	     const struct dnsbuild *m, bool fragmented)
{
	uint8_t datagram[FRAME_MOST];
	uint32_t len = 8 + m->len;

	if (len > sizeof(datagram))
		abort();
	put16(datagram, from_server ? e->server_port : e->client_port);
	put16(datagram + 2, from_server ? e->client_port : e->server_port);
	put16(datagram + 4, len);
	put16(datagram + 6, 0);
	memcpy(datagram + 8, m->data, m->len);
	/* Zero is none over IPv4 and forbidden over IPv6; a sensor must not rely on it being right. */
	if (f->o->checksums) {
		uint32_t s = sum(sum(sum(len + 17, e->client, e->size), e->server, e->size), datagram, len);
		put16(datagram + 6, fold(s) ? fold(s) : 0xffff);
	} else if (e->size == 16) {
		put16(datagram + 6, 0xbeef);
	}
	if (fragmented)
		fragments(f, t, e, from_server, datagram, len);
	else
		frame(f, t, e, from_server, 17, datagram, len,
		      (struct piece){ (uint32_t)gen_u64(f->r), 0, false });
}

void gen_tcp(struct gen_frames *f, int64_t t, const struct gen_ends *e, bool from_server, uint32_t seq,
	     uint32_t ack, uint8_t flags, const uint8_t *data, uint32_t len)
{
	uint8_t segment[FRAME_MOST] = { 0 };

	if (20 + len > sizeof(segment))
		abort();
	put16(segment, from_server ? e->server_port : e->client_port);
	put16(segment + 2, from_server ? e->client_port : e->server_port);
	put32(segment + 4, seq);
	put32(segment + 8, ack);
	segment[12] = 0x50;
	segment[13] = flags;
	put16(segment + 14, 64240);
	if (len)
		memcpy(segment + 20, data, len);
	frame(f, t, e, from_server, 6, segment, 20 + len,
	      (struct piece){ (uint32_t)gen_u64(f->r), 0, false });
}

/* In the byte order of a little-endian capture. */
static void write_u32(FILE *out, uint64_t v)
{
	const uint8_t bytes[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	fwrite(bytes, 1, sizeof(bytes), out);
}

bool gen_frames_init(struct gen_frames *f, const struct gen_options *o, struct gen_random *r)
{
	*f = (struct gen_frames){ .o = o, .r = r, .tick = o->nanoseconds ? 1000000000 : 1000000 };
	f->out = strcmp(o->capture, "-") ? fopen(o->capture, "wb") : stdout;
	if (!f->out)
		return false;
	setvbuf(f->out, NULL, _IOFBF, 1 << 20);
	const uint32_t head[6] = { o->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	for (int i = 0; i < 6; i++)
		write_u32(f->out, head[i]);
	return true;
}

void gen_flush(struct gen_frames *f, int64_t t)
{
	while (f->n && f->heap[0].t < t) {
		struct gen_frame frame = heap_pop(f);
		uint32_t kept = frame.len < f->o->snaplen ? frame.len : f->o->snaplen;
		write_u32(f->out, (uint64_t)(frame.t / f->tick));
		write_u32(f->out, (uint64_t)(frame.t % f->tick));
		write_u32(f->out, kept);
		write_u32(f->out, frame.len);
		fwrite(frame.data, 1, kept, f->out);
		f->packets++;
		f->bytes += frame.len;
		buffer_give(f, frame.data);
	}
}

bool gen_frames_close(struct gen_frames *f)
{
	gen_flush(f, INT64_MAX);
	free(f->heap);
	while (f->n_spare)
		free(f->spare[--f->n_spare]);
	return fclose(f->out) == 0;
}
