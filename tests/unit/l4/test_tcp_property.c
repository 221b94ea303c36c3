// SPDX-License-Identifier: BSD-3-Clause
/* Streams of random messages, cut, shuffled, doubled and lost at random: what comes out is what went in. */
#include "tcpscript.h"

#define SEGMENTS 4096

struct piece {
	int dir;
	uint32_t at, len;
	uint64_t order;
};

struct rng {
	uint64_t s;
};

static uint32_t below(struct rng *r, uint32_t n)
{
	r->s ^= r->s << 13;
	r->s ^= r->s >> 7;
	r->s ^= r->s << 17;
	return n ? (uint32_t)((r->s * 0x2545f4914f6cdd1d) >> 33) % n : 0;
}

static bool chance(struct rng *r, unsigned percent)
{
	return below(r, 100) < percent;
}

static struct stream st[2];
static struct piece pieces[SEGMENTS];
static uint32_t n_pieces;

static void make_streams(struct rng *r, uint32_t messages)
{
	static const uint8_t nothing[12];

	st[0].len = st[0].n = st[1].len = st[1].n = 0;
	for (uint32_t i = 0; i < messages; i++) {
		uint16_t id = (uint16_t)below(r, 65536);
		stream_query(&st[CLIENT], id);
		uint32_t size = chance(r, 10) ? 60000 : chance(r, 50) ? 3000 : 0;
		stream_response(&st[SERVER], id, below(r, size));
		if (chance(r, 10)) {
			uint8_t prefix[2] = { 0, (uint8_t)below(r, 12) };
			int dir = (int)below(r, 2);
			stream_raw(&st[dir], prefix, 2);
			stream_raw(&st[dir], nothing, prefix[1]);
		}
	}
}

static uint32_t piece_size(struct rng *r)
{
	switch (below(r, 8)) {
	case 0: return 1;
	case 1: return 1 + below(r, 3);
	case 2: return 1 + below(r, 60);
	case 3: return 1448;
	case 4: return 1 + below(r, 20000);
	default: return 1 + below(r, 1448);
	}
}

static int by_order(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Cuts both streams; some pieces come twice or overlap others; each may move by about `disorder` bytes of its
 * stream. */
static void cut(struct rng *r, unsigned twice, uint32_t disorder)
{
	n_pieces = 0;
	for (int dir = 0; dir < 2; dir++) {
		for (uint32_t at = 0; at < st[dir].len && n_pieces + 2 < SEGMENTS;) {
			uint32_t left = st[dir].len - at, n = piece_size(r);
			n = n < left ? n : left;
			if (n_pieces > SEGMENTS / 4 * (unsigned)(dir + 1))
				n = left < 30000 ? left : 30000;
			uint64_t order = (uint64_t)at * 2;
			pieces[n_pieces++] = (struct piece){ dir, at, n, order + below(r, disorder * 2 + 1) };
			if (chance(r, twice)) {
				uint32_t back = below(r, at < 500 ? at + 1 : 500), more = below(r, 500);
				uint32_t from = at - back, len = n + back + more;
				len = len < st[dir].len - from ? len : st[dir].len - from;
				order += below(r, disorder * 2 + 1);
				pieces[n_pieces++] = (struct piece){ dir, from, len, order };
			}
			at += n;
		}
	}
	qsort(pieces, n_pieces, sizeof(*pieces), by_order);
}

static void expect_all(const struct script *s, unsigned long seed)
{
	uint32_t n[2] = { 0, 0 };

	for (uint32_t i = 0; i < s->n_got; i++) {
		int dir = s->got[i].dir;
		cr_assert_lt(n[dir], st[dir].n, "seed %lu", seed);
		cr_assert(stream_is(&st[dir], n[dir], &s->got[i]), "seed %lu, %d message %u", seed, dir, n[dir]);
		n[dir]++;
	}
	for (int dir = 0; dir < 2; dir++)
		cr_assert_eq(n[dir], st[dir].n, "seed %lu: %u of %u", seed, n[dir], st[dir].n);
}

static void expect_nothing_kept(struct script *s)
{
	script_finish(s);
	struct tcp_usage u = tcp_usage(s->t);
	cr_assert_eq(u.flows, 0);
	cr_assert_eq(u.bytes, 0);
}

Test(tcp_property, any_order_gives_the_same_messages)
{
	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct rng r = { seed * 0x9e3779b97f4a7c15 };
		struct script *s = script_new();
		uint32_t first[2] = { below(&r, UINT32_MAX), below(&r, UINT32_MAX) };

		s->family = below(&r, 2) ? 4 : 6;
		s->tick = 1;
		if (seed % 3 == 0)
			first[seed & 1] = 0U - below(&r, 3000);
		make_streams(&r, 1 + below(&r, 60));
		cut(&r, below(&r, 3) * 30, below(&r, 3) * 20000);
		script_open(s, first[CLIENT], first[SERVER]);
		s->ack[CLIENT] = s->ack[SERVER] = 0;
		for (uint32_t i = 0; i < n_pieces; i++) {
			struct piece *p = &pieces[i];
			script_data(s, p->dir, first[p->dir] + p->at, st[p->dir].data + p->at, p->len);
		}
		expect_all(s, seed);
		expect_nothing_kept(s);
		expect_all(s, seed);
		cr_assert_eq(s->c.n[COUNT_tcp_holes], 0);
		script_free(s);
	}
}

