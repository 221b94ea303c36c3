// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Parts of dnsgen, the generator of DNS traffic: chance, lookups, frames. See dnsgen.c.
 */
#ifndef SUPPORT_DNSGEN_H
#define SUPPORT_DNSGEN_H

#include "dnsbuild.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** What the traffic is made of. Shares are of 1. */
struct gen_options {
	const char *capture, *truth;
	uint32_t transactions, names, clients, resolvers, ids, sports, vlan, snaplen;
	uint64_t seed;
	int64_t start;     /**< s */
	double rate;       /**< lookups a second of capture time */
	double ipv6, tcp, reorder, nxdomain, nodata, unanswered, retransmit, response_first, fragments;
	double mirror;     /**< share of frames that are captured twice */
	bool nanoseconds, checksums, quiet;
};

/** Chance: the same for a seed. */
struct gen_random {
	uint64_t s[4];
};

void gen_seed(struct gen_random *r, uint64_t seed);
uint64_t gen_u64(struct gen_random *r);
/** 0 … n - 1; n > 0. */
uint32_t gen_below(struct gen_random *r, uint32_t n);
/** 0 ≤ x < 1. */
double gen_double(struct gen_random *r);
/** Exponentially distributed, of this mean. */
double gen_exponential(struct gen_random *r, double mean);

/** Names that are asked for, some far more often than others. */
struct gen_names {
	uint32_t n;
	char (*text)[64];
	double *cumulative; /**< weights of a Zipf distribution, exponent 1 */
};

void gen_names_init(struct gen_names *names, struct gen_random *r, uint32_t n);

/** One lookup: both messages, and what they say. */
struct gen_lookup {
	struct dnsbuild query, response;
	const char *name, *type;
	char pointer[64];   /**< room for `name` */
	uint8_t rcode;
	uint8_t answers;
	char truth[2048];   /**< `TYPE ttl text|TYPE ttl text …` */
};

void gen_lookup_make(struct gen_lookup *l, struct gen_random *r, const struct gen_names *names,
		     const struct gen_options *o, uint16_t id);

/** Two ends of a flow; addresses of 4 or 16 bytes. */
struct gen_ends {
	uint8_t client[16], server[16];
	uint8_t size;
	uint16_t client_port, server_port;
};

/** Frames that wait for their time, and the capture that they go to. */
struct gen_frames {
	const struct gen_options *o;
	struct gen_random *r;
	FILE *out;
	int64_t tick;      /**< a second's ticks */
	uint64_t seq;
	struct gen_frame *heap;
	uint32_t n, cap;
	uint8_t *spare[4096]; /**< buffers that can be used again */
	uint32_t n_spare;
	uint64_t packets, bytes;
};

/** Starts the capture; false where it can't be written. */
bool gen_frames_init(struct gen_frames *f, const struct gen_options *o, struct gen_random *r);
/** A UDP message at time `t` (ticks). As several fragments, the last of them leaves then. */
void gen_udp(struct gen_frames *f, int64_t t, const struct gen_ends *e, bool from_server,
	     const struct dnsbuild *m, bool fragmented);
/** A TCP segment. */
void gen_tcp(struct gen_frames *f, int64_t t, const struct gen_ends *e, bool from_server, uint32_t seq,
	     uint32_t ack, uint8_t flags, const uint8_t *data, uint32_t len);
/** Writes what is older than `t`. */
void gen_flush(struct gen_frames *f, int64_t t);
/** Writes all; false where that failed. */
bool gen_frames_close(struct gen_frames *f);

#endif
