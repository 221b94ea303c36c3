// SPDX-License-Identifier: BSD-3-Clause
/* IEEE 802.11 data frames, and the headers that capturing drivers put in front of them. */
#include "packet/layer.h"

#define TYPE_MASK 0x0c
#define TYPE_DATA 0x08
#define NO_DATA 0x40
#define QOS 0x80
/* Second byte of frame control. */
#define TO_AND_FROM_DS 0x03
#define PROTECTED 0x40
#define ORDER 0x80

static uint16_t le16(const uint8_t *at)
{
	return (uint16_t)(at[1] << 8 | at[0]);
}

static uint32_t le32(const uint8_t *at)
{
	return (uint32_t)le16(at + 2) << 16 | le16(at);
}

static enum layer frame(struct decap *d, bool padded)
{
	const uint8_t *h = wire_take(&d->w, 24);
	uint32_t more = 0;
	bool aggregate = false;

	if (!h)
		return LAYER_NONE;
	if ((h[0] & TYPE_MASK) != TYPE_DATA || h[0] & NO_DATA || h[1] & PROTECTED ||
	    h[22] & 0xf /* later fragment */)
		return LAYER_NONE;
	if ((h[1] & TO_AND_FROM_DS) == TO_AND_FROM_DS)
		more += 6;
	wire_skip(&d->w, more);
	if (h[0] & QOS) {
		aggregate = wire_u8(&d->w) & 0x80;
		wire_skip(&d->w, h[1] & ORDER ? 5 : 1);
		more += h[1] & ORDER ? 6 : 2;
	}
	if (padded && more % 4)
		wire_skip(&d->w, 4 - more % 4);
	if (aggregate) /* the first of its frames: addresses and length */
		wire_skip(&d->w, 14);
	return LAYER_LLC;
}

enum layer layer_wlan(struct decap *d)
{
	return frame(d, false);
}

/* https://www.radiotap.org: the one field that matters says whether the 802.11 header is padded to a multiple
 * of 4 bytes. */
enum layer layer_radiotap(struct decap *d)
{
	struct wire w = d->w;
	const uint8_t *h = wire_take(&w, 8);
	const uint8_t *word;
	uint8_t flags = 0;

	if (!h)
		return LAYER_NONE;
	uint32_t present = le32(h + 4);
	word = h + 4;
	while (word && le32(word) & UINT32_C(0x80000000))
		word = wire_take(&w, 4);
	if (present & 1) { /* TSFT, aligned to 8 bytes */
		wire_skip(&w, (8 - (w.pos - d->w.pos) % 8) % 8);
		wire_skip(&w, 8);
	}
	if (present & 2)
		flags = wire_u8(&w);
	wire_skip(&d->w, le16(h + 2));
	return frame(d, flags & 0x20);
}

/* AVS tells its length; the older Prism header of the same link type has 144 bytes. */
enum layer layer_prism(struct decap *d)
{
	struct wire w = d->w;
	uint32_t magic = wire_u32(&w), len = wire_u32(&w);

	wire_skip(&d->w, (magic & 0xfffff000) == 0x80211000 ? len : 144);
	return frame(d, false);
}
