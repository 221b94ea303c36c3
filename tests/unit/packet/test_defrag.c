// SPDX-License-Identifier: BSD-3-Clause
#include "packet/defrag.h"
#include "core/clock.h"
#include "encap.h"
#include "taker.h"

#include <sys/resource.h>

#define SECOND NSEC_PER_SEC

static struct wrap w, piece;

static void setup(void)
{
	taker_start(NULL);
	taker.time = 1700000000 * SECOND;
	taker.linktype = LINKTYPE_RAW;
}

TestSuite(defrag, .init = setup, .fini = taker_stop);

/* A datagram of `len` bytes of payload under UDP. */
static void big(uint8_t family, uint32_t len)
{
	static uint8_t payload[65536];

	for (uint32_t i = 0; i < len; i++)
		payload[i] = (uint8_t)(i * 31 + i / 256);
	wrap_payload(&w, payload, len);
	wrap_udp(&w, 53, 4242);
	encap_ip(&w, family, 17, 1);
}

static void expect_big(uint32_t len)
{
	cr_assert_eq(taker.p.payload_len, len);
	cr_assert_eq(taker.p.missing, 0);
	for (uint32_t i = 0; i < len; i++)
		cr_assert_eq(taker.data[taker.p.payload + i], (uint8_t)(i * 31 + i / 256));
	cr_assert(taker.p.reassembled);
}

static enum ingress_verdict take(uint32_t size, uint32_t i, uint32_t id)
{
	cr_assert(encap_fragment(&piece, &w, size, i, id));
	return taker_take(&piece);
}

/* All orders of five fragments, both families; the packet is whole and its lengths are the sum. */
Test(defrag, any_order)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		uint32_t order[5] = { 0, 1, 2, 3, 4 }, done = 0;
		big(family, 900);
		for (uint32_t n = 0; n < 120; n++) {
			uint32_t rest = n, pick[5] = { 0, 1, 2, 3, 4 }, wire = 0;
			for (uint32_t k = 5; k > 0; k--) {
				order[5 - k] = pick[rest % k];
				pick[rest % k] = pick[k - 1];
				rest /= k;
			}
			for (uint32_t k = 0; k < 5; k++) {
				enum ingress_verdict v = take(192, order[k], n);
				wire += wrap_len(&piece);
				cr_assert_eq(v, k == 4 ? INGRESS_PASS : INGRESS_KEPT, "%u %u", n, k);
			}
			expect_big(900);
			cr_assert_eq(taker.p.wire_len, wire);
			cr_assert_eq(taker.p.l3_len, wrap_len(&w));
			/* As if it had never been split, but for the checksum. */
			uint8_t *ip = wrap_data(&w);
			wrap_put16(ip + 4, family == 4 ? n : (uint32_t)(ip[4] << 8 | ip[5]));
			cr_assert_arr_eq(taker.data + taker.p.l3, ip, wrap_len(&w));
			done++;
		}
		cr_assert_eq(done, 120);
	}
	cr_assert_eq(taker_count(COUNT_fragments_used), 1200);
	cr_assert_eq(taker_count(COUNT_datagrams_reassembled), 240);
	cr_assert_eq(taker_count(COUNT_packets_udp), 240);
}

Test(defrag, the_largest_datagram)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		uint32_t len = family == 6 ? 65527 : 65507, n = (len + 8 + 1479) / 1480;
		big(family, len);
		for (uint32_t i = 0; i < n; i++)
			cr_assert_eq(take(1480, i, 9), i + 1 == n ? INGRESS_PASS : INGRESS_KEPT);
		expect_big(len);
	}
}

/* IPv6 headers in front of the fragment header and behind it. */
Test(defrag, extension_headers)
{
	taker_exchange(&w, 6, 17);
	uint8_t *udp = wrap_data(&w) + 40;
	for (uint32_t at = 0, n = 8 + TAKER_TEXT_LEN + 8; at < n; at += 16) {
		uint8_t whole[64] = { 17, 0 }; /* destination options, then UDP */
		memcpy(whole + 8, udp, 8 + TAKER_TEXT_LEN);
		uint32_t len = n - at > 16 ? 16 : n - at;
		wrap_payload(&piece, whole + at, len);
		WRAP_HEX(&piece, at ? 99 : 60, 0, 0, (uint8_t)(at | (at + len < n)), 0, 0, 0, 7);
		WRAP_HEX(&piece, 44, 0, 0, 0, 0, 0, 0, 0);
		WRAP_HEX(&piece, 60, 0, 0, 0, 0, 0, 0, 0);
		wrap_ipv6(&piece, 0, 1, 2);
		if (at) /* what a later fragment holds, a hostile one may lie about */
			wrap_data(&piece)[40 + 16] = 17;
		enum ingress_verdict v = taker_take(&piece);
		if (at + len < n)
			cr_assert_eq(v, INGRESS_KEPT);
		else
			TAKER_EXPECT(v, 6, 17, "extension headers");
	}
}

