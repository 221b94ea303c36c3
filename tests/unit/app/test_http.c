// SPDX-License-Identifier: BSD-3-Clause
#include "app/http.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned made; /* pages */

static unsigned page_a(void *ctx, const char *accept, FILE *body, const char **type)
{
	made++;
	fprintf(body, "%s|%s", (const char *)ctx, accept);
	*type = "text/x-a";
	return 200;
}

static unsigned page_large(void *ctx, const char *accept, FILE *body, const char **type)
{
	for (unsigned i = 0; i < 4000000; i++)
		fputc('x', body);
	return 503;
}

static const struct http_page pages[] = { { "/a", page_a }, { "/large", page_large, "default-src 'self'" }, { NULL } };

static struct http *server(void)
{
	static char context[] = "ctx";
	struct error e = { "" };
	int code;
	struct http *h = http_open("0", pages, context, &code, &e);

	cr_assert(h, "%s", e.text);
	return h;
}

static int client(const struct http *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)atoi(strrchr(http_url(h), ':') + 1));
	cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Serves until `len` bytes or the end of the connection, or two seconds without anything. */
static char *receive(struct http *h, int fd, size_t len)
{
	char *text = malloc(len + 1);
	size_t at = 0;

	while (at < len) {
		struct pollfd fds[2] = { { .fd = http_fd(h), .events = POLLIN }, { .fd = fd, .events = POLLIN } };

		int due = http_timeout(h), n = poll(fds, 2, due >= 0 && due < 2000 ? due : 2000);

		if (!n && (due < 0 || due >= 2000))
			break;
		if (fds[0].revents || !n)
			http_serve(h);
		if (fds[1].revents) {
			ssize_t got = recv(fd, text + at, len - at, 0);

			if (got <= 0)
				break;
			at += (size_t)got;
			if (strstr((text[at] = '\0', text), "\r\n\r\n") && len == 4096)
				break;
		}
	}
	text[at] = '\0';
	return text;
}

static char *ask(struct http *h, int fd, const char *request)
{
	cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	return receive(h, fd, 4096);
}

static void assert_answer(const char *request, const char *status, const char *part)
{
	struct http *h = server();
	int fd = client(h);
	char *text = ask(h, fd, request);

	cr_assert_eq(strncmp(text, status, strlen(status)), 0, "%s: %s", request, text);
	cr_assert(strstr(text, part), "%s: %s", request, text);
	free(text);
	close(fd);
	http_close(h);
}

Test(http, a_page_and_its_head)
{
	assert_answer("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: x/y\r\n\r\n", "HTTP/1.1 200 ", "\r\n\r\nctx|x/y");
	assert_answer("GET /a?q=1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n", "HTTP/1.1 200 ", "\r\n\r\nctx|");
	assert_answer("HEAD /a HTTP/1.1\r\nHost: [::1]:1\r\n\r\n", "HTTP/1.1 200 ", "Content-Length: 4\r\n");
	assert_answer("GET /a HTTP/1.0\r\n\r\n", "HTTP/1.", "\r\n\r\nctx|");
	assert_answer("GET /a HTTP/1.1\r\nHost: ::\r\n\r\n", "HTTP/1.1 421 ", "");
}

Test(http, what_every_answer_says)
{
	assert_answer("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200 ", "Content-Security-Policy: default-src 'none'");
	assert_answer("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200 ", "X-Content-Type-Options: nosniff");
	assert_answer("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200 ", "Content-Type: text/x-a");
	assert_answer("HEAD /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 503 ", "Content-Security-Policy: default-src 'self'");
}