/* The time at which the last byte of a message came. */
static int64_t time_of(int dir, uint32_t i, int64_t start)
{
	uint32_t from = st[dir].at[i], to = i + 1 < st[dir].n ? st[dir].at[i + 1] : st[dir].len;
	uint32_t last = 0;

	for (uint32_t k = 0; k < n_pieces; k++)
		if (pieces[k].dir == dir && pieces[k].at < to && pieces[k].at + pieces[k].len > from)
			last = k;
	return start + last;
}

Test(tcp_property, each_message_has_the_time_of_its_own_last_segment)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct rng r = { seed * 0xd1342543de82ef95 };
		struct script *s = script_new();

		s->tick = 1;
		st[0].len = st[0].n = st[1].len = st[1].n = 0;
		for (uint16_t i = 0; i < 60; i++)
			stream_response(&st[SERVER], i, below(&r, 1000));
		n_pieces = 0;
		for (uint32_t at = 0, n; at < st[SERVER].len; at += n) {
			n = 150 + below(&r, 600);
			n = n < st[SERVER].len - at ? n : st[SERVER].len - at;
			pieces[n_pieces++] = (struct piece){ SERVER, at, n, at + below(&r, 5000) };
		}
		qsort(pieces, n_pieces, sizeof(*pieces), by_order);
		script_open(s, 1, 1000);
		s->ack[CLIENT] = s->ack[SERVER] = 0;
		int64_t start = s->now;
		for (uint32_t i = 0; i < n_pieces; i++)
			script_data(s, SERVER, 1000 + pieces[i].at, st[SERVER].data + pieces[i].at, pieces[i].len);
		script_expect(s, &st[SERVER]);
		for (uint32_t i = 0; i < s->n_got; i++)
			cr_assert_eq(s->got[i].time, time_of(SERVER, i, start), "message %u", i);
		script_free(s);
	}
}

/* Marks what is lost in `lost`, one byte for each of a stream. */
static void lose(struct rng *r, unsigned percent, uint8_t *lost[2])
{
	uint32_t kept = 0;

	for (int dir = 0; dir < 2; dir++)
		memset(lost[dir], 1, st[dir].len);
	for (uint32_t i = 0; i < n_pieces; i++) {
		if (chance(r, percent))
			continue;
		memset(lost[pieces[i].dir] + pieces[i].at, 0, pieces[i].len);
		pieces[kept++] = pieces[i];
	}
	n_pieces = kept;
}

static bool touched(const uint8_t *lost, const struct stream *stream, uint32_t i)
{
	uint32_t from = stream->at[i], len = 2 + ((uint32_t)stream->data[from] << 8 | stream->data[from + 1]);
	return memchr(lost + from, 1, len) != NULL;
}

/* Every message that lost no byte was given; what was given are messages, in order. */
static void expect_untouched(const struct script *s, uint8_t *lost[2], unsigned long seed)
{
	for (int dir = 0; dir < 2; dir++) {
		uint32_t i = 0;
		for (uint32_t g = 0; g < s->n_got; g++) {
			if (s->got[g].dir != dir)
				continue;
			while (i < st[dir].n && !stream_is(&st[dir], i, &s->got[g])) {
				cr_assert(touched(lost[dir], &st[dir], i), "seed %lu: %d %u lacks", seed, dir, i);
				i++;
			}
			cr_assert_lt(i, st[dir].n, "seed %lu: no message", seed);
			i++;
		}
		for (; i < st[dir].n; i++)
			cr_assert(touched(lost[dir], &st[dir], i), "seed %lu: %d %u lacks", seed, dir, i);
	}
}