Test(defrag, duplicates_are_harmless)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		big(family, 1000);
		for (uint32_t i = 0; i < 6; i++) {
			cr_assert_eq(take(176, i, 1), i == 5 ? INGRESS_PASS : INGRESS_KEPT);
			if (i == 5)
				expect_big(1000);
			/* A mirror port shows each twice, the last one too. */
			cr_assert_eq(take(176, i, 1), INGRESS_DROP);
		}
	}
	cr_assert_eq(taker_count(COUNT_fragments_duplicate), 12);
	cr_assert_eq(taker_count(COUNT_fragments_used), 12);
	/* Later the same number is a new datagram's, though the bytes be the same. */
	taker.time += SECOND;
	for (uint32_t i = 6; i-- > 0;)
		cr_assert_eq(take(176, i, 1), i == 0 ? INGRESS_PASS : INGRESS_KEPT);
}

/* RFC 5722: the whole datagram goes, what comes later too. */
Test(defrag, overlaps)
{
	static const struct {
		uint32_t at, len;
		bool more;
	} rows[] = {
		{ 8, 8, true },     /* within the first */
		{ 56, 16, true },   /* over the end of the first */
		{ 120, 16, true },  /* over the start of the third */
		{ 0, 64, true },    /* the first again, with other bytes */
		{ 0, 32, true },    /* the start of the first */
		{ 192, 8, false },  /* a last one before what is there */
		{ 264, 8, true },   /* beyond the last */
		{ 256, 16, false }, /* another last */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (uint8_t family = 4; family <= 6; family += 2) {
			uint8_t other[64];
			uint64_t before = taker_count(COUNT_fragments_overlap);
			big(family, 248); /* 256 with UDP: 4 fragments of 64 */
			take(64, 0, (uint32_t)i);
			take(64, 2, (uint32_t)i);
			cr_assert_eq(take(64, 3, (uint32_t)i), INGRESS_KEPT);
			memset(other, 0xbb, sizeof(other));
			wrap_payload(&piece, other, rows[i].len);
			if (family == 6)
				WRAP_HEX(&piece, 17, 0, (uint8_t)(rows[i].at >> 8),
					 (uint8_t)(rows[i].at | rows[i].more), 0, 0, 0, (uint8_t)i);
			encap_ip(&piece, family, family == 6 ? 44 : 17, 1);
			if (family == 4) {
				wrap_put16(wrap_data(&piece) + 4, (uint32_t)i);
				wrap_put16(wrap_data(&piece) + 6, rows[i].at / 8 |
					   (rows[i].more ? 0x2000u : 0));
			}
			cr_assert_eq(taker_take(&piece), INGRESS_DROP, "%zu", i);
			cr_assert_eq(taker_count(COUNT_fragments_overlap), before + 4, "%zu", i);
			cr_assert_eq(take(64, 1, (uint32_t)i), INGRESS_DROP, "%zu", i);
			cr_assert_eq(taker_count(COUNT_fragments_overlap), before + 5, "%zu", i);
		}
	cr_assert_eq(taker_count(COUNT_datagrams_reassembled), 0);
}

Test(defrag, impossible)
{
	static const struct {
		uint32_t at, len;
		bool more;
	} rows[] = { { 8, 0, false }, { 8, 0, true }, { 8, 9, true }, { 65528, 64, false },
		{ 65528, 8, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (uint8_t family = 4; family <= 6; family += 2) {
			uint8_t zero[64] = { 0 };
			uint64_t before = taker_count(COUNT_fragments_malformed);
			wrap_payload(&piece, zero, rows[i].len);
			if (family == 6)
				WRAP_HEX(&piece, 17, 0, (uint8_t)(rows[i].at >> 8),
					 (uint8_t)(rows[i].at | rows[i].more), 0, 0, 0, 1);
			encap_ip(&piece, family, family == 6 ? 44 : 17, 1);
			if (family == 4)
				wrap_put16(wrap_data(&piece) + 6, rows[i].at / 8 |
					   (rows[i].more ? 0x2000u : 0));
			cr_assert_eq(taker_take(&piece), INGRESS_DROP, "%zu", i);
			cr_assert_eq(taker_count(COUNT_fragments_malformed), before + 1, "%zu", i);
		}
}

/* A header that only the first fragment has makes the whole too long for IP. */
Test(defrag, header_too_long_for_the_whole)
{
	static uint8_t zero[60000];

	wrap_payload(&piece, zero, 60000);
	WRAP_HEX(&piece, 17, 0, 0x0b, 0xb8, 0, 0, 0, 1); /* last, at 3000 */
	wrap_ipv6(&piece, 44, 1, 2);
	cr_assert_eq(taker_take(&piece), INGRESS_KEPT);
	wrap_payload(&piece, zero, 3000);
	WRAP_HEX(&piece, 17, 0, 0, 1, 0, 0, 0, 1);
	for (int i = 0; i < 2; i++) {
		uint8_t *h = wrap_push(&piece, 1600);
		h[0] = i ? 60 : 44;
		h[1] = 199;
	}
	wrap_ipv6(&piece, 60, 1, 2);
	cr_assert_eq(taker_take(&piece), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_fragments_malformed), 2);
}

/* What the capture cut: a first fragment is read as far as it goes, a later one is of no use. */
Test(defrag, cut_by_the_snap_length)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		big(family, 400);
		cr_assert(encap_fragment(&piece, &w, 256, 0, 5));
		taker.lacking = 100;
		cr_assert_eq(taker_bytes(wrap_data(&piece), wrap_len(&piece) - 100), INGRESS_PASS);
		cr_assert_eq(taker.p.payload_len, 256 - 8 - 100);
		cr_assert_eq(taker.p.missing, 400 - (256 - 8 - 100));
		cr_assert_not(taker.p.reassembled);
		cr_assert(encap_fragment(&piece, &w, 256, 1, 5));
		cr_assert_eq(taker_bytes(wrap_data(&piece), wrap_len(&piece) - 100), INGRESS_DROP);
		taker.lacking = 0;
	}
	cr_assert_eq(taker_count(COUNT_fragments_cut), 2);
}

