// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Analytics fed with records that a test describes in a line.
 */
#ifndef SUPPORT_ANALYSE_H
#define SUPPORT_ANALYSE_H

#include "analytics/analytics.h"
#include "dns/name.h"
#include "recordbuild.h"

#include <criterion/criterion.h>

/** A transaction. Zeros are: answered, NOERROR, client and server number 0, UDP. */
struct lookup {
	const char *name;
	int64_t time;    /**< s after RECORDB_TIME */
	enum pair_kind kind;
	unsigned rcode;
	unsigned type;   /**< 0: A */
	uint8_t client, server;
	int64_t elapsed; /**< µs */
	bool tcp;
};

/** Analytics over an empty list of public suffixes; analytics_free() it. */
static inline struct analytics *analyse_new(int64_t window)
{
	static struct domains *domains;
	struct error e = { "" };

	if (!domains)
		domains = domains_load(NULL, &e);
	struct analytics_config c = { .window = window, .domains = domains, .key = { 1, 2 } };
	struct analytics *a = analytics_new(&c, &e);
	cr_assert(domains && a, "%s", e.text);
	return a;
}

/** Counts a transaction. */
static inline void analyse(struct analytics *a, struct lookup l)
{
	static struct dnsbuild message;

	dnsb_start(&message, 7, (l.kind == PAIR_UNANSWERED ? 0 : DNS_QR) | l.rcode);
	if (l.name)
		dnsb_question(&message, l.name, l.type ? l.type : DNS_TYPE_A, 1);
	struct recordbuild b = recordb(l.kind, &message);
	struct flow_key *f = &b.origin.flow;
	bool from_server = l.kind != PAIR_UNANSWERED;

	(from_server ? f->dst : f->src)[15] = l.client;
	(from_server ? f->src : f->dst)[15] = l.server;
	f->proto = l.tcp ? 6 : 17;
	b.origin.time = RECORDB_TIME + l.time * 1000000000;
	b.query.time = b.origin.time - (from_server ? l.elapsed * 1000 : 0);
	struct record *r = recordb_make(&b);
	analytics_record(a, r);
	free(r);
}

/** The count of a key of a list that is a name in presentation form without escapes; 0 where it isn't there. */
static inline uint64_t analyse_name(const struct analytics_view *v, enum analytics_list list, const char *want)
{
	uint8_t text[1024];

	for (uint32_t i = 0; i < v->items[list]; i++) {
		struct out o = out_init(text, sizeof(text));

		cr_assert(dns_name_text(&o, v->item[list][i].key, v->item[list][i].len, 0));
		if (out_len(&o) == strlen(want) && !memcmp(text, want, out_len(&o)))
			return v->item[list][i].count;
	}
	return 0;
}

/** The count of a client or server number. */
static inline uint64_t analyse_address(const struct analytics_view *v, enum analytics_list list, uint8_t number)
{
	for (uint32_t i = 0; i < v->items[list]; i++)
		if (v->item[list][i].key[15] == number)
			return v->item[list][i].count;
	return 0;
}

#endif
