// SPDX-License-Identifier: BSD-3-Clause
/* The flat record as an event of fluentd's forward protocol, in MessagePack: [tag, time, map]. */
#include "core/clock.h"
#include "core/put.h"
#include "dns/name.h"
#include "encode/row.h"
#include "encode/stamp.h"

static uint8_t *big(uint8_t *p, uint8_t kind, uint64_t v, unsigned bytes)
{
	*p++ = kind;
	while (bytes-- > 0)
		*p++ = (uint8_t)(v >> 8 * bytes);
	return p;
}

/* A number in its shortest form; of the negative ones only -1 … -32 are asked for. */
static uint8_t *put_int(uint8_t *p, int64_t v)
{
	if (v < 0x80)
		return big(p, (uint8_t)v, 0, 0);
	if (v < 0x100)
		return big(p, 0xcc, (uint64_t)v, 1);
	return v < 0x10000 ? big(p, 0xcd, (uint64_t)v, 2) : big(p, 0xce, (uint64_t)v, 4);
}

/* The header of a string; 5 bytes at most. */
static uint8_t *str_header(uint8_t *p, uint32_t len)
{
	if (len < 32)
		return big(p, (uint8_t)(0xa0 | len), 0, 0);
	if (len < 0x100)
		return big(p, 0xd9, len, 1);
	return len < 0x10000 ? big(p, 0xda, len, 2) : big(p, 0xdb, len, 4);
}

/* Closes a string whose text stands at text + 1 up to the cursor. */
static void string(struct out *o, uint8_t *text)
{
	uint8_t header[5];
	uint32_t len = (uint32_t)(o->at - text - 1), n = (uint32_t)(str_header(header, len) - header);

	if (o->full || !out_need(o, n - 1))
		return;
	if (n > 1)
		memmove(text + n, text + 1, len);
	memcpy(text, header, n);
	o->at = text + n + len;
}

/* Likewise up to `end`, in room that is there. */
static uint8_t *short_string(uint8_t *text, uint8_t *end)
{
	struct out o = { .at = end, .end = end + 4, .start = text };

	string(&o, text);
	return o.at;
}

static uint8_t *type_string(uint8_t *p, uint16_t type)
{
	return short_string(p, dns_type_put(p + 1, type));
}

static void head(struct encode_context *cx, const struct record *r, int rcode, struct out *o)
{
	int64_t time = record_time(r), second = time / NSEC_PER_SEC - (time % NSEC_PER_SEC < 0);
	uint32_t tag_len = (uint32_t)strlen(cx->tag);
	uint8_t *p = o->at;

	*p++ = 0x93;
	p = put_mem(str_header(p, tag_len), cx->tag, tag_len);
	p = big(p, 0xd3, (uint64_t)second, 8);
	p = big(p, 0xde, cx->level[0] ? 19 : 18, 2);
	p = big(PUT(p, "\xa8" "query_id"), 0xcd, r->id, 2);
	p = put_int(PUT(p, "\xa5" "rcode"), rcode);
	p = PUT(p, "\xa1" "q");
	o->at = p + 1;
	if (r->qname_len)
		dns_name_text(o, record_qname(r), r->qname_len, 0);
	string(o, p);
	p = PUT(o->at, "\xa5" "qtype");
	p = r->qname_len ? type_string(p, r->qtype) : str_header(p, 0);
	o->at = PUT(p, "\xa1" "a");
}

static uint8_t *answer_end(uint8_t *p, uint32_t ttl)
{
	return big(PUT(p, "\xa3" "ttl"), 0xce, ttl, 4);
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
		o->at = answer_end(type_string(PUT(o->at, "\xa5" "atype"), rr->type), rr->ttl);
	return true;
}

static void answer_fixed(const char *a, uint32_t len, struct out *o)
{
	if (out_need(o, len + ROW_ANSWER_ROOM)) {
		uint8_t *p = put_mem(str_header(o->at, len), a, len);
		o->at = answer_end(PUT(p, "\xa5" "atype" "\xa0"), 0);
	}
}

static uint8_t *put_bool(uint8_t *p, bool v)
{
	*p++ = v ? 0xc3 : 0xc2;
	return p;
}

static uint8_t *tail(struct encode_context *cx, const struct record *r, uint8_t *p)
{
	const struct row_flags f = row_flags(r);

	p = PUT(p, "\xa3" "dst");
	p = short_string(p, row_address(p + 1, r, r->server));
	p = PUT(p, "\xa3" "src");
	p = short_string(p, row_address(p + 1, r, r->client));
	p = PUT(p, "\xa6" "tstamp");
	p = short_string(p, stamp_go(cx, p + 1, record_time(r)));
	p = big(PUT(p, "\xa7" "elapsed"), 0xd3, (uint64_t)record_elapsed(r), 8);
	p = PUT(p, "\xa5" "sport");
	p = short_string(p, put_dec(p + 1, r->client_port));
	if (cx->level[0]) {
		p = PUT(p, "\xa5" "level");
		p = short_string(p, put_mem(p + 1, cx->level, (uint32_t)strlen(cx->level)));
	}
	p = put_int(PUT(p, "\xa5" "bytes"), r->bytes);
	p = PUT(p, "\xa8" "protocol" "\xa3");
	p = r->proto == 6 ? PUT(p, "tcp") : PUT(p, "udp");
	p = put_bool(PUT(p, "\xa9" "truncated"), f.tc);
	p = put_bool(PUT(p, "\xa2" "aa"), f.aa);
	p = put_bool(PUT(p, "\xa2" "rd"), f.rd);
	return put_bool(PUT(p, "\xa2" "ra"), f.ra);
}

static const struct row_format format = { head, answer_rr, answer_fixed, tail };

static enum encode_step step(struct encode_context *cx, const struct record *r, struct encode_cursor *c,
			     struct out *o)
{
	return row_step(&format, cx, r, c, o);
}

const struct encoder encoder_msgpack = {
	"msgpack", "the flat record as fluentd events in MessagePack", false, step,
};
