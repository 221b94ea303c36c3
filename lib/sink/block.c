// SPDX-License-Identifier: BSD-3-Clause
#include "sink/block.h"
#include "core/mem.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Bytes of a block whose memory stays when it comes back. */
#define BLOCK_KEPT (BLOCK_FILL + (64u << 10))
/* Blocks taken, after which those that were needed for none of them are too many: few, since in slow traffic a block lasts
 * for a second. Twice as many as were needed and some keep their memory: in fast traffic the number changes all the time. */
#define PERIOD 16
#define SPARE 4

/* One lcore takes, any thread gives back: a bit a block, set while it is free. The lowest free block goes
 * first, so that few blocks are warm rather than many cold: what a sink's outage has filled is cold after it. */
struct block_pool {
	uint32_t n;
	uint32_t words;
	uint32_t dirty;  /* blocks from here on have no memory */
	uint32_t needed; /* those from here on were needed for nothing in the period before … */
	uint32_t high;   /* … nor those from here on in this one */
	uint32_t taken;  /* in this period */
	struct block *blocks;
	uint8_t *data;
	_Atomic uint64_t free_bits[];
};

uint32_t block_item_at(const struct block *b, uint32_t from, uint32_t at)
{
	uint32_t low = from, high = b->items;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (b->end[mid] <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct block_pool *block_pool_new(uint32_t n, struct error *e)
{
	uint32_t words = (n + 63) / 64;
	struct block_pool *p = calloc(1, sizeof(*p) + words * sizeof(p->free_bits[0]));

	if (!p) {
		error_set(e, "no memory for output blocks");
		return NULL;
	}
	p->n = p->needed = n;
	p->words = words;
	p->blocks = mem_reserve(n * sizeof(struct block));
	p->data = mem_reserve((size_t)n * BLOCK_CAPACITY);
	if (!p->blocks || !p->data) {
		error_set(e, "no memory for %u output blocks of %u bytes", n, BLOCK_CAPACITY);
		block_pool_free(p);
		return NULL;
	}
	/* A block is used to an eighth of a huge page at most: those would multiply the memory. */
	madvise(p->data, (size_t)n * BLOCK_CAPACITY, MADV_NOHUGEPAGE);
	madvise(p->blocks, n * sizeof(struct block), MADV_NOHUGEPAGE);
	for (uint32_t i = 0; i < n; i++)
		p->free_bits[i / 64] |= UINT64_C(1) << i % 64;
	return p;
}

void block_pool_free(struct block_pool *p)
{
	if (!p)
		return;
	mem_free(p->blocks, p->n * sizeof(struct block));
	mem_free(p->data, (size_t)p->n * BLOCK_CAPACITY);
	free(p);
}

/* Gives back the memory of one block that is no longer needed, if there is one: of one, since that takes some microseconds. */
static void shrink(struct block_pool *p)
{
	uint32_t i = p->dirty - 1, most = p->needed > p->high ? p->needed : p->high;

	if (p->dirty <= 2 * most + SPARE ||
	    !(atomic_load_explicit(&p->free_bits[i / 64], memory_order_acquire) >> i % 64 & 1))
		return;
	mem_discard(p->data + (size_t)i * BLOCK_CAPACITY, BLOCK_KEPT);
	mem_discard(&p->blocks[i], sizeof(p->blocks[i]));
	p->dirty--;
}

static void note_taken(struct block_pool *p, uint32_t i)
{
	if (p->dirty <= i)
		p->dirty = i + 1;
	if (p->high <= i)
		p->high = i + 1;
	if (++p->taken < PERIOD)
		return;
	p->needed = p->high;
	p->high = p->taken = 0;
}

struct block *block_get(struct block_pool *p)
{
	shrink(p);
	for (uint32_t w = 0; w < p->words; w++) {
		uint64_t bits = atomic_load_explicit(&p->free_bits[w], memory_order_acquire);
		if (!bits)
			continue;
		uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);
		struct block *b = &p->blocks[i];
		atomic_fetch_and_explicit(&p->free_bits[w], ~(bits & -bits), memory_order_acquire);
		atomic_store_explicit(&b->refs, 1, memory_order_relaxed);
		b->items = 0;
		b->len = 0;
		b->data = p->data + (size_t)i * BLOCK_CAPACITY;
		b->pool = p;
		note_taken(p, i);
		return b;
	}
	return NULL;
}

void block_unref(struct block *b)
{
	struct block_pool *p = b->pool;
	uint32_t i = (uint32_t)(b - p->blocks);

	if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	/* The rare long item doesn't keep its memory; that blocks go a little beyond their fill is usual. */
	if (b->len > BLOCK_KEPT)
		mem_discard(b->data + BLOCK_KEPT, b->len - BLOCK_KEPT + 4095);
	atomic_fetch_or_explicit(&p->free_bits[i / 64], UINT64_C(1) << i % 64, memory_order_release);
}

uint32_t block_pool_lent(const struct block_pool *p)
{
	uint32_t lent = p->n;

	for (uint32_t w = 0; w < p->words; w++)
		lent -= (uint32_t)__builtin_popcountll(atomic_load_explicit(&p->free_bits[w], memory_order_relaxed));
	return lent;
}
