// SPDX-License-Identifier: BSD-3-Clause
#include "pair/table.h"

#include "mix.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define QUERIES 512
#define WAITS 64

static struct table t;

static void setup(void)
{
	cr_assert(table_init(&t, QUERIES, WAITS));
}

static void teardown(void)
{
	table_close(&t);
}

TestSuite(table, .init = setup, .fini = teardown);

static uint32_t open_entry(const char *name)
{
	uint32_t i = entry_take(&t);
	struct entry *e = &t.entries[i];

	memset(e, 0, sizeof(*e));
	e->state = ENTRY_OPEN;
	cr_assert(entry_set_name(&t, e, (const uint8_t *)name, (uint8_t)strlen(name)));
	age_add(&t, i);
	return i;
}

static void close_entry(uint32_t i)
{
	age_remove(&t, i);
	entry_drop_name(&t, &t.entries[i]);
	t.entries[i].state = ENTRY_FREE;
	entry_give(&t, i);
}

static bool chain_has(uint64_t flow, uint32_t question, uint16_t bits, uint32_t slot)
{
	struct probe probe = probe_init(&t, flow, question, bits);
	uint32_t i;

	while ((i = probe_next(&probe)))
		if (i == slot)
			return true;
	return false;
}

Test(table, tags_find_the_question_or_the_flow)
{
	const uint64_t flow = 0xab00000000000003;

	chain_add(&t, hash_bucket(&t, flow), hash_tag(flow, 0x11), 1);
	chain_add(&t, hash_bucket(&t, flow), hash_tag(flow, 0x22), 2);
	cr_expect(chain_has(flow, 0x11, TAG_ALL, 1));
	cr_expect(not(chain_has(flow, 0x11, TAG_ALL, 2)));
	cr_expect(chain_has(flow, 0x11, TAG_FLOW, 2));
	cr_expect(not(chain_has(0xcd00000000000003, 0x11, TAG_FLOW, 1)), "another flow in the same bucket");
	cr_expect(chain_has(0xcd00000000000003, 0x11, 0, 1), "all slots");
	chain_replace(&t, hash_bucket(&t, flow), 2, SLOT_TOMB | 5);
	cr_expect(chain_has(flow, 0x22, TAG_ALL, SLOT_TOMB | 5));
	cr_expect(not(chain_has(flow, 0x22, TAG_ALL, 2)));
}

/* Chains of any length, slots taken out in any order: what should be found is, and every overflow line comes
 * back. */
Test(table, chains_grow_and_shrink)
{
	for (uint32_t n = 1; n <= CHAIN_MOST; n++)
		for (uint32_t step = 1; step < 8; step += 2) {
			uint32_t left = n;
			for (uint32_t i = 1; i <= n; i++)
				chain_add(&t, 3, hash_tag(3, i), i);
			cr_assert(eq(u8, t.buckets[3].total, n));
			for (uint32_t k = 0, i = 0; k < n; k++) {
				for (i = (i + step) % (n + 1); !i || !chain_has(3, i, TAG_ALL, i);)
					i = (i + 1) % (n + 1);
				chain_remove(&t, 3, i);
				left--;
				cr_assert(not(chain_has(3, i, TAG_ALL, i)));
				uint32_t found = 0;
				struct probe probe = probe_init(&t, 3, 0, 0);
				while (probe_next(&probe))
					found++;
				cr_assert(eq(u32, found, left));
			}
			cr_assert(eq(u32, t.n_overflow_free, t.overflow_touched));
			cr_assert(eq(u32, t.buckets[3].next, 0));
		}
}

