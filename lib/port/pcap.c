// SPDX-License-Identifier: BSD-3-Clause
/*
 * pcap (draft-ietf-opsawg-pcap): a file header of 24 bytes, then records of a header and a packet.
 */
#include "core/clock.h"
#include "port/capture.h"

#include <inttypes.h>

#define FILE_HEADER 24
#define RECORD_HEADER 16
/** The modified form's records also tell interface, protocol and direction. */
#define RECORD_HEADER_MODIFIED 24

#define MAGIC_US 0xa1b2c3d4
#define MAGIC_NS 0xa1b23c4d
#define MAGIC_MODIFIED 0xa1b2cd34

static enum capture_result pcap_start(struct capture *c, struct error *e)
{
	enum input_result r = input_need(&c->input, FILE_HEADER);
	const uint8_t *p = c->input.at;

	if (r == INPUT_AGAIN)
		return CAPTURE_AGAIN;
	if (r != INPUT_OK) {
		error_set(e, "%s: cut in the file's header: %zu of %d bytes are there", c->name, input_left(&c->input), FILE_HEADER);
		return CAPTURE_BAD;
	}
	c->swap = p[0] == 0xa1;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	c->swap = !c->swap;
#endif
	uint32_t magic = capture_u32(c, p);
	uint16_t major = capture_u16(c, p + 4);

	c->minor = capture_u16(c, p + 6);
	if (major != 2) {
		error_set(e, "%s: pcap version %u.%u is not known, only 2.x is", c->name, major, c->minor);
		return CAPTURE_BAD;
	}
	c->unit = magic == MAGIC_NS ? 1 : 1000;
	c->record_header = magic == MAGIC_MODIFIED ? RECORD_HEADER_MODIFIED : RECORD_HEADER;
	/* The upper half tells the length of frame check sequences and is else reserved. */
	c->linktype = (uint16_t)capture_u32(c, p + 20);
	input_take(&c->input, FILE_HEADER);
	return CAPTURE_PACKET;
}

/** A record can't be: the file is damaged, and where the next one starts can't be known. */
static enum capture_result pcap_damaged(const struct capture *c, uint32_t len, struct error *e)
{
	error_set(e, "%s: corrupt in packet %" PRIu64 " at byte %" PRIu64 ": a length of %" PRIu32 " bytes (at most %d are possible)",
		  c->name, c->packets + 1, input_offset(&c->input), len, CAPTURE_PACKET_MAX);
	return CAPTURE_BAD;
}

/** What a record's header tells. */
struct record {
	uint32_t len;
	uint32_t wire_len;
};

static struct record record_lengths(const struct capture *c, const uint8_t *p)
{
	struct record r = { .len = capture_u32(c, p + 8), .wire_len = capture_u32(c, p + 12) };

	if (__builtin_expect(r.len > r.wire_len, 0)) {
		uint32_t len = r.len;

		/* Versions before 2.4 had the two lengths in either order. */
		if (c->minor < 4)
			r.len = r.wire_len;
		r.wire_len = len;
	}
	return r;
}

/** Sees to it that a record is there, whole. */
static enum capture_result need_record(struct capture *c, struct record *record, struct error *e)
{
	struct input *in = &c->input;
	uint32_t header = c->record_header;
	enum input_result r = input_need(in, header);

	if (r != INPUT_OK)
		return r == INPUT_END && !input_left(in) ? CAPTURE_END : capture_short(c, r, "header", header, e);
	*record = record_lengths(c, in->at);
	if (record->len > CAPTURE_PACKET_MAX)
		return pcap_damaged(c, record->len, e);
	r = input_need(in, header + record->len);
	return r == INPUT_OK ? CAPTURE_PACKET : capture_short(c, r, "record", header + record->len, e);
}

static enum capture_result pcap_next(struct capture *c, struct capture_packet *p, unsigned n, unsigned *got, struct error *e)
{
	struct input *in = &c->input;
	uint32_t header = c->record_header;
	struct record record = { 0 };
	enum capture_result r = need_record(c, &record, e);
	unsigned k = 0;

	if (r != CAPTURE_PACKET)
		return r;
	for (;;) {
		const uint8_t *at = in->at;

		/* Unsigned seconds: good until 2106. */
		p[k].time = (int64_t)capture_u32(c, at) * NSEC_PER_SEC + (int64_t)capture_u32(c, at + 4) * c->unit;
		p[k].data = at + header;
		p[k].len = record.len;
		p[k].wire_len = record.wire_len;
		p[k].linktype = c->linktype;
		input_take(in, header + record.len);
		if (++k == n || input_left(in) < header)
			break;
		/* The way from header to header is a chain of loads that nothing foresees. */
		__builtin_prefetch(in->at + 512);
		record = record_lengths(c, in->at);
		/* What is cut, damaged or not there yet is looked into when it is the first. */
		if (record.len > CAPTURE_PACKET_MAX || input_left(in) < header + record.len)
			break;
	}
	c->packets += k;
	*got = k;
	return CAPTURE_PACKET;
}

const struct capture_format capture_pcap = { "pcap", pcap_start, pcap_next };
