// SPDX-License-Identifier: BSD-3-Clause
#include "packet/ingress.h"
#include "packet/defrag.h"
#include "packet/hash.h"
#include "packet/layer.h"
#include "packet/tunnel.h"

#include <stdlib.h>

#define PROTO_TCP 6
#define PROTO_UDP 17
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
/* Longest frame that is read; what is behind it is as if cut off by the snap length. */
#define FRAME_MAX (1u << 30)

struct ingress {
	struct counters *counters;
	struct filter *filter;
	bool by_port;   /* the filter is `port` alone, */
	uint16_t port;  /* this one */
	bool on_frame;
	uint8_t tunnels[256]; /* 1 where a tunnel's port has that low byte */
	struct defrag *defrag;
	struct decap decap;
};

struct ingress *ingress_new(const struct ingress_config *config, struct error *e)
{
	struct ingress *in = calloc(1, sizeof(*in));

	if (!in) {
		error_set(e, "out of memory");
		return NULL;
	}
	in->counters = config->counters;
	in->defrag = defrag_new(config->max_datagrams, config->max_fragment_bytes, config->counters);
	if (!in->defrag) {
		error_set(e, "no memory for %u fragmented datagrams of %u bytes", config->max_datagrams,
			  config->max_fragment_bytes);
		ingress_free(in);
		return NULL;
	}
	in->filter = filter_new(config->filter ? config->filter : "port 53", e);
	if (!in->filter) {
		ingress_free(in);
		return NULL;
	}
	in->by_port = filter_is_port(in->filter, &in->port);
	in->on_frame = filter_on_frame(in->filter);
	for (const struct tunnel_port *t = tunnel_ports; t->port; t++)
		in->tunnels[t->port & 0xff] = 1;
	return in;
}

void ingress_free(struct ingress *in)
{
	if (!in)
		return;
	filter_free(in->filter);
	defrag_free(in->defrag);
	free(in);
}

bool ingress_reads(uint16_t linktype)
{
	return link_known(linktype);
}

static enum ingress_verdict drop(struct ingress *in, enum counter reason)
{
	counter_add(in->counters, reason, 1);
	return INGRESS_DROP;
}

static void count_family(struct counters *c, uint8_t family)
{
	/* Added up, not branched on, as whatever differs from packet to packet. */
	COUNT_N(c, packets_ipv6, family == 6);
	COUNT_N(c, packets_ipv4, family != 6);
}

static enum ingress_verdict pass(struct ingress *in, struct packet *p)
{
	if (p->flow.proto == PROTO_UDP)
		COUNT(in->counters, packets_udp);
	else
		COUNT(in->counters, packets_tcp);
	return INGRESS_PASS;
}

static void reset(struct packet *p)
{
	p->hop_limit = 0;
	p->tunnel = TUNNEL_NONE;
	p->depth = 0;
	p->reassembled = false;
	p->vlan = p->vlan_inner = VLAN_NONE;
	p->tunnel_id = 0;
	p->mpls = UINT32_MAX;
	p->outer_family = 0;
	p->missing = 0;
	p->flow.family = 0;
}

/* Takes layers off until there is a transport header. A datagram that was put together may hold fragments in
 * its turn, by way of a tunnel. */
static enum layer peel(struct ingress *in, const uint8_t *frame, uint32_t len, struct packet *p,
		       struct arena *arena, const uint8_t **data, enum defrag_verdict *verdict)
{
	struct decap *d = &in->decap;
	struct defrag_out out = { .arena = arena };
	uint32_t lacking = p->wire_len > len ? p->wire_len - len : 0;

	*data = frame;
	decap_start(d, frame, len, len + (lacking < FRAME_MAX ? lacking : FRAME_MAX), p);
	enum layer end = decap_run(d, link_layer(d, p->linktype));
	while (end == END_FRAGMENT) {
		*verdict = defrag_add(in->defrag, &d->fragment, p, &out);
		if (*verdict != DEFRAG_WHOLE)
			break;
		p->depth--; /* its header comes again */
		*data = out.data;
		decap_start(d, out.data, out.len, out.len, p);
		end = decap_run(d, LAYER_IP);
	}
	return end;
}

static enum ingress_verdict slow(struct ingress *in, const uint8_t *frame, uint32_t len, struct packet *p,
				 struct arena *arena, const uint8_t **data)
{
	struct counters *c = in->counters;
	enum defrag_verdict fragment = DEFRAG_KEPT;

	reset(p);
	enum layer end = peel(in, frame, len < FRAME_MAX ? len : FRAME_MAX, p, arena, data, &fragment);
	if (end == END_FRAGMENT)
		return fragment == DEFRAG_KEPT ? INGRESS_KEPT : INGRESS_DROP;
	if (p->depth) {
		count_family(c, p->flow.family);
		if (p->depth > 1)
			COUNT(c, packets_tunnelled);
	}
	if (end == END_DROP)
		return drop(in, in->decap.reason);
	if (p->missing)
		COUNT(c, packets_cut);
	if (!filter_packet(in->filter, *data, p))
		return drop(in, COUNT_drop_filter);
	return pass(in, p);
}

