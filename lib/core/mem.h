// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Memory that is reserved once, at start, and faulted in as it fills.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

/** `size` bytes of zeroed, page-aligned anonymous memory, on transparent huge pages where there are any; NULL where the
 * system has none. Untouched pages cost nothing. The caller owns it and frees it with mem_free() and the same size. */
void *mem_reserve(size_t size);

/** Gives memory of mem_reserve() back. NULL is allowed. */
void mem_free(void *p, size_t size);

/** Gives the pages of a part of such memory back to the system; its content is zero afterwards. Rounded inwards to pages. */
void mem_discard(void *p, size_t size);

#endif
