// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The filter: `-bpf` in libpcap's syntax, on the normalised packet; the default `port 53` is code of our own.
 */
#ifndef PACKET_FILTER_H
#define PACKET_FILTER_H

#include "core/counters.h"
#include "core/error.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stdint.h>

struct filter;

/** Compiles an expression (pcap-filter(7)). "" or NULL passes everything; `port N` is our own code; what
 * names the link layer (`ether`, `vlan`, …) is kept as text and applied to frames as captured, compiled once
 * a link type. Returns NULL and libpcap's own message in `e` where it can't be compiled. Owned by the caller:
 * filter_free(). Not shared between lcores: each has its own. */
struct filter *filter_new(const char *expression, struct error *e);

/** Frees it; NULL is allowed. */
void filter_free(struct filter *f);

/** True where the filter speaks of the link layer and filter_frame() is to be asked. */
bool filter_on_frame(const struct filter *f);

/** Whether a filter on frames can be compiled for a link type: 0, or -1 and libpcap's own message in `e`. Other
 * filters fit any. */
int filter_check_link(const struct filter *f, uint16_t linktype, struct error *e);

/** Asks about a frame as captured (`len` bytes there, `p->wire_len` on the wire, `p->linktype`). Where it isn't
 * wanted, `*reason` says why: drop_filter, or drop_filter_link, which is also told by a warning when a link type
 * is met first. */
bool filter_frame(struct filter *f, const uint8_t *frame, uint32_t len, const struct packet *p,
		  enum counter *reason);

/** Asks about the innermost IP packet: `data` and `p` as ingress filled them. Always true for a filter on
 * frames. */
bool filter_packet(const struct filter *f, const uint8_t *data, const struct packet *p);

/** The cheap first look at an untunnelled, unfragmented packet by its ports alone: false where the filter can
 * never want it. True whenever in doubt. */
bool filter_ports(const struct filter *f, uint16_t sport, uint16_t dport);

/** True where the filter is `port N` and nothing else; tells N. */
bool filter_is_port(const struct filter *f, uint16_t *port);

#endif
