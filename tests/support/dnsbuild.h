// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Builds DNS messages for tests, byte by byte, sound or not as the test likes.
 *
 *	struct dnsbuild b;
 *	dnsb_start(&b, 0x1234, DNS_QR | DNS_RD | DNS_RA);
 *	dnsb_question(&b, "www.example.com", DNS_TYPE_A, 1);
 *	dnsb_a(&b, DNS_ANSWER, NULL, 300, "192.0.2.1");
 *	→ b.data, b.len
 *
 * An owner of NULL is a pointer to the first question (0xC00C). Names are in presentation form: with or
 * without the last dot, `.` or "" for the root, `\.` and `\DDD` understood. Sections must be filled in their
 * order; each adder raises its section's count in the header.
 */
#ifndef SUPPORT_DNSBUILD_H
#define SUPPORT_DNSBUILD_H

#include "dns/message.h"
#include "dns/types.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DNSB_IN 1

/** A message that is being built. `len` may be set back or forth by the test. */
struct dnsbuild {
	uint32_t len;         /**< bytes so far, at most 65535 */
	uint32_t rdlen_at;    /**< where the open RR's RDLENGTH stands */
	uint8_t data[65536];
};

static inline void dnsb_mem(struct dnsbuild *b, const void *p, uint32_t n)
{
	if (b->len + n > 65535)
		abort();
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
}

static inline void dnsb_u8(struct dnsbuild *b, unsigned v)
{
	uint8_t c = (uint8_t)v;
	dnsb_mem(b, &c, 1);
}

static inline void dnsb_u16(struct dnsbuild *b, unsigned v)
{
	dnsb_u8(b, v >> 8);
	dnsb_u8(b, v);
}

static inline void dnsb_u32(struct dnsbuild *b, uint32_t v)
{
	dnsb_u16(b, v >> 16);
	dnsb_u16(b, v);
}

/** Sets 16 bits at an offset: to make header fields and lengths lie. */
static inline void dnsb_set16(struct dnsbuild *b, uint32_t at, unsigned v)
{
	b->data[at] = (uint8_t)(v >> 8);
	b->data[at + 1] = (uint8_t)v;
}

/** A header without entries; `flags` is its second word. */
static inline void dnsb_start(struct dnsbuild *b, uint16_t id, uint16_t flags)
{
	b->len = 0;
	b->rdlen_at = 0;
	dnsb_u16(b, id);
	dnsb_u16(b, flags);
	dnsb_u32(b, 0);
	dnsb_u32(b, 0);
}

/** Sets a section's count in the header. */
static inline void dnsb_set_count(struct dnsbuild *b, enum dns_section s, unsigned n)
{
	dnsb_set16(b, 4 + 2 * (uint32_t)s, n);
}

static inline void dnsb_count_one(struct dnsbuild *b, enum dns_section s)
{
	uint32_t at = 4 + 2 * (uint32_t)s;
	dnsb_set16(b, at, (unsigned)(b->data[at] << 8 | b->data[at + 1]) + 1);
}

/** A compression pointer. */
static inline void dnsb_pointer(struct dnsbuild *b, unsigned offset)
{
	dnsb_u16(b, 0xc000 | offset);
}

/** The labels of a name, without its root: dnsb_pointer() may follow. */
static inline void dnsb_labels(struct dnsbuild *b, const char *name)
{
	while (*name && strcmp(name, ".")) {
		uint32_t at = b->len;
		dnsb_u8(b, 0);
		while (*name && *name != '.') {
			unsigned c = (uint8_t)*name++;
			if (c == '\\' && *name >= '0' && *name <= '9') {
				c = (unsigned)((name[0] - '0') * 100 + (name[1] - '0') * 10 + name[2] - '0');
				name += 3;
			} else if (c == '\\') {
				c = (uint8_t)*name++;
			}
			dnsb_u8(b, c);
		}
		b->data[at] = (uint8_t)(b->len - at - 1);
		if (*name)
			name++;
	}
}

