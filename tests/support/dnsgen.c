// SPDX-License-Identifier: BSD-3-Clause
/*
 * dnsgen: writes a capture file of DNS traffic as a gateway's tap sees it, and the truth about it. The same
 * options give the same bytes.
 *
 *	dnsgen CAPTURE [--transactions N] [--seed N] [--truth FILE] …      --help tells all
 *
 * Queries of nine types with Zipf-distributed names, CNAME chains, NXDOMAIN and NODATA, EDNS, IPv4 and IPv6,
 * UDP and TCP (several messages a stream, segments split and out of order), lost responses, retransmitted
 * queries, responses that come first, fragments, tags, frames that a mirror port shows twice. The truth has a
 * line a transaction; tests/golden/compare.py reads it.
 */
#include "dnsgen.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>

enum kind { COUNT, BIG, SHARE, FLAG, TEXT };

/* Every option, once: its name, where it goes, its default, what it is. */
static const struct option_row {
	const char *name;
	enum kind kind;
	size_t offset;
	double standard;
	const char *help;
} rows[] = {
#define ROW(name, kind, field, ...) { name, kind, offsetof(struct gen_options, field), __VA_ARGS__ }
	ROW("transactions", COUNT, transactions, 100000, "lookups in all"),
	ROW("seed", BIG, seed, 1, "another gives another capture"),
	ROW("rate", SHARE, rate, 50000, "lookups a second of capture time"),
	ROW("start", BIG, start, 1764028800, "first second, Unix time"),
	ROW("names", COUNT, names, 50000, "distinct names"),
	ROW("clients", COUNT, clients, 200000, "distinct clients"),
	ROW("resolvers", COUNT, resolvers, 8, "distinct servers of each family, at most 250"),
	ROW("ipv6", SHARE, ipv6, 0.3, "share of lookups over IPv6"),
	ROW("tcp", SHARE, tcp, 0.02, "share of TCP streams"),
	ROW("reorder", SHARE, reorder, 0.2,
	    "share of split TCP messages whose parts come in the wrong order"),
	ROW("nxdomain", SHARE, nxdomain, 0.12, "share of names that don't exist"),
	ROW("nodata", SHARE, nodata, 0.10, "share of responses without an answer"),
	ROW("unanswered", SHARE, unanswered, 0.01, "share of queries over UDP without a response"),
	ROW("retransmit", SHARE, retransmit, 0.01, "share of queries over UDP that are sent twice"),
	ROW("response-first", SHARE, response_first, 0,
	    "share of lookups whose response is captured before its query"),
	ROW("fragments", SHARE, fragments, 0,
	    "share of responses over UDP that come as IP fragments, half of them last one first"),
	ROW("mirror", SHARE, mirror, 0, "share of frames that are captured twice"),
	ROW("ids", COUNT, ids, 65536, "distinct DNS IDs over UDP"),
	ROW("sports", COUNT, sports, 64512, "distinct client ports over UDP"),
	ROW("vlan", COUNT, vlan, 0, "802.1Q tag of every frame"),
	ROW("snaplen", COUNT, snaplen, 262144, "bytes kept of a frame"),
	ROW("nanoseconds", FLAG, nanoseconds, 0, "a capture in nanoseconds"),
	ROW("checksums", FLAG, checksums, 0, "right UDP checksums"),
	ROW("quiet", FLAG, quiet, 0, "no summary"),
	ROW("truth", TEXT, truth, 0, "a file for one line a transaction, with tabs between fields"),
#undef ROW
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void set(struct gen_options *o, const struct option_row *row, const char *text)
{
	void *to = (uint8_t *)o + row->offset;
	char *end = NULL;
	double value = text && row->kind != TEXT ? strtod(text, &end) : row->standard;

	if (end && (*end || value < 0 || (row->kind == COUNT && value > UINT32_MAX))) {
		fprintf(stderr, "dnsgen: --%s %s: a number, please\n", row->name, text);
		exit(2);
	}
	switch (row->kind) {
	case COUNT:
		*(uint32_t *)to = (uint32_t)value;
		break;
	case BIG:
		*(uint64_t *)to = (uint64_t)value;
		break;
	case SHARE:
		*(double *)to = value;
		break;
	case FLAG:
		*(bool *)to = end ? value != 0 : text != NULL;
		break;
	case TEXT:
		*(const char **)to = text;
		break;
	}
}

static void help(void)
{
	puts("usage: dnsgen CAPTURE [OPTION...]    (- is standard output)");
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].kind == FLAG || rows[i].kind == TEXT)
			printf("  --%-15s %s\n", rows[i].name, rows[i].help);
		else
			printf("  --%-15s %s (%.10g)\n", rows[i].name, rows[i].help, rows[i].standard);
	exit(0);
}

