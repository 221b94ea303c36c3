// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Legs for tests of the pairing table, and a sink that keeps what the table gives.
 *
 *	struct legbuild l = { .id = 7, .name = "www.example.com", .type = DNS_TYPE_A, .time = 5 * S };
 *	pair_one(p, leg_query(&l));
 *	l.time += 10 * MS;
 *	pair_one(p, leg_response(&l));
 */
#ifndef SUPPORT_LEGBUILD_H
#define SUPPORT_LEGBUILD_H

#include "dnsbuild.h"
#include "pair/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

/** What a leg is made of; zero is a sensible value of everything but the name. */
struct legbuild {
	int64_t time;
	const char *name;      /**< NULL: no question */
	uint16_t type;         /**< 0: A */
	uint16_t rclass;       /**< 0: IN */
	uint16_t id;
	uint16_t sport;        /**< the client's; 0: 40000 */
	uint32_t client;       /**< last four bytes of its address */
	uint32_t server;
	uint8_t proto;         /**< 0: UDP */
	bool v6;
	uint8_t rcode;         /**< of a response */
	uint8_t questions;     /**< more of them than the first */
	uint32_t salt;         /**< makes messages differ: in an answer's address, in an option of a query */
	uint32_t padding;      /**< bytes of an answer's TXT */
	bool edns;             /**< of a query: size 1232, DO */
	uint16_t vlan;
};

/* A few legs can be in use at once. */
#define LEGS 64

static inline void leg_layout(struct dns_message *m, uint32_t name_len, uint16_t opt, uint8_t rcode)
{
	const uint8_t *d = m->data;
	struct dns_layout *at = &m->at;

	*at = (struct dns_layout){ .id = (uint16_t)(d[0] << 8 | d[1]),
				   .flags = (uint16_t)(d[2] << 8 | d[3]),
				   .opt = opt,
				   .rcode = rcode };
	for (int i = 0; i < DNS_SECTIONS; i++)
		at->count[i] = at->found[i] = (uint16_t)(d[4 + 2 * i] << 8 | d[5 + 2 * i]);
	at->qname_len = (uint16_t)name_len;
	if (name_len) {
		const uint8_t *t = d + DNS_HEADER_SIZE + name_len;
		at->qtype = (uint16_t)(t[0] << 8 | t[1]);
		at->qclass = (uint16_t)(t[2] << 8 | t[3]);
	}
}

static inline struct leg *leg_build(const struct legbuild *l, bool response)
{
	static struct leg legs[LEGS];
	static struct dnsbuild messages[LEGS];
	static unsigned next;
	struct leg *leg = &legs[next % LEGS];
	struct dnsbuild *b = &messages[next++ % LEGS];
	uint32_t name_len = 0;
	uint16_t opt = 0;
	char address[16] = "";

	memset(leg, 0, sizeof(*leg));
	dnsb_start(b, l->id, (uint16_t)(response ? DNS_QR | DNS_RD | DNS_RA | l->rcode : DNS_RD));
	if (l->name) {
		dnsb_question(b, l->name, l->type ? l->type : DNS_TYPE_A, l->rclass ? l->rclass : 1);
		name_len = b->len - DNS_HEADER_SIZE - 4;
	}
	for (int i = 0; i < l->questions; i++)
		dnsb_question(b, "another.example", DNS_TYPE_A, 1);
	if (response) {
		snprintf(address, sizeof(address), "192.0.2.%u", l->salt & 255);
		dnsb_a(b, DNS_ANSWER, ".", 300, address);
		for (uint32_t i = 0; i < l->padding; i += 255)
			dnsb_rr(b, DNS_ANSWER, ".", DNS_TYPE_TXT, 1, address, sizeof(address));
	} else if (l->edns) {
		opt = (uint16_t)(b->len + 1);
		dnsb_opt(b, 1232, 0, 0x8000);
		if (l->salt)
			dnsb_option(b, 65001, &l->salt, sizeof(l->salt));
	}
	leg->msg = (struct dns_message){ .data = b->data, .len = b->len };
	leg_layout(&leg->msg, name_len, opt, response ? l->rcode : 0);
	struct leg_origin *o = &leg->origin;
	uint8_t client[16] = { [10] = 255, 255 }, server[16] = { [10] = 255, 255, 198, 51, 100, 53 };
	if (l->v6)
		client[0] = server[0] = 0x20;
	memcpy(client + 12, &l->client, 4);
	server[15] = (uint8_t)(server[15] + l->server);
	memcpy(response ? o->flow.dst : o->flow.src, client, 16);
	memcpy(response ? o->flow.src : o->flow.dst, server, 16);
	*(response ? &o->flow.dport : &o->flow.sport) = l->sport ? l->sport : 40000;
	*(response ? &o->flow.sport : &o->flow.dport) = 53;
	o->flow.proto = l->proto ? l->proto : 17;
	o->flow.family = l->v6 ? 6 : 4;
	o->time = l->time;
	o->wire_bytes = b->len + 42;
	o->vlan = l->vlan;
	return leg;
}

