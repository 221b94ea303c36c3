// SPDX-License-Identifier: BSD-3-Clause
/* UDP (RFC 768) and TCP (RFC 9293) headers: where the payload is and who talks to whom. */
#include "packet/layer.h"

#include <string.h>

#define UDP_HEADER 8
#define TCP_HEADER 20

static void fill(struct decap *d, const uint8_t *header, uint8_t proto)
{
	struct packet *p = d->p;
	const uint8_t *ip = d->w.data + p->l3;

	if (p->flow.family == 6) {
		memcpy(p->flow.src, ip + 8, 16);
		memcpy(p->flow.dst, ip + 24, 16);
	} else {
		packet_map_ipv4(p->flow.src, ip + 12);
		packet_map_ipv4(p->flow.dst, ip + 16);
	}
	p->flow.sport = (uint16_t)(header[0] << 8 | header[1]);
	p->flow.dport = (uint16_t)(header[2] << 8 | header[3]);
	p->flow.proto = proto;
	p->flow.zero = 0;
	p->l4 = (uint32_t)(header - d->w.data);
	p->payload = d->w.pos;
}

enum layer layer_udp(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, UDP_HEADER);
	uint32_t len = h ? (uint32_t)h[4] << 8 | h[5] : 0;

	if (len < UDP_HEADER)
		return decap_drop(d, COUNT_drop_transport_short);
	fill(d, h, 17);
	uint32_t left = wire_left(&d->w);
	len -= UDP_HEADER;
	d->p->payload_len = len < left ? len : left;
	d->p->missing = len - d->p->payload_len;
	if (len < left)
		d->w.len = d->told = d->w.pos + len;
	return udp_tunnel_layer(d, d->p->flow.sport, d->p->flow.dport);
}

enum layer layer_tcp(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, TCP_HEADER);
	uint32_t header = h ? (h[12] >> 4) * 4u : 0;

	if (header < TCP_HEADER)
		return decap_drop(d, COUNT_drop_transport_short);
	wire_skip(&d->w, header - TCP_HEADER);
	if (d->w.error)
		return decap_drop(d, COUNT_drop_transport_short);
	fill(d, h, 6);
	d->p->payload_len = wire_left(&d->w);
	d->p->missing = d->told - d->w.len;
	return END_PASS;
}
