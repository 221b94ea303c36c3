// SPDX-License-Identifier: BSD-3-Clause
/* Avro's single-object encoding of the flat record (Avro 1.11, "Single object encoding specification"). */
#include "core/put.h"
#include "dns/name.h"
#include "encode/row.h"
#include "encode/stamp.h"

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"

const char avro_schema[] =
	"{\"name\":\"DnsLogEntry\",\"type\":\"record\",\"fields\":["
	FIELD("query_id", "int") "," FIELD("rcode", "int") ","
	FIELD("q", "string") "," FIELD("qtype", "string") ","
	FIELD("a", "string") "," FIELD("atype", "string") "," FIELD("ttl", "long") ","
	FIELD("dst", "string") "," FIELD("src", "string") ","
	FIELD("tstamp", "string") "," FIELD("elapsed", "long") ","
	FIELD("sport", "string") "," FIELD("level", "string") ","
	FIELD("bytes", "int") "," FIELD("protocol", "string") ","
	FIELD("truncated", "boolean") "," FIELD("aa", "boolean") ","
	FIELD("rd", "boolean") "," FIELD("ra", "boolean")
	"]}";

/* Marker and AVRO_FINGERPRINT, little-endian. */
static const uint8_t start[10] = { 0xc3, 0x01, 0x71, 0x60, 0xbe, 0x31, 0x1c, 0xda, 0xcc, 0xcc };

/* An int or long: zigzag, then seven bits a byte, the lowest first. */
static uint8_t *put_long(uint8_t *p, int64_t v)
{
	uint64_t z = (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);

	for (; z > 0x7f; z >>= 7)
		*p++ = (uint8_t)(z | 0x80);
	*p++ = (uint8_t)z;
	return p;
}

/* Closes a string of less than 64 bytes whose text stands at text + 1 up to `end`. */
static uint8_t *short_string(uint8_t *text, uint8_t *end)
{
	*text = (uint8_t)(2 * (end - text - 1));
	return end;
}

/* Closes a string whose text stands at text + 1 up to the cursor. */
static void string(struct out *o, uint8_t *text)
{
	uint8_t size[10];
	uint32_t len = (uint32_t)(o->at - text - 1), n = (uint32_t)(put_long(size, len) - size);

	if (o->full || !out_need(o, n - 1))
		return;
	if (n > 1)
		memmove(text + n, text + 1, len);
	memcpy(text, size, n);
	o->at = text + n + len;
}

static uint8_t *type_string(uint8_t *p, uint16_t type)
{
	return short_string(p, dns_type_put(p + 1, type));
}

static void head(struct encode_context *cx, const struct record *r, int rcode, struct out *o)
{
	uint8_t *p = put_mem(o->at, start, sizeof(start));

	p = put_long(p, r->id);
	p = put_long(p, rcode);
	o->at = p + 1;
	if (r->qname_len)
		dns_name_text(o, record_qname(r), r->qname_len, 0);
	string(o, p);
	o->at = r->qname_len ? type_string(o->at, r->qtype) : short_string(o->at, o->at + 1);
}

static bool answer_rr(const struct record *r, const struct dns_rr *rr, struct out *o)
{
	uint8_t *text = o->at;

	if (!out_need(o, 1))
		return true;
	o->at++;
	if (!row_data_text(r, rr, o)) {
		o->at = text;
		return false;
	}
	string(o, text);
	if (out_need(o, ROW_ANSWER_ROOM))
		o->at = put_long(type_string(o->at, rr->type), rr->ttl);
	return true;
}

static void answer_fixed(const char *a, uint32_t len, struct out *o)
{
	if (out_need(o, len + 3)) {
		uint8_t *p = short_string(o->at, put_mem(o->at + 1, a, len));
		o->at = put_mem(p, "\0\0", 2);
	}
}

static uint8_t *tail(struct encode_context *cx, const struct record *r, uint8_t *p)
{
	const struct row_flags f = row_flags(r);

	p = short_string(p, row_address(p + 1, r, r->server));
	p = short_string(p, row_address(p + 1, r, r->client));
	p = short_string(p, stamp_go(cx, p + 1, record_time(r)));
	p = put_long(p, record_elapsed(r));
	p = short_string(p, put_dec(p + 1, r->client_port));
	p = short_string(p, put_mem(p + 1, cx->level, (uint32_t)strlen(cx->level)));
	p = put_long(p, r->bytes);
	p = r->proto == 6 ? PUT(p, "\x06" "tcp") : PUT(p, "\x06" "udp");
	*p++ = f.tc;
	*p++ = f.aa;
	*p++ = f.rd;
	*p++ = f.ra;
	return p;
}

static const struct row_format format = { head, answer_rr, answer_fixed, tail };

static enum encode_step step(struct encode_context *cx, const struct record *r, struct encode_cursor *c,
			     struct out *o)
{
	return row_step(&format, cx, r, c, o);
}

const struct encoder encoder_avro = { "avro", "the flat record as Avro single objects", false, step };
