// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * An ingress for tests, which sees each frame in memory of its exact size, and what it says of it.
 */
#ifndef TESTS_TAKER_H
#define TESTS_TAKER_H

#include "packet/ingress.h"
#include "wrap.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define TAKER_TEXT "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07" "example\x03" "com\0\0\x01\0\x01"
#define TAKER_TEXT_LEN (sizeof(TAKER_TEXT) - 1)

/** State of a test: one a process, as Criterion forks. */
static struct {
	struct ingress *in;
	struct counters counters;
	struct arena arena;
	struct packet p;
	const uint8_t *data;
	uint8_t *frame;
	uint16_t linktype;
	uint16_t port;
	int64_t time;
	uint32_t lacking; /**< bytes that the capture cut off each frame */
} taker __attribute__((unused));

static inline void taker_start_with(const char *filter, uint32_t max_datagrams, uint32_t max_bytes)
{
	struct error e = { "" };
	struct ingress_config config = {
		.filter = filter, .max_datagrams = max_datagrams, .max_fragment_bytes = max_bytes,
		.counters = &taker.counters,
	};

	memset(&taker, 0, sizeof(taker));
	taker.linktype = LINKTYPE_ETHERNET;
	taker.in = ingress_new(&config, &e);
	cr_assert(taker.in, "%s", e.text);
	taker.arena = (struct arena){ .base = malloc(INGRESS_ARENA_ROOM), .cap = INGRESS_ARENA_ROOM };
}

static inline void taker_start(const char *filter)
{
	taker_start_with(filter, 256, 1 << 20);
}

/** Every frame has ended in exactly one way. */
static inline void taker_balance(void)
{
	const struct counters *c = &taker.counters;

	uint64_t in = c->n[COUNT_packets_in] + c->n[COUNT_datagrams_reassembled];
	uint64_t lost = counters_group(c, GROUP_PACKET_DROP) + counters_group(c, GROUP_FRAGMENT);

	cr_assert_eq(in, lost + c->n[COUNT_packets_udp] + c->n[COUNT_packets_tcp]);
}

static inline void taker_stop(void)
{
	if (!taker.in)
		return;
	ingress_finish(taker.in);
	taker_balance();
	ingress_free(taker.in);
	free(taker.arena.base);
	free(taker.frame);
	taker.in = NULL;
}

/** Gives a frame of `len` bytes to the ingress; taker.p and taker.data are valid until the next call. */
static inline enum ingress_verdict taker_bytes(const uint8_t *bytes, uint32_t len)
{
	free(taker.frame);
	taker.frame = malloc(len ? len : 1);
	memcpy(taker.frame, bytes, len);
	memset(&taker.p, 0xee, sizeof(taker.p));
	taker.p.linktype = taker.linktype;
	taker.p.wire_len = len + taker.lacking;
	taker.p.time = taker.time;
	taker.p.port = taker.port;
	arena_reset(&taker.arena);
	return ingress_packet(taker.in, taker.frame, len, &taker.p, &taker.arena, &taker.data);
}

static inline enum ingress_verdict taker_take(struct wrap *w)
{
	return taker_bytes(wrap_data(w), wrap_len(w));
}

static inline uint64_t taker_count(enum counter c)
{
	return taker.counters.n[c];
}

/** The DNS message, under UDP or TCP, from port 4242 of …1 to port 53 of …2. */
static inline void taker_exchange(struct wrap *w, uint8_t family, uint8_t proto)
{
	wrap_payload(w, TAKER_TEXT, TAKER_TEXT_LEN);
	if (proto == 17)
		wrap_udp(w, 4242, 53);
	else
		wrap_tcp(w, 4242, 53, 7, 12);
	if (family == 6)
		wrap_ipv6(w, proto, 1, 2);
	else
		wrap_ipv4(w, proto, 1, 2);
}

/** That what was taken is this exchange. */
#define TAKER_EXPECT(v, ip_family, ip_proto, ...) \
	do { \
		const struct packet *p_ = &taker.p; \
		uint8_t src_[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 }; \
		uint8_t dst_[16] = { [10] = 0xff, 0xff, 198, 51, 100, 2 }; \
		const uint8_t src6_[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 }; \
		const uint8_t dst6_[16] = { 0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 2 }; \
		if ((ip_family) == 6) { \
			memcpy(src_, src6_, 16); \
			memcpy(dst_, dst6_, 16); \
		} \
		cr_assert_eq(v, INGRESS_PASS, __VA_ARGS__); \
		cr_assert_eq(p_->payload_len, TAKER_TEXT_LEN, __VA_ARGS__); \
		cr_assert_arr_eq(taker.data + p_->payload, TAKER_TEXT, TAKER_TEXT_LEN, __VA_ARGS__); \
		cr_assert_eq(p_->missing, 0, __VA_ARGS__); \
		cr_assert_eq(p_->flow.family, ip_family, __VA_ARGS__); \
		cr_assert_eq(p_->flow.proto, ip_proto, __VA_ARGS__); \
		cr_assert_eq(p_->flow.sport, 4242, __VA_ARGS__); \
		cr_assert_eq(p_->flow.dport, 53, __VA_ARGS__); \
		cr_assert_eq(p_->flow.zero, 0, __VA_ARGS__); \
		cr_assert_arr_eq(p_->flow.src, src_, 16, __VA_ARGS__); \
		cr_assert_arr_eq(p_->flow.dst, dst_, 16, __VA_ARGS__); \
		cr_assert_eq(taker.data[p_->l3] >> 4, ip_family, __VA_ARGS__); \
		cr_assert_eq(p_->l3 + p_->l3_len, p_->payload + p_->payload_len, __VA_ARGS__); \
		cr_assert_eq(p_->hop_limit, (ip_family) == 6 ? 63 : 64, __VA_ARGS__); \
	} while (0)

#endif
