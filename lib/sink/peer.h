// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A connection to a local daemon or a TCP server that may go away and come back: never blocks, tries again by
 * itself.
 */
#ifndef SINK_PEER_H
#define SINK_PEER_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/** Addresses that are tried in turn. */
#define PEER_ADDRESSES 8

/** Where it may be, and the connection; used by one thread. */
struct peer {
	struct {
		struct sockaddr_storage addr;
		socklen_t len;
		int type;         /**< SOCK_STREAM or SOCK_DGRAM */
	} at[PEER_ADDRESSES];
	unsigned n;
	unsigned next;            /**< address to be tried next */
	int fd;                   /**< -1: not connected */
	int type;                 /**< of the connection */
	bool connecting;
	int error;                /**< errno of the last failure */
	int64_t since;            /**< monotonic ns; when connecting began */
	int64_t retry_at;         /**< monotonic ns; not tried before */
	int64_t backoff;          /**< ns until the try after the next */
	uint64_t connections;     /**< made so far */
};

/** No address, not connected. */
void peer_init(struct peer *p);

/** Adds a unix socket. False where the path is too long or there are too many addresses. */
bool peer_add_unix(struct peer *p, const char *path, int type);

/** Adds what `host:port` or `[v6]:port` resolves to; looks names up now, and once. 0, or -1 and the reason. */
int peer_add_tcp(struct peer *p, const char *host_port, struct error *e);

/** True while connected; else does what is due to become so. */
bool peer_up(struct peer *p);

/** The connection has failed with p->error (or is to be made anew): closes it; the first new try comes at
 * once, then ever later. */
void peer_down(struct peer *p);

/** Something went through: the next failure is tried again at once. */
void peer_works(struct peer *p);

/** Waits until the peer can take (or, `in`, gives) something, a few ms at most, and not past `deadline`
 * (monotonic ns). */
void peer_wait(const struct peer *p, bool in, int64_t deadline);

#endif
