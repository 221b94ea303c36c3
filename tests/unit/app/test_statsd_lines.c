// SPDX-License-Identifier: BSD-3-Clause
#include "app/statsd.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was sent: datagrams with a blank line between. */
struct sent {
	char text[65536];
	uint32_t len, datagrams, longest;
};

static void take(void *ctx, const char *text, uint32_t len)
{
	struct sent *s = ctx;

	cr_assert_gt(len, 0);
	cr_assert_lt(s->len + len + 2, sizeof(s->text));
	memcpy(s->text + s->len, text, len);
	memcpy(s->text + s->len + len, "\n\n", 3);
	s->len += len + 2;
	s->datagrams++;
	s->longest = len > s->longest ? len : s->longest;
}

static struct statsd_values now, last;
static struct sent sent;

Test(statsd_lines, losses_that_the_seed_does_not_know)
{
	now = (struct statsd_values){
		.ring_dropped = 11, .records_dropped = 12, .sinks = 2, .sink_dropped = { 0, 13 }, .depth = { 0, 9 },
	};
	statsd_lines("p.", &now, &last, take, &sent);
	cr_assert_str_eq(sent.text, "p.packets_ring_dropped:11|c\np.records_dropped:12|c\np.1.log_dropped:13|c\n"
				    "p.incoming_log_depth:0|g\np.0.log_depth:0|g\np.1.log_depth:9|g\n\n");
}

Test(statsd_lines, the_seeds_names)
{
	now = (struct statsd_values){
		.packets = 10,
		.packets_ipv6 = 2,
		.cache_entries_dropped = 3,
		.tcp_messages = 4,
		.received = 5,
		.dropped = 6,
		.if_dropped = 7,
		.incoming_depth = 8,
		.workers = 2,
		.sinks = 2,
		.worker = { { 1, 0 }, { 20, 30 } },
		.depth = { 0, 9 },
	};
	statsd_lines("gopassivedns.host.", &now, &last, take, &sent);
	cr_assert_str_eq(sent.text, "gopassivedns.host.packets:10|c\n"
				    "gopassivedns.host.packets_ipv6:2|c\n"
				    "gopassivedns.host.cache_entries_dropped:3|c\n"
				    "gopassivedns.host.reassembed_tcp:4|c\n"
				    "gopassivedns.host.packets_received:5|c\n"
				    "gopassivedns.host.packets_dropped:6|c\n"
				    "gopassivedns.host.packets_ifdropped:7|c\n"
				    "gopassivedns.host.0.dns_lookups:1|c\n"
				    "gopassivedns.host.1.dns_lookups:20|c\n"
				    "gopassivedns.host.1.packet_wall_time:30|c\n"
				    "gopassivedns.host.incoming_log_depth:8|g\n"
				    "gopassivedns.host.0.log_depth:0|g\n"
				    "gopassivedns.host.1.log_depth:9|g\n\n");
}

Test(statsd_lines, counters_are_differences_and_zeros_are_left_out)
{
	now = (struct statsd_values){ .packets = 10, .received = 4, .workers = 1, .worker = { { 7, 0 } } };
	last = (struct statsd_values){ .packets = 4, .received = 4, .workers = 1, .worker = { { 5, 0 } } };
	statsd_lines("p.", &now, &last, take, &sent);
	cr_assert_str_eq(sent.text, "p.packets:6|c\np.0.dns_lookups:2|c\np.incoming_log_depth:0|g\n\n");
}

Test(statsd_lines, a_counter_that_went_back_is_left_out)
{
	now.dropped = 3;
	last.dropped = 4;
	statsd_lines("p.", &now, &last, take, &sent);
	cr_assert_str_eq(sent.text, "p.incoming_log_depth:0|g\n\n");
}

/* Every line is there once and whole, whatever the prefix's length makes of the datagrams. */
Test(statsd_lines, datagrams_are_filled_but_not_over_512)
{
	for (unsigned length = 1; length < STATSD_PREFIX; length++) {
		char prefix[STATSD_PREFIX];
		unsigned lines = 0;
		memset(prefix, 'x', length);
		prefix[length] = '\0';
		memset(&sent, 0, sizeof(sent));
		now.workers = 20;
		for (unsigned i = 0; i < 20; i++)
			now.worker[i].lookups = UINT64_MAX - i;
		statsd_lines(prefix, &now, &last, take, &sent);
		cr_assert_leq(sent.longest, STATSD_DATAGRAM);
		for (char *line = strtok(sent.text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
			cr_assert(!strncmp(line, prefix, length));
			cr_assert(strchr(line, ':') && strchr(line, '|'));
		}
		cr_assert_eq(lines, 21);
		cr_assert_leq(sent.datagrams, 21);
		if (length < 200)
			cr_assert_lt(sent.datagrams, 21);
	}
}

Test(statsd_lines, counters_become_figures)
{
	struct counters c = { 0 };

	for (unsigned i = 0; i < COUNTERS; i++)
		c.n[i] = 1000000;
	c.n[COUNT_packets_ipv4] = 1;
	c.n[COUNT_packets_ipv6] = 2;
	c.n[COUNT_messages_udp] = 3;
	c.n[COUNT_messages_tcp] = 4;
	c.n[COUNT_packets_no_timestamp] = 5;
	c.n[COUNT_queries_unanswered] = 10;
	c.n[COUNT_queries_evicted] = 20;
	c.n[COUNT_queries_bucket_evicted] = 30;
	c.n[COUNT_responses_orphan] = 40;
	c.n[COUNT_responses_evicted] = 50;
	statsd_add(&now, 0, &c);
	statsd_add(&now, 3, &c);
	statsd_add(&now, STATSD_WORKERS, &c);
	cr_assert_eq(now.packets, 3);
	cr_assert_eq(now.packets_ipv6, 6);
	cr_assert_eq(now.tcp_messages, 12);
	cr_assert_eq(now.cache_entries_dropped, 450);
	cr_assert_eq(now.workers, 4);
	cr_assert_eq(now.worker[0].lookups, 3);
	cr_assert_eq(now.worker[1].lookups, 0);
	cr_assert_eq(now.worker[3].lookups, 3);
	cr_assert_eq(now.worker[3].wall_time, 5);
}

static const char *prefixed(const char *prefix, const char *name)
{
	static char text[STATSD_PREFIX];

	statsd_prefix(text, prefix, name, "h.example");
	return text;
}

Test(statsd_lines, prefixes)
{
	char name[1000];

	cr_assert_str_eq(prefixed("gopassivedns", "s1"), "gopassivedns.s1.");
	cr_assert_str_eq(prefixed("a.%HOST%.%HOST%", "s"), "a.h.example.h.example.s.");
	cr_assert_str_eq(prefixed("%HOST", "%HOST%"), "%HOST.%HOST%.");
	cr_assert_str_eq(prefixed("", "s"), ".s.");
	cr_assert_str_eq(prefixed("a b:c|d@e\nf", "g\x7f"), "a_b_c_d_e_f.g_.");
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	cr_assert_eq(strlen(prefixed("%HOST%", name)), STATSD_PREFIX - 1);
}
