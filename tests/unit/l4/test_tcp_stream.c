// SPDX-License-Identifier: BSD-3-Clause
/* One direction: framing, gaps, what is lost, where it is found again. */
#include "tcpscript.h"

#define START 5001

static struct stream st;
static struct script *s;

static void setup(void)
{
	s = script_new();
}

static void teardown(void)
{
	script_finish(s);
	struct tcp_usage u = tcp_usage(s->t);
	cr_assert_eq(u.flows, 0);
	cr_assert_eq(u.bytes, 0);
	script_free(s);
}

TestSuite(tcp_stream, .init = setup, .fini = teardown);

/* A part of the server's stream. */
static void part(uint32_t from, uint32_t to)
{
	script_data(s, SERVER, START + from, st.data + from, to - from);
}

static void open_both(void)
{
	script_open(s, 1001, START);
}

/* The client acknowledges the server's bytes up to `to`. */
static void acks(uint32_t to)
{
	script_ack(s, CLIENT, 1001, START + to);
}

static uint32_t end_of(uint32_t i)
{
	return i + 1 < st.n ? st.at[i + 1] : st.len;
}

static void expect_only(const uint32_t *which, uint32_t n)
{
	cr_assert_eq(s->n_got, n, "%u messages", s->n_got);
	for (uint32_t i = 0; i < n; i++)
		cr_assert(stream_is(&st, which[i], &s->got[i]), "message %u", which[i]);
}

#define EXPECT_ONLY(...) \
	do { \
		const uint32_t which[] = { __VA_ARGS__ }; \
		expect_only(which, sizeof(which) / sizeof(which[0])); \
	} while (0)

static void responses(uint32_t n, uint32_t size)
{
	for (uint32_t i = 0; i < n; i++)
		stream_response(&st, (uint16_t)(i + 1), size);
}

static uint64_t count(enum counter c)
{
	return s->c.n[c];
}

Test(tcp_stream, many_messages_in_one_large_segment)
{
	open_both();
	responses(200, 300);
	cr_assert_gt(st.len, 40000);
	part(0, st.len);
	script_expect(s, &st);
	for (uint32_t i = 0; i < s->n_got; i++)
		cr_assert_not(s->got[i].from_buffer);
}

Test(tcp_stream, large_segment_with_torn_messages_at_both_ends)
{
	open_both();
	responses(300, 300);
	part(0, 100);
	part(100, 65000);
	part(65000, st.len);
	script_expect(s, &st);
	uint32_t copied = 0;
	for (uint32_t i = 0; i < s->n_got; i++)
		copied += s->got[i].from_buffer;
	cr_assert_eq(copied, 2, "the rest is read in place");
}

Test(tcp_stream, longest_messages)
{
	open_both();
	for (int i = 0; i < 3; i++)
		stream_response(&st, (uint16_t)i, 65535);
	cr_assert_gt(end_of(0), 65000);
	for (uint32_t at = 0; at < st.len; at += 1448)
		part(at, at + 1448 < st.len ? at + 1448 : st.len);
	script_expect(s, &st);
}

Test(tcp_stream, every_cut_in_two)
{
	responses(2, 100);
	for (uint32_t at = 1; at < st.len; at++) {
		s->client_port++;
		open_both();
		part(0, at);
		part(at, st.len);
	}
	cr_assert_eq(s->n_got, 2 * (st.len - 1));
	for (uint32_t i = 0; i < s->n_got; i++)
		cr_assert(stream_is(&st, i % 2, &s->got[i]));
}

Test(tcp_stream, bytes_one_by_one)
{
	open_both();
	responses(3, 200);
	for (uint32_t at = 0; at < st.len; at++)
		part(at, at + 1);
	script_expect(s, &st);
	cr_assert_eq(count(COUNT_tcp_segments_out_of_order), 0);
}

Test(tcp_stream, overlaps_keep_the_first_bytes)
{
	uint8_t other[200];

	memset(other, 0xee, sizeof(other));
	open_both();
	responses(3, 300);
	part(100, 200);
	script_data(s, SERVER, START + 50, other, 0);
	part(0, 110);
	script_data(s, SERVER, START + 90, other, 105);
	part(150, 400);
	script_data(s, SERVER, START + 10, other, 200);
	part(390, st.len);
	script_expect(s, &st);
}

