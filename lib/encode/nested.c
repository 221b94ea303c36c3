// SPDX-License-Identifier: BSD-3-Clause
/* One JSON object a transaction, with all that is known of it; docs/record.md. */
#include "core/put.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "encode/encode.h"
#include "encode/json.h"
#include "encode/stamp.h"

#include <assert.h>

/* An object's bytes at most. A message of 64 KiB spells out 15 MiB where its names are pointers to one long
 * name of escapes; an honest one takes a tenth of this. What is left out is marked. */
#define OBJECT_MAX (4u << 20)
static_assert(OBJECT_MAX <= ENCODE_ITEM_MAX, "fits");

/* Room for what closes an object whose sections were cut. */
#define CLOSING 80

#define LIT(o, literal) out_mem(o, literal, sizeof(literal) - 1)

/* `"name":true` */
static inline void flag(struct out *o, const char *name, bool value)
{
	out_str(o, name);
	if (value)
		LIT(o, "true");
	else
		LIT(o, "false");
}

static inline void number(struct out *o, const char *name, uint64_t value)
{
	out_str(o, name);
	out_dec(o, value);
}

/* A short text of ours, which needs no escapes. */
static inline void word(struct out *o, const char *name, const char *value)
{
	out_str(o, name);
	out_u8(o, '"');
	out_str(o, value);
	out_u8(o, '"');
}

static inline void time_of(struct encode_context *cx, struct out *o, const char *name, int64_t ns)
{
	out_str(o, name);
	if (out_need(o, STAMP_ROOM + 2)) {
		*o->at++ = '"';
		o->at = stamp_rfc3339(cx, o->at, ns);
		*o->at++ = '"';
	}
}

static inline void address(struct out *o, const char *name, uint8_t family, const uint8_t *addr)
{
	out_str(o, name);
	out_u8(o, '"');
	if (family == 4)
		out_ipv4(o, addr + 12);
	else
		out_ipv6(o, addr);
	out_u8(o, '"');
}

static void name_of(struct out *o, const uint8_t *data, uint32_t len, uint32_t pos)
{
	LIT(o, "\"name\":\"");
	uint8_t *from = o->at;
	dns_name_text(o, data, len, pos);
	json_escape(o, from);
}

static void type_and_class(struct out *o, uint16_t type, uint16_t rclass)
{
	char text[DNS_CODE_TEXT];

	word(o, "\",\"type\":", dns_type_name(type, text));
	word(o, ",\"class\":", dns_class_name(rclass, text));
}

static void ends(struct encode_context *cx, const struct record *r, struct out *o)
{
	static const char *const kinds[] = {
		[PAIR_ANSWERED] = "answered", [PAIR_UNANSWERED] = "unanswered", [PAIR_ORPHAN] = "orphan",
	};

	word(o, "{\"kind\":", r->kind <= PAIR_ORPHAN ? kinds[r->kind] : "");
	LIT(o, ",\"sensor\":");
	json_text(o, cx->sensor);
	time_of(cx, o, ",\"time\":", record_time(r));
	LIT(o, ",\"elapsed\":");
	out_sdec(o, record_elapsed(r));
	address(o, ",\"client\":", r->family, r->client);
	number(o, ",\"client_port\":", r->client_port);
	address(o, ",\"server\":", r->family, r->server);
	number(o, ",\"server_port\":", r->server_port);
	word(o, ",\"transport\":", r->proto == 6 ? "tcp" : "udp");
}

