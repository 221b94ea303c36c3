// SPDX-License-Identifier: BSD-3-Clause
/* MessagePack is read by a small reader that knows the specification, and nothing of the encoder. */
#include "core/clock.h"
#include "core/wire.h"
#include "recordmix.h"

#include <criterion/criterion.h>

static struct encode_context cx;

/* The next value as JSON; numbers must be in the form that is the shortest for them, save where `fixed`
 * tells another. */
static json_t *read_value(struct wire *w, uint8_t fixed);

static json_t *read_map(struct wire *w, uint32_t pairs)
{
	/* What gopassivedns writes with a form of its own, whatever the value. */
	static const struct { const char *key; uint8_t form; } forms[] = {
		{ "query_id", 0xcd }, { "ttl", 0xce }, { "elapsed", 0xd3 },
	};
	json_t *map = json_object();

	for (; pairs > 0; pairs--) {
		json_t *key = read_value(w, 0);
		uint8_t form = 0;
		cr_assert(json_is_string(key));
		for (unsigned i = 0; i < 3; i++)
			if (!strcmp(json_string_value(key), forms[i].key))
				form = forms[i].form;
		cr_assert_null(json_object_get(map, json_string_value(key)));
		json_object_set_new(map, json_string_value(key), read_value(w, form));
		json_decref(key);
	}
	return map;
}

static json_t *read_text(struct wire *w, uint32_t n)
{
	const char *p = (const char *)wire_take(w, n);

	cr_assert(p);
	return json_stringn(p, n);
}

static json_t *read_number(uint64_t v, uint64_t shorter_up_to, bool fixed)
{
	cr_assert(fixed || v > shorter_up_to);
	return json_integer((json_int_t)v);
}

static json_t *read_value(struct wire *w, uint8_t fixed)
{
	uint8_t c = wire_u8(w);
	uint32_t n;

	if (fixed)
		cr_assert_eq(c, fixed);
	if (c < 0x80)
		return json_integer(c);
	if (c >= 0xe0)
		return json_integer((int8_t)c);
	if (c >= 0xa0 && c < 0xc0)
		return read_text(w, c & 31);
	switch (c) {
	case 0xc2:
	case 0xc3:
		return json_boolean(c & 1);
	case 0xcc:
		return read_number(wire_u8(w), 0x7f, fixed);
	case 0xcd:
		return read_number(wire_u16(w), 0xff, fixed);
	case 0xce:
		return read_number(wire_u32(w), 0xffff, fixed);
	case 0xd3:
		cr_assert(fixed);
		return json_integer((json_int_t)wire_u64(w));
	case 0xd9:
		n = wire_u8(w);
		cr_assert_gt(n, 31);
		return read_text(w, n);
	case 0xda:
		n = wire_u16(w);
		cr_assert_gt(n, 0xff);
		return read_text(w, n);
	case 0xdb:
		n = wire_u32(w);
		cr_assert_gt(n, 0xffff);
		return read_text(w, n);
	case 0xde:
		return read_map(w, wire_u16(w));
	default:
		cr_assert(false, "form %02x is none of ours", c);
		return NULL;
	}
}

/* Each event: tag, second, and what the flat line says, fields in the same order, `level` left out where it
 * is empty. */
Test(msgpack, says_what_the_flat_record_says, .timeout = 60)
{
	for (unsigned n = 0; n < 4000; n++) {
		struct record *r = recordmix(n);
		uint32_t len, items;
		encode_context_init(&cx, n % 2 ? "" : "I\"é",
			n % 3 ? "ns1" : "a-name-of-more-than-thirty-one-bytes.example");
		char *bytes = recordb_encode(&encoder_msgpack, &cx, r, &len, &items);
		json_t *lines = recordmix_flat(&cx, r);
		struct wire w = wire_init(bytes, len);

		cr_assert_eq(json_array_size(lines), items);
		for (uint32_t i = 0; i < items; i++) {
			json_t *line = json_array_get(lines, i);
			cr_assert_eq(wire_u8(&w), 0x93);
			json_t *tag = read_value(&w, 0), *second = read_value(&w, 0xd3);
			cr_assert_eq(w.data[w.pos], 0xde);
			json_t *map = read_value(&w, 0xde);
			cr_assert_str_eq(json_string_value(tag), cx.tag);
			int64_t ns = record_time(r) - json_integer_value(second) * NSEC_PER_SEC;
			cr_assert(ns >= 0 && ns < NSEC_PER_SEC);
			if (n % 2)
				json_object_del(line, "level");
			cr_assert_eq(json_object_size(map), n % 2 ? 18 : 19);
			char *a = json_dumps(map, 0), *b = json_dumps(line, 0);
			cr_assert_str_eq(a, b);
			free(a);
			free(b);
			json_decref(tag);
			json_decref(second);
			json_decref(map);
		}
		cr_assert(!w.error);
		cr_assert_eq(wire_left(&w), 0);
		json_decref(lines);
		free(bytes);
		free(r);
	}
}

/* One event byte by byte. */
Test(msgpack, bytes)
{
	static const uint8_t want[] =
		"\x93" "\xab" "ns1.service" "\xd3\0\0\0\0\x6b\x02\xbf\xc0" "\xde\0\x12"
		"\xa8query_id" "\xcd\x04\xd2" "\xa5rcode" "\x03" "\xa1q" "\xab" "example.com" "\xa5qtype"
		"\xa1" "A" "\xa1" "a" "\xb3Non-Existent Domain"
		"\xa5" "atype" "\xa0" "\xa3ttl" "\xce\0\0\0\0" "\xa3" "dst" "\xad" "198.51.100.53" "\xa3src"
		"\xaa" "192.0.2.10"
		"\xa6tstamp" "\xd9\x27" "2026-11-22 10:11:12.123456789 +0000 UTC" "\xa7" "elapsed"
		"\xd3\0\0\0\0\0\x16\xe3\x60" "\xa5sport" "\xa5" "40000"
		"\xa5" "bytes" "\x47" "\xa8protocol" "\xa3udp" "\xa9truncated" "\xc2" "\xa2" "aa" "\xc3"
		"\xa2rd" "\xc3" "\xa2ra" "\xc2";
	static struct dnsbuild m;
	uint32_t len;

	dnsb_start(&m, 1234, DNS_QR | DNS_AA | 3);
	dnsb_question(&m, "example.com", DNS_TYPE_A, 1);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	struct record *r = recordb_make(&b);
	encode_context_init(&cx, "", "ns1");
	char *got = recordb_encode(&encoder_msgpack, &cx, r, &len, NULL);
	for (uint32_t i = 0; i < len && i < sizeof(want) - 1; i++)
		cr_assert_eq((uint8_t)got[i], want[i], "byte %u: %02x, not %02x", i, (uint8_t)got[i],
			want[i]);
	cr_assert_eq(len, sizeof(want) - 1);
	free(got);
	free(r);
}