Test(defrag, timeout)
{
	big(4, 300);
	take(64, 0, 1);
	taker.time += 29 * SECOND;
	for (uint32_t i = 1; i < 5; i++)
		cr_assert_eq(take(64, i, 1), i == 4 ? INGRESS_PASS : INGRESS_KEPT);
	/* From the first fragment on, not from the last. */
	take(64, 0, 2);
	taker.time += 20 * SECOND;
	take(64, 1, 2);
	taker.time += 11 * SECOND;
	for (uint32_t i = 2; i < 5; i++)
		cr_assert_eq(take(64, i, 2), INGRESS_KEPT);
	cr_assert_eq(taker_count(COUNT_fragments_timeout), 2);
	/* Time that goes back is no better. */
	taker.time -= 40 * SECOND;
	cr_assert_eq(take(64, 0, 2), INGRESS_KEPT);
	cr_assert_eq(take(64, 1, 2), INGRESS_KEPT);
}

/* One packet of another time leaves the others waiting; many are believed. */
Test(defrag, time_jumps)
{
	int64_t now = taker.time;

	for (int sign = -1; sign <= 1; sign += 2)
		for (uint32_t round = 0; round < 20; round++) {
			uint32_t id = 100 * round + (uint32_t)(sign + 1) * 5000;
			taker.time = now;
			big(4, 300);
			take(64, 0, id);
			taker.time = now + sign * 86400 * 400 * SECOND;
			take(64, 0, id + 1);
			taker.time = now + NSEC_PER_MSEC;
			for (uint32_t i = 1; i < 5; i++)
				cr_assert_eq(take(64, i, id), i == 4 ? INGRESS_PASS : INGRESS_KEPT, "%d %u",
					     sign, round);
			now += SECOND / 10;
		}
	uint64_t before = taker_count(COUNT_fragments_timeout);
	taker.time = now + 3600 * SECOND;
	for (uint32_t i = 0; i < 100; i++)
		take(64, 0, 20000 + i);
	cr_assert_gt(taker_count(COUNT_fragments_timeout), before);
	/* Times that no clock tells. */
	for (uint32_t i = 0; i < 50; i++) {
		taker.time = i % 2 ? INT64_MIN : INT64_MAX;
		take(64, 0, 30000 + i);
		take(64, 1, 30000);
	}
}

