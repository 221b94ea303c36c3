// SPDX-License-Identifier: BSD-3-Clause
#include "packet/pieces.h"
#include "core/mem.h"

#include <assert.h>

static_assert(sizeof(struct piece) == PIECE_ALIGN, "a filler must fit any gap");

/* The largest fragment, and as much lost at the ring's end. */
#define SIZE_MIN (4 * 65536u)

bool pieces_init(struct pieces *r, uint32_t size)
{
	if (size < SIZE_MIN)
		size = SIZE_MIN;
	*r = (struct pieces){ .size = size / PIECE_ALIGN * PIECE_ALIGN };
	r->memory = mem_reserve(r->size);
	return r->memory != (void *)0;
}

void pieces_fini(struct pieces *r)
{
	mem_free(r->memory, r->size);
}

static uint32_t place(const struct pieces *r, uint64_t position)
{
	return (uint32_t)(position % r->size);
}

/* A piece at the head, which is free until it gets an owner. */
static uint32_t append(struct pieces *r, uint32_t size)
{
	uint32_t at = place(r, r->head);

	*piece_at(r, at) = (struct piece){
		.size = size, .before = r->last, .owner = PIECE_NONE, .next = PIECE_NONE,
	};
	r->head += size;
	r->last = size;
	return at;
}

void pieces_trim(struct pieces *r)
{
	while (r->head != r->tail) {
		const struct piece *p = piece_at(r, place(r, r->head - r->last));
		if (p->owner != PIECE_NONE)
			break;
		r->head -= r->last;
		r->last = p->before;
	}
	while (r->head != r->tail) {
		const struct piece *p = piece_at(r, place(r, r->tail));
		if (p->owner != PIECE_NONE)
			break;
		r->tail += p->size;
	}
	if (r->head == r->tail) {
		r->head = r->tail = 0;
		r->last = 0;
	}
}

uint32_t pieces_put(struct pieces *r, uint32_t bytes, uint32_t *oldest)
{
	uint32_t size = (sizeof(struct piece) + bytes + PIECE_ALIGN - 1) / PIECE_ALIGN * PIECE_ALIGN;
	uint32_t at = place(r, r->head);
	uint32_t gap = size > r->size - at ? r->size - at : 0;

	if (r->head + gap + size - r->tail > r->size) {
		*oldest = place(r, r->tail);
		return PIECE_NONE;
	}
	if (gap)
		append(r, gap);
	return append(r, size);
}
