// SPDX-License-Identifier: BSD-3-Clause
/* Connections: how they begin and end, both directions, floods, limits, time. */
#include "l4/tcp_table.h"
#include "tcpscript.h"

#define CLIENT_START 1001
#define SERVER_START 5001

static struct stream q, r;
static struct script *s;

static void setup(void)
{
	s = script_new();
	for (uint16_t i = 1; i <= 4; i++) {
		stream_query(&q, i);
		stream_response(&r, i, 300);
	}
}

static void teardown(void)
{
	script_finish(s);
	struct tcp_usage u = tcp_usage(s->t);
	cr_assert_eq(u.flows, 0);
	cr_assert_eq(u.bytes, 0);
	script_free(s);
}

TestSuite(tcp, .init = setup, .fini = teardown);

static uint64_t count(enum counter c)
{
	return s->c.n[c];
}

/* A table of other limits. */
static void again(struct tcp_config config)
{
	script_free(s);
	s = script_with(&config);
}

static uint32_t end_of(const struct stream *st, uint32_t i)
{
	return i + 1 < st->n ? st->at[i + 1] : st->len;
}

/* Message `i` of the client or the server, as one segment. */
static void ask(uint32_t i)
{
	script_data(s, CLIENT, CLIENT_START + q.at[i], q.data + q.at[i], end_of(&q, i) - q.at[i]);
}

static void answer(uint32_t i)
{
	script_data(s, SERVER, SERVER_START + r.at[i], r.data + r.at[i], end_of(&r, i) - r.at[i]);
}

static void open_both(void)
{
	s->ack[CLIENT] = s->ack[SERVER] = 0;
	script_open(s, CLIENT_START, SERVER_START);
}

/* The first `n` exchanges were given, query and response in turn. */
static void expect_exchanges(uint32_t n)
{
	cr_assert_eq(s->n_got, 2 * n, "%u messages", s->n_got);
	for (uint32_t i = 0; i < s->n_got; i++) {
		cr_assert_eq(s->got[i].dir, i % 2 ? SERVER : CLIENT);
		cr_assert(stream_is(i % 2 ? &r : &q, i / 2, &s->got[i]), "message %u", i);
	}
}

static void exchanges(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		ask(i);
		answer(i);
	}
}

Test(tcp, both_directions_and_families)
{
	for (int family = 4; family <= 6; family += 2) {
		script_forget(s);
		s->family = (uint8_t)family;
		open_both();
		exchanges(0, 4);
		expect_exchanges(4);
	}
	cr_assert_eq(count(COUNT_tcp_flows), 2);
}

Test(tcp, sequence_numbers_wrap)
{
	for (uint32_t before = 1; before < q.len; before += 3) {
		uint32_t client = 0U - before, server = 0U - before * 3;
		script_forget(s);
		s->client_port++;
		script_open(s, client, server);
		for (uint32_t at = 0; at < q.len; at += 10)
			script_data(s, CLIENT, client + at, q.data + at, q.len - at < 10 ? q.len - at : 10);
		script_data(s, SERVER, server + 50, r.data + 50, r.len - 50);
		script_data(s, SERVER, server, r.data, 50);
		cr_assert_eq(s->n_got, 8, "%u before the wrap", before);
	}
}

Test(tcp, midstream_both_directions)
{
	s->ack[CLIENT] = SERVER_START + r.at[1];
	ask(1);
	answer(1);
	cr_assert_eq(s->n_got, 2);
	cr_assert_eq(count(COUNT_tcp_resyncs), 2);
}

Test(tcp, midstream_the_acknowledgement_tells_where_the_answer_begins)
{
	uint32_t at = r.at[1], cut = at + 100, end = r.at[2];

	s->ack[CLIENT] = SERVER_START + at;
	ask(1);
	script_data(s, SERVER, SERVER_START + cut, r.data + cut, end - cut);
	script_data(s, SERVER, SERVER_START + at, r.data + at, cut - at);
	cr_assert_eq(s->n_got, 2);
	cr_assert(stream_is(&r, 1, &s->got[1]));
}