/* How the record's packet came: of the response, or of the unanswered query. */
static void network(const struct record *r, struct out *o)
{
	const struct leg_origin *g = &r->origin;

	number(o, ",\"network\":{\"port\":", g->port);
	number(o, ",\"hop_limit\":", g->hop_limit);
	flag(o, ",\"reassembled\":", g->reassembled);
	if (g->vlan != VLAN_NONE)
		number(o, ",\"vlan\":", g->vlan);
	if (g->vlan_inner != VLAN_NONE)
		number(o, ",\"vlan_inner\":", g->vlan_inner);
	if (g->mpls != UINT32_MAX)
		number(o, ",\"mpls\":", g->mpls);
	if (g->tunnel != TUNNEL_NONE && g->tunnel < TUNNELS) {
		word(o, ",\"tunnel\":", packet_tunnel_names[g->tunnel]);
		number(o, ",\"tunnel_id\":", g->tunnel_id);
	}
	if (g->outer_family) {
		number(o, ",\"ip_headers\":", g->depth);
		address(o, ",\"outer_src\":", g->outer_family, g->outer_src);
		address(o, ",\"outer_dst\":", g->outer_family, g->outer_dst);
	}
	out_u8(o, '}');
}

static void question(const struct record *r, struct out *o)
{
	number(o, ",\"id\":", r->id);
	if (!r->qname_len)
		return;
	LIT(o, ",\"question\":{");
	name_of(o, record_qname(r), r->qname_len, 0);
	type_and_class(o, r->qtype, r->qclass);
	out_u8(o, '}');
}

/* Opcode and flags of a header's second word. */
static void flags(struct out *o, uint16_t word_of_flags)
{
	static const struct { uint16_t bit; const char *name; } bits[] = {
		{ DNS_AA, ",\"aa\":" }, { DNS_TC, ",\"tc\":" }, { DNS_RD, ",\"rd\":" },
		{ DNS_RA, ",\"ra\":" }, { DNS_Z, ",\"z\":" },   { DNS_AD, ",\"ad\":" },
		{ DNS_CD, ",\"cd\":" },
	};
	char text[DNS_CODE_TEXT];

	word(o, ",\"opcode\":", dns_opcode_name(DNS_OPCODE(word_of_flags), text));
	for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		flag(o, bits[i].name, word_of_flags & bits[i].bit);
}

static void query(struct encode_context *cx, const struct record *r, struct out *o)
{
	if (r->kind == PAIR_ORPHAN)
		return;
	time_of(cx, o, ",\"query\":{\"time\":", r->t_query);
	number(o, ",\"bytes\":", r->query_bytes);
	number(o, ",\"retransmissions\":", r->retransmissions);
	flags(o, r->query_flags);
	if (r->query_edns) {
		number(o, ",\"edns\":{\"size\":", r->query_edns_size);
		flag(o, ",\"do\":", r->query_edns_do);
		out_u8(o, '}');
	}
	out_u8(o, '}');
}

static void edns(const struct record *r, struct out *o)
{
	struct dns_edns e;
	struct dns_edns_option option;
	char text[DNS_CODE_TEXT];
	uint32_t n = 0;

	if (!dns_edns_read(record_msg(r), r->msg_len, &r->at, &e))
		return;
	number(o, ",\"edns\":{\"version\":", e.version);
	number(o, ",\"size\":", e.udp_size);
	flag(o, ",\"do\":", e.flags & 0x8000);
	LIT(o, ",\"options\":[");
	while (dns_edns_next(record_msg(r), r->msg_len, &e, &option)) {
		number(o, n++ ? ",{\"code\":" : "{\"code\":", option.code);
		word(o, ",\"name\":", dns_edns_option_name(option.code, text));
		LIT(o, ",\"data\":\"");
		uint8_t *from = o->at;
		dns_edns_option_text(o, &option);
		json_escape(o, from);
		LIT(o, "\"}");
	}
	LIT(o, "]}");
}

static void response_header(struct encode_context *cx, const struct record *r, struct out *o)
{
	static const char *const counts[DNS_SECTIONS] = {
		",\"qdcount\":", ",\"ancount\":", ",\"nscount\":", ",\"arcount\":",
	};
	char text[DNS_CODE_TEXT];

	time_of(cx, o, ",\"response\":{\"time\":", r->t_response);
	number(o, ",\"bytes\":", r->msg_len);
	number(o, ",\"wire_bytes\":", r->bytes);
	number(o, ",\"rcode\":", r->at.rcode);
	word(o, ",\"rcode_name\":", dns_rcode_name(r->at.rcode, text));
	flags(o, r->at.flags);
	for (unsigned i = 0; i < DNS_SECTIONS; i++)
		number(o, counts[i], r->at.count[i]);
	if (r->at.damage != DNS_SOUND)
		word(o, ",\"damage\":", r->at.damage == DNS_CUT_TAIL ? "cut" : "malformed");
	edns(r, o);
}