/* Two ports whose clocks differ by an hour. */
Test(defrag, ports_of_different_clocks)
{
	int64_t now = taker.time;

	big(6, 300);
	for (uint32_t i = 0; i < 5; i++)
		for (uint16_t port = 0; port < 2; port++)
			for (uint32_t id = 0; id < 20; id++) {
				taker.port = port;
				taker.time = now + port * 3600 * SECOND + i * NSEC_PER_MSEC;
				cr_assert_eq(take(64, i, 2 * id + port), i == 4 ? INGRESS_PASS :
					     INGRESS_KEPT);
			}
	cr_assert_eq(taker_count(COUNT_datagrams_reassembled), 40);
}

Test(defrag, what_still_waits_at_the_end)
{
	big(4, 300);
	for (uint32_t i = 0; i < 4; i++)
		take(64, i, 1);
	ingress_finish(taker.in);
	cr_assert_eq(taker_count(COUNT_fragments_open), 4);
	cr_assert_eq(take(64, 4, 1), INGRESS_KEPT);
}

/* Same number, but of another sender, receiver, protocol, tunnel or family. */
Test(defrag, keys)
{
	big(4, 300);
	cr_assert_eq(take(160, 0, 1), INGRESS_KEPT);
	for (int i = 0; i < 3; i++) {
		cr_assert(encap_fragment(&piece, &w, 160, 1, 1));
		wrap_data(&piece)[i == 0 ? 15 : i == 1 ? 19 : 9] = i == 2 ? 6 : 99;
		cr_assert_eq(taker_take(&piece), INGRESS_KEPT);
	}
	for (uint16_t key = 1; key < 3; key++) {
		cr_assert(encap_fragment(&piece, &w, 160, 1, 1));
		encap_gre_key(&piece, 4);
		wrap_put32(wrap_data(&piece) + 4, key);
		wrap_ipv4(&piece, 47, 11, 12);
		cr_assert_eq(taker_take(&piece), INGRESS_KEPT);
	}
	cr_assert_eq(take(160, 1, 1), INGRESS_PASS);
}

static long resident(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss; /* KiB */
}

/* A million first fragments: memory stays at its bound, the oldest go, and whole datagrams still get
 * through. */
Test(defrag, a_million_first_fragments)
{
	static uint8_t bytes[600];

	taker_stop();
	taker_start_with(NULL, 4096, 4 << 20);
	taker.linktype = LINKTYPE_RAW;
	long before = 0;
	big(4, 5000);
	memcpy(bytes, wrap_data(&w), 588);
	wrap_put16(bytes + 2, 588);
	bytes[6] = 0x20;
	for (uint32_t i = 0; i < 1000000; i++) {
		memcpy(bytes + 12, &i, 4);
		taker.p.linktype = LINKTYPE_RAW;
		taker.p.wire_len = 588;
		taker.p.time = i * 1000;
		cr_assert_eq(ingress_packet(taker.in, bytes, 588, &taker.p, &taker.arena, &taker.data),
			     INGRESS_KEPT);
		if (i == 100000)
			before = resident();
		if (i % 1000)
			continue;
		taker.time = i * 1000;
		for (uint32_t k = 0; k < 4; k++)
			cr_assert_eq(take(1480, k, i & 0xffff), k == 3 ? INGRESS_PASS : INGRESS_KEPT);
		expect_big(5000);
	}
	cr_assert_lt(resident() - before, 16 * 1024); /* they were half a gigabyte */
	cr_assert_eq(taker_count(COUNT_datagrams_reassembled), 1000);
	cr_assert_gt(taker_count(COUNT_fragments_evicted), 990000);
}

