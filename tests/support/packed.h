// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Bytes packed by gzip, zstd or lz4.
 */
#ifndef SUPPORT_PACKED_H
#define SUPPORT_PACKED_H

#include "captures.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

/** Kinds of compression that captures come in. */
enum { PACK_GZIP, PACK_ZSTD, PACK_LZ4, PACKS };

static const char *const pack_names[PACKS] = { "gzip", "zstd", "lz4" };

/** Appends what `n` bytes are packed; a frame (gzip: a member) of its own. */
static inline void pack(struct bytes *to, int kind, const void *p, size_t n)
{
	size_t room = n + n / 8 + 4096, len = 0;
	uint8_t *out = malloc(room);

	if (kind == PACK_GZIP) {
		z_stream z = { .next_in = (Bytef *)(uintptr_t)p, .avail_in = (unsigned)n, .next_out = out, .avail_out = (unsigned)room };
		if (deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&z, Z_FINISH) != Z_STREAM_END)
			abort();
		len = z.total_out;
		deflateEnd(&z);
	} else if (kind == PACK_ZSTD) {
		ZSTD_CCtx *c = ZSTD_createCCtx();
		ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
		len = ZSTD_compress2(c, out, room, p, n);
		ZSTD_freeCCtx(c);
		if (ZSTD_isError(len))
			abort();
	} else {
		LZ4F_preferences_t with = { .frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled };
		len = LZ4F_compressFrame(out, room, p, n, &with);
		if (LZ4F_isError(len))
			abort();
	}
	put(to, out, len);
	free(out);
}

#endif
