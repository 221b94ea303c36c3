// SPDX-License-Identifier: BSD-3-Clause
/* A filter's text, a zero byte, a packet of raw IP. Our own `port N` says what libpcap's says. */
#include "fuzz.h"

#include "packet/ingress.h"

#include <netdb.h>

/* Names of hosts are not asked for. */
int getaddrinfo(const char *n, const char *s, const struct addrinfo *h, struct addrinfo **r)
{
	return EAI_NONAME;
}

/* What `port N` is to libpcap; NULL for other filters. */
static struct filter *twin_of(const struct filter *f)
{
	struct error e;
	char text[64];
	uint16_t port;

	if (!f || !filter_is_port(f, &port))
		return NULL;
	snprintf(text, sizeof(text), "udp port %u or tcp port %u", port, port);
	return filter_new(text, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct error e;
	struct counters c = { 0 };
	char *text = fuzz_text(&in, 0);
	struct filter *f = strlen(text) < 256 ? filter_new(text, &e) : NULL, *other = twin_of(f);
	uint32_t len;
	uint8_t *frame = fuzz_take(&in, 2048, &len);
	struct ingress *all =
	    ingress_new(&(struct ingress_config){ .filter = "", .max_datagrams = 16, .counters = &c }, &e);
	struct packet p = { .linktype = LINKTYPE_RAW, .wire_len = len };
	struct arena no_arena = { 0 };
	enum counter why;
	const uint8_t *data;

	if (f && filter_on_frame(f))
		filter_frame(f, frame, len, &p, &why);
	else if (f && ingress_packet(all, frame, len, &p, &no_arena, &data) == INGRESS_PASS)
		ALWAYS(!other || filter_packet(f, data, &p) == filter_packet(other, data, &p));
	filter_free(f);
	filter_free(other);
	ingress_free(all);
	free(frame);
	free(text);
	return 0;
}
