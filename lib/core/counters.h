// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Every counter and drop reason, once. The enum, the names, statsd, the metrics and the closing summary come from this list.
 *
 * A counter belongs to a group; the equations that tests assert are written in terms of groups:
 *
 *   packets_in + datagrams_reassembled = Σ PACKET_DROP + Σ FRAGMENT + packets_udp + packets_tcp
 *   fragments_in = Σ FRAGMENT
 *   Σ MESSAGE_IN = Σ MESSAGE_DROP + queries + responses
 *   queries   = Σ QUERY   (at the end of a run, when nothing is outstanding any more)
 *   responses = Σ RESPONSE (likewise)
 *
 * One lcore writes its own array, without atomics; the control loop reads them all, relaxed, once a second.
 */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H

#include <stdint.h>

/** X(id, group, text for people) — append to a group; never reorder for taste: dashboards list them in this order. */
#define COUNTER_LIST(X) \
	X(packets_in, PLAIN, "packets read") \
	X(packets_ipv4, PLAIN, "packets whose innermost header is IPv4") \
	X(packets_ipv6, PLAIN, "packets whose innermost header is IPv6") \
	X(packets_tunnelled, PLAIN, "packets that were inside a tunnel") \
	X(packets_cut, PLAIN, "packets cut by the snap length") \
	X(packets_no_timestamp, PLAIN, "packets without a timestamp of the source") \
	X(packets_udp, PLAIN, "UDP datagrams that passed the filter") \
	X(packets_tcp, PLAIN, "TCP segments that passed the filter") \
	X(packets_steered, PLAIN, "packets handed to another worker by ring") \
	X(packets_misplaced, PLAIN, "plain packets that the NIC put on another queue than their hash says") \
	X(datagrams_reassembled, PLAIN, "datagrams put together from fragments") \
	X(drop_link_type, PACKET_DROP, "link type that dnsweir can't read") \
	X(drop_link_short, PACKET_DROP, "frame too short for its headers") \
	X(drop_not_ip, PACKET_DROP, "no IP packet inside") \
	X(drop_ip_malformed, PACKET_DROP, "malformed IP header") \
	X(drop_ip_no_transport, PACKET_DROP, "IP protocol that carries no DNS") \
	X(drop_icmp, PACKET_DROP, "ICMP (its quoted packets are no traffic)") \
	X(drop_decap_depth, PACKET_DROP, "tunnels nested too deep") \
	X(drop_transport_short, PACKET_DROP, "UDP or TCP header cut or malformed") \
	X(drop_filter, PACKET_DROP, "not wanted by the filter") \
	X(drop_filter_link, PACKET_DROP, "link type that the filter's expression can't be asked of") \
	X(drop_steer_full, PACKET_DROP, "ring to another worker full") \
	X(drop_ring_full, PACKET_DROP, "ring from the reader full") \
	X(fragments_used, FRAGMENT, "fragments of whole datagrams") \
	X(fragments_open, FRAGMENT, "fragments still waiting at the end") \
	X(fragments_duplicate, FRAGMENT, "duplicate fragments") \
	X(fragments_overlap, FRAGMENT, "fragments of datagrams dropped for overlaps") \
	X(fragments_malformed, FRAGMENT, "fragments with impossible offsets or lengths") \
	X(fragments_cut, FRAGMENT, "fragments cut by the snap length") \
	X(fragments_timeout, FRAGMENT, "fragments of datagrams that never became whole") \
	X(fragments_evicted, FRAGMENT, "fragments dropped because the table was full") \
	X(tcp_flows, PLAIN, "TCP flows followed") \
	X(tcp_flows_evicted, PLAIN, "TCP flows dropped because the table was full") \
	X(tcp_flows_timeout, PLAIN, "TCP flows dropped because they were idle") \
	X(tcp_flows_not_dns, PLAIN, "TCP flows left because they hold no DNS") \
	X(tcp_segments_retransmitted, PLAIN, "TCP segments without new bytes") \
	X(tcp_segments_out_of_order, PLAIN, "TCP segments kept until a gap was filled") \
	X(tcp_segments_dropped, PLAIN, "TCP segments dropped because memory was full") \
	X(tcp_holes, PLAIN, "holes in TCP streams that were given up") \
	X(tcp_resyncs, PLAIN, "times a TCP stream was picked up again after a hole or midstream") \
	X(tcp_bytes_skipped, PLAIN, "bytes of TCP streams that belong to no message") \
	X(tcp_messages_short, PLAIN, "TCP messages shorter than a DNS header") \
	X(messages_udp, MESSAGE_IN, "messages over UDP") \
	X(messages_tcp, MESSAGE_IN, "messages over TCP") \
	X(drop_message_empty, MESSAGE_DROP, "no payload") \
	X(drop_message_short, MESSAGE_DROP, "message shorter than a DNS header") \
	X(drop_message_question, MESSAGE_DROP, "malformed question") \
	X(drop_message_cut, MESSAGE_DROP, "header or question cut by the snap length") \
	X(drop_message_no_answers, MESSAGE_DROP, "response whose answers are all malformed") \
	X(queries, PLAIN, "queries parsed") \
	X(responses, PLAIN, "responses parsed") \
	X(queries_ipv6, PLAIN, "queries over IPv6") \
	X(messages_malformed_tail, PLAIN, "messages malformed behind what was used") \
	X(messages_cut_tail, PLAIN, "messages cut by the snap length behind what was used") \
	X(rrs_malformed, PLAIN, "records with malformed data, left out") \
	X(answers_cut, PLAIN, "responses without a flat record: no answer is whole, cut by the snap length") \
	X(answers_malformed, PLAIN, "responses without a flat record: no answer, but malformed behind the question") \
	X(queries_answered, QUERY, "queries answered") \
	X(queries_unanswered, QUERY, "queries without a response") \
	X(queries_retransmitted, QUERY, "retransmitted queries") \
	X(queries_duplicate, QUERY, "queries seen twice (mirror port)") \
	X(queries_evicted, QUERY, "queries dropped because the table was full") \
	X(queries_bucket_evicted, QUERY, "queries dropped because too many shared one flow and ID") \
	X(responses_matched, RESPONSE, "responses matched to their query") \
	X(responses_transfer, RESPONSE, "further messages of zone transfers") \
	X(responses_orphan, RESPONSE, "responses without a query") \
	X(responses_mismatched, RESPONSE, "responses whose question differs from the query's") \
	X(responses_duplicate, RESPONSE, "responses seen twice (mirror port)") \
	X(responses_evicted, RESPONSE, "responses dropped because the pool of waiting ones was full") \
	X(time_jumps, PLAIN, "jumps of packet time that were followed") \
	X(records_in, PLAIN, "transactions handed to the encoders") \
	X(records_ring_full, PLAIN, "transactions dropped because the ring to the encoder was full") \
	X(records_out, PLAIN, "records encoded, in each format that a sink has") \
	X(records_too_long, PLAIN, "records too long for an output block")

