// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A small web server that only reads: GET and HEAD of a table of pages. It has no thread of its own; whoever
 * owns it waits for its descriptor and calls http_serve(). It knows nothing of what the pages tell.
 */
#ifndef APP_HTTP_H
#define APP_HTTP_H

#include "core/error.h"

#include <stdio.h>
#include <sys/socket.h>

#define HTTP_CONNECTIONS 32     /**< at once; further ones wait in the kernel's queue, or are closed */
#define HTTP_PATIENCE 30        /**< s that a connection may take for its next request and the answer to it */

/** A page. */
struct http_page {
	const char *path;        /**< "/metrics" */
	/** Writes the page's body; returns the status (200, 503) and sets `*type` to its media type. `accept`
	 * is the request's Accept header, or "". */
	unsigned (*write)(void *ctx, const char *accept, FILE *body, const char **type);
	const char *policy;      /**< its Content-Security-Policy; NULL: nothing may be loaded or run */
};

/** Where to listen, as the user says it: PORT (on 127.0.0.1), ADDRESS:PORT or [ADDRESS]:PORT; `localhost` is an
 * address too. 0, or -1 and the reason. */
int http_parse_address(const char *text, struct sockaddr_storage *address, socklen_t *len, struct error *e);

struct http;

/** Binds and listens. `pages` (up to one whose path is NULL) and `ctx` outlive it. NULL and the reason in `e`;
 * `*code` is the exit code then: 2 for a malformed address, 1 where the system refuses it. Owned by the caller:
 * http_close(). */
struct http *http_open(const char *address, const struct http_page *pages, void *ctx, int *code, struct error *e);

/** `http://127.0.0.1:9100/`, with the port that was really taken; valid until http_close(). */
const char *http_url(const struct http *h);

/** The descriptor that is readable when http_serve() has something to do. */
int http_fd(const struct http *h);

/** Milliseconds after which http_serve() is due even so; -1: only by the descriptor. */
int http_timeout(const struct http *h);

/** Takes connections, reads requests, writes what clients take now. Never waits for a client. */
void http_serve(struct http *h);

/** Once a second: closes the connections that took too long. */
void http_tick(struct http *h);

/** Closes it; NULL is allowed. */
void http_close(struct http *h);

#endif
