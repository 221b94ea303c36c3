// SPDX-License-Identifier: BSD-3-Clause
#include "pair/wait.h"

#include "core/mem.h"

#include <string.h>

/* Room for the longest message, and as much again for filler. */
#define POOL_LEAST ((size_t)256 << 10)

bool wait_init(struct wait_pool *w, size_t size)
{
	size = size < POOL_LEAST ? POOL_LEAST : (size + WAIT_ALIGN - 1) / WAIT_ALIGN * WAIT_ALIGN;
	*w = (struct wait_pool){ .base = mem_reserve(size), .size = size };
	return w->base;
}

void wait_close(struct wait_pool *w)
{
	mem_free(w->base, w->size);
	w->base = NULL;
}

/* Gives back what has been taken out at the tail. An empty pool starts at its beginning again: that memory is
 * warm. */
static void reclaim(struct wait_pool *w)
{
	while (w->used && !wait_at(w, w->tail)->entry) {
		uint32_t size = wait_at(w, w->tail)->size;
		w->tail += size;
		w->used -= size;
		if (w->tail == w->size)
			w->tail = 0;
	}
	if (!w->used)
		w->head = w->tail = 0;
}

static void fill(struct wait_pool *w, size_t size)
{
	struct wait_record *filler = wait_at(w, w->head);

	filler->size = (uint32_t)size;
	filler->entry = 0;
	w->used += size;
	w->head = 0;
}

struct wait_record *wait_put(struct wait_pool *w, const struct leg *leg, uint32_t entry, uint32_t seen)
{
	size_t size = (sizeof(struct wait_record) + leg->msg.len + WAIT_ALIGN - 1) / WAIT_ALIGN * WAIT_ALIGN;

	reclaim(w);
	if (w->head >= w->tail && w->used < w->size && w->size - w->head < size)
		fill(w, w->size - w->head);
	size_t room = w->used == w->size ? 0 : w->head >= w->tail ? w->size - w->head : w->tail - w->head;
	if (room < size)
		return NULL;
	struct wait_record *r = wait_at(w, w->head);
	r->size = (uint32_t)size;
	r->entry = entry;
	r->seen = seen;
	r->len = leg->msg.len;
	r->origin = leg->origin;
	r->at = leg->msg.at;
	memcpy(r->data, leg->msg.data, leg->msg.len);
	w->used += size;
	w->head += size;
	if (w->head == w->size)
		w->head = 0;
	return r;
}

struct wait_record *wait_oldest(struct wait_pool *w)
{
	reclaim(w);
	return w->used ? wait_at(w, w->tail) : NULL;
}

void wait_take(struct wait_pool *w, struct wait_record *r)
{
	r->entry = 0;
}