static inline struct leg *leg_query(const struct legbuild *l)
{
	return leg_build(l, false);
}

static inline struct leg *leg_response(const struct legbuild *l)
{
	return leg_build(l, true);
}

/** The three passes over one leg. */
static inline void pair_one(struct pair *p, struct leg *leg)
{
	pair_hash(p, leg);
	pair_prefetch(p, leg);
	pair_leg(p, leg);
}

/** A transaction as a test remembers it. */
struct given {
	enum pair_kind kind;
	int64_t t_query, t_response;
	uint16_t id, qtype;
	uint8_t retransmissions;
	uint8_t last;          /**< last byte of the message: of the answer's address, in most */
	bool edns, edns_do;
	uint16_t edns_size;
	uint16_t vlan;
	uint16_t sport;        /**< the client's */
	uint32_t client;
	char name[256]; /**< octets of the wire form, dots for lengths; the query's, or an orphan's own */
};

/** All that a table gave. */
struct given_list {
	uint32_t n, cap;
	struct given *all;
};

static inline void given_name(char to[256], const uint8_t *name, uint32_t len)
{
	uint32_t at = 0, n = 0;

	while (at < len && name[at]) {
		if (n)
			to[n++] = '.';
		memcpy(to + n, name + at + 1, name[at]);
		n += name[at];
		at += name[at] + 1U;
	}
	to[n] = 0;
}

/** A pair_fn; `ctx` is a struct given_list. */
static inline void given_add(void *ctx, const struct transaction *t)
{
	struct given_list *list = ctx;

	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->all = realloc(list->all, list->cap * sizeof(*list->all));
	}
	struct given *g = &list->all[list->n++];
	memset(g, 0, sizeof(*g));
	g->kind = t->kind;
	const struct leg_origin *o = t->origin ? t->origin : t->query_origin;
	g->vlan = o->vlan;
	g->sport = t->origin ? o->flow.dport : o->flow.sport;
	memcpy(&g->client, (t->origin ? o->flow.dst : o->flow.src) + 12, 4);
	if (t->response) {
		g->t_response = t->origin->time;
		g->id = t->response->at.id;
		g->last = t->response->data[t->response->len - 1];
		if (!t->query && t->response->at.qname_len)
			given_name(g->name, t->response->data + DNS_HEADER_SIZE, t->response->at.qname_len);
		g->qtype = t->response->at.qtype;
	}
	if (t->query) {
		g->t_query = t->query->time;
		g->id = t->query->id;
		g->qtype = t->query->qtype;
		g->retransmissions = t->query->retransmissions;
		g->edns = t->query->edns;
		g->edns_do = t->query->edns_do;
		g->edns_size = t->query->edns_size;
		if (t->query->qname)
			given_name(g->name, t->query->qname, t->query->qname_len);
	}
}

static inline int given_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct given));
}

/** Puts them into an order of their own, so that two lists can be compared as multisets. */
static inline void given_sort(struct given_list *list)
{
	if (list->n)
		qsort(list->all, list->n, sizeof(*list->all), given_order);
}

#endif