Test(tcp, midstream_an_answer_that_was_overtaken_by_the_next_query)
{
	s->ack[CLIENT] = SERVER_START + r.at[1];
	ask(1);
	answer(0);
	answer(1);
	cr_assert_eq(s->n_got, 3);
}

Test(tcp, data_in_the_syn)
{
	script_segment(s, CLIENT, T_SYN, CLIENT_START - 1, q.data, q.at[1]);
	s->ack[SERVER] = CLIENT_START + q.at[1];
	script_syn(s, SERVER, SERVER_START - 1);
	answer(0);
	ask(0);
	exchanges(1, 4);
	expect_exchanges(4);
	cr_assert_eq(count(COUNT_tcp_segments_retransmitted), 1, "the query was sent again");
}

Test(tcp, handshake_captured_late)
{
	ask(0);
	s->ack[SERVER] = CLIENT_START;
	script_syn(s, SERVER, SERVER_START - 1);
	script_syn(s, CLIENT, CLIENT_START - 1);
	script_data(s, SERVER, SERVER_START + 100, r.data + 100, r.len - 100);
	script_data(s, SERVER, SERVER_START, r.data, 100);
	cr_assert_eq(s->n_got, 5);
	cr_assert_eq(count(COUNT_tcp_flows), 1);
}

Test(tcp, half_of_the_handshake_tells_both_starts)
{
	s->ack[SERVER] = CLIENT_START;
	script_syn(s, SERVER, SERVER_START - 1);
	s->ack[SERVER] = 0;
	script_data(s, CLIENT, CLIENT_START + 20, q.data + 20, q.len - 20);
	script_data(s, CLIENT, CLIENT_START, q.data, 20);
	script_data(s, SERVER, SERVER_START + 20, r.data + 20, r.len - 20);
	script_data(s, SERVER, SERVER_START, r.data, 20);
	cr_assert_eq(s->n_got, 8);
	cr_assert_eq(count(COUNT_tcp_resyncs), 0);
}

Test(tcp, everything_captured_twice)
{
	for (int i = 0; i < 2; i++)
		script_syn(s, CLIENT, CLIENT_START - 1);
	for (int i = 0; i < 2; i++)
		script_syn(s, SERVER, SERVER_START - 1);
	for (uint32_t i = 0; i < 4; i++) {
		ask(i);
		ask(i);
		answer(i);
		answer(i);
		script_syn(s, CLIENT, CLIENT_START - 1);
	}
	for (int i = 0; i < 2; i++)
		script_segment(s, CLIENT, T_FIN, CLIENT_START + q.len, NULL, 0);
	for (int i = 0; i < 2; i++)
		script_segment(s, SERVER, T_FIN, SERVER_START + r.len, NULL, 0);
	answer(3);
	ask(3);
	expect_exchanges(4);
	cr_assert_eq(count(COUNT_tcp_flows), 1);
}

Test(tcp, ports_used_anew)
{
	open_both();
	exchanges(0, 2);
	script_forget(s);
	s->ack[CLIENT] = s->ack[SERVER] = 0;
	script_open(s, CLIENT_START + 50, SERVER_START + 50);
	script_data(s, CLIENT, CLIENT_START + 50, q.data, q.len);
	script_data(s, SERVER, SERVER_START + 50, r.data, r.len);
	cr_assert_eq(s->n_got, 8);
	cr_assert_eq(count(COUNT_tcp_flows), 2);
}

Test(tcp, ports_used_anew_give_what_the_old_connection_kept)
{
	open_both();
	answer(1);
	cr_assert_eq(s->n_got, 0);
	s->vlan = 5;
	s->ack[CLIENT] = 0;
	script_syn(s, CLIENT, 77777);
	cr_assert_eq(s->n_got, 1);
	cr_assert_eq(s->got[0].dir, SERVER);
	cr_assert_eq(s->got[0].vlan, VLAN_NONE, "told as it was captured");
}

Test(tcp, start_of_another_connection_is_not_taken)
{
	script_syn(s, CLIENT, CLIENT_START + 1000000);
	ask(0);
	cr_assert_eq(s->n_got, 1);
	cr_assert_eq(count(COUNT_tcp_resyncs), 1);
}

