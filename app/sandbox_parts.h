// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The parts of the sandbox. Used by sandbox.c alone.
 */
#ifndef APP_SANDBOX_PARTS_H
#define APP_SANDBOX_PARTS_H

#include "app/options.h"

#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANDBOX_SANITIZER 1
#endif
#endif
#ifndef SANDBOX_SANITIZER
/** A sanitizer traces its own process, which seccomp forbids: there is none in such a build. */
#define SANDBOX_SANITIZER 0
#endif

/** What the run still has to do after start; bits. */
enum sandbox_need {
	NEED_NAMES = 1 << 0,  /**< looks host names up and talks to peers over IP */
	NEED_LOCAL = 1 << 1,  /**< talks to a daemon over a unix socket */
	NEED_LISTEN = 1 << 2, /**< serves HTTP */
	NEED_DEVICE = 1 << 3, /**< drives a NIC */
	NEED_PACKET = 1 << 4, /**< reads kernel interfaces, and opens them again when they have been away */
	NEED_XDP = 1 << 5,    /**< … by AF_XDP, whose program is taken off at the end */
	NEED_TAP = 1 << 6,    /**< has made an interface, which is taken away at the end */
	NEED_RINGS = 1 << 7,  /**< … by net_af_packet */
};

/** The needs that the options mean. */
uint32_t sandbox_needs(const struct options *o);

/** The Landlock ruleset for the options' files: a file descriptor of the caller's; -1 with errno where the kernel has none.
 * Makes folders of the log and the spool that are missing. `*version` gets the kernel's ABI version. */
int sandbox_files(const struct options *o, uint32_t needs, int *version);

/** Restricts the calling thread, and those it will start, to a ruleset. 0, or -1 with errno. */
int sandbox_restrict(int ruleset);

/** Loads the seccomp filters into all threads. 0, or a positive errno. */
int sandbox_calls(uint32_t needs);

#endif
