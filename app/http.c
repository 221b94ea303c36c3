// SPDX-License-Identifier: BSD-3-Clause
#include "app/http.h"
#include "core/clock.h"
#include "core/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTION_MEMORY (16u << 10) /* for a request's head: longer ones are refused (431, 414) */
#define BACKLOG 64
#define HOST_TEXT 256

/* A client, from its connection's start to its end. */
struct client {
	bool used;
	bool slow;       /* shut down: only its end is awaited */
	int fd;
	int64_t since;   /* monotonic ns: when it connected, or its last request was answered */
};

struct http {
	struct MHD_Daemon *daemon;
	const struct http_page *pages;
	void *ctx;
	bool loopback;   /* only this machine can reach it */
	char url[80];
	struct client client[HTTP_CONNECTIONS];
};

/* ---- where to listen ---- */

/* Splits [ADDRESS:]PORT; an address of IPv6 stands in brackets. */
static int split(const char *text, char host[HOST_TEXT], const char **port, struct error *e)
{
	const char *colon = strrchr(text, ':'), *start = text;
	size_t len = colon ? (size_t)(colon - text) : 0;

	*port = colon ? colon + 1 : text;
	if (*start == '[' && len > 2 && start[len - 1] == ']') {
		start++;
		len -= 2;
	} else if (memchr(start, ':', len)) {
		return error_set(e, "'%.200s': an IPv6 address stands in brackets: [::1]:9100", text);
	}
	if (len >= HOST_TEXT)
		return error_set(e, "'%.200s': the address is too long", text);
	snprintf(host, HOST_TEXT, "%.*s", (int)len, start);
	if (!len || !strcmp(host, "localhost"))
		strcpy(host, "127.0.0.1");
	return 0;
}

int http_parse_address(const char *text, struct sockaddr_storage *address, socklen_t *len, struct error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *found;
	const char *port;
	char host[HOST_TEXT], *end;

	if (split(text, host, &port, e))
		return -1;
	if (*port < '0' || *port > '9' || strtoul(port, &end, 10) > 65535 || *end)
		return error_set(e, "'%.200s': the port is a number up to 65535: PORT or ADDRESS:PORT", text);
	if (getaddrinfo(host, port, &hints, &found))
		return error_set(e, "'%.200s': the address is a number or localhost: 127.0.0.1:9100, [::]:9100",
				 text);
	memcpy(address, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static bool is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): filled by the kernel, or all of it is 0. */
	return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
}

static int start_listening(const struct sockaddr_storage *address, socklen_t len)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (const struct sockaddr *)address, len) && !listen(fd, BACKLOG))
		return fd;
	close(fd);
	return -1;
}

static void set_url(struct http *h, int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	char host[INET6_ADDRSTRLEN] = "", port[8] = "";

	getsockname(fd, (struct sockaddr *)&a, &len);
	getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(h->url, sizeof(h->url), a.ss_family == AF_INET6 ? "http://[%s]:%s/" : "http://%s:%s/", host, port);
	h->loopback = is_loopback(&a);
}

/* ---- answering ---- */

/* A server that only this machine should read is also asked by pages of the user's browser, which may have bent
 * a name to its address (DNS rebinding): such a request names that host. An address, or localhost, can't be
 * bent. */
