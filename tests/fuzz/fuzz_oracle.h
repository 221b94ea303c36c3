// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * For fuzz_oracle: what libknot says of a message, in our words, and where the two may differ.
 */
#ifndef FUZZ_FUZZ_ORACLE_H
#define FUZZ_FUZZ_ORACLE_H

#include "fuzz_dns.h"

#include "dns/name.h"
#include "dns/rdata_kinds.h"
#include "dns/types.h"

#include "dns/rdata.h"

#include <ctype.h>
#include <fnmatch.h>
#include <libknot/libknot.h>
#include <limits.h>
#include <stdio.h>

#define ORACLE_TEXT (1 << 19)
#define MALFORMED "(malformed)"
#define ANY_TYPE 0

/** Texts that may differ: patterns of ours and of libknot's, and why. */
static const struct {
	uint16_t type;
	const char *ours, *theirs, *reason;
} texts[] = {
	{ ANY_TYPE, "*", "\\\\# *", "libknot has no form for the type, or none for such data" },
	{ ANY_TYPE, "\\\\# 0", "", "no data at all: libknot doesn't look at its form" },
	{ ANY_TYPE, MALFORMED, "", "likewise" },
	{ 25, "*", MALFORMED, "KEY without a key (RFC 2535 §3.1.2)" },
	{ 45, "*", MALFORMED, "IPSECKEY without a key, or with one of no algorithm (RFC 4025 §2.4, §2.6)" },
	{ 28, "::*", "0:*::*",
	  "of two runs of zeros of one length the first is shortened (RFC 5952 §4.2.3)" },
	{ 29, MALFORMED, "*",
	  "LOC beyond a pole or the date line, or a size of more than nine (RFC 1876 §2)" },
	{ 29, "* [NS] *", "* [NS] *", "LOC's numbers have no one form (RFC 1876 §3)" },
	{ 24, "*", "TYPE[0-9]*", "a type that libknot has no name for" },
	{ 46, "*", "TYPE[0-9]*", "likewise" },
	{ 46, "*", "* 19[0-9]* *",
	  "RRSIG's times are unsigned (RFC 4034 §3.1.5); libknot shows them as signed" },
	{ 47, "*", "* TYPE[0-9]*", "a type that libknot has no name for" },
	{ 50, "*", "* TYPE[0-9]*", "likewise" },
	{ 50, "*", "*=*", "NSEC3's hash has no padding (RFC 5155 §3.3)" },
	{ 62, "*", "* TYPE[0-9]*", "a type that libknot has no name for" },
	{ 45, "* ::*", "* 0:*", "as AAAA" },
	{ 45, "* 3 * *", "* 3 * *", "IPSECKEY's gateway must not be compressed; we read it" },
	{ 64, "*", "*key[0-9]*", "a parameter that libknot has no name for" },
	{ 65, "*", "*key[0-9]*", "likewise" },
	{ 64, "*::*", "*0:*", "as AAAA" },
	{ 65, "*::*", "*0:*", "likewise" },
	{ 64, "*\"*", "*\\\\\"*", "quotes as characters of a name look like quotes around a value" },
	{ 65, "*\"*", "*\\\\\"*", "likewise" },
	{ 249, "*", "*", "libknot has no form for TKEY" },
	{ 250, "*", "* Unknown *", "a response code that libknot has no name for" },
	{ 250, "* NOTIMP *", "* NOTIMPL *", "or another name" },
	{ 250, "*", MALFORMED, "TSIG with other data than BADTIME's (RFC 8945 §4.2)" },
};

/** Records at which libknot gives up though their data is sound, and why. */
static const struct {
	uint16_t type;
	const char *reason;
} stops[] = {
	{ DNS_TYPE_OPT, "only one, in the additional section, owned by the root (RFC 6891 §6.1.1): a sensor "
			"takes it as it comes" },
	{ DNS_TYPE_TSIG, "only as the last record (RFC 8945 §5.1): likewise" },
	{ 30, "NXT, which RFC 3755 made obsolete: libknot doesn't read its data" },
	{ 29, "another version of LOC than 0 (RFC 1876 §2): shown as unknown data" },
};

