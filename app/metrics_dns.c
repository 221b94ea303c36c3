// SPDX-License-Identifier: BSD-3-Clause
#include "app/metrics.h"
#include "core/put.h"
#include "dns/types.h"

#include <string.h>

#define LABELS(...) ((const struct metric_label[]){ __VA_ARGS__, { NULL, NULL } })
#define ALL_OCTAVE 4 /* the histogram over all: from 16 µs … */
#define ALL_OCTAVES 24 /* … to 67 s */

static const char *const kind_names[] = {
	[PAIR_ANSWERED] = "answered", [PAIR_UNANSWERED] = "unanswered", [PAIR_ORPHAN] = "orphan"
};

static void write_totals(struct exposition *x, const struct analytics_totals *t)
{
	static const char *const transport[] = { "udp", "tcp" }, *const version[] = { "4", "6" };
	char buf[DNS_CODE_TEXT];

	exposition_family(x, "dnsweir_transactions", METRIC_COUNTER,
			  "transactions that became records, by how they ended");
	for (unsigned i = 0; i < 3; i++)
		exposition_count(x, LABELS({ "kind", kind_names[i] }), t->kind[i]);
	exposition_family(x, "dnsweir_transactions_by_transport", METRIC_COUNTER,
			  "such transactions, by transport and IP version");
	for (unsigned i = 0; i < 4; i++)
		exposition_count(x, LABELS({ "transport", transport[i / 2] }, { "ip", version[i % 2] }),
				 t->transport[i / 2][i % 2]);
	exposition_family(x, "dnsweir_responses_by_rcode", METRIC_COUNTER,
			  "responses of such transactions, by response code");
	for (unsigned i = 0; i < ANALYTICS_RCODES; i++)
		if (t->rcode[i] || i <= 5)
			exposition_count(
				x,
				LABELS({ "rcode", i + 1 < ANALYTICS_RCODES ? dns_rcode_name((uint16_t)i, buf)
									   : "other" }),
				t->rcode[i]);
	exposition_family(x, "dnsweir_transactions_by_qtype", METRIC_COUNTER,
			  "such transactions, by the question's type");
	for (unsigned i = 0; i < ANALYTICS_TYPES; i++)
		if (t->qtype[i])
			exposition_count(x,
					 LABELS({ "qtype", i + 1 < ANALYTICS_TYPES
								   ? dns_type_name((uint16_t)i, buf)
								   : "other" }),
					 t->qtype[i]);
}

static void write_times(struct exposition *x, const struct analytics_view *v)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	double bound[ALL_OCTAVES];
	uint64_t bucket[ALL_OCTAVES];
	char text[PUT_IPV6_ROOM + 1];

	for (unsigned i = 0; i < ALL_OCTAVES; i++)
		bound[i] = (double)(UINT64_C(1) << (ALL_OCTAVE + i)) / 1e6;
	latency_octaves(v->totals.latency, ALL_OCTAVE, ALL_OCTAVES, bucket);
	exposition_family(x, "dnsweir_response_seconds", METRIC_HISTOGRAM, "time from a query to its response");
	exposition_histogram(x, NULL, bound, bucket, ALL_OCTAVES, (double)v->totals.latency_sum / 1e9);
	exposition_family(x, "dnsweir_server_response_seconds", METRIC_HISTOGRAM,
			  "the same, of the servers that are asked most; those without an entry together as other");
	for (unsigned i = 0; i < ANALYTICS_OCTAVES; i++)
		bound[i] = (double)(UINT64_C(1) << (ANALYTICS_OCTAVE + i)) / 1e6;
	for (uint32_t i = 0; i < v->servers; i++) {
		const struct analytics_server *s = &v->server[i];
		uint8_t *to = (uint8_t *)text;

		to = memcmp(s->address, mapped, 12) ? put_ipv6(to, s->address) : put_ipv4(to, s->address + 12);
		*to = '\0';
		exposition_histogram(x, LABELS({ "server", text }), bound, s->bucket, ANALYTICS_OCTAVES,
				     (double)s->sum / 1e9);
	}
	exposition_histogram(x, LABELS({ "server", "other" }), bound, v->totals.other, ANALYTICS_OCTAVES,
			     (double)v->totals.other_sum / 1e9);
}

void metrics_write_dns(struct exposition *x, const struct analytics_view *v)
{
	static const char *const sets[] = { [SET_NAMES] = "names",
					    [SET_DOMAINS] = "domains",
					    [SET_CLIENTS] = "clients",
					    [SET_SERVERS] = "servers" };

	write_totals(x, &v->totals);
	write_times(x, v);
	exposition_family(x, "dnsweir_distinct", METRIC_GAUGE,
			  "how many different ones there were lately, about; live: in the last minutes");
	for (unsigned i = 0; i < SETS; i++)
		exposition_real(x, LABELS({ "of", sets[i] }), (double)(uint64_t)(v->distinct[i] + 0.5));
}