/* Few datagrams of many bytes: the ring is full before the table is. */
Test(defrag, bytes_run_out_first)
{
	taker_stop();
	taker_start_with(NULL, 4096, 1 << 18);
	taker.linktype = LINKTYPE_RAW;
	big(4, 60000);
	for (uint32_t id = 0; id < 100; id++)
		cr_assert_eq(take(50000, 0, id), INGRESS_KEPT);
	cr_assert_gt(taker_count(COUNT_fragments_evicted), 90);
	cr_assert_lt(taker_count(COUNT_fragments_evicted), 97);
	/* The newest are still there. */
	cr_assert_eq(take(50000, 1, 99), INGRESS_PASS);
	expect_big(60000);
	cr_assert_eq(take(50000, 1, 98), INGRESS_PASS);
}

/* One that would have to make room for itself goes with all it had. */
Test(defrag, no_room_but_its_own)
{
	taker_stop();
	taker_start_with(NULL, 4096, 1 << 18);
	taker.linktype = LINKTYPE_RAW;
	big(4, 65000);
	for (uint32_t id = 0; id < 8; id++)
		cr_assert_eq(take(30000, 0, id), INGRESS_KEPT);
	cr_assert_eq(take(32000, 1, 0), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_fragments_evicted), 2);
	cr_assert_eq(take(30000, 1, 7), INGRESS_KEPT);
	cr_assert_eq(take(30000, 2, 7), INGRESS_PASS);
	expect_big(65000);
}

/* A caller that gives too little memory loses the datagram, counted. */
Test(defrag, no_room_in_the_arena)
{
	big(4, 3000);
	taker.arena.cap = 3000;
	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(take(1480, i, 1), i == 2 ? INGRESS_DROP : INGRESS_KEPT);
	cr_assert_eq(taker_count(COUNT_fragments_evicted), 3);
	taker.arena.cap = INGRESS_ARENA_ROOM;
	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(take(1480, i, 1), i == 2 ? INGRESS_PASS : INGRESS_KEPT);
}

/* More pieces than a datagram may have, in the order that costs most: dropped, and it takes no long. */
Test(defrag, too_many_pieces)
{
	big(6, 8 * 1000);
	for (uint32_t i = 1000; i > 0; i--)
		cr_assert_neq(take(8, i, 1), INGRESS_PASS);
	cr_assert_gt(taker_count(COUNT_fragments_evicted), DEFRAG_PIECES_MAX);
	/* As many as it may have. */
	big(6, 8 * 255);
	for (uint32_t i = 0; i < 256; i++)
		cr_assert_eq(take(8, i, 2), i == 255 ? INGRESS_PASS : INGRESS_KEPT);
}

/* Random fragments of few datagrams: the counts add up (the fixture looks), and what is whole has its right
 * length. */
Test(defrag, random_fragments)
{
	uint64_t seed = 7;

	taker_stop();
	taker_start_with("", 16, 1 << 18);
	taker.linktype = LINKTYPE_RAW;
	big(4, 40000);
	uint8_t *ip = wrap_data(&w);
	for (int n = 0; n < 300000; n++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		uint32_t r = (uint32_t)(seed >> 32), at = r % 8 * 8, len = 8 + (r >> 3) % 4 * 8;
		bool more = (r >> 5) % 4;
		wrap_payload(&piece, ip + 20 + at, len);
		wrap_bytes(&piece, ip, 20);
		wrap_put16(wrap_data(&piece) + 2, wrap_len(&piece));
		wrap_put16(wrap_data(&piece) + 4, (r >> 8) % 32);
		wrap_put16(wrap_data(&piece) + 6, at / 8 | (more ? 0x2000u : 0));
		taker.time += (r >> 13) % 1000 ? 1000000 : 31 * SECOND;
		if (taker_take(&piece) == INGRESS_PASS && taker.p.reassembled) {
			uint32_t whole = (uint32_t)taker.data[2] << 8 | taker.data[3];
			cr_assert_eq(whole, taker.p.l3_len);
			cr_assert_arr_eq(taker.data + 20, ip + 20, whole - 20);
		}
	}
	cr_assert_gt(taker_count(COUNT_datagrams_reassembled), 100, "%lu",
		     taker_count(COUNT_datagrams_reassembled));
	cr_assert_gt(taker_count(COUNT_fragments_overlap), 1000);
	cr_assert_gt(taker_count(COUNT_fragments_timeout), 100);
}
