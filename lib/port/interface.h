// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the kernel tells of its network interfaces.
 */
#ifndef PORT_INTERFACE_H
#define PORT_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The longest packet that it carries, without link header; 1500 where that isn't told. */
uint32_t interface_mtu(const char *name);

/** True where it is up and has its link. */
bool interface_runs(const char *name);

/** True where the kernel joins TCP segments that it receives to longer frames. */
bool interface_joins_segments(const char *name);

/** Its RX queues, one at least. */
unsigned interface_queues(const char *name);

/** Packets that the interface itself missed for lack of room, modulo 2^32; false where there is no such interface. */
bool interface_drops(const char *name, uint32_t *drops);

/** All of them, separated by commas, into `text`. */
void interface_list(char *text, size_t size);

#endif