/** Types with names that must not be compressed (RFC 3597 §4, RFC 9460 §2.2), and where in their data the
 * first one stands. We read what was compressed nevertheless; libknot doesn't. */
static const struct {
	uint16_t type, at;
} plain_names[] = {
	{ 39, 0 }, { 46, 18 }, { 47, 0 }, { 58, 0 }, { 64, 2 }, { 65, 2 }, { 107, 2 }, { 249, 0 }, { 250, 0 },
};

/** True for those, and for A of class CH, which libknot takes for an address. */
static inline bool read_otherwise(const struct dns_message *m, const struct dns_rr *rr)
{
	for (unsigned i = 0; i < sizeof(plain_names) / sizeof(plain_names[0]); i++)
		if (plain_names[i].type == rr->type)
			return !dns_name_plain_size(m->data, rr->rdata + (uint32_t)rr->rdlen,
						    rr->rdata + plain_names[i].at);
	return rr->type == DNS_TYPE_A && rr->rclass == 3;
}

/** One character of a presentation form, its escape undone; `*escaped` where it had one. */
static inline uint8_t one_char(const char **p, bool *escaped)
{
	const char *c = *p;

	*escaped = *c == '\\' && c[1];
	if (!*escaped) {
		*p = c + 1;
		return (uint8_t)*c;
	}
	if (isdigit((unsigned char)c[1]) && isdigit((unsigned char)c[2]) && isdigit((unsigned char)c[3])) {
		*p = c + 4;
		return (uint8_t)((c[1] - '0') * 100 + (c[2] - '0') * 10 + c[3] - '0');
	}
	*p = c + 2;
	return (uint8_t)c[1];
}

/** A text in the form that both are brought to: small letters, no quotes around strings (where there may be
 * any), no last dots of names (which stand in the first `names` fields only), strings joined where one of
 * TXT is shown, no last blanks, and escapes only where a character means something. */
static inline void normalise(char *to, const char *from, bool quotes, unsigned names, bool joined)
{
	bool quoted = false, escaped, first = true;
	char *start = to;

	for (const char *p = from; *p; first = !quoted && (p[-1] == ' ' || (p[-1] == '=' && !escaped))) {
		uint8_t c = one_char(&p, &escaped);
		if (!escaped && c == '"' && quotes && (quoted || first)) {
			quoted = !quoted;
			continue;
		}
		if (!escaped && !quoted && c == ' ' && names)
			names--;
		if (!escaped && !quoted &&
		    ((c == ' ' && joined) || (names && c == '.' && !first && (!*p || *p == ' '))))
			continue;
		if (c < 0x20 || c > 0x7e || (escaped && (c == '.' || c == ' ')))
			to += sprintf(to, "\\%03u", c);
		else
			*to++ = (char)tolower(c);
	}
	while (to > start && to[-1] == ' ')
		to--;
	*to = 0;
}

/** Types of strings that we show joined, without quotes. */
static inline bool joins(uint16_t type)
{
	return type == DNS_TYPE_TXT || type == 99;
}

/** The two texts of a record's data say the same, or may differ. */
static inline void compare_texts(uint16_t type, const char *ours, const char *theirs)
{
	static char a[4 * ORACLE_TEXT], b[4 * ORACLE_TEXT];
	bool values = type == DNS_TYPE_SVCB || type == DNS_TYPE_HTTPS;
	bool strings = theirs[0] == '"' || strstr(theirs, " \"") || values;

	/* A value of SVCB may end in a dot, and only we quote it. */
	unsigned names = joins(type) ? 0 : values ? 2 : UINT_MAX;

	normalise(a, ours, strings && !joins(type), names, false);
	normalise(b, theirs, strings, names, joins(type));
	if (!strcmp(a, b))
		return;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if ((!texts[i].type || texts[i].type == type) && !fnmatch(texts[i].ours, ours, 0) &&
		    !fnmatch(texts[i].theirs, theirs, 0))
			return;
	fprintf(stderr, "type %u: `%s`, libknot `%s`\n", type, ours, theirs);
	ALWAYS(getenv("ORACLE_GO_ON"));
}

/** libknot looks at no record of a message with more than one question, or none, or with more records than
 * its bytes can hold. It follows pointers into the header, which no sound message has: we don't. */