Test(tcp, gap_is_closed_after_the_connection)
{
	open_both();
	script_data(s, SERVER, SERVER_START + 200, r.data + 200, r.len - 200);
	script_segment(s, CLIENT, T_FIN, CLIENT_START, NULL, 0);
	script_segment(s, SERVER, T_FIN, SERVER_START + r.len, NULL, 0);
	s->now += 3 * NSEC_PER_SEC;
	script_expire(s);
	script_data(s, SERVER, SERVER_START, r.data, 200);
	script_expect(s, &r);
}

Test(tcp, last_bytes_come_after_both_fins)
{
	open_both();
	script_data(s, SERVER, SERVER_START, r.data, r.len - 200);
	script_segment(s, SERVER, T_FIN, SERVER_START + r.len, NULL, 0);
	script_segment(s, CLIENT, T_FIN, CLIENT_START, NULL, 0);
	script_data(s, SERVER, SERVER_START + r.len - 200, r.data + r.len - 200, 200);
	script_expect(s, &r);
}

Test(tcp, one_side_has_finished)
{
	open_both();
	ask(0);
	script_segment(s, CLIENT, T_FIN, CLIENT_START + q.at[1], NULL, 0);
	for (int i = 0; i < 20; i++) {
		s->now += NSEC_PER_SEC;
		script_expire(s);
	}
	script_data(s, SERVER, SERVER_START + 100, r.data + 100, r.len - 100);
	script_data(s, SERVER, SERVER_START, r.data, 100);
	cr_assert_eq(s->n_got, 5);
	cr_assert_eq(count(COUNT_tcp_resyncs), 0);
}

Test(tcp, ports_used_anew_after_a_reset_without_a_syn)
{
	open_both();
	exchanges(0, 1);
	script_segment(s, CLIENT, T_RST, CLIENT_START + q.at[1], NULL, 0);
	script_data(s, CLIENT, CLIENT_START + 1000000000, q.data, q.at[1]);
	for (int i = 0; i < 20; i++) {
		s->now += NSEC_PER_SEC;
		script_expire(s);
	}
	cr_assert_eq(tcp_usage(s->t).flows, 1, "open again");
	script_data(s, CLIENT, CLIENT_START + 1000000000 + q.at[1], q.data + q.at[1], q.len - q.at[1]);
	cr_assert_eq(s->n_got, 6);
}

Test(tcp, fin_with_the_last_data)
{
	open_both();
	script_segment(s, CLIENT, T_FIN, CLIENT_START, q.data, q.len);
	script_segment(s, SERVER, T_FIN, SERVER_START, r.data, r.len);
	cr_assert_eq(s->n_got, 8);
	cr_assert_eq(tcp_usage(s->t).flows, 1, "known for a while");
	s->now += 2 * NSEC_PER_SEC;
	script_expire(s);
	cr_assert_eq(tcp_usage(s->t).flows, 0);
	cr_assert_eq(count(COUNT_tcp_flows_timeout), 0);
}

Test(tcp, message_without_its_end_is_let_go_at_the_fin)
{
	open_both();
	script_data(s, SERVER, SERVER_START, r.data, r.len - 1);
	cr_assert_gt(tcp_usage(s->t).bytes, 0);
	script_segment(s, SERVER, T_FIN, SERVER_START + r.len - 1, NULL, 0);
	cr_assert_eq(tcp_usage(s->t).bytes, 0);
	cr_assert_eq(s->n_got, 3);
}

Test(tcp, reset_gives_what_is_behind_a_gap)
{
	open_both();
	answer(1);
	s->ack[SERVER] = 0;
	script_segment(s, SERVER, T_RST, SERVER_START + r.len, "text is no data", 15);
	cr_assert_eq(s->n_got, 0, "the gap may be one of the capture's order");
	s->now += 250 * NSEC_PER_MSEC;
	script_expire(s);
	cr_assert_eq(s->n_got, 1);
	s->now += 2 * NSEC_PER_SEC;
	script_expire(s);
	cr_assert_eq(tcp_usage(s->t).flows, 0);
}