Test(tcp_stream, retransmitted_messages_are_given_once)
{
	open_both();
	responses(3, 300);
	for (int i = 0; i < 3; i++)
		part(0, st.len);
	part(0, 20);
	part(st.len - 20, st.len);
	script_expect(s, &st);
	cr_assert_eq(count(COUNT_tcp_segments_retransmitted), 4);
}

Test(tcp_stream, keep_alives_are_nothing)
{
	uint8_t zero = 0;

	open_both();
	script_data(s, SERVER, START - 1, &zero, 1);
	responses(3, 300);
	for (uint32_t i = 0; i < st.n; i++) {
		part(st.at[i], end_of(i));
		script_data(s, SERVER, START + end_of(i) - 1, &zero, 1);
		script_data(s, SERVER, START + end_of(i) - 1, &zero, 0);
	}
	script_expect(s, &st);
}

Test(tcp_stream, short_messages_are_skipped_by_their_length)
{
	static const uint8_t zeros[14];

	open_both();
	for (uint8_t n = 0; n < 12; n++) {
		uint8_t prefix[2] = { 0, n };
		stream_raw(&st, prefix, 2);
		stream_raw(&st, zeros, n);
	}
	responses(1, 100);
	stream_raw(&st, zeros, 2);
	responses(1, 100);
	part(0, 17);
	part(17, st.len);
	script_expect(s, &st);
	cr_assert_eq(count(COUNT_tcp_messages_short), 13);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), 0);
}

Test(tcp_stream, damaged_messages_in_step_are_given)
{
	uint8_t junk[40];

	memset(junk, 0xa5, sizeof(junk));
	open_both();
	responses(1, 100);
	stream_message(&st, junk, 12);
	responses(1, 100);
	stream_message(&st, junk, 40);
	responses(1, 100);
	part(0, st.len);
	script_expect(s, &st);
	cr_assert_eq(count(COUNT_tcp_resyncs), 0);
}

Test(tcp_stream, hole_within_a_message_keeps_the_step)
{
	open_both();
	responses(4, 600);
	part(0, end_of(0) + 100);
	part(end_of(0) + 200, st.len);
	cr_assert_eq(s->n_got, 1, "the hole may still fill");
	acks(st.len);
	cr_assert_eq(s->n_got, 1, "the other tap may be ahead");
	s->now += 300 * NSEC_PER_MSEC;
	acks(st.len);
	EXPECT_ONLY(0, 2, 3);
	cr_assert_eq(count(COUNT_tcp_holes), 1);
	cr_assert_eq(count(COUNT_tcp_resyncs), 0);
	cr_assert_eq(s->got[1].time, s->got[2].time);
	cr_assert_eq(s->got[1].time, s->now - 3 * s->tick - 300 * NSEC_PER_MSEC, "the time of its own segment");
}

Test(tcp_stream, hole_over_a_boundary_is_searched_behind)
{
	open_both();
	responses(5, 600);
	part(0, end_of(0) + 100);
	part(end_of(1) + 100, st.len);
	acks(st.len);
	s->now += 300 * NSEC_PER_MSEC;
	script_expire(s);
	EXPECT_ONLY(0, 3, 4);
	cr_assert_eq(count(COUNT_tcp_resyncs), 1);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), 100 + end_of(2) - end_of(1) - 100);
}

Test(tcp_stream, hole_that_fills_in_time)
{
	open_both();
	responses(5, 600);
	part(0, 100);
	part(200, st.len);
	acks(st.len);
	s->now += 150 * NSEC_PER_MSEC;
	script_expire(s);
	part(100, 200);
	script_expect(s, &st);
	cr_assert_eq(count(COUNT_tcp_holes), 0);
}

