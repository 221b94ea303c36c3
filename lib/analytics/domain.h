// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The registered domain of a name: one label more than the longest public suffix (https://publicsuffix.org), so
 * `example.co.uk` of `www.example.co.uk`.
 */
#ifndef ANALYTICS_DOMAIN_H
#define ANALYTICS_DOMAIN_H

#include "core/error.h"

#include <stdint.h>

/** Where systems have the list (Debian's package publicsuffix). */
#define DOMAIN_LIST "/usr/share/publicsuffix/public_suffix_list.dat"

struct domains;

/** Reads a list of public suffixes. `path` NULL: an empty one, with which the last label is the suffix. NULL
 * and the reason in `e`. Owned by the caller: domains_free(). Read only from then on: any number of threads may
 * use it. */
struct domains *domains_load(const char *path, struct error *e);

/** Frees it; NULL is allowed. */
void domains_free(struct domains *d);

/** Rules that were read. */
uint32_t domains_rules(const struct domains *d);

/** Where in a name in wire form (uncompressed, lower case, `len` octets with the root) its registered domain
 * begins; `len` where it has none, being a public suffix itself or the root. */
uint32_t domain_find(const struct domains *d, const uint8_t *name, uint32_t len);

#endif
