// SPDX-License-Identifier: BSD-3-Clause
/*
 * EAL loads all drivers of a folder that was fixed when DPDK was built, and has no option against it; only where it finds itself to
 * be linked statically it doesn't. It finds out by asking the dynamic linker for its own name, and that question is answered here.
 * The two kinds of mempool that we use are linked to the program.
 */
#include "app/drivers.h"

#include <dlfcn.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTHERS_DLOPEN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define OTHERS_DLOPEN
#endif

static bool skipping;

void drivers_skip(bool skip)
{
	skipping = skip;
}

/* Sanitizers have a dlopen() of their own. */
#ifndef OTHERS_DLOPEN
/* The dynamic linker's own, but for that question. */
void *dlopen(const char *file, int mode)
{
	static void *(*next)(const char *, int);

	if (skipping && file && mode & RTLD_NOLOAD && !strncmp(file, "librte_eal.so", 13))
		return NULL;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "dlopen");
	return next(file, mode);
}
#endif