/** Indices of a lcore's array: COUNT_packets_in and so on. */
enum counter {
#define X(id, group, text) COUNT_##id,
	COUNTER_LIST(X)
#undef X
	COUNTERS
};

/** What a counter belongs to; see the equations above. */
enum counter_group {
	GROUP_PLAIN,
	GROUP_PACKET_DROP,
	GROUP_FRAGMENT,
	GROUP_MESSAGE_IN,
	GROUP_MESSAGE_DROP,
	GROUP_QUERY,
	GROUP_RESPONSE,
};

/** What is known of a counter. */
struct counter_info {
	const char *name; /**< as in the list, for metrics */
	enum counter_group group;
	const char *text; /**< for people */
};

/** One row a counter, in the order of the enum. */
extern const struct counter_info counter_infos[COUNTERS];

/** A lcore's counters: written by that lcore only. */
struct counters {
	uint64_t n[COUNTERS];
} __attribute__((aligned(64)));

/** Adds every counter of `from` to `to`. `from` may be written meanwhile by its lcore. */
void counters_add(struct counters *to, const struct counters *from);

/** Sum of a group. */
uint64_t counters_group(const struct counters *c, enum counter_group group);

/** Counts `k` of a counter. One thread alone writes it, others may read it meanwhile: a store, not an atomic addition. */
static inline void counter_add(struct counters *c, enum counter id, uint64_t k)
{
	__atomic_store_n(&c->n[id], c->n[id] + k, __ATOMIC_RELAXED);
}

/** Counts one; `c` is a `struct counters *`. */
#define COUNT(c, id) counter_add(c, COUNT_##id, 1)
/** Counts `k`. */
#define COUNT_N(c, id, k) counter_add(c, COUNT_##id, k)

#endif
