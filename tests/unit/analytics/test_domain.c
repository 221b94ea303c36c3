// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/domain.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LIBPSL
#include <libpsl.h>
#endif

/* `www.example.com` in wire form; its length. */
static uint32_t wire(uint8_t *to, const char *text)
{
	uint32_t at = 0;

	while (*text) {
		uint32_t len = (uint32_t)strcspn(text, ".");

		to[at++] = (uint8_t)len;
		memcpy(to + at, text, len);
		at += len;
		text += len + (text[len] == '.');
	}
	to[at++] = 0;
	return at;
}

static const char *found(const struct domains *d, const char *text)
{
	uint8_t name[256];
	uint32_t len = wire(name, text), at = domain_find(d, name, len);

	cr_assert(at <= len);
	return at == len ? "" : text + at;
}

static struct domains *load(const char *text)
{
	char path[] = "/tmp/test_domain_XXXXXX";
	int fd = mkstemp(path);
	struct error e = { "" };
	struct domains *d;

	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	d = domains_load(path, &e);
	unlink(path);
	cr_assert(d, "%s", e.text);
	return d;
}

Test(domain, rules)
{
	struct domains *d = load("// a comment\n\ncom\nuk\nco.uk\n*.ck\n!www.ck\n*.b.c.d // trailing\n  \npriv.example.com\n");

	cr_assert_eq(domains_rules(d), 7);
	cr_assert_str_eq(found(d, "www.example.com"), "example.com");
	cr_assert_str_eq(found(d, "example.com"), "example.com");
	cr_assert_str_eq(found(d, "com"), "");
	cr_assert_str_eq(found(d, ""), "");
	cr_assert_str_eq(found(d, "a.b.example.co.uk"), "example.co.uk");
	cr_assert_str_eq(found(d, "co.uk"), "");
	cr_assert_str_eq(found(d, "example.uk"), "example.uk");
	/* a wildcard and its exception */
	cr_assert_str_eq(found(d, "a.b.ck"), "a.b.ck");
	cr_assert_str_eq(found(d, "b.ck"), "");
	cr_assert_str_eq(found(d, "ck"), "");
	cr_assert_str_eq(found(d, "x.www.ck"), "www.ck");
	cr_assert_str_eq(found(d, "www.ck"), "www.ck");
	cr_assert_str_eq(found(d, "x.y.z.b.c.d"), "y.z.b.c.d");
	cr_assert_str_eq(found(d, "b.c.d"), ""); /* as libpsl has it: what all suffixes lie below is one */
	/* a rule below a name that is none */
	cr_assert_str_eq(found(d, "a.b.priv.example.com"), "b.priv.example.com");
	cr_assert_str_eq(found(d, "priv.example.com"), "");
	/* no rule: the last label is the suffix */
	cr_assert_str_eq(found(d, "host.local"), "host.local");
	cr_assert_str_eq(found(d, "local"), "");
	domains_free(d);
	domains_free(NULL);
}

Test(domain, international)
{
	struct domains *d = load("рф\n公司.cn\n");

	cr_assert_str_eq(found(d, "a.b.xn--55qx5d.cn"), "b.xn--55qx5d.cn");
	cr_assert_str_eq(found(d, "a.b.xn--p1ai"), "b.xn--p1ai");
	domains_free(d);
}

Test(domain, no_list)
{
	struct error e = { "" };
	struct domains *d = domains_load(NULL, &e);

	cr_assert_str_eq(found(d, "a.b.co.uk"), "co.uk");
	domains_free(d);
	cr_assert_null(domains_load("/nowhere/list", &e));
	cr_assert(strstr(e.text, "/nowhere/list"), "%s", e.text);
}

/* Names of 127 labels, and labels of any bytes. */
Test(domain, odd_names)
{
	struct domains *d = load("com\n*.ck\n");
	uint8_t name[255];

	for (unsigned i = 0; i < 254; i += 2) {
		name[i] = 1;
		name[i + 1] = (uint8_t)i;
	}
	name[254] = 0;
	cr_assert_eq(domain_find(d, name, 255), 250);
	memset(name, 0xff, sizeof(name));
	name[0] = 63;
	name[64] = 0;
	cr_assert_eq(domain_find(d, name, 65), 65);
	domains_free(d);
}

#ifdef HAVE_LIBPSL
/* The whole list against libpsl, which was built from it: every rule with labels before it. */
Test(domain, as_libpsl_has_it)
{
	static const char *const before[] = { "", "a.", "b.a.", "c.b.a." };
	FILE *f = fopen(DOMAIN_LIST, "re");
	psl_ctx_t *psl = f ? psl_load_file(DOMAIN_LIST) : NULL;
	char line[512], name[600];
	struct error e;
	unsigned names = 0;

	if (!psl)
		cr_skip_test("no list of public suffixes here");
	struct domains *d = domains_load(DOMAIN_LIST, &e);
	cr_assert(d && domains_rules(d) > 5000);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\r\n")] = '\0';
		const char *rule = line + strspn(line, "*.!");

		for (const char *p = rule; *p; p++)
			if (*p & 0x80 || *p == '/')
				rule = "";
		for (unsigned i = 0; *rule && i < 4; i++, names++) {
			snprintf(name, sizeof(name), "%s%s", before[i], rule);
			const char *want = psl_registrable_domain(psl, name);

			cr_assert_str_eq(found(d, name), want ? want : "", "%s", name);
		}
	}
	cr_assert_gt(names, 20000);
	fclose(f);
	psl_free(psl);
	domains_free(d);
}
#endif
