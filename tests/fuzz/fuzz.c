// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz.h"

#include "record/record.h"

struct record *fuzz_record(struct wire *in)
{
	struct leg_origin origin = { .time = (int64_t)wire_u64(in) };
	struct pair_query query = { .time = (int64_t)((uint64_t)origin.time - wire_u32(in)),
				    .id = wire_u16(in),
				    .flags = wire_u16(in) };
	uint8_t kind = wire_u8(in) % 3, bits = wire_u8(in), name[DNS_NAME_MAX];
	struct dns_message m;
	uint32_t len;

	for (unsigned i = 0; i < 32; i += 8)
		memcpy((i < 16 ? origin.flow.src : origin.flow.dst) + i % 16, &(uint64_t){ wire_u64(in) }, 8);
	origin.flow.family = bits & 1 ? 4 : 6;
	origin.flow.proto = bits & 2 ? 6 : 17;
	origin.flow.sport = wire_u16(in);
	origin.flow.dport = wire_u16(in);
	origin.wire_bytes = wire_u32(in);
	origin.vlan = bits & 4 ? 7 : VLAN_NONE;
	origin.vlan_inner = bits & 8 ? 8 : VLAN_NONE;
	origin.mpls = bits & 16 ? 16 : UINT32_MAX;
	origin.tunnel = wire_u8(in) % TUNNELS;
	origin.depth = bits & 32 ? 2 : 1;
	origin.outer_family = bits & 32 ? 4 : 0;
	uint8_t *message = fuzz_take(in, 65535, &len);
	if (!dns_usable(dns_parse(&m, message, len, bits >> 6))) {
		free(message);
		return NULL;
	}
	if (m.at.qname_len)
		memcpy(name, message + DNS_HEADER_SIZE, m.at.qname_len);
	query.qname = m.at.qname_len ? name : NULL;
	query.qname_len = m.at.qname_len;
	query.qtype = m.at.qtype;
	query.qclass = m.at.qclass;
	struct transaction t = { .kind = kind, .query = kind == PAIR_ORPHAN ? NULL : &query };
	if (kind == PAIR_UNANSWERED) {
		t.query_origin = &origin;
	} else {
		t.origin = &origin;
		t.response = &m;
	}
	struct record *r = malloc(record_size(&t));
	record_fill(r, &t);
	free(message);
	return r;
}

const uint8_t *fuzz_encode(const struct encoder *e, struct encode_context *cx, const struct record *r,
			   uint32_t *len, uint32_t *items)
{
	static uint8_t *buffer;
	static uint32_t cap = 1 << 16;
	uint32_t used = 0;
	struct encode_cursor c = { 0 };

	buffer = buffer ? buffer : malloc(cap);
	for (;;) {
		struct out o = out_init(buffer + used, cap - used);
		enum encode_step step;
		for (bool last = c.last; (step = e->step(cx, r, &c, &o)) == ENCODE_ITEM; last = c.last)
			ALWAYS(!last && !o.full);
		used += out_len(&o);
		if (step == ENCODE_DONE)
			break;
		ALWAYS(cap - used < ENCODE_ITEM_MAX);
		buffer = realloc(buffer, cap *= 2);
	}
	*len = used;
	*items = c.item;
	return buffer;
}

json_t *fuzz_flat(struct encode_context *cx, const struct record *r, uint32_t i, bool bare)
{
	uint32_t len, items;
	const char *at = (const char *)fuzz_encode(&encoder_flat, cx, r, &len, &items), *end = at + len;
	json_error_t why;

	ALWAYS(i < items);
	while (i--)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	end = memchr(at, '\n', (size_t)(end - at));
	json_t *line = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &why);
	ALWAYS(line);
	if (bare)
		json_object_del(line, "level");
	return line;
}

void fuzz_conserved(const struct counters *c)
{
	ALWAYS(c->n[COUNT_packets_in] + c->n[COUNT_datagrams_reassembled] ==
	       counters_group(c, GROUP_PACKET_DROP) + counters_group(c, GROUP_FRAGMENT) +
		   c->n[COUNT_packets_udp] + c->n[COUNT_packets_tcp]);
	ALWAYS(counters_group(c, GROUP_MESSAGE_IN) ==
	       counters_group(c, GROUP_MESSAGE_DROP) + c->n[COUNT_queries] + c->n[COUNT_responses]);
	ALWAYS(c->n[COUNT_queries] == counters_group(c, GROUP_QUERY));
	ALWAYS(c->n[COUNT_responses] == counters_group(c, GROUP_RESPONSE));
}
