// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Packets for tests, built from the inside out: a payload first, then each header in front of it.
 */
#ifndef TESTS_WRAP_H
#define TESTS_WRAP_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define WRAP_ROOM 8192
#define WRAP_MAX (WRAP_ROOM + 70000)

/** A packet that grows at its front. */
struct wrap {
	uint8_t buf[WRAP_MAX];
	uint32_t start; /**< first byte in buf */
	uint32_t end;   /**< one past the last */
};

static inline uint32_t wrap_len(const struct wrap *w)
{
	return w->end - w->start;
}

static inline uint8_t *wrap_data(struct wrap *w)
{
	return w->buf + w->start;
}

/** `n` bytes of header (zeroed) in front. */
static inline uint8_t *wrap_push(struct wrap *w, uint32_t n)
{
	assert(n <= w->start);
	w->start -= n;
	return memset(w->buf + w->start, 0, n);
}

/** Given bytes in front. */
static inline void wrap_bytes(struct wrap *w, const void *bytes, uint32_t n)
{
	memcpy(wrap_push(w, n), bytes, n);
}

static inline void wrap_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void wrap_put32(uint8_t *at, uint32_t value)
{
	wrap_put16(at, value >> 16);
	wrap_put16(at + 2, value);
}

/** Starts with a payload. */
static inline void wrap_payload(struct wrap *w, const void *payload, uint32_t n)
{
	w->start = w->end = WRAP_ROOM;
	assert(n <= WRAP_MAX - WRAP_ROOM);
	memcpy(w->buf + w->end, payload, n);
	w->end += n;
}

/** Bytes behind, as Ethernet's padding. */
static inline void wrap_pad(struct wrap *w, uint32_t n)
{
	memset(w->buf + w->end, 0xa5, n);
	w->end += n;
}

static inline void wrap_udp(struct wrap *w, uint16_t sport, uint16_t dport)
{
	uint32_t len = wrap_len(w) + 8;
	uint8_t *h = wrap_push(w, 8);
	wrap_put16(h, sport);
	wrap_put16(h + 2, dport);
	wrap_put16(h + 4, len);
}

static inline void wrap_tcp(struct wrap *w, uint16_t sport, uint16_t dport, uint32_t seq, uint8_t options)
{
	uint8_t *h = wrap_push(w, 20u + options);
	wrap_put16(h, sport);
	wrap_put16(h + 2, dport);
	wrap_put32(h + 4, seq);
	h[12] = (uint8_t)((20 + options) / 4 << 4);
	h[13] = 0x18;
	wrap_put16(h + 14, 65535);
	memset(h + 20, 1, options);
}

/** IPv4 header from 192.0.2.`src` to 198.51.100.`dst`. */
static inline void wrap_ipv4(struct wrap *w, uint8_t proto, uint8_t src, uint8_t dst)
{
	uint32_t len = wrap_len(w) + 20;
	uint8_t *h = wrap_push(w, 20);
	const uint8_t addresses[8] = { 192, 0, 2, src, 198, 51, 100, dst };
	h[0] = 0x45;
	wrap_put16(h + 2, len);
	h[8] = 64;
	h[9] = proto;
	memcpy(h + 12, addresses, 8);
}

/** IPv6 header from 2001:db8::`src` to 2001:db8:1::`dst`. */
static inline void wrap_ipv6(struct wrap *w, uint8_t next, uint8_t src, uint8_t dst)
{
	uint32_t len = wrap_len(w);
	uint8_t *h = wrap_push(w, 40);
	h[0] = 0x60;
	wrap_put16(h + 4, len);
	h[6] = next;
	h[7] = 63;
	const uint8_t prefix[4] = { 0x20, 1, 0x0d, 0xb8 };
	memcpy(h + 8, prefix, 4);
	h[23] = src;
	memcpy(h + 24, prefix, 4);
	h[29] = 1;
	h[39] = dst;
}

static inline void wrap_ethernet(struct wrap *w, uint16_t type)
{
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	uint8_t *h = wrap_push(w, 14);
	memcpy(h, addresses, 12);
	wrap_put16(h + 12, type);
}

/** A tag behind the addresses of a frame: 802.1Q or whatever `type` says. */
static inline void wrap_tag(struct wrap *w, uint16_t type, uint16_t id)
{
	uint8_t addresses[12];
	memcpy(addresses, wrap_data(w), 12);
	w->start += 12;
	uint8_t *h = wrap_push(w, 4);
	wrap_put16(h, type);
	wrap_put16(h + 2, id);
	wrap_bytes(w, addresses, 12);
}

#endif
