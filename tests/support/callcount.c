// SPDX-License-Identifier: BSD-3-Clause
/*
 * Preloaded into a program, counts what it allocates and locks; at its end it writes the counts into the file that CALLCOUNT names.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static _Atomic unsigned long allocations, locks, maps;

/* glibc's own names, so that nothing is allocated to find them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	*p = __libc_memalign(alignment, size);
	return *p ? 0 : 12;
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	static void *(*next)(void *, size_t, int, int, int, off_t);

	atomic_fetch_add(&maps, 1);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "mmap");
	return next(at, len, prot, flags, fd, offset);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	static int (*next)(pthread_mutex_t *);

	atomic_fetch_add(&locks, 1);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	return next(mutex);
}

static FILE *counts;

/* At once: at its end the program may not open files any more. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CALLCOUNT");

	counts = path ? fopen(path, "w") : NULL;
}

__attribute__((destructor)) static void tell(void)
{
	if (!counts)
		return;
	fprintf(counts, "allocations %lu\nmaps %lu\nlocks %lu\n", allocations, maps, locks);
	fclose(counts);
}