Test(http, what_is_refused)
{
	made = 0;
	assert_answer("GET /b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 404 ", "not found");
	assert_answer("GET /a/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 404 ", "");
	assert_answer("GET /../a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 404 ", "");
	assert_answer("POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 405 ", "Allow: GET, HEAD");
	assert_answer("DELETE /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 405 ", "");
	assert_answer("GET /a HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "");
	assert_answer("nonsense\r\n\r\n", "", "");
	cr_assert_eq(made, 0);
}

/* A browser that was told that a name of the attacker's is at 127.0.0.1 says that name. */
Test(http, names_that_may_be_bent)
{
	made = 0;
	assert_answer("GET /a HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "HTTP/1.1 421 ", "");
	assert_answer("GET /a HTTP/1.1\r\nHost: 127.0.0.1.attacker.example:9100\r\n\r\n", "HTTP/1.1 421 ", "");
	assert_answer("GET /a HTTP/1.1\r\nHost: localhost.attacker.example\r\n\r\n", "HTTP/1.1 421 ", "");
	cr_assert_eq(made, 0);
}

Test(http, a_head_that_is_too_long)
{
	static char request[65536] = "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ";
	size_t len = strlen(request);

	memset(request + len, 'x', sizeof(request) - len - 5);
	memcpy(request + sizeof(request) - 5, "\r\n\r\n", 5);
	made = 0;
	assert_answer(request, "HTTP/1.1 4", "");
	cr_assert_eq(made, 0);
}

Test(http, a_connection_is_kept)
{
	struct http *h = server();
	int fd = client(h);

	for (unsigned i = 0; i < 3; i++) {
		char *text = ask(h, fd, "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

		cr_assert_eq(strncmp(text, "HTTP/1.1 200", 12), 0, "%u: %s", i, text);
		free(text);
	}
	close(fd);
	http_close(h);
}

/* A reader that takes nothing holds nobody up: the server goes on to answer others. */
Test(http, a_slow_reader)
{
	static const char large[] = "GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
	struct http *h = server();
	int slow = client(h), fd;
	char *text;

	cr_assert_gt(send(slow, large, sizeof(large) - 1, MSG_NOSIGNAL), 0);
	for (unsigned i = 0; i < 20; i++)
		http_serve(h);
	fd = client(h);
	text = ask(h, fd, "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
	cr_assert_eq(strncmp(text, "HTTP/1.1 200", 12), 0);
	free(text);
	text = receive(h, slow, 4000000);
	cr_assert_eq(strlen(text), 4000000);
	free(text);
	close(fd);
	close(slow);
	http_close(h);
}

/* More clients than there is room for: none is lost for good once one leaves. */
Test(http, more_clients_than_places)
{
	struct http *h = server();
	int fd[HTTP_CONNECTIONS], last;
	char *text;

	for (unsigned i = 0; i < HTTP_CONNECTIONS; i++) {
		fd[i] = client(h);
		http_serve(h);
	}
	for (unsigned i = 0; i < HTTP_CONNECTIONS; i++) {
		text = ask(h, fd[i], "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
		cr_assert_eq(strncmp(text, "HTTP/1.1 200", 12), 0);
		free(text);
	}
	http_tick(h);
	close(fd[0]);
	for (unsigned i = 0; i < 4; i++)
		http_serve(h);
	last = client(h);
	text = ask(h, last, "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
	cr_assert_eq(strncmp(text, "HTTP/1.1 200", 12), 0, "%s", text);
	free(text);
	for (unsigned i = 1; i < HTTP_CONNECTIONS; i++)
		close(fd[i]);
	close(last);
	http_close(h);
}

static void assert_address(const char *text, const char *want, uint16_t port)
{
	struct sockaddr_storage a;
	char host[INET6_ADDRSTRLEN];
	socklen_t len;
	struct error e = { "" };

	cr_assert_eq(http_parse_address(text, &a, &len, &e), 0, "%s: %s", text, e.text);
	const struct sockaddr_in *four = (const struct sockaddr_in *)&a;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a;
	bool old = a.ss_family == AF_INET;
	inet_ntop(a.ss_family, old ? (const void *)&four->sin_addr : (const void *)&six->sin6_addr, host, sizeof(host));
	cr_assert_str_eq(host, want, "%s: %s", text, host);
	cr_assert_eq(ntohs(old ? four->sin_port : six->sin6_port), port);
}

Test(http, addresses)
{
	assert_address("9100", "127.0.0.1", 9100);
	assert_address(":9100", "127.0.0.1", 9100);
	assert_address("localhost:0", "127.0.0.1", 0);
	assert_address("0.0.0.0:65535", "0.0.0.0", 65535);
	assert_address("192.0.2.1:80", "192.0.2.1", 80);
	assert_address("[::1]:9100", "::1", 9100);
	assert_address("[::]:9100", "::", 9100);
}

Test(http, addresses_that_are_none)
{
	static const char *const bad[] = { "", ":", "x", "65536", "-1", "+1", " 1", "1 ", "127.0.0.1", "127.0.0.1:", "::1:80", "[::1]",
					   "[::1]:x", "[]:80", "name.example:80", "1.2.3.4:5:6", "[::1:80" };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sockaddr_storage a;
		struct error e = { "" };
		socklen_t len;

		cr_assert_eq(http_parse_address(bad[i], &a, &len, &e), -1, "'%s'", bad[i]);
		cr_assert(strstr(e.text, bad[i]) && strlen(e.text) > 20, "%s", e.text);
	}
}

Test(http, a_port_that_is_taken)
{
	struct http *h = server();
	struct error e = { "" };
	char address[64];
	int code = 0;

	snprintf(address, sizeof(address), "127.0.0.1:%d", atoi(strrchr(http_url(h), ':') + 1));
	cr_assert_null(http_open(address, pages, NULL, &code, &e));
	cr_assert_eq(code, 1);
	cr_assert(strstr(e.text, address) && strstr(e.text, "in use"), "%s", e.text);
	cr_assert_null(http_open("nowhere", pages, NULL, &code, &e));
	cr_assert_eq(code, 2);
	http_close(h);
}
