// SPDX-License-Identifier: BSD-3-Clause
/* What all encoders have in common: the table, the context, room, and messages that mean harm. */
#include "recordbuild.h"

#include <criterion/criterion.h>
#include <jansson.h>

static const struct encoder *const encoders[] = { &encoder_flat, &encoder_nested, &encoder_avro,
	&encoder_msgpack };
static struct dnsbuild m;
static struct encode_context cx;

/* A message with a bit of everything. */
static void rich(void)
{
	dnsb_start(&m, 1234, DNS_QR | DNS_RD | DNS_RA | DNS_AD);
	dnsb_question(&m, "www\\034.example\\200.com", DNS_TYPE_ANY, 1);
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	dnsb_txt(&m, DNS_ANSWER, NULL, 60,
		"a \"text\" \\ of \x01\xff some length, longer than a short string can be");
	dnsb_rr(&m, DNS_ANSWER, NULL, DNS_TYPE_A, 300, "\1\2\3", 3);
	dnsb_rr_name(&m, DNS_ANSWER, NULL, DNS_TYPE_CNAME, 60, "target.example.net");
	dnsb_aaaa(&m, DNS_ANSWER, NULL, 3600, "2001:db8::1");
	dnsb_rr_name(&m, DNS_AUTHORITY, "com", DNS_TYPE_NS, 172800, "a.gtld-servers.net");
	dnsb_opt(&m, 1232, 0, 0x8000);
	dnsb_option(&m, 3, "ns1 \"west\"", 10);
	dnsb_option(&m, 8, "\0\1\x18\0\xc0\0\2", 7);
	dnsb_option(&m, 15, "\0\x12 blocked \xc3\xa9", 13);
	dnsb_rr(&m, DNS_ADDITIONAL, NULL, 65280, 1, "\xab", 1);
}

Test(encode, table)
{
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(encoder_find(encoders[i]->name), encoders[i]);
		cr_assert(encoders[i]->help && *encoders[i]->help);
		cr_assert_eq(encoders[i]->text, i < 2);
	}
	cr_assert_null(encoder_find("json"));
	cr_assert_null(encoder_find(""));
}

Test(encode, context_takes_texts)
{
	encode_context_init(&cx, "Info", "ns1.example");
	cr_assert_str_eq(cx.level, "Info");
	cr_assert_str_eq(cx.sensor, "ns1.example");
	cr_assert_str_eq(cx.tag, "ns1.example.service");
	encode_context_init(&cx, NULL, NULL);
	cr_assert_str_eq(cx.level, "");
	cr_assert_str_eq(cx.tag, ".service");
}

/* Only whole characters of valid UTF-8, whatever the system's host name holds. */
Test(encode, context_texts_are_utf8)
{
	static const char *const rows[][2] = {
		{ "é€😀", "é€😀" }, { "a\xff" "b", "a?b" }, { "a\nb\x7f", "a?b?" }, { "\xc3", "?" },
		{ "\xe2\x82", "??" }, { "\xc0\xaf", "??" },
		{ "\xed\xa0\x80", "???" }, { "\xf4\x90\x80\x80", "????" }, { "\xe0\x80\x80", "???" },
		{ "\xf0\x80\x80\x80", "????" }, { "\x80", "?" },
		{ "\xf0\x9f\x98", "???" }, { "\xf5\x80", "??" },
	};
	char lots[1000];

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		encode_context_init(&cx, "", rows[i][0]);
		cr_assert_str_eq(cx.sensor, rows[i][1]);
	}
	for (unsigned shift = 0; shift < 3; shift++) {
		memset(lots, 'x', shift);
		for (unsigned i = shift; i + 3 < sizeof(lots); i += 3)
			memcpy(lots + i, "€", 4);
		encode_context_init(&cx, lots, lots);
		cr_assert_eq(strlen(cx.sensor), shift + (255 - shift) / 3 * 3);
		cr_assert_eq(strlen(cx.level), shift + (15 - shift) / 3 * 3);
		cr_assert_eq(strlen(cx.tag), strlen(cx.sensor) + 8);
	}
}