Test(tcp_property, losses_cost_only_what_they_touch)
{
	static uint8_t lost_client[1 << 20], lost_server[1 << 20];
	uint8_t *lost[2] = { lost_client, lost_server };

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct rng r = { seed * 0xda942042e4dd58b5 };
		struct script *s = script_new();
		uint32_t first[2] = { below(&r, UINT32_MAX), below(&r, UINT32_MAX) };
		bool acks = below(&r, 2), syn = below(&r, 4);

		s->tick = acks ? NSEC_PER_MSEC : 1;
		make_streams(&r, 1 + below(&r, 60));
		/* Without its start, a stream that begins out of order can't be told from one that begins
		 * there. */
		cut(&r, syn ? 10 : 0, acks || !syn ? 0 : below(&r, 2) * 20000);
		lose(&r, 1 + below(&r, 15), lost);
		if (syn)
			script_open(s, first[CLIENT], first[SERVER]);
		s->ack[CLIENT] = s->ack[SERVER] = 0;
		for (uint32_t i = 0; i < n_pieces; i++) {
			struct piece *p = &pieces[i];
			script_data(s, p->dir, first[p->dir] + p->at, st[p->dir].data + p->at, p->len);
			if (acks && chance(&r, 50))
				script_ack(s, !p->dir, first[!p->dir], first[p->dir] + p->at + p->len);
			s->ack[!p->dir] = 0;
			script_expire(s);
		}
		expect_nothing_kept(s);
		expect_untouched(s, lost, seed);
		script_free(s);
	}
}

static int64_t odd_time(struct rng *r)
{
	switch (below(r, 50)) {
	case 0: return INT64_MAX;
	case 1: return INT64_MIN;
	case 2: return (int64_t)below(r, UINT32_MAX) * NSEC_PER_SEC;
	default: return INT64_C(1700000000) * NSEC_PER_SEC + below(r, 100) * NSEC_PER_MSEC;
	}
}

/* Segments of a few flows with any flags, numbers, sizes and times. */
static void hostile(struct script *s, struct rng *r, uint32_t n)
{
	static uint8_t junk[65536];

	for (uint32_t i = 0; i < n; i++) {
		int dir = (int)below(r, 2);
		uint32_t at = below(r, st[dir].len), len = below(r, 8) ? below(r, 300) : below(r, 65000);
		unsigned flags = chance(r, 80) ? T_ACK : below(r, 256);
		const uint8_t *bytes = st[dir].data + at;

		len = len < st[dir].len - at ? len : st[dir].len - at;
		if (chance(r, 10)) {
			for (uint32_t k = 0; k < 300; k++)
				junk[k] = (uint8_t)below(r, 256);
			bytes = junk;
		}
		if (chance(r, 3))
			at = below(r, UINT32_MAX);
		s->client_port = (uint16_t)below(r, 12);
		s->family = below(r, 2) ? 4 : 6;
		s->port = (uint16_t)below(r, 3);
		s->now = odd_time(r);
		s->missing = chance(r, 3) ? below(r, 3000) : 0;
		s->ack[dir] = chance(r, 50) ? 1000 + below(r, st[!dir].len) : 0;
		if (chance(r, 3))
			s->ack[dir] = below(r, UINT32_MAX);
		s->tick = 0;
		script_segment(s, dir, flags, 1000 + at, bytes, chance(r, 20) ? 0 : len);
		if (chance(r, 10))
			script_expire(s);
		if (s->n_got > 1000)
			script_forget(s);
		struct tcp_usage u = tcp_usage(s->t);
		cr_assert_leq(u.bytes, s->config.max_bytes);
		cr_assert_leq(u.flows, s->config.max_flows);
	}
}

Test(tcp_property, hostile_segments_break_nothing)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct rng r = { seed * 0x9e3779b97f4a7c15 };
		struct tcp_config config = script_config();
		config.max_flows = 1 + below(&r, 10);
		config.max_flow_bytes = TCP_FLOW_BYTES_MIN + below(&r, 100000);
		config.max_bytes = config.max_flow_bytes * (4 + below(&r, 4));
		struct script *s = script_with(&config);

		make_streams(&r, 40);
		hostile(s, &r, 3000);
		expect_nothing_kept(s);
		script_free(s);
	}
}
