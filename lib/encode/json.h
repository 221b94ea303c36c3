// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * JSON strings (RFC 8259 §7).
 */
#ifndef ENCODE_JSON_H
#define ENCODE_JSON_H

#include "core/out.h"

/** Escapes in place what was written at `from` up to `o->at`, so that it can stand between quotes: `"` and
 * `\` by a backslash; bytes outside 0x20–0x7e, which presentation forms don't have, as \u00XX. Sets `full`
 * where the escapes don't fit. */
void json_escape(struct out *o, uint8_t *from);

/** A NUL-terminated UTF-8 text as a string with its quotes; no control bytes in it. */
void json_text(struct out *o, const char *text);

#endif