static inline uint16_t be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* What the cheap look finds: where things are in a plain packet. */
struct plain {
	uint32_t l3;
	uint32_t end; /* of the IP packet */
	uint32_t l4;
	uint32_t payload;
	uint32_t payload_len;
	uint16_t vlan;
	uint16_t sport;
	uint16_t dport;
	uint8_t family;
	uint8_t proto;
};

/* Ethernet with one tag at most. Each of these looks is false for what isn't plain: the layers read it with
 * care. */
static inline bool plain_ethernet(const uint8_t *f, uint32_t len, struct plain *s, uint16_t *type)
{
	if (len < 18)
		return false;
	s->l3 = 14;
	s->vlan = VLAN_NONE;
	*type = be16(f + 12);
	if (*type == ETHERTYPE_VLAN) {
		s->vlan = be16(f + 14) & 0xfff;
		*type = be16(f + 16);
		s->l3 = 18;
	}
	return true;
}

/* IP that is all there, without options, extension headers or fragments. */
static inline bool plain_ip(const uint8_t *f, uint32_t len, struct plain *s, uint16_t type)
{
	const uint8_t *ip = f + s->l3;
	uint32_t total;

	if (type == ETHERTYPE_IPV4) {
		if (len < s->l3 + 20 || ip[0] != 0x45 || be16(ip + 6) & 0x3fff)
			return false;
		total = be16(ip + 2);
		s->family = 4;
		s->proto = ip[9];
		s->l4 = s->l3 + 20;
	} else if (type == ETHERTYPE_IPV6) {
		if (len < s->l3 + 40 || ip[0] >> 4 != 6 || (ip[4] | ip[5]) == 0)
			return false;
		total = 40u + be16(ip + 4);
		s->family = 6;
		s->proto = ip[6];
		s->l4 = s->l3 + 40;
	} else {
		return false;
	}
	s->end = s->l3 + total;
	return s->end <= len;
}

/* UDP that is no tunnel, or TCP, with its header sound. */
static inline bool plain_transport(const struct ingress *in, const uint8_t *f, struct plain *s)
{
	const uint8_t *h = f + s->l4;

	if (s->end < s->l4 + 8)
		return false;
	s->sport = be16(h);
	s->dport = be16(h + 2);
	if (s->proto == PROTO_UDP) {
		uint32_t udp_len = be16(h + 4);
		s->payload = s->l4 + 8;
		s->payload_len = udp_len - 8;
		return udp_len >= 8 && udp_len <= s->end - s->l4 &&
		       !((in->tunnels[s->sport & 0xff] | in->tunnels[s->dport & 0xff]) && s->sport != 53 &&
			 s->dport != 53);
	}
	if (s->proto != PROTO_TCP || s->end < s->l4 + 20)
		return false;
	s->payload = s->l4 + (h[12] >> 4) * 4u;
	s->payload_len = s->end - s->payload;
	return h[12] >= 5 << 4 && s->payload <= s->end;
}

static inline void fill(struct packet *p, const uint8_t *f, const struct plain *s)
{
	const uint8_t *ip = f + s->l3;

	reset(p);
	p->depth = 1;
	p->vlan = s->vlan;
	p->l3 = s->l3;
	p->l3_len = s->end - s->l3;
	p->l4 = s->l4;
	p->payload = s->payload;
	p->payload_len = s->payload_len;
	if (s->family == 4) {
		packet_map_ipv4(p->flow.src, ip + 12);
		packet_map_ipv4(p->flow.dst, ip + 16);
		p->hop_limit = ip[8];
	} else {
		memcpy(p->flow.src, ip + 8, 16);
		memcpy(p->flow.dst, ip + 24, 16);
		p->hop_limit = ip[7];
	}
	packet_set_ports(&p->flow, s->sport, s->dport, s->proto, s->family);
}

enum ingress_verdict ingress_packet(struct ingress *in, const uint8_t *frame, uint32_t len, struct packet *p,
				    struct arena *arena, const uint8_t **data)
{
	struct plain s;
	uint16_t type;
	enum counter reason;

	COUNT(in->counters, packets_in);
	if (in->on_frame && !filter_frame(in->filter, frame, len, p, &reason))
		return drop(in, reason);
	if (p->linktype != LINKTYPE_ETHERNET || !plain_ethernet(frame, len, &s, &type) ||
	    !plain_ip(frame, len, &s, type) || !plain_transport(in, frame, &s))
		return slow(in, frame, len, p, arena, data);
	count_family(in->counters, s.family);
	if (in->by_port & (s.sport != in->port) & (s.dport != in->port))
		return drop(in, COUNT_drop_filter);
	fill(p, frame, &s);
	*data = frame;
	if (!in->by_port && !filter_packet(in->filter, frame, p))
		return drop(in, COUNT_drop_filter);
	return pass(in, p);
}

void ingress_finish(struct ingress *in)
{
	defrag_finish(in->defrag);
}

uint32_t flow_hash(const struct flow_key *flow)
{
	return flow_hash_inline(flow);
}
