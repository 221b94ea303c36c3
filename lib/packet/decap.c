// SPDX-License-Identifier: BSD-3-Clause
#include "packet/layer.h"

typedef enum layer (*layer_function)(struct decap *d);

static const layer_function layers[LAYERS] = {
#define X(NAME, name) [LAYER_##NAME] = layer_##name,
	LAYER_LIST(X)
#undef X
};

const char *const packet_tunnel_names[TUNNELS] = {
	[TUNNEL_NONE] = "",
	[TUNNEL_IPIP] = "ipip",
	[TUNNEL_6IN4] = "6in4",
	[TUNNEL_4IN6] = "4in6",
	[TUNNEL_6IN6] = "6in6",
	[TUNNEL_GRE] = "gre",
	[TUNNEL_NVGRE] = "nvgre",
	[TUNNEL_ERSPAN] = "erspan",
	[TUNNEL_VXLAN] = "vxlan",
	[TUNNEL_VXLAN_GPE] = "vxlan-gpe",
	[TUNNEL_GENEVE] = "geneve",
	[TUNNEL_GTPU] = "gtp-u",
	[TUNNEL_TEREDO] = "teredo",
	[TUNNEL_L2TP] = "l2tp",
	[TUNNEL_LISP] = "lisp",
	[TUNNEL_GRE_UDP] = "gre-in-udp",
	[TUNNEL_MPLS_UDP] = "mpls-in-udp",
	[TUNNEL_MPLS_IP] = "mpls-in-ip",
	[TUNNEL_ETHERIP] = "etherip",
};

void decap_start(struct decap *d, const uint8_t *data, uint32_t len, uint32_t told, struct packet *p)
{
	d->w = wire_init(data, len);
	d->told = told;
	d->p = p;
	d->layers = 0;
	d->outer = 0;
	d->next_at = 0;
	d->sound_set = false;
}

/* A tunnel in UDP is guessed by its port. Where what is inside makes no sense, the packet is what it was
 * without the guess; where it makes sense but holds no DNS, it stays what it is. */
static bool guess_was_wrong(const struct decap *d)
{
	enum counter r = d->reason;

	return d->sound_set && (r == COUNT_drop_not_ip || r == COUNT_drop_link_short ||
				r == COUNT_drop_ip_malformed || r == COUNT_drop_transport_short);
}

enum layer decap_run(struct decap *d, enum layer layer)
{
	while (layer < LAYERS) {
		if (d->w.error)
			layer = decap_drop(d, COUNT_drop_link_short);
		else if (layer == LAYER_NONE)
			layer = decap_drop(d, COUNT_drop_not_ip);
		else if (d->layers++ == DECAP_LAYERS_MAX)
			layer = decap_drop(d, COUNT_drop_decap_depth);
		else
			layer = layers[layer](d);
	}
	if (layer == END_DROP && guess_was_wrong(d)) {
		*d->p = d->sound;
		return END_PASS;
	}
	return layer;
}
