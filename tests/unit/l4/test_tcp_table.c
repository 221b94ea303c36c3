// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp_table.h"

#include <criterion/criterion.h>
#include <string.h>

#define MAX 64

static struct tcp_table t;
static struct tcp_flow *crowded;

static void setup(void)
{
	struct error e;

	memset(&t, 0, sizeof(t));
	cr_assert_eq(tcp_table_init(&t, MAX, (const uint8_t *)"0123456789abcdef", &e), 0);
}

static void teardown(void)
{
	tcp_table_fini(&t);
}

TestSuite(tcp_table, .init = setup, .fini = teardown);

static struct flow_key flow(uint32_t n)
{
	struct flow_key k = { .src = { 0x20, 1 }, .dst = { 0x20, 2 }, .dport = 53, .proto = 6, .family = 6 };
	k.sport = (uint16_t)n;
	k.src[15] = (uint8_t)(n >> 16);
	return k;
}

static struct flow_key turned(struct flow_key k)
{
	struct flow_key r = k;
	memcpy(r.src, k.dst, 16);
	memcpy(r.dst, k.src, 16);
	r.sport = k.dport;
	r.dport = k.sport;
	return r;
}

static struct tcp_key key(uint32_t n)
{
	struct flow_key k = flow(n);
	return tcp_table_key(&t, &k);
}

static struct tcp_flow *add(uint32_t n, enum tcp_list list)
{
	struct tcp_key k = key(n);
	cr_assert_null(tcp_table_find(&t, &k, &crowded));
	return tcp_table_add(&t, &k, list, n);
}

Test(tcp_table, both_directions_find_the_same_flow)
{
	struct flow_key k = flow(1000), r = turned(k);
	struct tcp_key a = tcp_table_key(&t, &k), b = tcp_table_key(&t, &r);

	cr_assert_eq(a.hash, b.hash);
	cr_assert_eq(a.dir, !b.dir);
	struct tcp_flow *f = add(1000, TCP_FRESH);
	cr_assert_eq(tcp_table_find(&t, &a, &crowded), f);
	cr_assert_eq(tcp_table_find(&t, &b, &crowded), f);
	cr_assert_eq(f->end[a.dir].port, 1000);
	cr_assert_eq(memcmp(f->end[a.dir].addr, k.src, 16), 0);
	cr_assert_eq(f->family, 6);
	memcpy(k.dst, k.src, 16);
	r = turned(k);
	a = tcp_table_key(&t, &k);
	b = tcp_table_key(&t, &r);
	cr_assert_eq(a.hash, b.hash);
	cr_assert_eq(a.dir, !b.dir, "told by their ports");
}

Test(tcp_table, every_part_of_the_key_counts)
{
	struct flow_key base = flow(1000);
	struct tcp_key k = tcp_table_key(&t, &base), other;

	tcp_table_add(&t, &k, TCP_FRESH, 0);
	for (unsigned i = 0; i < 36; i++) {
		struct flow_key changed = base;
		((uint8_t *)&changed)[i] ^= 1;
		other = tcp_table_key(&t, &changed);
		cr_assert_null(tcp_table_find(&t, &other, &crowded), "byte %u", i);
		cr_assert_neq(other.hash, k.hash, "byte %u", i);
	}
}

/* What CPython's bytes hash (SipHash-1-3, keyed with zeros) gives for the same 36 bytes. */
Test(tcp_table, the_hash_is_siphash)
{
	struct flow_key k = { .sport = 12345, .dport = 53, .proto = 6, .family = 6 };

	for (uint8_t i = 0; i < 16; i++) {
		k.src[i] = i;
		k.dst[i] = (uint8_t)(16 + i);
	}
	memset(t.key, 0, sizeof(t.key));
	uint64_t hash = 0xae2c29356de961f5;
	cr_assert_eq(tcp_table_key(&t, &k).hash, (uint32_t)(hash ^ hash >> 32));
}

Test(tcp_table, the_hash_depends_on_the_key)
{
	struct tcp_key a = key(7);
	t.key[1] ^= 1;
	cr_assert_neq(key(7).hash, a.hash);
}

Test(tcp_table, flows_come_and_go)
{
	struct tcp_flow *f[MAX];

	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < MAX; i++)
			f[i] = add(round * 100 + i, i % TCP_LISTS);
		cr_assert_eq(t.used, MAX);
		for (uint32_t i = 0; i < MAX; i++) {
			struct tcp_key k = key(round * 100 + i);
			cr_assert_eq(tcp_table_find(&t, &k, &crowded), f[i]);
		}
		for (uint32_t i = 0; i < MAX; i++)
			tcp_table_remove(&t, f[(i * 37 + round) % MAX]);
		cr_assert_eq(t.used, 0);
		for (unsigned list = 0; list < TCP_LISTS; list++)
			cr_assert_null(tcp_table_head(&t, list));
	}
	for (uint32_t i = 0; i <= t.mask; i++)
		cr_assert_eq(t.buckets[i], FLOW_NONE);
}

