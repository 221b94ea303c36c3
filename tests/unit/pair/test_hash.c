// SPDX-License-Identifier: BSD-3-Clause
#include "pair/hash.h"

#include "dnsbuild.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const uint8_t key[16] = "one secret of us";

/* The two kinds of hash, which must behave alike. */
static struct hasher hashers[2];

static void setup(void)
{
	hasher_init(&hashers[0], key, false);
	hasher_init(&hashers[1], key, true);
}

TestSuite(hash, .init = setup);

/* The reference's own vectors: key 00 … 0f, input 00 … n - 1. */
Test(hash, siphash_is_siphash)
{
	const uint64_t k[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t in[64];

	for (uint8_t i = 0; i < sizeof(in); i++)
		in[i] = i;
	cr_expect(eq(u64, siphash(k, in, 0), 0x726fdb47dd0e0e31));
	cr_expect(eq(u64, siphash(k, in, 1), 0x74f839c593dc67fd));
	cr_expect(eq(u64, siphash(k, in, 7), 0xab0200f58b01d137));
	cr_expect(eq(u64, siphash(k, in, 8), 0x93f5f5799a932462));
	cr_expect(eq(u64, siphash(k, in, 15), 0xa129ca6149be45e5));
	cr_expect(eq(u64, siphash(k, in, 63), 0x958a324ceb064572));
}

Test(hash, every_bit_of_a_flow_counts)
{
	for (int n = 0; n < 2; n++) {
		uint8_t client[16] = { 0 }, server[16] = { 0 };
		struct flow_view flow = { client, server, 0 };
		uint64_t base = hash_flow(&hashers[n], &flow);
		for (int bit = 0; bit < 128; bit++) {
			client[bit / 8] ^= (uint8_t)(1 << bit % 8);
			cr_expect(ne(u64, hash_flow(&hashers[n], &flow), base));
			client[bit / 8] = 0;
			server[bit / 8] ^= (uint8_t)(1 << bit % 8);
			cr_expect(ne(u64, hash_flow(&hashers[n], &flow), base));
			server[bit / 8] = 0;
			flow.rest = UINT64_C(1) << bit % 64;
			cr_expect(ne(u64, hash_flow(&hashers[n], &flow), base));
			flow.rest = 0;
		}
		cr_expect(eq(u64, hash_flow(&hashers[n], &flow), base));
	}
}

Test(hash, ends_are_not_exchanged)
{
	const uint8_t a[16] = { 1 }, b[16] = { 2 };

	for (int n = 0; n < 2; n++)
		cr_expect(ne(u64, hash_flow(&hashers[n], &(struct flow_view){ a, b, 0 }),
			     hash_flow(&hashers[n], &(struct flow_view){ b, a, 0 })));
	cr_expect(ne(u64, flow_rest(1, 2, 0, 17), flow_rest(2, 1, 0, 17)));
	cr_expect(eq(u64, flow_rest(1, 2, 3, 17), 0x0011000300020001));
}

Test(hash, another_key_gives_another_hash)
{
	const uint8_t other[16] = "other secret, us", zero[16] = { 0 };
	struct flow_view flow = { zero, zero, 0 };

	for (int n = 0; n < 2; n++) {
		struct hasher h;
		hasher_init(&h, other, n);
		cr_expect(ne(u64, hash_flow(&h, &flow), hash_flow(&hashers[n], &flow)));
		cr_expect(ne(u64, hash_bytes(&h, zero, 16), hash_bytes(&hashers[n], zero, 16)));
	}
}

static uint64_t question(const struct hasher *h, const char *name, uint16_t type, uint16_t rclass)
{
	struct dnsbuild b;

	dnsb_start(&b, 1, 0);
	dnsb_question(&b, name, type, rclass);
	uint8_t *exact = malloc(b.len); /* so that a sanitizer sees a read past the question */
	memcpy(exact, b.data, b.len);
	uint64_t hash = hash_question(h, exact, b.len - DNS_HEADER_SIZE - 4);
	free(exact);
	return hash;
}

/* Every length of a name, each octet and each letter's case on its own. */
Test(hash, question_is_blind_to_case_and_to_nothing_else)
{
	for (int n = 0; n < 2; n++) {
		const struct hasher *h = &hashers[n];
		char name[256] = "";
		for (size_t len = 1; len < 120; len++) {
			for (size_t i = 0; i < len; i++)
				name[i] = i % 40 == 39 && i + 1 < len ? '.' : (char)('a' + i % 26);
			name[len] = 0;
			uint64_t base = question(h, name, 1, 1);
			size_t at = len / 2;
			if (name[at] != '.') {
				char was = name[at];
				name[at] ^= 0x20;
				cr_expect(eq(u64, question(h, name, 1, 1), base), "%zu", len);
				name[at] = was == 'z' ? 'y' : (char)(was + 1);
				cr_expect(ne(u64, question(h, name, 1, 1), base), "%zu", len);
				name[at] = was;
			}
			cr_expect(ne(u64, question(h, name, 2, 1), base));
			cr_expect(ne(u64, question(h, name, 256, 1), base));
			cr_expect(ne(u64, question(h, name, 1, 3), base));
		}
		cr_expect(ne(u64, question(h, "a@b", 1, 1), question(h, "a`b", 1, 1)),
			  "only letters are folded");
		cr_expect(ne(u64, question(h, "a[b", 1, 1), question(h, "a{b", 1, 1)));
		cr_expect(ne(u64, question(h, "x", 65, 1), question(h, "x", 97, 1)), "the type is no letter");
		cr_expect(ne(u64, question(h, ".", 1, 1), question(h, "a", 1, 1)));
	}
}

Test(hash, question_ignores_the_header)
{
	struct dnsbuild b;

	for (int n = 0; n < 2; n++) {
		dnsb_start(&b, 1, 0);
		dnsb_question(&b, ".", 1, 1);
		uint64_t base = hash_question(&hashers[n], b.data, 1);
		dnsb_start(&b, 0xffff, DNS_QR | DNS_RD);
		dnsb_question(&b, ".", 1, 1);
		dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.1");
		cr_expect(eq(u64, hash_question(&hashers[n], b.data, 1), base));
	}
}

/* Each byte of each length counts, and so does the length. */
Test(hash, bytes_of_every_length)
{
	for (int n = 0; n < 2; n++) {
		uint64_t before = 0;
		for (uint32_t len = 0; len < 300; len++) {
			uint8_t *data = calloc(1, len + 1);
			uint8_t *exact = malloc(len ? len : 1);
			memset(exact, 0, len);
			uint64_t base = hash_bytes(&hashers[n], exact, len);
			cr_expect(ne(u64, base, before), "%u", len);
			cr_expect(eq(u64, hash_bytes(&hashers[n], data, len), base));
			before = base;
			for (uint32_t i = 0; i < len; i++) {
				exact[i] = 1;
				cr_assert(ne(u64, hash_bytes(&hashers[n], exact, len), base), "%u of %u", i,
					  len);
				exact[i] = 0;
			}
			free(data);
			free(exact);
		}
	}
}

/* Flows that follow one another fill buckets evenly, whichever bits pick them. */
Test(hash, spreads_sequences)
{
	for (int n = 0; n < 2; n++)
		for (int shift = 0; shift < 64; shift += 8) {
			uint32_t hits[256] = { 0 }, most = 0;
			uint8_t client[16] = { 0 }, server[16] = { 0 };
			for (uint32_t i = 0; i < 256 * 64; i++) {
				memcpy(client + 12, &i, 4);
				struct flow_view flow = { client, server, flow_rest((uint16_t)i, 53, 7, 17) };
				hits[hash_flow(&hashers[n], &flow) >> shift & 255]++;
			}
			for (int i = 0; i < 256; i++)
				most = hits[i] > most ? hits[i] : most;
			cr_expect(lt(u32, most, 64 + 48), "%d: %u", shift, most);
		}
}

#define AIMED 40

/* Flows that someone who knew a key has chosen for one bucket of 4096 of a table of that key. */
static void aim(const struct hasher *known, uint32_t flows[AIMED])
{
	uint8_t client[16] = { 0 }, server[16] = { 0 };
	uint32_t n = 0;

	for (uint32_t i = 0; n < AIMED; i++) {
		memcpy(client + 12, &i, 4);
		struct flow_view flow = { client, server, flow_rest(40000, 53, 7, 17) };
		if (!(hash_flow(known, &flow) & 4095))
			flows[n++] = i;
	}
}

/* They lie in different buckets under any other key: nobody can aim who doesn't know it. */
Test(hash, what_collides_under_one_key_does_not_under_another)
{
	for (int n = 0; n < 2; n++) {
		uint32_t flows[AIMED], together = 0;
		uint8_t hits[4096] = { 0 }, client[16] = { 0 }, server[16] = { 0 };
		struct hasher h;

		aim(&hashers[n], flows);
		hasher_init(&h, (const uint8_t *)"other secret, us", n);
		for (uint32_t i = 0; i < AIMED; i++) {
			memcpy(client + 12, &flows[i], 4);
			struct flow_view flow = { client, server, flow_rest(40000, 53, 7, 17) };
			uint8_t *hit = &hits[hash_flow(&h, &flow) & 4095];
			together += ++*hit > 1;
		}
		cr_expect(lt(u32, together, 4), "%u of %u", together, AIMED);
	}
}