Test(tcp, segments_without_data_make_no_flow)
{
	static const unsigned flags[] = { T_SYN, T_SYN | T_ACK, T_ACK, T_FIN | T_ACK, T_RST, 0, 0xff };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		script_segment(s, CLIENT, flags[i], CLIENT_START, NULL, 0);
	script_segment(s, CLIENT, T_RST, CLIENT_START, "reset", 5);
	cr_assert_eq(tcp_usage(s->t).flows, 0);
	cr_assert_eq(count(COUNT_tcp_flows), 0);
}

Test(tcp, one_address_and_port_at_both_ends)
{
	s->client_port = 53;
	script_data(s, CLIENT, CLIENT_START, q.data, q.len);
	cr_assert_eq(s->n_got, 4);
}

Test(tcp, a_million_half_open_flows_push_nothing_out)
{
	open_both();
	exchanges(0, 1);
	script_data(s, SERVER, SERVER_START + r.at[1], r.data + r.at[1], 50);
	s->tick = 0;
	for (uint32_t i = 0; i < 1000000; i++) {
		s->host = 1 + i / 50000;
		s->client_port = (uint16_t)(i % 50000);
		script_syn(s, CLIENT, i);
	}
	s->host = 0;
	s->client_port = 40000;
	script_data(s, SERVER, SERVER_START + r.at[1] + 50, r.data + r.at[1] + 50, r.at[2] - r.at[1] - 50);
	cr_assert_eq(s->n_got, 3);
	cr_assert_eq(tcp_usage(s->t).flows, 1);
	cr_assert_eq(count(COUNT_tcp_flows_evicted), 0);
}

Test(tcp, a_million_flows_of_one_byte_push_no_dns_out)
{
	struct tcp_config config = script_config();

	config.max_flows = 5000;
	config.max_bytes = 1 << 20;
	again(config);
	open_both();
	exchanges(0, 1);
	script_data(s, SERVER, SERVER_START + r.at[1], r.data + r.at[1], 50);
	s->tick = 0;
	s->ack[CLIENT] = 0;
	for (uint32_t i = 0; i < 1000000; i++) {
		s->host = 1 + i / 50000;
		s->client_port = (uint16_t)(i % 50000);
		script_data(s, CLIENT, i, "", 1);
		if (i % 1000 == 0) {
			cr_assert_leq(tcp_usage(s->t).bytes, config.max_bytes);
			cr_assert_leq(tcp_usage(s->t).flows, config.max_flows);
		}
	}
	s->host = 0;
	s->client_port = 40000;
	script_data(s, SERVER, SERVER_START + r.at[1] + 50, r.data + r.at[1] + 50, r.at[2] - r.at[1] - 50);
	cr_assert_eq(s->n_got, 3, "a flow that carried DNS goes after those that didn't");
	cr_assert_gt(count(COUNT_tcp_flows_evicted), 990000);
}

Test(tcp, dns_flows_are_right_among_junk)
{
	struct tcp_config config = script_config();

	config.max_flows = 200;
	config.max_bytes = 600000;
	again(config);
	s->tick = 1000;
	for (uint32_t i = 0; i < 20000; i++) {
		s->client_port = (uint16_t)(i + 1);
		s->ack[CLIENT] = s->ack[SERVER] = 0;
		if (i % 4) {
			script_data(s, CLIENT, i, "\0\377\1\2\0\0\0", i % 7 + 1);
			continue;
		}
		open_both();
		script_data(s, CLIENT, CLIENT_START, q.data, 30);
		script_data(s, SERVER, SERVER_START + 100, r.data + 100, r.len - 100);
		script_data(s, CLIENT, CLIENT_START + 30, q.data + 30, q.len - 30);
		script_data(s, SERVER, SERVER_START, r.data, 100);
	}
	cr_assert_eq(s->n_got, 5000 * 8);
}

