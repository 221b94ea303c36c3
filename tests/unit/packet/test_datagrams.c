// SPDX-License-Identifier: BSD-3-Clause
#include "packet/datagrams.h"

#include <criterion/criterion.h>
#include <string.h>

#define MOST 4096
#define AIMED 16

static struct counters counters;

static uint32_t bucket(struct datagrams *t, uint32_t id)
{
	const struct packet p = { .time = 1 };
	const struct datagram_key key = { .id = id, .family = 4, .proto = 17 };
	struct datagram *d = datagram_start(t, &key, &p);
	uint32_t at = d->bucket;

	datagram_forget(t, d, COUNT_fragments_evicted);
	return at;
}

/* Two tables, as two runs have them, have different secrets. */
Test(datagrams, secrets_are_random)
{
	struct datagrams a, b;

	cr_assert(datagrams_init(&a, MOST, 65536, &counters) && datagrams_init(&b, MOST, 65536, &counters));
	cr_assert_neq(memcmp(a.secret, b.secret, sizeof(a.secret)), 0);
	datagrams_fini(&a);
	datagrams_fini(&b);
}

/* Datagrams chosen for one bucket by someone who knows the secret are spread under another. */
Test(datagrams, what_collides_under_one_secret_does_not_under_another)
{
	struct datagrams t;
	uint32_t aimed[AIMED], n = 0, together = 0;
	static uint8_t hits[MOST];

	cr_assert(datagrams_init(&t, MOST, 65536, &counters));
	for (uint32_t id = 0; n < AIMED; id++)
		if (bucket(&t, id) == 0)
			aimed[n++] = id;
	t.secret[1] ^= 42;
	for (uint32_t i = 0; i < AIMED; i++)
		together += ++hits[bucket(&t, aimed[i]) % MOST] > 1;
	cr_assert_lt(together, 3);
	datagrams_fini(&t);
}

static void start(struct datagrams *t, uint32_t id, int64_t time)
{
	const struct packet p = { .time = time };
	const struct datagram_key key = { .id = id, .family = 6 };

	cr_assert_null(datagram_find(t, &key));
	cr_assert_not_null(datagram_start(t, &key, &p));
	cr_assert_not_null(datagram_find(t, &key));
}

/* Where there is no room the oldest goes, and all the others can still be found. */
Test(datagrams, the_oldest_goes)
{
	struct datagrams t;

	cr_assert(datagrams_init(&t, 64, 65536, &counters));
	for (uint32_t id = 0; id < 1000; id++) {
		start(&t, id, id);
		for (uint32_t other = 0; other <= id; other++) {
			const struct datagram_key key = { .id = other, .family = 6 };
			cr_assert_eq(datagram_find(&t, &key) != NULL, id - other < 64, "%u of %u", other, id);
		}
	}
	datagrams_fini(&t);
}
