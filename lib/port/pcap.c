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

static enum capture_result pcap_next(struct capture *c, struct capture_packet *packet, struct error *e)
{
	struct input *s = &c->input;
	uint32_t header = c->record_header;
	enum input_result r = input_need(s, header);

	if (__builtin_expect(r != INPUT_OK, 0))
		return r == INPUT_END && !input_left(s) ? CAPTURE_END : capture_short(c, r, "header", header, e);
	const uint8_t *p = s->at;
	uint32_t len = capture_u32(c, p + 8);
	uint32_t wire_len = capture_u32(c, p + 12);

	/* Versions before 2.4 had the two lengths in either order. */
	if (__builtin_expect(len > wire_len, 0)) {
		if (c->minor < 4) {
			uint32_t swapped = len;
			len = wire_len;
			wire_len = swapped;
		} else {
			wire_len = len;
		}
	}
	if (__builtin_expect(len > CAPTURE_PACKET_MAX, 0))
		return pcap_damaged(c, len, e);
	r = input_need(s, header + len);
	if (__builtin_expect(r != INPUT_OK, 0))
		return capture_short(c, r, "record", header + len, e);
	p = s->at;
	packet->data = p + header;
	packet->len = len;
	packet->wire_len = wire_len;
	/* Unsigned seconds: good until 2106. */
	packet->time = (int64_t)capture_u32(c, p) * NSEC_PER_SEC + (int64_t)capture_u32(c, p + 4) * c->unit;
	packet->linktype = c->linktype;
	c->packets++;
	input_take(s, header + len);
	return CAPTURE_PACKET;
}

const struct capture_format capture_pcap = { "pcap", pcap_start, pcap_next };
