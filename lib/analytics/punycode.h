// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Labels in UTF-8 as the DNS has them (RFC 3492).
 */
#ifndef ANALYTICS_PUNYCODE_H
#define ANALYTICS_PUNYCODE_H

#include <stdint.h>

#define PUNYCODE_LABEL 64

/** Writes `text` (UTF-8, NUL-terminated, lower case) as an ASCII label, `xn--…` where it isn't one already; its
 * length, or 0 where it is malformed, empty or too long. */
uint32_t punycode_label(char ascii[PUNYCODE_LABEL], const char *text);

#endif