/* At each capacity: an item is there whole or not at all, nothing is written behind the end, and after more
 * room came the bytes are those that ample room gives. */
static void every_capacity(const struct encoder *e, const struct record *r)
{
	uint32_t len, items, slack = 4096;
	char *want = recordb_encode(e, &cx, r, &len, &items);
	uint8_t *buf = malloc(len + slack + 64);

	for (uint32_t cap = 0; cap <= len + slack; cap += cap % 97 == 0 ? 13 : 1) {
		struct encode_cursor c = { 0 };
		struct out o = out_init(buf, cap);
		enum encode_step step;
		memset(buf + cap, 0xa5, 64);
		while ((step = e->step(&cx, r, &c, &o)) == ENCODE_ITEM)
			;
		uint32_t first = c.item, at = out_len(&o);
		cr_assert(!o.full);
		cr_assert(step == ENCODE_DONE ? c.item == items : c.item < items);
		cr_assert_leq(at, cap);
		cr_assert(!memcmp(buf, want, at), "%s at %u", e->name, cap);
		for (unsigned i = 0; i < 64; i++)
			cr_assert_eq(buf[cap + i], 0xa5, "%s at %u wrote behind the end", e->name, cap);
		/* Another record between the two tries must not matter. */
		if (cap % 3 == 0)
			free(recordb_encode(e, &cx, r, NULL, NULL));
		o = out_init(buf, len + slack);
		for (bool last = c.last; (step = e->step(&cx, r, &c, &o)) == ENCODE_ITEM; last = c.last)
			cr_assert(!last, "%s: an item behind the last one", e->name);
		cr_assert_eq(step, ENCODE_DONE);
		cr_assert(c.last, "%s: its last answer is no item", e->name);
		cr_assert_eq(c.item, items);
		cr_assert_eq(at + out_len(&o), len, "%s at %u after %u items", e->name, cap, first);
		cr_assert(!memcmp(buf, want + at, len - at));
	}
	/* The slack that the interface tells is enough. */
	struct encode_cursor c = { 0 };
	struct out o = out_init(buf, len + slack);
	for (uint32_t i = 0; i < items; i++)
		cr_assert_eq(e->step(&cx, r, &c, &o), ENCODE_ITEM);
	free(buf);
	free(want);
}

Test(encode, every_capacity)
{
	encode_context_init(&cx, "INFO", "sensor");
	rich();
	for (unsigned kind = PAIR_ANSWERED; kind <= PAIR_ORPHAN; kind++) {
		struct recordbuild b = recordb(kind, &m);
		struct record *r = recordb_make(&b);
		for (unsigned i = 0; i < 4; i++)
			every_capacity(encoders[i], r);
		free(r);
	}
}

/* A cursor that is already full stays so. */
Test(encode, full_stays_full)
{
	static uint8_t buf[8192];

	encode_context_init(&cx, "", "");
	rich();
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	struct record *r = recordb_make(&b);
	for (unsigned i = 0; i < 4; i++) {
		struct encode_cursor c = { 0 };
		struct out o = out_init(buf, sizeof(buf));
		o.full = true;
		cr_assert_eq(encoders[i]->step(&cx, r, &c, &o), ENCODE_FULL);
		cr_assert(o.full);
		cr_assert_eq(out_len(&o), 0);
	}
	free(r);
}

static void check_lines(const char *text, uint32_t len, uint32_t items)
{
	const char *p = text;
	uint32_t n = 0;

	cr_assert_eq(strlen(text), len);
	for (; *p; n++) {
		const char *end = strchr(p, '\n');
		json_error_t error;
		cr_assert(end && end > p);
		json_t *v = json_loadb(p, (size_t)(end - p), JSON_REJECT_DUPLICATES, &error);
		cr_assert(v, "%s: %.*s", error.text, (int)(end - p), p);
		json_decref(v);
		p = end + 1;
	}
	cr_assert_eq(n, items);
}

