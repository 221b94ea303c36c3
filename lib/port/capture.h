// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Packets of one capture file: pcap and pcapng, whichever it turns out to be.
 */
#ifndef PORT_CAPTURE_H
#define PORT_CAPTURE_H

#include "core/error.h"
#include "port/input.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** The longest packet that a capture can hold (libpcap's MAXIMUM_SNAPLEN); a longer one means that the file is damaged. */
#define CAPTURE_PACKET_MAX 262144

/** A packet as the file has it. */
struct capture_packet {
	const uint8_t *data; /**< borrowed until the next call on the same capture */
	uint32_t len;        /**< bytes that are there */
	uint32_t wire_len;   /**< bytes that were on the wire, at least `len` */
	int64_t time;        /**< ns since the Unix epoch */
	uint16_t linktype;   /**< LINKTYPE_ value */
};

/** What became of a wish for a packet. */
enum capture_result {
	CAPTURE_PACKET, /**< there it is */
	CAPTURE_AGAIN,  /**< a pipe has none for now */
	CAPTURE_END,    /**< there are no more */
	CAPTURE_BAD,    /**< the file is cut or damaged here, and the error says how */
};

struct capture;

/** A capture format. */
struct capture_format {
	const char *name;
	/** Reads the file's header; CAPTURE_PACKET where that went well. */
	enum capture_result (*start)(struct capture *c, struct error *e);
	/** See capture_next(). */
	enum capture_result (*next)(struct capture *c, struct capture_packet *p, unsigned n, unsigned *got, struct error *e);
};

/** A pcapng interface of the current section. */
struct capture_interface {
	uint32_t snaplen;  /**< 0: no limit */
	uint16_t linktype;
	bool binary;       /**< units are 2^-exponent s, else 10^-exponent s */
	uint8_t exponent;
	int64_t offset;    /**< if_tsoffset, s */
};

/** A capture file that is being read; used by one thread. */
struct capture {
	struct input input;
	const char *name;    /**< for messages; borrowed */
	const struct capture_format *format; /**< NULL until the first bytes are there */
	uint64_t packets;    /**< read so far */
	int64_t time;        /**< of the packet before */
	bool swap;           /**< the file's byte order is not ours */
	uint8_t record_header; /**< pcap: bytes of a record's header */
	uint16_t minor;      /**< pcap: minor version */
	uint16_t linktype;   /**< pcap: of all packets */
	uint32_t unit;       /**< pcap: ns that a fraction counts */
	uint32_t interfaces; /**< pcapng: of the current section */
	uint32_t interfaces_max;
	struct capture_interface *interface; /**< owned */
};

/** Opens a file (`-`: standard input). Its format is found out by capture_start() or the first capture_next().
 * `name` and `progress` (see input_open()) are borrowed. */
int capture_open(struct capture *c, const char *name, uint64_t *progress, struct error *e);

/** Closes it; what a capture_packet borrowed ends. */
void capture_close(struct capture *c);

/** Reads the header. CAPTURE_PACKET: it is a capture; else as capture_next(). */
enum capture_result capture_start(struct capture *c, struct error *e);

/** The next packets: one at least where the result is CAPTURE_PACKET, and up to `n` as they lie in the window already; `*got`
 * tells how many. After CAPTURE_END or CAPTURE_BAD it isn't to be called again. */
enum capture_result capture_next(struct capture *c, struct capture_packet *p, unsigned n, unsigned *got, struct error *e);

/** The name for people. */
const char *capture_name(const char *path);

/** What a input_need() for `n` bytes of packet or block means where it didn't succeed: CAPTURE_AGAIN, or the error
 * that the file is cut or can't be read. */
enum capture_result capture_short(const struct capture *c, enum input_result r, const char *what, uint32_t n, struct error *e);

/** A value of the file at `p`, in its byte order. */
static inline uint32_t capture_u32(const struct capture *c, const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return c->swap ? __builtin_bswap32(v) : v;
}

/** Likewise. */
static inline uint16_t capture_u16(const struct capture *c, const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return c->swap ? __builtin_bswap16(v) : v;
}

/** pcap, with its nanosecond and modified (0xa1b2cd34) forms. */
extern const struct capture_format capture_pcap;
/** pcapng. */
extern const struct capture_format capture_pcapng;

/** The format whose magic stands at `p` (4 bytes), or NULL. */
const struct capture_format *capture_find(const uint8_t *p);

/** What `n` bytes that are no capture look like, for a message; never NULL. */
const char *sniff_name(const uint8_t *p, size_t n);

#endif