/* The first packets after a quiet time make a jump of the clock true, which must not age what they began. */
Test(tcp_stream, holes_right_after_a_quiet_time_fill)
{
	for (int64_t quiet = NSEC_PER_SEC; quiet < 4000 * NSEC_PER_SEC; quiet *= 3)
		for (int first = 0; first < 10; first++) {
			s->now += quiet;
			s->client_port++;
			s->ack[CLIENT] = s->ack[SERVER] = 0;
			st.len = st.n = 0;
			open_both();
			responses(20, 100);
			for (int i = 0; i < first; i++)
				part(st.at[i], st.at[i + 1]);
			part(st.at[first] + 1, st.at[first] + 50);
			for (uint32_t i = 0; i < 8; i++)
				part(st.at[first] + 50 + i, st.at[first] + 51 + i);
			script_expire(s);
			part(st.at[first], st.at[first] + 1);
			part(st.at[first] + 58, st.len);
			cr_assert_eq(count(COUNT_tcp_holes), 0, "%d s, behind %d", (int)(quiet / NSEC_PER_SEC), first);
			cr_assert_eq(s->n_got, 20);
			script_forget(s);
		}
}

Test(tcp_stream, hole_that_was_not_acknowledged_waits_for_a_retransmission)
{
	open_both();
	acks(0);
	responses(5, 600);
	part(0, 100);
	part(200, st.len);
	acks(100);
	s->now += 20 * NSEC_PER_SEC;
	script_expire(s);
	acks(100);
	part(100, 200);
	script_expect(s, &st);
}

Test(tcp_stream, two_holes_wait_each_for_itself)
{
	open_both();
	responses(8, 600);
	part(0, 100);
	part(200, 300);
	part(st.at[2], end_of(4) + 100);
	part(st.at[6], st.len);
	acks(st.len);
	for (int i = 0; i < 4; i++) {
		s->now += 201 * NSEC_PER_MSEC;
		script_expire(s);
	}
	EXPECT_ONLY(2, 3, 4, 6, 7);
}

Test(tcp_stream, hole_in_the_captured_side_only)
{
	s->ack[CLIENT] = s->ack[SERVER] = 0;
	responses(4, 600);
	part(0, st.at[1]);
	part(st.at[2], st.at[3]);
	cr_assert_eq(s->n_got, 1);
	s->now += 1100 * NSEC_PER_MSEC;
	part(st.at[3], st.len);
	EXPECT_ONLY(0, 2, 3);
}

Test(tcp_stream, full_buffer_gives_a_hole_up)
{
	open_both();
	responses(300, 1000);
	part(0, 100);
	for (uint32_t at = 1000; at < st.len; at += 1000)
		part(at, at + 1000 < st.len ? at + 1000 : st.len);
	cr_assert_eq(count(COUNT_tcp_holes), 1);
	cr_assert_gt(s->n_got, 295);
	cr_assert_leq(tcp_usage(s->t).bytes, s->config.max_flow_bytes * 2);
}

Test(tcp_stream, segment_that_reaches_over_the_window)
{
	open_both();
	responses(400, 500);
	cr_assert_gt(st.len, 160000);
	part(0, 100);
	part(100000, 160000);
	cr_assert_eq(count(COUNT_tcp_holes), 1);
	cr_assert_eq(count(COUNT_tcp_segments_dropped), 0);
	cr_assert_gt(s->n_got, 60000 / (end_of(0) + 1) - 2, "%u", s->n_got);
	cr_assert(stream_is(&st, 399 - (st.len - 160000) / end_of(0) - 1, &s->got[s->n_got - 1]));
}

Test(tcp_stream, idle_flow_gives_what_is_behind_a_hole)
{
	open_both();
	s->ack[SERVER] = 0;
	responses(3, 300);
	part(st.at[1], st.len);
	int64_t then = s->now - s->tick;
	for (int i = 0; i < 30; i++) {
		s->now += 10 * NSEC_PER_SEC;
		script_expire(s);
	}
	EXPECT_ONLY(1, 2);
	cr_assert_eq(s->got[0].time, then);
	cr_assert_eq(tcp_usage(s->t).flows, 0);
	cr_assert_eq(count(COUNT_tcp_flows_timeout), 1);
}

Test(tcp_stream, end_of_the_run_gives_what_is_behind_holes)
{
	open_both();
	responses(6, 300);
	part(st.at[1], st.at[2]);
	part(st.at[3] + 10, st.at[5]);
	script_finish(s);
	EXPECT_ONLY(1, 4);
}