/* Entries and tombstones of all kinds are found after each split, waiting ones are counted with their bucket. */
Test(table, buckets_grow_with_what_they_hold)
{
	enum { MANY = 20000 };
	static uint64_t hash[MANY + 1];
	static uint32_t slot[MANY + 1];
	uint32_t first, waits = 0, counted = 0, buckets;

	teardown();
	cr_assert(table_init(&t, MANY, WAITS));
	first = t.bucket_mask + 1;
	for (uint32_t n = 1; n <= MANY; n++) {
		uint32_t i = entry_take(&t);
		struct entry *e = &t.entries[i];

		cr_assert(eq(u32, i, n));
		hash[i] = mix(n);
		entry_set_flow(e, hash[i], 0);
		e->state = n % 7 ? ENTRY_OPEN : ENTRY_WAIT;
		table_grow(&t);
		uint32_t bucket = hash_bucket(&t, hash[i]);
		chain_add(&t, bucket, hash_tag(hash[i], 1), i);
		t.buckets[bucket].waits += e->state == ENTRY_WAIT;
		waits += e->state == ENTRY_WAIT;
		slot[i] = i;
		if (n % 3 == 0 && e->state == ENTRY_OPEN)
			slot[i] = SLOT_TOMB | t.tomb_ring.tail, tomb_add(&t, hash[i], i);
		for (uint32_t k = 1; n % 100 == 0 && k <= n; k++)
			cr_assert(chain_has(hash[k], 1, TAG_ALL, slot[k]), "%u of %u", k, n);
	}
	buckets = t.bucket_mask + 1 + t.split;
	cr_expect(gt(u32, buckets, 4 * first));
	cr_expect(le(u32, buckets, t.buckets_max));
	for (uint32_t i = 0; i < buckets; i++)
		counted += t.buckets[i].waits;
	cr_expect(eq(u32, counted, waits));
	for (uint32_t k = 1; k <= MANY; k++)
		chain_remove(&t, hash_bucket(&t, hash[k]), slot[k]);
	cr_expect(eq(u32, t.slots, 0));
	cr_expect(eq(u32, t.n_overflow_free, t.overflow_touched));
}

/* As many slots as there can be, in the worst of places: overflow lines never run out. */
Test(table, overflow_lines_are_enough)
{
	uint32_t all = t.capacity + t.tomb_ring.most + 1, slot = 1;

	for (uint32_t bucket = 0; slot <= all && bucket <= t.bucket_mask; bucket++)
		for (uint32_t i = 0; i < BUCKET_SLOTS + 1 && slot <= all; i++)
			chain_add(&t, bucket, 0, slot++);
	cr_expect(le(u32, t.overflow_touched, t.overflow_capacity));
	teardown();
	setup();
	slot = 1;
	for (uint32_t bucket = 0; slot <= all && bucket <= t.bucket_mask; bucket++)
		for (uint32_t i = 0; i < CHAIN_MOST && slot <= all; i++)
			chain_add(&t, bucket, 0, slot++);
	cr_expect(le(u32, t.overflow_touched, t.overflow_capacity));
}

/* A name of `len` octets, no two of whose eights are the same. */
static const uint8_t *name_of(unsigned len)
{
	static uint8_t name[DNS_NAME_MAX + 1];

	for (unsigned i = 0; i < len; i++)
		name[i] = (uint8_t)('a' + (len + i + i / 8) % 26);
	name[len] = 0;
	return name;
}

static bool has_name(const struct entry *e, unsigned len)
{
	uint8_t room[DNS_NAME_MAX];

	return e->name_len == len && !memcmp(entry_name(&t, e, room), name_of(len), len);
}

Test(table, names_of_all_lengths)
{
	uint32_t entries[DNS_NAME_MAX + 1], shorter = 0, longer = 0;

	for (unsigned len = 0; len <= DNS_NAME_MAX; len++) {
		/* as many of the long ones as there are places */
		if (len > NAME_SHORT && t.places[PLACES_LONG].used == t.places[PLACES_LONG].capacity)
			close_entry(entries[longer++ + NAME_SHORT + 1]);
		entries[len] = open_entry((const char *)name_of(len));
		shorter += len > NAME_INLINE && len <= NAME_SHORT;
		cr_expect(eq(u32, t.places[PLACES_SHORT].used, shorter), "%u", len);
		cr_expect(eq(int, t.places[PLACES_LONG].used > 0, len > NAME_SHORT), "%u", len);
	}
	for (unsigned len = 0; len <= DNS_NAME_MAX; len++) {
		if (len > NAME_SHORT && len <= NAME_SHORT + longer)
			continue;
		cr_assert(has_name(&t.entries[entries[len]], len), "%u", len);
		close_entry(entries[len]);
	}
	cr_expect(eq(u32, t.places[PLACES_SHORT].used + t.places[PLACES_LONG].used, 0));
	cr_expect(eq(u32, t.n_free, t.touched));
}