static void read_options(struct gen_options *o, int argc, char **argv)
{
	struct option longs[ROWS + 2] = { 0 };
	int at;

	for (size_t i = 0; i < ROWS; i++) {
		set(o, &rows[i], NULL);
		longs[i] = (struct option){ .name = rows[i].name, .val = (int)i + 1 };
		longs[i].has_arg = rows[i].kind == FLAG ? no_argument : required_argument;
	}
	longs[ROWS] = (struct option){ "help", no_argument, NULL, 'h' + 256 };
	while ((at = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (at == 'h' + 256)
			help();
		if (at == '?')
			exit(2);
		if (rows[at - 1].kind == FLAG)
			*(bool *)(void *)((uint8_t *)o + rows[at - 1].offset) = true;
		else
			set(o, &rows[at - 1], optarg);
	}
	if (optind + 1 != argc || !o->names || !o->clients || !o->resolvers || !o->ids || !o->sports ||
	    o->rate <= 0) {
		fprintf(stderr, "usage: dnsgen CAPTURE [OPTION...]; --help tells more\n");
		exit(2);
	}
	o->capture = argv[optind];
	o->resolvers = o->resolvers > 250 ? 250 : o->resolvers;
}

/* The traffic while it is made. */
struct traffic {
	struct gen_options o;
	struct gen_random r;
	struct gen_names names;
	struct gen_frames frames;
	struct gen_lookup lookup;
	FILE *truth;
	uint64_t answered, unanswered, retransmitted, response_first, fragmented, udp, tcp, streams, records;
};

static bool chance(struct traffic *t, double share)
{
	return gen_double(&t->r) < share;
}

static struct gen_ends pick_ends(struct traffic *t)
{
	struct gen_ends e = { .size = 4, .client = { 10 }, .server = { 192, 0, 2 }, .server_port = 53 };
	uint32_t client = gen_below(&t->r, t->o.clients), server = gen_below(&t->r, t->o.resolvers);

	if (chance(t, t->o.ipv6)) {
		e = (struct gen_ends){ .size = 16,
				       .client = { 0x20, 1, 0x0d, 0xb8, 0, 1 },
				       .server = { 0x20, 1, 0x0d, 0xb8 },
				       .server_port = 53 };
		e.client[12] = (uint8_t)(client >> 24);
		server += 0x52;
		e.server[14] = (uint8_t)((server + 1) >> 8);
	}
	uint8_t *last = e.client + e.size - 3;
	last[0] = (uint8_t)(client >> 16);
	last[1] = (uint8_t)(client >> 8);
	last[2] = (uint8_t)client;
	e.server[e.size - 1] = (uint8_t)(server + 1);
	return e;
}

/* From a cache mostly, and from far away: ticks. */
static int64_t delay(struct traffic *t)
{
	double s = gen_exponential(&t->r, gen_below(&t->r, 10) < 7 ? 0.0008 : 0.045);
	int64_t ticks = (int64_t)((s < 4 ? s : 4) * (double)t->frames.tick);

	return ticks < 1 ? 1 : ticks;
}

static void write_hex(FILE *out, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		putc("0123456789abcdef"[p[i] >> 4], out);
		putc("0123456789abcdef"[p[i] & 15], out);
	}
}

