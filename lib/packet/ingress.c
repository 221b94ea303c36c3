// SPDX-License-Identifier: BSD-3-Clause
#include "packet/ingress.h"
#include "packet/hash.h"
#include "packet/layer.h"

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
	in->filter = filter_new(config->filter ? config->filter : "port 53", e);
	if (!in->filter) {
		ingress_free(in);
		return NULL;
	}
	in->by_port = filter_is_port(in->filter, &in->port);
	in->on_frame = filter_on_frame(in->filter);
	return in;
}

void ingress_free(struct ingress *in)
{
	if (!in)
		return;
	filter_free(in->filter);
	free(in);
}

static enum ingress_verdict drop(struct ingress *in, enum counter reason)
{
	in->counters->n[reason]++;
	return INGRESS_DROP;
}

static void count_family(struct counters *c, uint8_t family)
{
	if (family == 6)
		COUNT(c, packets_ipv6);
	else
		COUNT(c, packets_ipv4);
}

static enum ingress_verdict pass(struct ingress *in, struct packet *p)
{
	p->hash = hash_flow(&p->flow);
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

static enum ingress_verdict slow(struct ingress *in, const uint8_t *frame, uint32_t len, struct packet *p, struct arena *arena,
				 const uint8_t **data)
{
	struct counters *c = in->counters;
	struct decap *d = &in->decap;
	if (len > FRAME_MAX)
		len = FRAME_MAX;
	uint32_t lacking = p->wire_len > len ? p->wire_len - len : 0;
	*data = frame;
	reset(p);
	decap_start(d, frame, len, len + (lacking < FRAME_MAX ? lacking : FRAME_MAX), p);
	enum layer end = decap_run(d, link_layer(d, p->linktype));
	if (p->depth) {
		count_family(c, p->flow.family);
		if (p->depth > 1)
			COUNT(c, packets_tunnelled);
	}
	if (end == END_FRAGMENT) /* TODO */
		return drop(in, COUNT_drop_ip_malformed);
	if (end == END_DROP)
		return drop(in, d->reason);
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

enum ingress_verdict ingress_packet(struct ingress *in, const uint8_t *frame, uint32_t len, struct packet *p, struct arena *arena,
				    const uint8_t **data)
{
	COUNT(in->counters, packets_in);
	if (in->on_frame && !filter_frame(in->filter, frame, len, p))
		return drop(in, COUNT_drop_filter);
	return slow(in, frame, len, p, arena, data);
}

void ingress_finish(struct ingress *in)
{
}

uint32_t flow_hash(const struct flow_key *flow)
{
	return hash_flow(flow);
}