Test(table, places_for_long_names_end_somewhere)
{
	enum { MANY = QUERIES + WAITS };
	static struct entry e[MANY];
	uint32_t n = 0, all = t.places[PLACES_LONG].capacity;

	while (n < MANY && entry_set_name(&t, &e[n], name_of(65 + n % 190), (uint8_t)(65 + n % 190)))
		n++;
	cr_expect(eq(u32, n, all));
	for (uint32_t i = 0; i < all; i += 3)
		entry_drop_name(&t, &e[i]);
	for (uint32_t i = 0; i < all; i += 3)
		cr_expect(entry_set_name(&t, &e[i], name_of(65 + i % 190), (uint8_t)(65 + i % 190)));
	cr_expect(not(entry_set_name(&t, &e[all], name_of(65), 65)));
	for (uint32_t i = 0; i < all; i++)
		cr_expect(has_name(&e[i], 65 + i % 190), "%u", i);
}

/* There is a place for the rest of a name of up to 64 octets for every query. */
Test(table, no_name_of_64_octets_lacks_a_place)
{
	uint32_t first = t.touched + 1;

	for (uint32_t i = 0; i < QUERIES; i++)
		open_entry((const char *)name_of(37 + i % 28));
	for (uint32_t i = 0; i < QUERIES; i++)
		cr_expect(has_name(&t.entries[first + i], 37 + i % 28), "%u", i);
	cr_expect(eq(u32, t.lists[LIST_LONG].n, 0));
}

/* The oldest open query, whatever becomes of the others, and however often the ring of the young goes round.
 */
Test(table, the_oldest_is_known)
{
	enum { MOST = 400 };
	static uint32_t order[100000];
	uint32_t head = 0, tail = 0, seed = 1, live = 0;

	for (int k = 0; k < 50000; k++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t r = seed >> 8;
		if (live < MOST && r % 3) {
			order[tail++] = open_entry("name");
			live++;
		} else if (live) {
			/* mostly young ones are answered; some old ones stay for long */
			uint32_t at = tail - 1 - r % (tail - head < 40 ? tail - head : 40);
			if (r % 64 == 0)
				at = head;
			if (order[at]) {
				close_entry(order[at]);
				order[at] = 0;
				live--;
			}
		}
		while (head < tail && !order[head])
			head++;
		cr_assert(eq(u32, oldest_short(&t, UINT32_MAX), head < tail ? order[head] : 0), "%d", k);
		cr_assert(eq(u32, t.n_open, live));
	}
	cr_expect(gt(u32, t.young_ring.tail, 4 * t.young_ring.most));
}

/* An entry stands in the ring's oldest place, is answered, and is used again just when that place goes. */
Test(table, an_entry_takes_the_place_of_its_former_life)
{
	uint32_t again = open_entry("name"), other = 0;

	close_entry(again);
	cr_assert(eq(u32, entry_take(&t), again));
	for (uint32_t n = 0; n < t.young_ring.most; n++) {
		if (other)
			close_entry(other);
		other = open_entry("name");
	}
	t.entries[again].state = ENTRY_OPEN;
	age_add(&t, again);
	cr_expect(eq(u32, t.lists[LIST_OLD].n, 0));
	cr_expect(eq(u32, oldest_short(&t, UINT32_MAX), other));
	close_entry(other);
	cr_expect(eq(u32, oldest_short(&t, UINT32_MAX), again));
	close_entry(again);
	cr_expect(eq(u32, t.n_open, 0));
}

Test(table, skipping_is_bounded)
{
	for (int i = 0; i < 400; i++)
		close_entry(open_entry("name"));
	uint32_t i = open_entry("name");
	cr_expect(eq(u32, oldest_short(&t, 100), 0));
	cr_expect(eq(u32, oldest_short(&t, 100), 0));
	cr_expect(eq(u32, oldest_short(&t, 1000), i));
}