Test(tcp, the_flow_that_was_idle_longest_goes_first)
{
	struct tcp_config config = script_config();

	config.max_flows = 3;
	again(config);
	for (uint16_t port = 1; port <= 3; port++) {
		s->client_port = port;
		ask(0);
	}
	s->client_port = 1;
	ask(1);
	s->client_port = 4;
	ask(0);
	cr_assert_eq(count(COUNT_tcp_flows_evicted), 1);
	uint64_t flows = count(COUNT_tcp_flows);
	s->client_port = 1;
	ask(2);
	s->client_port = 3;
	ask(1);
	cr_assert_eq(count(COUNT_tcp_flows), flows, "1 and 3 are known");
	s->client_port = 2;
	ask(1);
	cr_assert_eq(count(COUNT_tcp_flows), flows + 1);
}

Test(tcp, bytes_in_all_are_bounded_and_the_oldest_go)
{
	struct tcp_config config = script_config();

	config.max_bytes = config.max_flow_bytes * 4;
	again(config);
	for (uint16_t port = 1; port <= 60; port++) {
		s->client_port = port;
		open_both();
		answer(0);
		for (uint32_t i = 1; i < 40; i++)
			script_data(s, SERVER, SERVER_START + 1400 * i, r.data, 1000);
		cr_assert_leq(tcp_usage(s->t).bytes, config.max_bytes);
	}
	cr_assert_gt(count(COUNT_tcp_flows_evicted), 30);
	s->client_port = 60;
	uint64_t flows = count(COUNT_tcp_flows);
	script_data(s, SERVER, SERVER_START + r.at[1], r.data + r.at[1], r.len - r.at[1]);
	cr_assert_eq(count(COUNT_tcp_flows), flows, "the newest is known");
}

Test(tcp, one_flow_alone_is_bounded)
{
	struct tcp_config config = script_config();
	static uint8_t bytes[60000];

	config.max_bytes = config.max_flow_bytes * 4;
	again(config);
	open_both();
	exchanges(0, 1);
	for (uint32_t i = 0; i < 200; i++) {
		script_data(s, SERVER, SERVER_START + 1000 + i * 70000, bytes, 60000);
		script_data(s, CLIENT, CLIENT_START + 1000 + i * 70000, bytes, 60000);
		cr_assert_leq(tcp_usage(s->t).bytes, config.max_bytes);
	}
	cr_assert_eq(s->n_got, 2);
}

Test(tcp, memory_that_one_flow_has_used_up)
{
	static struct stream big;
	struct tcp_config config = script_config();

	config.max_flow_bytes = TCP_FLOW_BYTES_MIN;
	config.max_bytes = 2 * config.max_flow_bytes;
	again(config);
	for (uint16_t i = 0; i < 3; i++)
		stream_response(&big, i, 40000);
	open_both();
	s->ack[SERVER] = 0;
	for (uint32_t at = 100; at < 65000; at += 1024)
		script_data(s, CLIENT, CLIENT_START + at, "x", 1);
	uint32_t pos = 0;
	for (int small = 0; small < 3; small++) {
		uint32_t first = small == 1 ? 30000 : 100;
		script_data(s, SERVER, SERVER_START + pos, big.data + pos, first);
		script_data(s, SERVER, SERVER_START + pos + first, big.data + pos + first, 38000 - first);
		script_data(s, SERVER, SERVER_START + pos + 38000, big.data + pos + 38000, big.at[1] - 38000);
		pos += big.at[1];
	}
	cr_assert_eq(s->n_got, 0);
	cr_assert_geq(count(COUNT_tcp_segments_dropped), 3);
	script_data(s, SERVER, SERVER_START + pos, r.data, r.len);
	cr_assert_eq(s->n_got, 4, "still in step");
	cr_assert_eq(count(COUNT_tcp_resyncs), 0);
	script_finish(s);
}

Test(tcp, flows_that_collide_in_the_hash_are_bounded)
{
	struct tcp_table same;
	struct error e;
	uint32_t want = 0, n = 0;

	cr_assert_eq(tcp_table_init(&same, s->config.max_flows, s->config.hash_key, &e), 0);
	for (uint16_t port = 1; n < 3 * TCP_CHAIN_MAX; port++) {
		struct flow_key flow = { .sport = port, .dport = 53, .proto = 6, .family = 4 };
		script_address(s, flow.src, false);
		script_address(s, flow.dst, true);
		uint32_t bucket = tcp_table_key(&same, &flow).hash & same.mask;
		if (n == 0)
			want = bucket;
		if (bucket != want)
			continue;
		s->client_port = port;
		ask(0);
		cr_assert_eq(s->n_got, ++n);
		cr_assert_leq(tcp_usage(s->t).flows, TCP_CHAIN_MAX);
	}
	cr_assert_eq(count(COUNT_tcp_flows_evicted), 2 * TCP_CHAIN_MAX);
	tcp_table_fini(&same);
}

