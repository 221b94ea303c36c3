// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Times as text.
 */
#ifndef ENCODE_STAMP_H
#define ENCODE_STAMP_H

#include "encode/encode.h"

/** Bytes of room for either form. */
#define STAMP_ROOM 48

/** A time in UTC as Go's Time.String() writes it, `2026-11-22 10:11:12.123456789 +0000 UTC`: no trailing
 * zeros in the fraction, no fraction where it is 0. `ns` counts from the Unix epoch, forwards or backwards.
 * STAMP_ROOM bytes at `p`; where it ended. */
uint8_t *stamp_go(struct encode_context *cx, uint8_t *p, int64_t ns);

/** A time as RFC 3339 has it, always with nine digits of fraction: `2026-11-22T10:11:12.123456789Z`. */
uint8_t *stamp_rfc3339(struct encode_context *cx, uint8_t *p, int64_t ns);

#endif