/* Every encoder on a record: lines are JSON, and items come to an end. */
static void survive(const struct record *r)
{
	for (unsigned i = 0; i < 4; i++) {
		uint32_t len, items;
		char *text = recordb_encode(encoders[i], &cx, r, &len, &items);
		if (encoders[i]->text)
			check_lines(text, len, items);
		free(text);
	}
}

static void spoil(uint8_t *p, uint32_t n)
{
	for (uint32_t k = (uint32_t)random() % 8 + 1; k && n; k--)
		switch (random() % 4) {
		case 0:
			p[random() % n] = (uint8_t)random();
			break;
		case 1:
			p[random() % n] ^= (uint8_t)(1 << random() % 8);
			break;
		case 2:
			p[random() % n] = 0xc0;
			break;
		default:
			p[random() % n] = random() % 2 ? 0xff : 0;
			break;
		}
}

Test(encode, spoilt_messages, .timeout = 100)
{
	encode_context_init(&cx, "IN\"FO", "sens\\or");
	for (unsigned turn = 0; turn < 20000; turn++) {
		rich();
		spoil(m.data, m.len);
		if (random() % 3 == 0)
			m.len = (uint32_t)random() % (m.len + 1);
		struct recordbuild b = recordb((enum pair_kind)(random() % 3), &m);
		/* The parser's layout, or one of another message: an encoder may trust neither. */
		if (random() % 2)
			spoil((uint8_t *)&b.response.at, sizeof(b.response.at));
		if (random() % 8 == 0)
			for (unsigned i = 0; i < sizeof(b.response.at); i++)
				((uint8_t *)&b.response.at)[i] = (uint8_t)random();
		if (b.query.qname_len > DNS_NAME_MAX || random() % 8 == 0) {
			b.query.qname_len = (uint16_t)(random() % 256);
			for (unsigned i = 0; i < b.query.qname_len; i++)
				b.qname[i] = (uint8_t)(random() % 3 ? random() : random() % 20);
		}
		if (b.kind == PAIR_ORPHAN && b.response.at.qname_len + 12u > b.response.len)
			continue;
		b.origin.tunnel = (uint8_t)random();
		b.origin.vlan = (uint16_t)random();
		b.origin.outer_family = random() % 2 ? 6 : (uint8_t)random();
		b.origin.flow.family = (uint8_t)random();
		struct record *r = recordb_make(&b);
		survive(r);
		free(r);
	}
}

Test(encode, random_bytes)
{
	encode_context_init(&cx, "", "");
	for (unsigned turn = 0; turn < 10000; turn++) {
		m.len = DNS_HEADER_SIZE + (uint32_t)random() % 200;
		for (uint32_t i = 0; i < m.len; i++)
			m.data[i] = (uint8_t)(random() % 3 ? random() : random() % 20);
		m.data[4] = 0;
		m.data[5] = 1;
		struct recordbuild b = recordb(PAIR_ANSWERED, &m);
		struct record *r = recordb_make(&b);
		survive(r);
		free(r);
	}
}

/* A question of 248 octets that are all escapes: 1230 characters in JSON. */
static void long_question(void)
{
	dnsb_start(&m, 1, DNS_QR);
	dnsb_set_count(&m, DNS_QUESTION, 1);
	for (unsigned i = 0; i < 247; i++)
		dnsb_u8(&m, i % 63 ? 0 : i < 189 ? 62 : 57);
	dnsb_u8(&m, 0);
	dnsb_u32(&m, 0x00010001);
}

/* The most text that 64 KiB can ask for: that name, named again and again by pointers. */
static void bomb(uint16_t type, const uint8_t *data, uint32_t n)
{
	long_question();
	while (m.len + 12 + n <= 65535)
		dnsb_rr(&m, DNS_ANSWER, NULL, type, 0, data, n);
}

