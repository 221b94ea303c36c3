// SPDX-License-Identifier: BSD-3-Clause
/* Link types of capture files (https://www.tcpdump.org/linktypes.html) and their headers. */
#include "packet/layer.h"

static const uint8_t links[] = {
	[LINKTYPE_ETHERNET] = LAYER_ETHERNET,
	[12] = LAYER_IP, /* raw IP, by the numbers that some systems write */
	[14] = LAYER_IP,
	[LINKTYPE_RAW] = LAYER_IP,
	[228] = LAYER_IP, /* IPv4 and IPv6 alone: read by the version all the same */
	[229] = LAYER_IP,
};

enum layer link_layer(uint16_t linktype)
{
	return linktype < sizeof(links) ? links[linktype] : LAYER_NONE;
}