static inline bool not_compared(const struct dns_message *m)
{
	const uint16_t *n = m->at.count;

	for (uint32_t i = DNS_HEADER_SIZE; i + 1 < m->len; i++)
		if (m->data[i] == 0xc0 && m->data[i + 1] < DNS_HEADER_SIZE)
			return true;
	return n[DNS_QUESTION] != 1 || (n[DNS_ANSWER] + n[DNS_AUTHORITY] + n[DNS_ADDITIONAL]) * 11u > m->len;
}

/** Sound data with more bytes behind its last field, which libknot passes over. */
static inline bool bytes_behind(const struct dns_message *m, struct dns_rr rr)
{
	while (rr.rdlen--)
		if (dns_rdata_valid(m->data, m->len, &rr))
			return true;
	return false;
}

/** True where a name of the data leads back and then on over the place where it began: no name was there
 * before, and we end it with the data. */
static inline bool runs_on(const struct dns_message *m, const struct dns_rr *rr)
{
	uint32_t end = rr->rdata + (uint32_t)rr->rdlen;

	for (uint32_t i = rr->rdata; i + 1 < end; i++)
		if (m->data[i] >= 0xc0 && dns_name_size(m->data, m->len, i) &&
		    !dns_name_size(m->data, i + 2, i))
			return true;
	return false;
}

/** Our record and libknot's are the same. */
static inline void compare_rr(const struct dns_message *m, const struct dns_rr *rr, const knot_rrset_t *k)
{
	static char ours[ORACLE_TEXT], theirs[ORACLE_TEXT];
	struct out o = out_init(ours, sizeof(ours) - 1);
	knot_dump_style_t style = KNOT_DUMP_STYLE_DEFAULT;

	style.wrap = false;
	ALWAYS(k->type == rr->type && k->rclass == rr->rclass && k->ttl == rr->ttl);
	ALWAYS(dns_name_text(&o, m->data, m->len, rr->owner) &&
	       knot_dname_to_str(theirs, k->owner, sizeof(theirs)));
	*o.at = 0;
	compare_texts(0, ours, theirs);
	o = out_init(ours, sizeof(ours) - 1);
	if (!dns_rdata_text(&o, m->data, m->len, rr) && !bytes_behind(m, *rr) && !runs_on(m, rr))
		out_str(&o, MALFORMED);
	*o.at = 0;
	/* OPT has no presentation form. libknot 3.2's texts of
	 * malformed data read past it, and what we find malformed, but of a type younger than RFC 3597, is
	 * opaque to us. */
	if (rr->type == DNS_TYPE_OPT || read_otherwise(m, rr) || !strncmp(ours, "\\#", 2) || !ours[0])
		return;
	if (knot_rrset_txt_dump_data(k, 0, theirs, sizeof(theirs), &style) < 0)
		strcpy(theirs, MALFORMED);
	compare_texts(rr->type, ours, theirs);
}

/** True where a pointer of the record leads to a root: libknot takes that for no compression. */
static inline bool to_root(const struct dns_message *m, const struct dns_rr *rr)
{
	for (uint32_t i = rr->owner; i + 1 < rr->rdata + (uint32_t)rr->rdlen; i++) {
		uint32_t to = (m->data[i] & 63u) << 8 | m->data[i + 1];
		if (m->data[i] >= 0xc0 && to < i && !m->data[to])
			return true;
	}
	return false;
}

/** libknot gave up at this record of a section, or at the one before, of type `before`: so would we, or there
 * is a reason. */
static inline void compare_stop(const struct dns_message *m, const struct dns_rr *rr, enum dns_section s,
				uint16_t before)
{
	struct rdata_names names = { 0 };

	if (s != DNS_ANSWER || !rr->rdlen || read_otherwise(m, rr) || to_root(m, rr) ||
	    dns_rdata_check(m->data, m->len, rr, &names) != DNS_RDATA_SOUND)
		return;
	for (unsigned i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (stops[i].type == rr->type || stops[i].type == before)
			return;
	fprintf(stderr, "libknot gives up at type %u, %u bytes\n", rr->type, rr->rdlen);
	ALWAYS(getenv("ORACLE_GO_ON"));
}

#endif