/* `answered_at` is -1 where nothing came. */
static void tell_truth(struct traffic *t, int64_t asked, int64_t answered_at, const struct gen_ends *e,
		       bool tcp)
{
	const struct gen_lookup *l = &t->lookup;

	*(tcp ? &t->tcp : &t->udp) += 1;
	if (answered_at < 0) {
		t->unanswered++;
	} else {
		t->answered++;
		t->records += l->answers ? l->answers : 1;
	}
	if (!t->truth)
		return;
	fprintf(t->truth, "%ld\t", asked);
	if (answered_at >= 0)
		fprintf(t->truth, "%ld", answered_at);
	putc('\t', t->truth);
	write_hex(t->truth, e->client, e->size);
	fprintf(t->truth, "\t%u\t", e->client_port);
	write_hex(t->truth, e->server, e->size);
	fprintf(t->truth, "\t%s\t%u\t%s\t%s\t%u\t%s\n", tcp ? "tcp" : "udp",
		l->query.data[0] << 8 | l->query.data[1], l->name, l->type, l->rcode, l->truth);
}

static void udp_lookup(struct traffic *t, int64_t asked)
{
	struct gen_ends e = pick_ends(t);
	int64_t answered = -1, again = t->frames.tick / 1000;

	e.client_port = (uint16_t)(1024 + gen_below(&t->r, t->o.sports));
	gen_lookup_make(&t->lookup, &t->r, &t->names, &t->o, (uint16_t)gen_below(&t->r, t->o.ids));
	if (!chance(t, t->o.unanswered))
		answered = asked + delay(t);
	if (answered >= 0 && chance(t, t->o.response_first)) {
		asked = answered;
		answered -= 3;
		t->response_first++;
	}
	gen_udp(&t->frames, asked, &e, false, &t->lookup.query, false);
	if (chance(t, t->o.retransmit)) {
		gen_udp(&t->frames, asked + again, &e, false, &t->lookup.query, false);
		t->retransmitted++;
		if (answered >= 0 && answered <= asked + again)
			answered = asked + again + 1;
	}
	if (answered >= 0) {
		bool fragmented = chance(t, t->o.fragments);
		t->fragmented += fragmented;
		gen_udp(&t->frames, answered, &e, true, &t->lookup.response, fragmented);
	}
	tell_truth(t, asked, answered, &e, false);
}

/* A stream while it is made. */
struct stream {
	struct gen_ends e;
	uint32_t seq[2]; /* the client's, the server's */
	int64_t now, step;
};

static void segment(struct traffic *t, struct stream *s, int64_t when, bool server, uint8_t flags,
		    const uint8_t *data, uint32_t len)
{
	gen_tcp(&t->frames, when, &s->e, server, s->seq[server], s->seq[!server], flags, data, len);
	s->seq[server] += len;
}

/* One message with its length, whole or in two parts; the time at which it is complete. */
static int64_t stream_message(struct traffic *t, struct stream *s, bool server, const struct dnsbuild *m)
{
	uint8_t data[2048];
	uint32_t len = m->len + 2;

	if (len > sizeof(data))
		abort();
	data[0] = (uint8_t)(m->len >> 8);
	data[1] = (uint8_t)m->len;
	memcpy(data + 2, m->data, m->len);
	const uint32_t cuts[] = { len, len, 1, 2, len / 2 };
	uint32_t cut = cuts[gen_below(&t->r, 5)];
	if (cut == len) {
		segment(t, s, s->now, server, 0x18, data, len);
		return s->now;
	}
	bool wrong = chance(t, t->o.reorder);
	segment(t, s, s->now + (wrong ? s->step : 0), server, 0x18, data, cut);
	segment(t, s, s->now + (wrong ? 0 : s->step), server, 0x18, data + cut, len - cut);
	return s->now + s->step;
}