Test(encode, compression_bombs, .timeout = 60)
{
	static const struct { uint16_t type; uint8_t n; const char *data; } rows[] = {
		{ DNS_TYPE_NS, 2, "\xc0\x0c" }, { 14, 4, "\xc0\x0c\xc0\x0c" },
		{ 26, 6, "\0\0\xc0\x0c\xc0\x0c" }, { 10, 0, "" },
	};

	encode_context_init(&cx, "", "");
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bomb(rows[i].type, (const uint8_t *)rows[i].data, rows[i].n);
		struct recordbuild b = recordb(PAIR_ANSWERED, &m);
		struct record *r = recordb_make(&b);
		cr_assert_gt(b.response.at.answers, 3000);
		cr_assert_eq(b.response.at.damage, DNS_SOUND);
		for (unsigned k = 0; k < 4; k++) {
			uint8_t *buf = malloc(ENCODE_ITEM_MAX);
			struct encode_cursor c = { 0 };
			enum encode_step step = ENCODE_ITEM;
			/* An item at a time, each in the room that any one fits in. */
			while (step == ENCODE_ITEM) {
				struct out o = out_init(buf, ENCODE_ITEM_MAX);
				step = encoders[k]->step(&cx, r, &c, &o);
			}
			cr_assert_eq(step, ENCODE_DONE);
			cr_assert_geq(c.item, 1);
			free(buf);
		}
		free(r);
	}
}

/* What an object leaves out is marked, and the rest is whole. */
Test(encode, nested_is_cut_with_a_mark, .timeout = 60)
{
	uint32_t len;
	json_error_t error;

	encode_context_init(&cx, "", "");
	bomb(14, (const uint8_t *)"\xc0\x0c\xc0\x0c", 4);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	struct record *r = recordb_make(&b);
	char *text = recordb_encode(&encoder_nested, &cx, r, &len, NULL);
	json_t *v = json_loads(text, 0, &error), *response = json_object_get(v, "response");
	cr_assert(json_is_true(json_object_get(response, "cut")));
	cr_assert_leq(len, 4u << 20);
	cr_assert_gt(len, (4u << 20) - 8192);
	size_t answers = json_array_size(json_object_get(response, "answer"));
	cr_assert(answers > 1000 && answers < b.response.at.answers);
	cr_assert_eq(json_array_size(json_object_get(response, "authority")), 0);
	/* Less room than the limit is no reason to cut. */
	uint8_t *buf = malloc(len);
	struct encode_cursor c = { 0 };
	struct out o = out_init(buf, len);
	cr_assert_eq(encoder_nested.step(&cx, r, &c, &o), ENCODE_FULL);
	cr_assert_eq(out_len(&o), 0);
	free(buf);
	json_decref(v);
	free(text);
	free(r);
}

/* One RR with the longest text that any type gives. */
Test(encode, longest_single_items)
{
	static const uint16_t types[] = { DNS_TYPE_TXT, 11, 47, 55, 42, 64, 65280, 61, 257 };

	encode_context_init(&cx, "", "");
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		long_question();
		dnsb_begin(&m, DNS_ANSWER, NULL, types[i], 1, 0);
		if (types[i] == 55) {
			dnsb_mem(&m, "\1\1\0\1xx", 6);
			while (m.len < 65500) {
				dnsb_mem(&m, "\1\xff", 2);
				dnsb_pointer(&m, DNS_HEADER_SIZE);
			}
		} else if (types[i] == 11) {
			dnsb_mem(&m, "\1\1\1\1\x06", 5);
			while (m.len < 13000)
				dnsb_u8(&m, 0xff);
		} else {
			if (types[i] == 47)
				dnsb_u8(&m, 0);
			while (m.len < 65200) {
				dnsb_u8(&m, 255);
				for (unsigned k = 0; k < 255; k++)
					dnsb_u8(&m, 0xff);
			}
		}
		dnsb_end(&m);
		struct recordbuild b = recordb(PAIR_ANSWERED, &m);
		struct record *r = recordb_make(&b);
		for (unsigned k = 0; k < 4; k++) {
			uint8_t *buf = malloc(ENCODE_ITEM_MAX);
			struct encode_cursor c = { 0 };
			struct out o = out_init(buf, ENCODE_ITEM_MAX);
			cr_assert_neq(encoders[k]->step(&cx, r, &c, &o), ENCODE_FULL);
			free(buf);
		}
		free(r);
	}
}