Test(tcp, idle_flows_are_dropped)
{
	for (uint16_t port = 1; port <= 50; port++) {
		s->client_port = port;
		ask(0);
		s->now += 5 * NSEC_PER_MSEC;
		ask(1);
	}
	for (int i = 0; i < 55; i++) {
		s->now += NSEC_PER_SEC;
		script_expire(s);
	}
	cr_assert_eq(tcp_usage(s->t).flows, 50);
	s->client_port = 7;
	ask(2);
	for (int i = 0; i < 30; i++) {
		s->now += NSEC_PER_SEC;
		script_expire(s);
	}
	cr_assert_eq(tcp_usage(s->t).flows, 1, "%u", tcp_usage(s->t).flows);
	cr_assert_eq(count(COUNT_tcp_flows_timeout), 49);
	for (int i = 0; i < 60; i++) {
		s->now += NSEC_PER_SEC;
		script_expire(s);
	}
	cr_assert_eq(tcp_usage(s->t).flows, 0);
}

Test(tcp, one_packet_from_the_far_future_expires_nothing)
{
	ask(0);
	answer(0);
	int64_t then = s->now;
	s->now += 1000000 * NSEC_PER_SEC;
	script_data(s, CLIENT, 1, q.data, 2);
	script_expire(s);
	s->now = then;
	for (int i = 0; i < 10; i++)
		script_expire(s);
	cr_assert_geq(tcp_usage(s->t).flows, 1);
	script_forget(s);
	script_data(s, SERVER, SERVER_START + r.at[1], r.data + r.at[1], 20);
	script_data(s, SERVER, SERVER_START + r.at[1] + 20, r.data + r.at[1] + 20, r.len - r.at[1] - 20);
	cr_assert_eq(s->n_got, 3);
	cr_assert_eq(count(COUNT_tcp_flows_timeout), 0);
}

Test(tcp, time_that_steps_back_stalls_nothing)
{
	ask(0);
	s->client_port = 2;
	ask(0);
	s->now -= 10000 * NSEC_PER_SEC;
	for (int i = 0; i < 100; i++) {
		s->now += NSEC_PER_SEC;
		script_expire(s);
	}
	cr_assert_eq(tcp_usage(s->t).flows, 0);
	open_both();
	exchanges(0, 4);
	cr_assert_eq(s->n_got, 10);
}

Test(tcp, limits_that_are_too_small_are_refused)
{
	static const struct tcp_config bad[] = {
		{ .max_flows = 0, .max_bytes = 1 << 20, .max_flow_bytes = TCP_FLOW_BYTES_MIN },
		{ .max_flows = 1, .max_bytes = 1 << 20, .max_flow_bytes = TCP_FLOW_BYTES_MIN - 1 },
		{ .max_flows = 1, .max_bytes = 1 << 17, .max_flow_bytes = TCP_FLOW_BYTES_MIN },
		{ .max_flows = 1, .max_bytes = (size_t)1 << 30, .max_flow_bytes = TCP_FLOW_BYTES_MAX + 1 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error e = { 0 };
		cr_assert_null(tcp_new(&bad[i], &e));
		cr_assert(strstr(e.text, "65537"), "%s", e.text);
	}
	tcp_free(NULL);
}

Test(tcp, headers_that_are_not_there_are_not_read)
{
	uint8_t data[60] = { 0 };
	struct packet p = { .l4 = 34, .payload = 53, .payload_len = 7, .flow = { .proto = 6, .family = 4 } };

	tcp_segment(s->t, &p, data, script_emit, s);
	p.payload = 30;
	tcp_segment(s->t, &p, data, script_emit, s);
	cr_assert_eq(tcp_usage(s->t).flows, 0);
}
