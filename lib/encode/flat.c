// SPDX-License-Identifier: BSD-3-Clause
/* gopassivedns's record: one JSON object a line, its fields in its order; docs/record.md. */
#include "core/put.h"
#include "dns/name.h"
#include "encode/json.h"
#include "encode/row.h"
#include "encode/stamp.h"

static void head(struct encode_context *cx, const struct record *r, int rcode, struct out *o)
{
	uint8_t *p = PUT(o->at, "{\"query_id\":");

	p = put_dec(p, r->id);
	p = PUT(p, ",\"rcode\":");
	p = put_sdec(p, rcode);
	o->at = p = PUT(p, ",\"q\":\"");
	if (r->qname_len) {
		dns_name_text(o, record_qname(r), r->qname_len, 0);
		/* A text without escapes of its own is as long as the labels and their dots. Reading the
		 * name on the wire, which was written long ago, is quicker than reading the text. */
		if (o->at - p != r->qname_len - 2 || memchr(record_qname(r), '"', r->qname_len))
			json_escape(o, p);
	}
	p = PUT(o->at, "\",\"qtype\":\"");
	if (r->qname_len)
		p = dns_type_put(p, r->qtype);
	o->at = PUT(p, "\",\"a\":\"");
}

static bool answer_rr(const struct record *r, const struct dns_rr *rr, struct out *o)
{
	uint8_t *from = o->at;

	if (!row_data_address(r, rr, o)) {
		if (!dns_rdata_text(o, record_msg(r), r->msg_len, rr))
			return false;
		json_escape(o, from);
	}
	if (out_need(o, ROW_ANSWER_ROOM)) {
		uint8_t *p = PUT(o->at, "\",\"atype\":\"");

		p = dns_type_put(p, rr->type);
		p = PUT(p, "\",\"ttl\":");
		o->at = put_dec(p, rr->ttl);
	}
	return true;
}

static void answer_fixed(const char *a, uint32_t len, struct out *o)
{
	out_mem(o, a, len);
	out_str(o, "\",\"atype\":\"\",\"ttl\":0");
}

/* Flags and end of line, by TC, AA, RD, RA from the highest bit to the lowest. */
#define END(tc, aa, rd, ra) ",\"truncated\":" tc ",\"aa\":" aa ",\"rd\":" rd ",\"ra\":" ra "}\n"
#define END2(tc, aa, rd) END(tc, aa, rd, "false"), END(tc, aa, rd, "true")
#define END4(tc, aa) END2(tc, aa, "false"), END2(tc, aa, "true")
#define END8(tc) END4(tc, "false"), END4(tc, "true")
#define END_MAX 64
static const char ends[16][END_MAX] = { END8("false"), END8("true") };

static uint8_t *end(const struct record *r, uint8_t *p)
{
	const struct row_flags f = row_flags(r);

	memcpy(p, ends[f.tc << 3 | f.aa << 2 | f.rd << 1 | f.ra], END_MAX);
	return p + sizeof(END("false", "false", "false", "false")) - 1 - (f.tc + f.aa + f.rd + f.ra);
}

static uint8_t *tail(struct encode_context *cx, const struct record *r, uint8_t *p)
{
	p = PUT(p, ",\"dst\":\"");
	p = row_address(p, r, r->server);
	p = PUT(p, "\",\"src\":\"");
	p = row_address(p, r, r->client);
	p = PUT(p, "\",\"tstamp\":\"");
	p = stamp_go(cx, p, record_time(r));
	p = PUT(p, "\",\"elapsed\":");
	p = put_sdec(p, record_elapsed(r));
	p = PUT(p, ",\"sport\":\"");
	p = put_dec(p, r->client_port);
	p = PUT(p, "\",\"level\":");
	memcpy(p, cx->level_json, sizeof(cx->level_json));
	p = PUT(p + cx->level_json_len, ",\"bytes\":");
	p = put_dec(p, r->bytes);
	p = PUT(p, ",\"protocol\":\"");
	p = r->proto == 6 ? PUT(p, "tcp\"") : PUT(p, "udp\"");
	return end(r, p);
}

static const struct row_format format = { head, answer_rr, answer_fixed, tail };

static enum encode_step step(struct encode_context *cx, const struct record *r, struct encode_cursor *c,
			     struct out *o)
{
	return row_step(&format, cx, r, c, o);
}

const struct encoder encoder_flat = { "flat", "gopassivedns's JSON, a line an answer", true, step };