static void tcp_stream(struct traffic *t, int64_t start, uint32_t lookups)
{
	struct stream s = { .e = pick_ends(t), .now = start, .step = t->frames.tick / 5000 };

	s.e.client_port = (uint16_t)(1024 + gen_below(&t->r, 64512));
	s.seq[0] = (uint32_t)gen_u64(&t->r);
	s.seq[1] = (uint32_t)gen_u64(&t->r);
	t->streams++;
	gen_tcp(&t->frames, s.now, &s.e, false, s.seq[0]++, 0, 0x02, NULL, 0);
	gen_tcp(&t->frames, s.now += s.step, &s.e, true, s.seq[1]++, s.seq[0], 0x12, NULL, 0);
	segment(t, &s, s.now += s.step, false, 0x10, NULL, 0);
	s.now += s.step;
	for (uint32_t i = 0; i < lookups; i++) {
		gen_lookup_make(&t->lookup, &t->r, &t->names, &t->o, (uint16_t)gen_u64(&t->r));
		int64_t asked = stream_message(t, &s, false, &t->lookup.query);
		s.now = asked + delay(t);
		int64_t answered = stream_message(t, &s, true, &t->lookup.response);
		s.now = answered + s.step;
		tell_truth(t, asked, answered, &s.e, true);
	}
	gen_tcp(&t->frames, s.now += s.step, &s.e, false, s.seq[0]++, s.seq[1], 0x11, NULL, 0);
	gen_tcp(&t->frames, s.now += s.step, &s.e, true, s.seq[1]++, s.seq[0], 0x11, NULL, 0);
	segment(t, &s, s.now += s.step, false, 0x10, NULL, 0);
}

static void run(struct traffic *t)
{
	static const uint8_t counts[] = { 1, 1, 2, 5 };
	double since = 0, gap = (double)t->frames.tick / t->o.rate;

	for (uint32_t made = 0, count; made < t->o.transactions; made += count) {
		since += gen_exponential(&t->r, gap);
		int64_t now = t->o.start * t->frames.tick + (int64_t)since;
		count = 1;
		if (chance(t, t->o.tcp)) {
			count = counts[gen_below(&t->r, 4)];
			if (count > t->o.transactions - made)
				count = t->o.transactions - made;
			tcp_stream(t, now, count);
		} else {
			udp_lookup(t, now);
		}
		/* Fragments and responses that come first are a few ticks early. */
		gen_flush(&t->frames, now - 16);
	}
}

static void print_summary(const struct traffic *t)
{
	const struct {
		const char *name;
		uint64_t n;
	} told[] = {
		{ "packets", t->frames.packets },
		{ "bytes", t->frames.bytes },
		{ "answered", t->answered },
		{ "unanswered", t->unanswered },
		{ "retransmitted", t->retransmitted },
		{ "response_first", t->response_first },
		{ "fragmented", t->fragmented },
		{ "udp", t->udp },
		{ "tcp", t->tcp },
		{ "tcp_streams", t->streams },
		{ "flat_records", t->records },
	};

	fprintf(stderr, "{\"transactions\": %u", t->o.transactions);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		fprintf(stderr, ", \"%s\": %lu", told[i].name, told[i].n);
	fputs("}\n", stderr);
}

int main(int argc, char **argv)
{
	struct traffic *t = calloc(1, sizeof(*t));

	if (!t)
		return 1;
	read_options(&t->o, argc, argv);
	gen_seed(&t->r, t->o.seed);
	gen_names_init(&t->names, &t->r, t->o.names);
	t->truth = t->o.truth ? fopen(t->o.truth, "w") : NULL;
	if ((t->o.truth && !t->truth) || !gen_frames_init(&t->frames, &t->o, &t->r)) {
		fprintf(stderr, "dnsgen: %s\n", strerror(errno));
		return 1;
	}
	if (t->truth)
		fputs("t_query\tt_response\tclient\tsport\tserver\tproto\tid\tqname\tqtype\trcode\tanswers\n",
		      t->truth);
	run(t);
	if (!gen_frames_close(&t->frames) || (t->truth && fclose(t->truth))) {
		fprintf(stderr, "dnsgen: %s\n", strerror(errno));
		return 1;
	}
	if (!t->o.quiet)
		print_summary(t);
	free(t->names.text);
	free(t->names.cumulative);
	free(t);
	return 0;
}