Test(table, transfers_and_long_names_have_lists)
{
	const char *name = "a-name-that-is-longer-than-what-an-entry-holds-itself.example.com";
	uint32_t a = open_entry(name), b = open_entry(name), c = open_entry("short");

	cr_expect(eq(u32, t.lists[LIST_LONG].head, a));
	age_remove(&t, a);
	t.entries[a].state = ENTRY_TRANSFER;
	age_add(&t, a);
	cr_expect(eq(u32, t.lists[LIST_LONG].head, b));
	cr_expect(eq(u32, t.lists[LIST_TRANSFER].head, a));
	cr_expect(eq(u32, t.n_open, 2));
	close_entry(a);
	close_entry(b);
	cr_expect(eq(u32, t.lists[LIST_TRANSFER].n + t.lists[LIST_LONG].n, 0));
	cr_expect(eq(u32, oldest_short(&t, 10), c));
}

Test(table, tombstones_go_round)
{
	uint32_t size = t.tomb_ring.most + 1;

	for (uint32_t i = 0; i < 3 * size; i++) {
		uint64_t flow = (uint64_t)i * 0x9e3779b97f4a7c15 + 1;
		chain_add(&t, hash_bucket(&t, flow), hash_tag(flow, i), 7);
		tomb_add(&t, flow, 7)->question = i;
		cr_assert(eq(u32, tomb_oldest(&t)->question, i < size ? 0 : i - size + 1));
	}
	tomb_end(&t, t.tomb_ring.head + 1);
	tomb_end(&t, t.tomb_ring.head);
	cr_expect(eq(u32, tomb_oldest(&t)->question, 2 * size + 2), "holes are skipped");
	while (tomb_oldest(&t))
		tomb_end(&t, t.tomb_ring.head);
	for (uint32_t bucket = 0; bucket <= t.bucket_mask; bucket++)
		cr_assert(eq(u8, t.buckets[bucket].total, 0));
}

/* Rings that grow while they go round: what is in them is found by its number, and keeps its turn. */
Test(table, rings_grow_as_they_must)
{
	enum { MANY = 20000, STEP = 3 };
	uint32_t least;

	teardown();
	cr_assert(table_init(&t, MANY, WAITS));
	least = t.tomb_ring.mask;
	for (uint32_t i = 0; i < 5000; i++) {
		chain_add(&t, hash_bucket(&t, i + 1), hash_tag(i + 1, 0), 7);
		tomb_add(&t, i + 1, 7);
		close_entry(open_entry("name"));
		if (i >= 100)
			tomb_end(&t, t.tomb_ring.head), tomb_oldest(&t);
		oldest_short(&t, 10);
	}
	cr_expect(eq(u32, t.tomb_ring.mask, least), "few at once need no more places");
	cr_expect(eq(u32, t.young_ring.mask, least));
	uint32_t first = t.tomb_ring.head, oldest = 0;
	for (uint32_t i = 5000; i < 5000 + STEP * 1000; i++) {
		chain_add(&t, hash_bucket(&t, i + 1), hash_tag(i + 1, 0), 7);
		tomb_add(&t, i + 1, 7);
		uint32_t entry = open_entry("name");
		oldest = oldest ? oldest : entry;
		cr_assert(eq(u32, oldest_short(&t, 10), oldest));
		for (uint32_t k = first; i % 50 == 0 && k != t.tomb_ring.tail; k++)
			cr_assert(eq(u64, slot_tomb(&t, SLOT_TOMB | k)->flow, k + 1));
	}
	cr_expect(gt(u32, t.tomb_ring.mask, 2 * least));
	cr_expect(gt(u32, t.young_ring.mask, 2047));
}

Test(table, sizes_of_all_kinds)
{
	for (uint32_t n = 1; n < 40; n++) {
		teardown();
		cr_assert(table_init(&t, n, 1));
		cr_expect(ge(u32, t.tomb_ring.most + 1, n / 2));
		cr_expect(ge(u32, t.young_ring.most + 1, 2 * n));
		cr_expect(gt(sz, t.memory, n * sizeof(struct entry)));
	}
}
