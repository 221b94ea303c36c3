// SPDX-License-Identifier: BSD-3-Clause
#include "core/mem.h"

#include <stdint.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define PAGE ((size_t)4096)

void *mem_reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (size >= HUGE_PAGE)
		madvise(p, size, MADV_HUGEPAGE);
	return p;
}

void mem_free(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

void mem_discard(void *p, size_t size)
{
	uintptr_t from = ((uintptr_t)p + PAGE - 1) & ~(PAGE - 1);
	uintptr_t to = ((uintptr_t)p + size) & ~(PAGE - 1);

	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}