Test(tcp_table, lists_are_in_the_order_of_queueing)
{
	struct tcp_flow *a = add(1, TCP_PLAIN), *b = add(2, TCP_PLAIN), *c = add(3, TCP_PLAIN);

	cr_assert_eq(tcp_table_head(&t, TCP_PLAIN), a);
	tcp_table_queue(&t, a, TCP_PLAIN, 10);
	cr_assert_eq(tcp_table_head(&t, TCP_PLAIN), b);
	cr_assert_eq(a->queued, 10);
	tcp_table_queue(&t, c, TCP_HOLD, 11);
	cr_assert_eq(tcp_table_head(&t, TCP_HOLD), c);
	tcp_table_remove(&t, b);
	cr_assert_eq(tcp_table_head(&t, TCP_PLAIN), a);
	cr_assert_eq(a->before, FLOW_NONE);
	cr_assert_eq(a->after, FLOW_NONE);
}

Test(tcp_table, a_crowded_bucket_names_its_oldest)
{
	struct tcp_flow *first = NULL;
	uint32_t n = 0, added = 0, bucket = key(0).hash & t.mask;
	struct tcp_key k;

	for (; added < TCP_CHAIN_MAX; n++) {
		k = key(n);
		if ((k.hash & t.mask) != bucket)
			continue;
		cr_assert_null(tcp_table_find(&t, &k, &crowded));
		cr_assert_null(crowded);
		struct tcp_flow *f = tcp_table_add(&t, &k, TCP_FRESH, n);
		first = first ? first : f;
		added++;
	}
	for (k = key(n); (k.hash & t.mask) != bucket; k = key(++n))
		;
	cr_assert_null(tcp_table_find(&t, &k, &crowded));
	cr_assert_eq(crowded, first);
}

Test(tcp_table, remembers_where_a_connection_begins)
{
	struct flow_key fk = flow(5), rk = turned(fk);
	struct tcp_key k = tcp_table_key(&t, &fk), r = tcp_table_key(&t, &rk);
	uint32_t isn = 0;

	cr_assert_not(tcp_table_take_isn(&t, &k, k.dir, &isn));
	tcp_table_put_isn(&t, &k, 0);
	tcp_table_put_isn(&t, &r, 0xffffffff);
	tcp_table_put_isn(&t, &k, 77);
	cr_assert(tcp_table_take_isn(&t, &k, k.dir, &isn));
	cr_assert_eq(isn, 77);
	cr_assert_not(tcp_table_take_isn(&t, &k, k.dir, &isn), "once");
	cr_assert(tcp_table_take_isn(&t, &k, r.dir, &isn));
	cr_assert_eq(isn, 0xffffffff);
}

Test(tcp_table, newer_starts_push_older_ones_out)
{
	uint32_t isn, found = 0;

	for (uint32_t i = 0; i < 100000; i++) {
		struct tcp_key k = key(i);
		tcp_table_put_isn(&t, &k, i);
		cr_assert(tcp_table_take_isn(&t, &k, k.dir, &isn) && isn == i);
		tcp_table_put_isn(&t, &k, i);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		struct tcp_key k = key(i);
		if (!tcp_table_take_isn(&t, &k, k.dir, &isn))
			continue;
		cr_assert_eq(isn, i);
		cr_assert_gt(i, 99000);
		found++;
	}
	cr_assert_eq(found, MAX);
}

Test(tcp_table, memory_that_is_not_there_is_told)
{
	struct tcp_table big = { 0 };
	struct error e = { 0 };

	if (tcp_table_init(&big, UINT32_MAX - 1, (const uint8_t *)"0123456789abcdef", &e) == 0)
		tcp_table_fini(&big);
	else
		cr_assert(strstr(e.text, "TCP flows"));
}

/* Flows chosen for one bucket by someone who knows the key are spread under another. */
Test(tcp_table, what_collides_under_one_key_does_not_under_another)
{
	uint32_t aimed[8], n = 0, together = 0;
	uint8_t hits[256] = { 0 };

	for (uint32_t i = 0; n < 8; i++)
		if (!(key(i).hash & 255))
			aimed[n++] = i;
	t.key[0] ^= 0x123456789;
	for (uint32_t i = 0; i < 8; i++)
		together += ++hits[key(aimed[i]).hash & 255] > 1;
	cr_assert_lt(together, 3);
}