/** A whole name, uncompressed. */
static inline void dnsb_name(struct dnsbuild *b, const char *name)
{
	dnsb_labels(b, name);
	dnsb_u8(b, 0);
}

static inline void dnsb_question(struct dnsbuild *b, const char *name, uint16_t type, uint16_t rclass)
{
	dnsb_name(b, name);
	dnsb_u16(b, type);
	dnsb_u16(b, rclass);
	dnsb_count_one(b, DNS_QUESTION);
}

/** An RR up to and including RDLENGTH; what is added up to dnsb_end() is its data. */
static inline void dnsb_begin(struct dnsbuild *b, enum dns_section s, const char *owner, uint16_t type,
			      uint16_t rclass, uint32_t ttl)
{
	if (owner)
		dnsb_name(b, owner);
	else
		dnsb_pointer(b, DNS_HEADER_SIZE);
	dnsb_u16(b, type);
	dnsb_u16(b, rclass);
	dnsb_u32(b, ttl);
	b->rdlen_at = b->len;
	dnsb_u16(b, 0);
	dnsb_count_one(b, s);
}

/** Sets the RDLENGTH of the RR that dnsb_begin() began. */
static inline void dnsb_end(struct dnsbuild *b)
{
	dnsb_set16(b, b->rdlen_at, b->len - b->rdlen_at - 2);
}

/** An RR of class IN with `n` bytes of data. */
static inline void dnsb_rr(struct dnsbuild *b, enum dns_section s, const char *owner, uint16_t type,
			   uint32_t ttl, const void *rdata, uint32_t n)
{
	dnsb_begin(b, s, owner, type, DNSB_IN, ttl);
	dnsb_mem(b, rdata, n);
	dnsb_end(b);
}

static inline void dnsb_a(struct dnsbuild *b, enum dns_section s, const char *owner, uint32_t ttl,
			  const char *addr)
{
	uint8_t bytes[4];
	if (inet_pton(AF_INET, addr, bytes) != 1)
		abort();
	dnsb_rr(b, s, owner, DNS_TYPE_A, ttl, bytes, 4);
}

static inline void dnsb_aaaa(struct dnsbuild *b, enum dns_section s, const char *owner, uint32_t ttl,
			     const char *addr)
{
	uint8_t bytes[16];
	if (inet_pton(AF_INET6, addr, bytes) != 1)
		abort();
	dnsb_rr(b, s, owner, DNS_TYPE_AAAA, ttl, bytes, 16);
}

/** An RR whose data is one name: CNAME, NS, PTR … */
static inline void dnsb_rr_name(struct dnsbuild *b, enum dns_section s, const char *owner, uint16_t type,
				uint32_t ttl, const char *target)
{
	dnsb_begin(b, s, owner, type, DNSB_IN, ttl);
	dnsb_name(b, target);
	dnsb_end(b);
}

/** A TXT record of one string. */
static inline void dnsb_txt(struct dnsbuild *b, enum dns_section s, const char *owner, uint32_t ttl,
			    const char *text)
{
	dnsb_begin(b, s, owner, DNS_TYPE_TXT, DNSB_IN, ttl);
	dnsb_u8(b, (unsigned)strlen(text));
	dnsb_mem(b, text, (uint32_t)strlen(text));
	dnsb_end(b);
}

/** An OPT record in the additional section, left open: options by dnsb_option(), then dnsb_end().
 * `rcode` is the whole 12-bit code, whose upper bits go here (the lower ones are the header's);
 * `flags`: DO is 0x8000. */
static inline void dnsb_opt(struct dnsbuild *b, uint16_t udp_size, unsigned rcode, uint16_t flags)
{
	dnsb_begin(b, DNS_ADDITIONAL, ".", DNS_TYPE_OPT, udp_size, (uint32_t)(rcode >> 4) << 24 | flags);
	dnsb_end(b);
}

/** An option of the open OPT record. */
static inline void dnsb_option(struct dnsbuild *b, uint16_t code, const void *p, uint16_t n)
{
	dnsb_u16(b, code);
	dnsb_u16(b, n);
	dnsb_mem(b, p, n);
	dnsb_end(b);
}

#endif