Test(tcp_stream, segment_cut_by_the_snap_length)
{
	open_both();
	responses(4, 600);
	part(0, st.at[1]);
	s->missing = 100;
	part(st.at[1], st.at[2] - 100);
	cr_assert_eq(s->n_got, 2, "at once: what is cut off never comes");
	part(st.at[2], st.at[3]);
	s->missing = 200;
	part(st.at[3], st.len - 200);
	stream_response(&st, 9, 100);
	part(st.at[4], st.len);
	cr_assert_eq(s->n_got, 5);
	for (uint32_t i = 0; i < 5; i++)
		if (i == 1 || i == 3)
			cr_assert(stream_is_front(&st, i, end_of(i) - st.at[i] - (i == 1 ? 102 : 202), &s->got[i]));
		else
			cr_assert(stream_is(&st, i, &s->got[i]));
	cr_assert_eq(count(COUNT_tcp_holes), 2);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), 0);
	cr_assert_eq(count(COUNT_messages_tcp), 5);
}

/* Each message in segments of 500 bytes, of which the capture has the first `snap`: what there is of each is
 * given, from the first message of a connection on, and of one that is met midway. */
static void segments_of_snap(uint32_t snap)
{
	for (uint32_t i = 0; i < st.n; i++) {
		for (uint32_t at = st.at[i]; at < end_of(i); at += 500) {
			uint32_t there = end_of(i) - at < 500 ? end_of(i) - at : 500, cut = there < snap ? there : snap;
			s->missing = there - cut;
			part(at, at + cut);
		}
	}
}

Test(tcp_stream, each_segment_cut_by_each_snap_length)
{
	for (uint32_t snap = 2; snap < 500; snap += snap < 60 ? 1 : 23)
		for (int seen = 0; seen < 2; seen++) {
			st.len = st.n = 0;
			s->client_port++;
			s->ack[CLIENT] = s->ack[SERVER] = 0;
			if (seen)
				open_both();
			responses(6, 1800);
			segments_of_snap(snap);
			/* Midway, nothing less than a whole question is believed; at a start, a header. */
			if (snap >= (seen ? 14 : 50)) {
				cr_assert_eq(s->n_got, 6, "snap %u, %d: %u", snap, seen, s->n_got);
				for (uint32_t i = 0; i < 6; i++)
					cr_assert(stream_is_front(&st, i, snap - 2, &s->got[i]), "snap %u, %u", snap, i);
			}
			script_forget(s);
		}
}

/* A cut segment that came too early is passed as soon as what was before it is there. */
Test(tcp_stream, cut_segments_in_any_order)
{
	open_both();
	responses(3, 900);
	s->missing = 100;
	part(500, st.at[1] - 100);
	part(st.at[1], st.at[2]);
	cr_assert_eq(s->n_got, 0);
	part(0, 500);
	cr_assert_eq(s->n_got, 2);
	cr_assert(stream_is_front(&st, 0, st.at[1] - 102, &s->got[0]));
	cr_assert(stream_is(&st, 1, &s->got[1]));
	part(st.at[2], st.len);
	cr_assert(stream_is(&st, 2, &s->got[2]));
	/* As it was sent again, it isn't given twice. */
	s->missing = 100;
	part(500, st.at[1] - 100);
	cr_assert_eq(s->n_got, 3);
}

Test(tcp_stream, segment_cut_over_a_boundary)
{
	open_both();
	responses(5, 600);
	s->missing = st.at[3] - st.at[1] - 10;
	part(0, st.at[1] + 10);
	part(st.at[3], st.len);
	cr_assert_eq(s->n_got, 4);
	cr_assert(stream_is_front(&st, 1, 8, &s->got[1]), "its prefix is there");
	cr_assert(stream_is(&st, 3, &s->got[2]) && stream_is(&st, 4, &s->got[3]));
	cr_assert_eq(count(COUNT_tcp_resyncs), 1);
}

Test(tcp_stream, picked_up_within_a_message)
{
	responses(4, 600);
	part(300, 400);
	part(400, st.len);
	EXPECT_ONLY(1, 2, 3);
	cr_assert_eq(count(COUNT_tcp_resyncs), 1);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), st.at[1] - 300);
}

