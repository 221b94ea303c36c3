// SPDX-License-Identifier: BSD-3-Clause
/* What a TCP segment costs, by kind of segment and number of flows. Flows come in an order that no cache
 * foresees. */
#include "core/clock.h"
#include "cputime.h"
#include "l4/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS 4000000
#define HEADERS 54 /* of the frame, up to the payload */
#define TRANSFER (16384 + 2)

/* www.example.com A, with its prefix. */
static const uint8_t query[35] = "\0\41\0\7\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1";
static uint8_t transfer[TRANSFER] = "\100\0\0\7\204\0\0\1\0\1\0\0\0\0\1a\0\0\20\0\1\300\14\0\20\0\1\0\0\0\0\77\341";

static uint8_t frame[HEADERS + 65536];
static struct packet p = { .l3 = 14, .l4 = 34, .payload = HEADERS, .flow = { .proto = 6, .family = 4 } };
static uint64_t messages;

static void count_message(void *ctx, const struct packet *packet, const uint8_t *msg, uint32_t len,
			  uint32_t missing, bool from_buffer)
{
	messages += len > 0;
}

static void store32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void send(struct tcp *t, uint32_t flow, uint32_t seq, uint8_t flags, const void *payload, uint32_t len)
{
	memcpy(p.flow.src, "\0\0\0\0\0\0\0\0\0\0\377\377\12", 13);
	memcpy(p.flow.dst, "\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\65", 16);
	p.flow.src[14] = (uint8_t)(flow >> 16);
	p.flow.src[15] = (uint8_t)(flow >> 8);
	p.flow.sport = (uint16_t)(1024 + flow % 50000);
	p.flow.dport = 53;
	p.payload_len = len;
	p.time += NSEC_PER_USEC;
	store32(frame + p.l4 + 4, seq);
	store32(frame + p.l4 + 8, 1);
	frame[p.l4 + 13] = flags;
	memcpy(frame + HEADERS, payload, len);
	tcp_segment(t, &p, frame, count_message, NULL);
}

static void tell(const char *what, uint32_t flows, int64_t begun)
{
	double ns = (double)(cpu_time() - begun) / SEGMENTS;
	printf("%-34s %8u flows  %7.1f ns a segment, %8lu messages\n", what, flows, ns, (unsigned long)messages);
	messages = 0;
}

static void run(uint32_t flows)
{
	static struct counters c;
	struct error e;
	struct tcp_config config = { .max_flows = 1 << 20, .max_bytes = 64 << 20, .max_flow_bytes = 131072,
				     .idle = 60 * NSEC_PER_SEC, .hash_key = { 1 }, .counters = &c };
	struct tcp *t = tcp_new(&config, &e);
	uint32_t *seq = calloc(flows, sizeof(*seq));

	if (!t || !seq)
		exit(1);
	for (uint32_t i = 0; i < flows; i++, seq[i - 1] += sizeof(query))
		send(t, i, seq[i], 0x18, query, sizeof(query));
	messages = 0;
	int64_t begun = cpu_time();
	for (uint32_t i = 0, f = 0; i < SEGMENTS; i++, f = (uint32_t)((uint64_t)i * 2654435761 % flows)) {
		send(t, f, seq[f], 0x18, query, sizeof(query));
		seq[f] += sizeof(query);
	}
	tell("one message", flows, begun);
	begun = cpu_time();
	for (uint32_t i = 0, f = 0; i < SEGMENTS / 2; i++, f = (uint32_t)((uint64_t)i * 2654435761 % flows)) {
		send(t, f, seq[f], 0x18, query, 10);
		send(t, f, seq[f] + 10, 0x18, query + 10, sizeof(query) - 10);
		seq[f] += sizeof(query);
	}
	tell("half a message", flows, begun);
	begun = cpu_time();
	for (uint32_t i = 0; i < SEGMENTS; i++)
		send(t, i % flows, seq[i % flows], 0x10, "", 0);
	tell("acknowledgement", flows, begun);
	begun = cpu_time();
	for (uint32_t i = 0; i < SEGMENTS; i++)
		send(t, flows + i, i, 0x02, "", 0);
	tell("SYN of another flow", flows, begun);
	begun = cpu_time();
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		uint32_t n = i % 11 == 10 ? TRANSFER - 10 * 1448 : 1448;
		send(t, flows + 1, i / 11 * TRANSFER + i % 11 * 1448, 0x10, transfer + i % 11 * 1448, n);
	}
	tell("transfer, 16 KiB a message", flows, begun);
	free(seq);
	tcp_free(t);
}

/* bench_tcp [flows] */
int main(int argc, char **argv)
{
	if (argc > 1) {
		run((uint32_t)strtoul(argv[1], NULL, 0));
		return 0;
	}
	run(100);
	run(10000);
	run(300000);
	return 0;
}
