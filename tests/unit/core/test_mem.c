// SPDX-License-Identifier: BSD-3-Clause
#include "core/arena.h"
#include "core/mem.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

/* Resident bytes of this process. */
static size_t resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long all, pages = 0;

	cr_assert(f && fscanf(f, "%lu %lu", &all, &pages) == 2);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

Test(mem, reserves_without_touching)
{
	size_t before = resident();
	uint8_t *p = mem_reserve(4096 * MIB);

	cr_assert_not_null(p);
	cr_assert_eq((uintptr_t)p % 4096, 0);
	cr_assert_lt(resident(), before + 64 * MIB);
	p[0] = 1;
	p[4096 * MIB - 1] = 2;
	cr_assert_eq(p[2048 * MIB], 0);
	mem_free(p, 4096 * MIB);
	mem_free(NULL, 4096);
}

Test(mem, more_than_there_can_be)
{
	cr_assert_null(mem_reserve((size_t)1 << 62));
}

/* Only whole pages inside the part are given back: what shares a page with others keeps its content. */
Test(mem, discards_whole_pages_only)
{
	size_t size = 16 * MIB;
	uint8_t *p = mem_reserve(size);

	cr_assert_not_null(p);
	memset(p, 7, size);
	mem_discard(p + 100, size - 200);
	for (size_t i = 0; i < 4096; i++)
		cr_assert_eq(p[i], 7);
	for (size_t i = 4096; i < size - 4096; i += 1000)
		cr_assert_eq(p[i], 0);
	for (size_t i = size - 4096; i < size; i++)
		cr_assert_eq(p[i], 7);
	memset(p, 7, size);
	mem_discard(p + 1, 4094);
	mem_discard(p + 10, 0);
	cr_assert_eq(p[4095], 7);
	mem_free(p, size);
}

Test(arena, hands_out_and_takes_back)
{
	static uint8_t memory[64] __attribute__((aligned(8)));
	struct arena a = { .base = memory, .cap = sizeof(memory) };
	uint8_t *p = arena_take(&a, 1), *q = arena_take(&a, 9);

	cr_assert_eq(p, memory);
	cr_assert_eq(q, memory + 8);
	cr_assert_eq(arena_left(&a), 40);
	cr_assert_not_null(arena_take(&a, 0));
	cr_assert_null(arena_take(&a, 41));
	cr_assert_null(arena_take(&a, SIZE_MAX));
	cr_assert_null(arena_take(&a, SIZE_MAX - 7));
	cr_assert_not_null(arena_take(&a, 40));
	cr_assert_null(arena_take(&a, 1));
	arena_reset(&a);
	cr_assert_eq(arena_take(&a, 64), memory);
}