Test(tcp_stream, picked_up_anywhere_in_any_pieces)
{
	responses(3, 400);
	for (uint32_t from = 1; from < st.at[1]; from += 7) {
		for (uint32_t size = 1; size < 40; size += 6) {
			script_forget(s);
			s->client_port++;
			for (uint32_t at = from; at < st.len; at += size)
				part(at, at + size < st.len ? at + size : st.len);
			EXPECT_ONLY(1, 2);
		}
	}
}

Test(tcp_stream, message_whose_prefix_was_not_seen)
{
	responses(2, 300);
	part(2, st.at[1]);
	part(st.at[1], st.at[1] + 2);
	part(st.at[1] + 2, st.len);
	EXPECT_ONLY(0, 1);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), 0);
}

Test(tcp_stream, preamble_of_a_proxy)
{
	open_both();
	stream_raw(&st, "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\4\xd2\0\x35", 28);
	responses(2, 300);
	part(0, st.len);
	EXPECT_ONLY(0, 1);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), 28);
}

Test(tcp_stream, other_protocol_costs_no_memory)
{
	static uint8_t tls[4000] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

	memset(tls + 11, 0x5a, sizeof(tls) - 11);
	open_both();
	script_data(s, CLIENT, 1001, tls, 517);
	cr_assert_eq(count(COUNT_tcp_flows_not_dns), 1);
	cr_assert_eq(tcp_usage(s->t).bytes, 0);
	responses(3, 300);
	part(0, st.len);
	cr_assert_eq(s->n_got, 0, "until the ports are used anew");
	uint64_t skipped = count(COUNT_tcp_bytes_skipped);
	for (uint32_t i = 0; i < 100; i++)
		script_data(s, CLIENT, 1518 + i * 1000, tls, 1000);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), skipped);
	s->ack[CLIENT] = 0;
	script_open(s, 900001, 800001);
	script_data(s, SERVER, 800001, st.data, st.len);
	script_expect(s, &st);
	cr_assert_eq(count(COUNT_tcp_flows), 2);
}

Test(tcp_stream, other_protocol_midstream_is_left_in_the_end)
{
	static uint8_t junk[1448];
	uint32_t i;

	for (uint32_t k = 0; k < sizeof(junk); k++)
		junk[k] = (uint8_t)(k * 91 + k / 7 + 17);
	for (i = 0; i < 100 && !count(COUNT_tcp_flows_not_dns); i++) {
		script_data(s, SERVER, START + i * 1448, junk, 1448);
		cr_assert_leq(tcp_usage(s->t).bytes, 2048);
	}
	cr_assert_eq(count(COUNT_tcp_flows_not_dns), 1);
	cr_assert_leq(i, 65537 / 1448 + 2);
	cr_assert_eq(tcp_usage(s->t).bytes, 0);
	cr_assert_eq(s->n_got, 0);
}

Test(tcp_stream, stream_of_zeros_is_no_dns)
{
	static uint8_t zeros[60000];

	open_both();
	for (uint32_t i = 0; i < 4 && !count(COUNT_tcp_flows_not_dns); i++)
		script_data(s, SERVER, START + i * 60000, zeros, 60000);
	cr_assert_eq(count(COUNT_tcp_flows_not_dns), 1);
}

Test(tcp_stream, junk_behind_messages_is_lived_through)
{
	static uint8_t junk[3000];

	memset(junk, 0xff, sizeof(junk));
	for (int lost = 0; lost < 2; lost++) {
		uint32_t length = 2 + 0xffff, at = START;
		script_forget(s);
		s->client_port++;
		script_open(s, 1001, START);
		st.len = st.n = 0;
		responses(2, 300);
		part(0, st.len);
		at += st.len;
		s->missing = lost ? 5000 : 0;
		script_data(s, SERVER, at, junk, sizeof(junk));
		at += sizeof(junk) + (lost ? 5000 : 0);
		uint32_t taken = (lost ? 0 : length - (uint32_t)sizeof(junk)) / st.len + 1, n = taken + 20;
		for (uint32_t i = 0; i < n; i++)
			script_data(s, SERVER, at + i * st.len, st.data, st.len);
		cr_assert_geq(s->n_got, 2 + 2 * (n - taken) - 1, "lost %d: %u of %u", lost, s->n_got, n);
		cr_assert_leq(s->n_got, 2 + 2 * n);
	}
}

