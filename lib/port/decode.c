// SPDX-License-Identifier: BSD-3-Clause
#include "port/decode.h"

#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/** zlib counts in unsigned int. */
static unsigned zlib_len(size_t n)
{
	return n > 1u << 30 ? 1u << 30 : (unsigned)n;
}

static void *gzip_open(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
		free(z);
		z = NULL;
	}
	return z;
}

static int gzip_run(void *state, struct decode_io *io, struct error *e)
{
	z_stream *z = state;
	unsigned in = zlib_len(io->in_len), out = zlib_len(io->out_len);

	z->next_in = (Bytef *)(uintptr_t)io->in;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = out;
	int r = inflate(z, Z_NO_FLUSH);

	io->in += in - z->avail_in;
	io->in_len -= in - z->avail_in;
	io->out += out - z->avail_out;
	io->out_len -= out - z->avail_out;
	if (r == Z_STREAM_END) {
		inflateReset(z);
		return 1;
	}
	if (r == Z_OK || r == Z_BUF_ERROR)
		return 0;
	return error_set(e, "%s", z->msg ? z->msg : zError(r));
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

static void *zstd_open(void)
{
	return ZSTD_createDStream();
}

static int zstd_run(void *state, struct decode_io *io, struct error *e)
{
	ZSTD_inBuffer in = { .src = io->in, .size = io->in_len };
	ZSTD_outBuffer out = { .dst = io->out, .size = io->out_len };
	size_t r = ZSTD_decompressStream(state, &out, &in);

	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->out_len -= out.pos;
	if (ZSTD_isError(r))
		return error_set(e, "%s", ZSTD_getErrorName(r));
	return r == 0;
}

static void zstd_close(void *state)
{
	ZSTD_freeDStream(state);
}

static void *lz4_open(void)
{
	LZ4F_dctx *d = NULL;

	return LZ4F_isError(LZ4F_createDecompressionContext(&d, LZ4F_VERSION)) ? NULL : d;
}

static int lz4_run(void *state, struct decode_io *io, struct error *e)
{
	size_t in = io->in_len, out = io->out_len;
	size_t r = LZ4F_decompress(state, io->out, &out, io->in, &in, NULL);

	if (LZ4F_isError(r))
		return error_set(e, "%s", LZ4F_getErrorName(r));
	io->in += in;
	io->in_len -= in;
	io->out += out;
	io->out_len -= out;
	return r == 0;
}

static void lz4_close(void *state)
{
	LZ4F_freeDecompressionContext(state);
}

static const struct decode_ops kinds[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, gzip_open, gzip_run, gzip_close },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, zstd_open, zstd_run, zstd_close },
	{ "lz4", { 0x04, 0x22, 0x4d, 0x18 }, 4, lz4_open, lz4_run, lz4_close },
};

const struct decode_ops *decode_find(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n >= kinds[i].magic_len && !memcmp(p, kinds[i].magic, kinds[i].magic_len))
			return &kinds[i];
	return NULL;
}
