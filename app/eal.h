// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * EAL set up by what the run needs, so that a newcomer needs no argument of DPDK's.
 */
#ifndef APP_EAL_H
#define APP_EAL_H

#include "core/error.h"

#include <sched.h>
#include <stdbool.h>

/** What the run needs of EAL. */
struct eal_needs {
	unsigned lanes;          /**< lcores besides the main one */
	bool hugepages;          /**< wanted where the system has free ones (dedicated NICs) */
	bool no_drivers;         /**< neither devices nor vdevs */
	bool pci;                /**< PCI devices are used */
	bool pin;                /**< a processor for each lane, where there are enough */
	int node;                /**< NUMA node whose processors are taken first; -1: any */
	unsigned memory_mb;      /**< for mbufs and rings without hugepages */
	const char *const *user; /**< what followed `--`, NULL-terminated; it wins */
	const char *const *allow; /**< PCI addresses to probe, NULL-terminated; or NULL */
};

/** Processors that the process may run on. */
unsigned eal_processors(void);

/**
 * True where device `dev` is one of DPDK's pcap devices that reads files to their end: a `--vdev` among the
 * NULL-terminated arguments `user` gives it `rx_pcap=` and not `infinite_rx=1`. Such a run is a replay.
 */
bool eal_reads_files(const char *const *user, const char *dev);

/** 0; -1 and the reason where the NULL-terminated arguments `user` (or NULL) say what isn't theirs to say. */
int eal_check(const char *const *user, struct error *e);

/** What the user has for EAL is wrong. */
#define EAL_REFUSED (-2)

/** Initialises EAL: 0, or EAL_REFUSED or -1 and the reason. Once a process. Lane i runs on lcore i + 1. */
int eal_start(const struct eal_needs *needs, struct error *e);

/** The processors of this process that none of the first `lanes` lanes runs on: for threads that must not disturb those. False where
 * none is left. After eal_start(). */
bool eal_other_processors(unsigned lanes, cpu_set_t *set);

/** The NUMA node of a PCI device (its address in full); -1 where it has none. */
int eal_node(const char *address);

/** The NUMA node that lane i runs on; -1 where it may be any. After eal_start(). */
int eal_lane_node(unsigned lane);

/** Orders `n` processors so that those of a NUMA node come last, each kind in its order. */
void eal_order(unsigned *cpu, unsigned n, bool (*on_node)(unsigned cpu, int node), int node);

/** True where each lane got a processor of its own. */
bool eal_pinned(void);

/** Runs a function on the calling thread, and on each of EAL's where EAL runs and its lcores are idle. 0, or -1 where one of
 * them was not reached. */
int eal_everywhere(void (*run)(void *), void *arg);

/** Undoes it. */
void eal_stop(void);

#endif