Test(tcp_stream, numbers_far_from_the_window)
{
	uint32_t far = START + 500000000;

	open_both();
	responses(3, 600);
	part(0, st.at[1]);
	script_data(s, SERVER, far, st.data + 50, 100);
	cr_assert_eq(count(COUNT_tcp_segments_dropped), 1, "one alone isn't believed");
	part(st.at[1], st.at[2]);
	script_data(s, SERVER, far + 100, st.data + 150, 100);
	part(st.at[2], st.len);
	EXPECT_ONLY(0, 1, 2);
	script_forget(s);
	script_data(s, SERVER, far, st.data + 300, 100);
	script_data(s, SERVER, far + 100, st.data + 400, st.len - 400);
	EXPECT_ONLY(1, 2);
	script_forget(s);
	script_data(s, SERVER, far - 300000000, st.data, st.len);
	EXPECT_ONLY(0, 1, 2);
}

Test(tcp_stream, loss_of_more_than_the_window_that_was_acknowledged)
{
	open_both();
	responses(3, 600);
	part(0, st.at[1]);
	acks(3000000);
	script_data(s, SERVER, START + 3000000, st.data + 300, st.len - 300);
	EXPECT_ONLY(0, 1, 2);
}

Test(tcp_stream, a_message_behind_a_hole_keeps_its_packets_time_and_tags)
{
	open_both();
	s->vlan = 42;
	responses(4, 100);
	int64_t time[4];
	for (uint32_t i = 1; i < 4; i++) {
		time[i] = s->now;
		part(st.at[i], end_of(i));
		s->now += 20 * NSEC_PER_MSEC;
	}
	acks(st.len);
	s->now += 400 * NSEC_PER_MSEC;
	acks(st.len);
	EXPECT_ONLY(1, 2, 3);
	for (uint32_t i = 1; i < 4; i++) {
		cr_assert_eq(s->got[i - 1].time, time[i]);
		cr_assert_eq(s->got[i - 1].vlan, 42);
		cr_assert_eq(s->got[i - 1].dir, SERVER);
	}
}

Test(tcp_stream, a_message_is_of_the_segment_that_arrived_last_not_of_the_latest_time)
{
	open_both();
	responses(1, 600);
	part(300, st.len);
	s->now -= 50 * NSEC_PER_MSEC;
	int64_t then = s->now;
	part(0, 300);
	EXPECT_ONLY(0);
	cr_assert_eq(s->got[0].time, then);
}

/* What looks like the start of a message, up to the middle of its name, and a message right behind it. */
static void false_start(void)
{
	static const uint8_t start[] = { 2, 0, 9, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63 };

	stream_raw(&st, start, sizeof(start));
	stream_query(&st, 77);
}

Test(tcp_stream, the_end_decides_what_is_open)
{
	false_start();
	script_data(s, CLIENT, 1, st.data, st.len);
	int64_t then = s->now - s->tick;
	cr_assert_eq(s->n_got, 0);
	script_finish(s);
	script_expect(s, &st);
	cr_assert_eq(s->got[0].time, then);
	struct flow_key flow = { .sport = s->client_port, .dport = 53, .proto = 6, .family = 4 };
	script_address(s, flow.src, false);
	script_address(s, flow.dst, true);
	cr_assert_eq(memcmp(&s->got[0].flow, &flow, sizeof(flow)), 0);
	cr_assert_eq(s->got[0].vlan, VLAN_NONE);
}

Test(tcp_stream, a_fin_decides_what_is_open)
{
	false_start();
	s->vlan = 9;
	script_data(s, CLIENT, 1, st.data, st.len);
	int64_t then = s->now - s->tick;
	script_segment(s, CLIENT, T_FIN, 1 + st.len, NULL, 0);
	script_expect(s, &st);
	cr_assert_eq(s->got[0].time, then);
	cr_assert_eq(s->got[0].vlan, 9);
}

Test(tcp_stream, partial_messages_at_the_end_are_counted)
{
	open_both();
	responses(2, 600);
	part(0, st.at[1] + 250);
	script_finish(s);
	EXPECT_ONLY(0);
	cr_assert_eq(count(COUNT_tcp_bytes_skipped), 250);
}
