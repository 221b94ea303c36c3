// SPDX-License-Identifier: BSD-3-Clause
/* Avro objects are read by a small reader that knows the specification and the schema, and nothing of the
 * encoder. */
#include "core/wire.h"
#include "docs.h"
#include "recordmix.h"

#include <criterion/criterion.h>

static struct encode_context cx;

/* CRC-64-AVRO, as the specification gives it ("Schema Fingerprints"). */
static uint64_t fingerprint(const char *text)
{
	const uint64_t empty = UINT64_C(0xc15d213aa4d7a795);
	uint64_t table[256], fp = empty;

	for (uint64_t i = 0; i < 256; i++) {
		uint64_t v = i;
		for (int k = 0; k < 8; k++)
			v = (v >> 1) ^ (empty & -(v & 1));
		table[i] = v;
	}
	for (; *text; text++)
		fp = (fp >> 8) ^ table[(fp ^ (uint8_t)*text) & 255];
	return fp;
}

Test(avro, fingerprint_is_of_the_schema)
{
	cr_assert_eq(fingerprint(avro_schema), AVRO_FINGERPRINT);
}

/* What consumers are given is what is written. */
Test(avro, schema_file_is_the_schema)
{
	char *text = docs_read("config/dnsweir.avsc");
	size_t n = strlen(text);

	cr_assert(n > 1 && text[n - 1] == '\n');
	text[n - 1] = 0;
	cr_assert_str_eq(text, avro_schema);
	free(text);
}

static int64_t read_long(struct wire *w)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t c = wire_u8(w);
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			break;
	}
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static json_t *read_value(struct wire *w, const char *type)
{
	if (!strcmp(type, "int") || !strcmp(type, "long")) {
		int64_t v = read_long(w);
		if (!strcmp(type, "int"))
			cr_assert(v >= INT32_MIN && v <= INT32_MAX);
		return json_integer(v);
	}
	if (!strcmp(type, "boolean")) {
		uint8_t c = wire_u8(w);
		cr_assert_leq(c, 1);
		return json_boolean(c);
	}
	cr_assert_str_eq(type, "string");
	int64_t n = read_long(w);
	cr_assert(n >= 0 && n <= wire_left(w));
	const char *p = (const char *)wire_take(w, (uint32_t)n);
	return json_stringn(p, (size_t)n);
}

static json_t *read_object(struct wire *w, json_t *schema)
{
	json_t *object = json_object(), *field;
	size_t i;

	cr_assert_eq(wire_u8(w), 0xc3);
	cr_assert_eq(wire_u8(w), 0x01);
	uint64_t fp = 0;
	for (unsigned k = 0; k < 8; k++)
		fp |= (uint64_t)wire_u8(w) << 8 * k;
	cr_assert_eq(fp, AVRO_FINGERPRINT);
	json_array_foreach(json_object_get(schema, "fields"), i, field)
		json_object_set_new(object, json_string_value(json_object_get(field, "name")),
				    read_value(w, json_string_value(json_object_get(field, "type"))));
	cr_assert(!w->error);
	return object;
}

/* Each object holds what the flat line does, fields in the same order. */
Test(avro, says_what_the_flat_record_says, .timeout = 60)
{
	json_error_t error;
	json_t *schema = json_loads(avro_schema, 0, &error);

	cr_assert(schema);
	for (unsigned n = 0; n < 4000; n++) {
		struct record *r = recordmix(n);
		uint32_t len, items;
		encode_context_init(&cx, n % 2 ? "" : "I\"é", "sensor");
		char *bytes = recordb_encode(&encoder_avro, &cx, r, &len, &items);
		json_t *lines = recordmix_flat(&cx, r);
		struct wire w = wire_init(bytes, len);

		cr_assert_eq(json_array_size(lines), items);
		for (uint32_t i = 0; i < items; i++) {
			json_t *got = read_object(&w, schema);
			char *a = json_dumps(got, 0), *b = json_dumps(json_array_get(lines, i), 0);
			cr_assert_str_eq(a, b);
			free(a);
			free(b);
			json_decref(got);
		}
		cr_assert_eq(wire_left(&w), 0);
		json_decref(lines);
		free(bytes);
		free(r);
	}
	json_decref(schema);
}

/* One object byte by byte, as the design gives it. */
Test(avro, bytes)
{
	static const uint8_t want[] =
		"\xc3\x01\x71\x60\xbe\x31\x1c\xda\xcc\xcc" "\xa4\x13" "\x06" "\x16" "example.com" "\x02" "A"
		"\x26" "Non-Existent Domain" "\0" "\0"
		"\x1a" "198.51.100.53" "\x14" "192.0.2.10" "\x4e" "2026-11-22 10:11:12.123456789 +0000 UTC"
		"\xc0\x8d\xb7\x01" "\x0a" "40000" "\0"
		"\x8e\x01" "\6udp" "\0\1\1\0";
	static struct dnsbuild m;
	uint32_t len;

	dnsb_start(&m, 1234, DNS_QR | DNS_AA | 3);
	dnsb_question(&m, "example.com", DNS_TYPE_A, 1);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	struct record *r = recordb_make(&b);
	encode_context_init(&cx, "", "");
	char *got = recordb_encode(&encoder_avro, &cx, r, &len, NULL);
	cr_assert_eq(len, sizeof(want) - 1);
	cr_assert(!memcmp(got, want, len));
	free(got);
	free(r);
}
