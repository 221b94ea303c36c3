// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Bounded spool on disk: items that a broker can't take now, in order, over a restart or a crash.
 *
 * A folder of segment files of frames; a frame is the items of a block (or a part of it), with a sequence
 * number and checksums. A frame that was delivered is marked in place; a segment whose frames all are is
 * removed. What a crash tore is passed over. Frames survive the death of the process at any moment, not the
 * loss of power. Used by one TX lcore.
 */
#ifndef SINK_SPOOL_H
#define SINK_SPOOL_H

#include "sink/block.h"

#include <stdbool.h>
#include <stdint.h>

struct spool;
struct spool_segment;

/** Where a frame lies that was read; for spool_done(). */
struct spool_mark {
	struct spool_segment *segment;
	uint64_t offset;
	uint32_t items;
	bool text; /**< its items are lines */
};

/** Opens (makes) the spool of TX lcore `tx` of `tx_count` in a folder, and adopts what earlier runs left
 * there, whatever their number of TX lcores. It holds `max` bytes at most. NULL and the reason where the
 * folder can't be used or another process uses it. The caller owns it. */
struct spool *spool_open(const char *dir, uint32_t tx, uint32_t tx_count, uint64_t max, struct error *e);

/** Closes it; what it holds stays on disk. NULL is allowed. */
void spool_close(struct spool *s);

/** Items that it holds: written and not yet done. */
uint64_t spool_items(const struct spool *s);

/** Bytes that it takes on disk. */
uint64_t spool_bytes(const struct spool *s);

/** Writes items [from, from + n) behind all others. 0; or -1 with errno: EDQUOT where the spool is full. */
int spool_append(struct spool *s, const struct block *b, uint32_t from, uint32_t n, bool text);

/** Likewise before all others (behind earlier calls of it): for the end, when what is older than the spool has
 * to go there too. */
int spool_prepend(struct spool *s, const struct block *b, uint32_t from, uint32_t n, bool text);

/** Drops the oldest items that aren't being delivered, a segment's. How many; 0 where there are none. */
uint64_t spool_drop_oldest(struct spool *s);

/** True where spool_next() may find a frame. */
bool spool_unread(const struct spool *s);

/** Reads the next frame into an empty block. True, and where it lies in `m`; false where there is none.
 * Damaged frames are passed over, and the number of their items added to `*lost` as far as it can be known. */
bool spool_next(struct spool *s, struct block *b, struct spool_mark *m, uint64_t *lost);

/** A frame that was read has been delivered or dropped: it will not be read again. */
void spool_done(struct spool *s, const struct spool_mark *m);

#endif