static bool host_allowed(const struct http *h, struct MHD_Connection *connection)
{
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	size_t len = host ? strcspn(host, ":") : 0;
	char text[INET_ADDRSTRLEN] = "";

	if (!h->loopback || !host || *host == '[' || !*host)
		return true;
	if (len == 9 && !strncasecmp(host, "localhost", 9))
		return true;
	if (len < sizeof(text))
		memcpy(text, host, len);
	return inet_pton(AF_INET, text, &(struct in_addr){ 0 }) == 1;
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
			     const char *policy, struct MHD_Response *r)
{
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	MHD_add_response_header(r, "Content-Security-Policy",
				policy ? policy : "default-src 'none'; frame-ancestors 'none'");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	return reply(
		connection, status, "text/plain; charset=utf-8", NULL,
		MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result answer_page(struct http *h, const struct http_page *page, struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	const char *type = "text/plain; charset=utf-8";
	char *text = NULL;
	size_t len = 0;
	FILE *body = open_memstream(&text, &len);
	unsigned status;

	if (!body)
		return MHD_NO;
	status = page->write(h->ctx, accept ? accept : "", body, &type);
	if (fclose(body)) {
		free(text);
		return MHD_NO;
	}
	return reply(connection, status, type, page->policy,
		     MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **state)
{
	static int head_read;
	struct http *h = ctx;

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (!host_allowed(h, connection))
		return refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST, "ask for an address or for localhost\n");
	/* An answer before the request is whole, a body that nobody wants included, would end the connection. */
	if (!*state || *upload_size) {
		*state = &head_read;
		*upload_size = 0;
		return MHD_YES;
	}
	for (const struct http_page *p = h->pages; p->path; p++)
		if (!strcmp(p->path, url))
			return answer_page(h, p, connection);
	return refuse(connection, MHD_HTTP_NOT_FOUND, "not found\n");
}

/* ---- clients that take their time ---- */

static void on_connection(void *ctx, struct MHD_Connection *connection, void **state,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
								       MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http *h = ctx;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*state)
			((struct client *)*state)->used = false;
		return;
	}
	for (unsigned i = 0; i < HTTP_CONNECTIONS && info; i++) {
		if (h->client[i].used)
			continue;
		h->client[i] = (struct client){ .used = true, .fd = info->connect_fd, .since = clock_monotonic() };
		*state = &h->client[i];
		return;
	}
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode why)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
								       MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *c = info ? info->socket_context : NULL;

	if (c)
		c->since = clock_monotonic();
}

void http_tick(struct http *h)
{
	int64_t now = clock_monotonic();

	for (unsigned i = 0; i < HTTP_CONNECTIONS; i++) {
		struct client *c = &h->client[i];

		if (!c->used || c->slow || now - c->since < HTTP_PATIENCE * NSEC_PER_SEC)
			continue;
		c->slow = true;
		shutdown(c->fd, SHUT_RDWR);
	}
}

/* ---- the server ---- */

static void on_log(void *ctx, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void on_log(void *ctx, const char *format, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("http: %s", text);
}

static struct MHD_Daemon *start(struct http *h, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
				MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
				MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_PATIENCE,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
				MHD_OPTION_STRICT_FOR_CLIENT, 1,
				MHD_OPTION_END);
}

struct http *http_open(const char *address, const struct http_page *pages, void *ctx, int *code, struct error *e)
{
	struct http *h = calloc(1, sizeof(*h));
	struct sockaddr_storage a = { 0 };
	socklen_t len = 0;
	struct error why;
	int fd;

	*code = 2;
	if (!h || http_parse_address(address, &a, &len, &why)) {
		error_set(e, "-http: %.400s", h ? why.text : "no memory");
		free(h);
		return NULL;
	}
	*code = 1;
	h->pages = pages;
	h->ctx = ctx;
	fd = start_listening(&a, len);
	if (fd < 0) {
		error_set(e, "-http: can't listen at %.200s: %s", address, strerror(errno));
		free(h);
		return NULL;
	}
	set_url(h, fd);
	h->daemon = start(h, fd);
	if (!h->daemon) {
		error_set(e, "-http: the server at %.200s can't start", address);
		close(fd);
		free(h);
		return NULL;
	}
	return h;
}

const char *http_url(const struct http *h)
{
	return h->url;
}

int http_fd(const struct http *h)
{
	return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int http_timeout(const struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(h->daemon, &ms) != MHD_YES)
		return -1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

void http_serve(struct http *h)
{
	MHD_run(h->daemon);
}

void http_close(struct http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	free(h);
}
