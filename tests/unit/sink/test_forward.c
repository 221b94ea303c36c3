// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"
#include "sink/forward.h"

Test(forward, names_of_chunks_are_base64_and_differ)
{
	struct forward_chunks a, b;
	char one[FORWARD_CHUNK + 1], two[FORWARD_CHUNK + 1], other[FORWARD_CHUNK + 1];

	forward_chunks_init(&a);
	forward_chunks_init(&b);
	forward_chunks_next(&b, other);
	forward_chunks_next(&a, one);
	for (int i = 0; i < 1000; i++) {
		forward_chunks_next(&a, two);
		cr_assert_eq(strlen(two), FORWARD_CHUNK);
		cr_assert_str_neq(one, two);
		cr_assert_str_neq(other, two);
	}
}

Test(forward, packs_events_without_their_tags)
{
	struct block_pool *p = test_pool(1);
	struct block *b = block_get(p);
	uint8_t *scratch = forward_scratch();
	static const char want[] = "\x93\xa3" "t.s" "\xc6\0\0\0\x08" "\x92\x02\x81\xa1" "b" "\x92\x03\x80"
		"\x82\xa4" "size\xcd\0\x02\xa5" "chunk\xb8" "abcdefghijklmnopqrstuvw=";

	test_item(b, "\x93\xa3t.s\x01\x80", 7);
	test_item(b, "\x93\xa3t.s\x02\x81\xa1" "b", 9);
	test_item(b, "\x93\xa3t.s\x03\x80", 7);
	uint32_t n = forward_pack(scratch, b, 1, 3, "abcdefghijklmnopqrstuvw=");
	cr_assert_eq(n, sizeof(want) - 1);
	cr_assert_eq(memcmp(scratch, want, n), 0);
	forward_scratch_free(scratch);
	block_unref(b);
	block_pool_free(p);
}

Test(forward, a_long_tag_and_the_greatest_block)
{
	struct block_pool *p = test_pool(1);
	struct block *b = block_get(p);
	uint8_t *scratch = forward_scratch(), item[300] = { 0x93, 0xd9, 200 };
	uint32_t n;

	memset(item + 3, 't', 200);
	item[203] = 7;
	item[204] = 0x80;
	for (uint32_t i = 0; i < BLOCK_ITEMS; i++)
		test_item(b, item, 205);
	n = forward_pack(scratch, b, 0, BLOCK_ITEMS, "abcdefghijklmnopqrstuvw=");
	cr_assert_eq(scratch[1], 0xd9);
	cr_assert_eq(n, 1 + 202 + 5 + 3 * BLOCK_ITEMS + 1 + 5 + 3 + 6 + 25);
	cr_assert_eq(memcmp(scratch + 1 + 202 + 5 + 3 * (BLOCK_ITEMS - 1), "\x92\x07\x80\x82", 4), 0);
	/* Items that are no such messages, whatever they are, stay within their bounds. */
	b->items = b->len = 0;
	test_item(b, "\x93", 1);
	test_item(b, "\x93\xdb\xff\xff\xff\xff", 6);
	for (uint32_t i = 0; i < 2; i++)
		cr_assert_lt(forward_pack(scratch, b, i, 2, "x"), 60);
	forward_scratch_free(scratch);
	block_unref(b);
	block_pool_free(p);
}

static void give(struct forward_acks *a, const void *p, uint32_t n)
{
	uint32_t room;
	uint8_t *to = forward_acks_room(a, &room);
	cr_assert_geq(room, n);
	memcpy(to, p, n);
	forward_acks_add(a, n);
}

Test(forward, acknowledgements_in_any_pieces)
{
	static const char two[] = "\x81\xa3" "ack\xb8" "abcdefghijklmnopqrstuvw=" "\x81\xa3" "ack\xd9\x18" "ABCDEFGHIJKLMNOPQRSTUVW=";

	for (uint32_t cut = 0; cut < sizeof(two); cut++) {
		struct forward_acks a = { 0 };
		char chunk[2][FORWARD_CHUNK + 1] = { "", "" };
		int n = 0;
		give(&a, two, cut);
		while (n < 2 && forward_acks_next(&a, chunk[n]))
			n++;
		give(&a, two + cut, (uint32_t)sizeof(two) - 1 - cut);
		while (n < 2 && forward_acks_next(&a, chunk[n]))
			n++;
		cr_assert_eq(n, 2, "cut at %u", cut);
		cr_assert_str_eq(chunk[0], "abcdefghijklmnopqrstuvw=");
		cr_assert_str_eq(chunk[1], "ABCDEFGHIJKLMNOPQRSTUVW=");
	}
}

Test(forward, what_is_no_acknowledgement_is_passed_over)
{
	struct forward_acks a = { 0 };
	char chunk[FORWARD_CHUNK + 1];
	unsigned seed = 1;

	give(&a, "\x81\xa3" "ack\xc0" "\x81\xa3" "err\xa1x\x81\xa3" "ack\xa1z", 20);
	cr_assert(forward_acks_next(&a, chunk));
	cr_assert_eq(chunk[strlen(chunk) - 1], 'z');
	for (int i = 0; i < 100000; i++) {
		uint8_t noise[64];
		for (unsigned j = 0; j < sizeof(noise); j++)
			noise[j] = j % 7 ? (uint8_t)rand_r(&seed) : "\x81\xa3" "ack\xdb\xb8"[rand_r(&seed) % 7];
		uint32_t room;
		uint8_t *to = forward_acks_room(&a, &room);
		cr_assert_gt(room, 0);
		room = room < sizeof(noise) ? room : (uint32_t)sizeof(noise);
		memcpy(to, noise, room);
		forward_acks_add(&a, room);
		while (forward_acks_next(&a, chunk))
			cr_assert_leq(strlen(chunk), FORWARD_CHUNK);
	}
}