/* One RR. Data that its type can't have stands as bytes (RFC 3597 §5). */
static void rr_object(const struct record *r, const struct dns_rr *rr, bool further, struct out *o)
{
	out_str(o, further ? ",{" : "{");
	name_of(o, record_msg(r), r->msg_len, rr->owner);
	type_and_class(o, rr->type, rr->rclass);
	number(o, ",\"ttl\":", rr->ttl);
	LIT(o, ",\"data\":\"");
	uint8_t *from = o->at;
	if (dns_rdata_text(o, record_msg(r), r->msg_len, rr)) {
		json_escape(o, from);
		LIT(o, "\"}");
		return;
	}
	LIT(o, "\\\\# ");
	out_dec(o, rr->rdlen);
	if (rr->rdlen)
		out_u8(o, ' ');
	out_hex(o, record_msg(r) + rr->rdata, rr->rdlen);
	LIT(o, "\",\"malformed\":true}");
}

/* The RRs of a section, as far as they fit before `limit`; false where some were left out. */
static bool section(const struct record *r, const char *name, enum dns_section s, struct out *o,
		    uint8_t *limit)
{
	struct dns_walk w = dns_walk_init(record_msg(r), r->msg_len, &r->at, s);
	struct dns_rr rr;
	struct out part;
	bool further = false;

	out_str(o, name);
	part = *o;
	part.end = limit > o->at ? limit : o->at;
	while (!part.full && dns_walk_next(&w, &rr)) {
		/* The OPT record that `edns` has told. */
		if (r->at.opt && rr.rdata == r->at.opt + 10u)
			continue;
		rr_object(r, &rr, further, &part);
		further = true;
		if (!part.full)
			o->at = part.at;
	}
	out_u8(o, ']');
	return !part.full;
}

/* The whole object; false where RRs were left out for want of room before `limit`, behind which there is
 * CLOSING. */
static bool object(struct encode_context *cx, const struct record *r, struct out *o, uint8_t *limit)
{
	bool whole = true;

	ends(cx, r, o);
	network(r, o);
	question(r, o);
	query(cx, r, o);
	if (r->kind != PAIR_UNANSWERED) {
		response_header(cx, r, o);
		whole &= section(r, ",\"answer\":[", DNS_ANSWER, o, limit);
		whole &= section(r, ",\"authority\":[", DNS_AUTHORITY, o, limit);
		whole &= section(r, ",\"additional\":[", DNS_ADDITIONAL, o, limit);
		if (!whole)
			LIT(o, ",\"cut\":true");
		out_u8(o, '}');
	}
	LIT(o, "}\n");
	return whole;
}

/* OBJECT_MAX holds by construction: RRs that don't fit are left out, and all else is far smaller (the EDNS
 * options of 64 KiB, the longest, take less than 1 MiB). */
static enum encode_step step(struct encode_context *cx, const struct record *r, struct encode_cursor *c,
			     struct out *o)
{
	const bool ample = !o->full && o->end - o->at >= OBJECT_MAX;
	struct out item = *o;

	if (c->item)
		return ENCODE_DONE;
	if (ample)
		item.end = item.at + OBJECT_MAX;
	if (out_left(&item) < CLOSING)
		return ENCODE_FULL;
	bool whole = object(cx, r, &item, item.end - CLOSING);
	if (item.full || !(whole || ample))
		return ENCODE_FULL;
	o->at = item.at;
	c->item++;
	c->last = true;
	return ENCODE_ITEM;
}

const struct encoder encoder_nested = {
	"nested", "JSON, a line a transaction, with all that is known of it", true, step,
};
