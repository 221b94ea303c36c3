// SPDX-License-Identifier: BSD-3-Clause
#include "dns/message.h"

#include "dns/name.h"
#include "dns/rdata_kinds.h"
#include "dns/types.h"

#include <string.h>

/** TYPE, CLASS, TTL and RDLENGTH. */
#define RR_FIXED 10
/** QTYPE and QCLASS. */
#define QUESTION_FIXED 4
#define CLASS_IN 1
/** No 16 bits of a message look like this. */
#define NO_POINTER UINT32_MAX
/** Labels and pointers that all names of a message may take together: WORK_BASE + WORK_PER_BYTE for
 * each byte. The deepest sound zones (PTR under ip6.arpa, one label and one pointer a nibble) stay
 * below 4 for a byte; names made to cost more end the message there. */
#define WORK_BASE 1024
#define WORK_PER_BYTE 8

/** A message that is being parsed. */
struct parser {
	const uint8_t *data;
	uint32_t len;
	uint32_t missing; /**< bytes that the snap length cut off */
	uint32_t pos;
	struct rdata_names names;
	uint32_t pointer; /**< the last pointer that was found to be the whole sound name of an owner */
};

static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)((uint32_t)p[0] << 8 | p[1]);
}

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)load16(p) << 16 | load16(p + 2);
}

/* What stops the parser when it wants `more` bytes than are there. */
static enum dns_damage short_of(const struct parser *p, uint32_t more)
{
	return more <= p->missing ? DNS_CUT_TAIL : DNS_BAD_TAIL;
}

/* Names have cost more than any honest message's do. */
static inline bool exhausted(const struct parser *p)
{
	return __builtin_expect(p->names.work > WORK_BASE + WORK_PER_BYTE * p->len, 0);
}

/* Passes the name at the parser's place. */
static inline enum dns_damage skip_name(struct parser *p)
{
	const uint8_t *at = p->data + p->pos;
	uint32_t left = p->len - p->pos;

	/* Nearly all owners point to the question. What was sound once is so for every later pointer
	 * to it. */
	if (left >= 2 && load16(at) == p->pointer) {
		p->pos += 2;
		return DNS_SOUND;
	}
	int32_t size = dns_name_scan(p->data, p->len, p->pos, &p->names.work);
	if (size <= 0)
		return size < 0 && p->missing ? DNS_CUT_TAIL : DNS_BAD_TAIL;
	if (size == 2 && *at >= 0xc0)
		p->pointer = load16(at);
	p->pos += (uint32_t)size;
	return DNS_SOUND;
}

/* Reads an RR. */
static inline enum dns_damage read_rr(struct parser *p, struct dns_rr *rr)
{
	rr->owner = (uint16_t)p->pos;
	enum dns_damage damage = skip_name(p);
	if (__builtin_expect(damage != DNS_SOUND, 0))
		return damage;
	uint32_t left = p->len - p->pos;
	if (__builtin_expect(left < RR_FIXED, 0))
		return short_of(p, RR_FIXED - left);
	const uint8_t *at = p->data + p->pos;
	rr->type = load16(at);
	rr->rclass = load16(at + 2);
	rr->ttl = load32(at + 4);
	rr->rdlen = load16(at + 8);
	rr->rdata = (uint16_t)(p->pos + RR_FIXED);
	left -= RR_FIXED;
	if (__builtin_expect(left < rr->rdlen, 0))
		return short_of(p, rr->rdlen - left);
	p->pos += RR_FIXED + rr->rdlen;
	return DNS_SOUND;
}

/* Addresses are most of the answers there are, and need no look inside. */
static inline bool is_address(const struct dns_rr *rr)
{
	return (rr->type == DNS_TYPE_A && rr->rclass == CLASS_IN && rr->rdlen == 4) ||
	       (rr->type == DNS_TYPE_AAAA && rr->rdlen == 16);
}

/* An RR of the answer section. */
static inline void answer(struct parser *p, struct dns_layout *at, const struct dns_rr *rr)
{
	if (__builtin_expect(is_address(rr), 1)) {
		at->answers++;
		return;
	}
	if (rr->type == DNS_TYPE_OPT)
		return;
	enum dns_rdata_state state = dns_rdata_check(p->data, p->len, rr, &p->names);
	if (state != DNS_RDATA_MALFORMED)
		at->answers++;
	else if (at->unsound < UINT8_MAX)
		at->unsound++;
	if (state != DNS_RDATA_SOUND)
		at->damage = DNS_BAD_TAIL;
}

/* An RR of the additional section: the first OPT of the root extends the response code (RFC 6891 §6.1.3). */
static inline void additional(struct parser *p, struct dns_layout *at, const struct dns_rr *rr)
{
	if (rr->type != DNS_TYPE_OPT || at->opt || p->data[rr->owner])
		return;
	at->opt = (uint16_t)(rr->owner + 1);
	at->rcode = (uint16_t)(at->rcode | (rr->ttl >> 24) << 4);
}

/* Reads the RRs of a section. */
static inline enum dns_damage read_section(struct parser *p, struct dns_layout *at, enum dns_section section)
{
	at->section[section] = (uint16_t)p->pos;
	/*@ loop invariant p->pos <= p->len;
	    loop assigns i, *at, p->pos, p->names, p->pointer; */
	for (uint32_t i = 0; i < at->count[section]; i++) {
		struct dns_rr rr;
		enum dns_damage damage = exhausted(p) ? DNS_BAD_TAIL : read_rr(p, &rr);
		if (__builtin_expect(damage != DNS_SOUND, 0))
			return damage;
		if (section == DNS_ANSWER)
			answer(p, at, &rr);
		else if (section == DNS_ADDITIONAL)
			additional(p, at, &rr);
		at->found[section]++;
	}
	return DNS_SOUND;
}

/* Reads the first question, whose name can't be compressed. */
static enum dns_damage first_question(struct parser *p, struct dns_layout *at)
{
	uint32_t size = dns_name_plain_size(p->data, p->len, p->pos);
	uint32_t end = p->pos + size + QUESTION_FIXED;

	if (__builtin_expect(!size || end > p->len, 0)) {
		uint32_t work = 0;
		bool cut = size || dns_name_scan(p->data, p->len, p->pos, &work) < 0;
		return cut && p->missing ? DNS_CUT_QUESTION : DNS_BAD_QUESTION;
	}
	at->section[DNS_QUESTION] = DNS_HEADER_SIZE;
	at->found[DNS_QUESTION] = 1;
	at->qname_len = (uint16_t)size;
	at->qtype = load16(p->data + end - 4);
	at->qclass = load16(p->data + end - 2);
	p->pointer = 0xc000 | DNS_HEADER_SIZE;
	p->pos = end;
	return DNS_SOUND;
}

/* Passes a further question, whose name may point back. Nothing is made of it, so that a name which isn't sound
 * but tells where it ends hides no answer. */
static enum dns_damage further_question(struct parser *p, struct dns_layout *at)
{
	enum dns_damage damage = skip_name(p);

	if (damage != DNS_SOUND) {
		uint32_t size = dns_name_skip(p->data, p->len, p->pos);
		if (!size)
			return damage;
		at->damage = DNS_BAD_TAIL;
		p->pos += size;
	}
	uint32_t left = p->len - p->pos;
	if (left < QUESTION_FIXED)
		return short_of(p, QUESTION_FIXED - left);
	p->pos += QUESTION_FIXED;
	at->found[DNS_QUESTION]++;
	return DNS_SOUND;
}

static enum dns_damage further_questions(struct parser *p, struct dns_layout *at)
{
	/*@ loop invariant p->pos <= p->len;
	    loop assigns *at, p->pos, p->names, p->pointer; */
	while (at->found[DNS_QUESTION] < at->count[DNS_QUESTION]) {
		enum dns_damage damage = exhausted(p) ? DNS_BAD_TAIL : further_question(p, at);
		if (damage != DNS_SOUND)
			return damage;
	}
	return DNS_SOUND;
}

static enum dns_damage read_message(struct parser *p, struct dns_layout *at)
{
	enum dns_damage damage = DNS_SOUND;

	if (at->count[DNS_QUESTION])
		damage = first_question(p, at);
	if (damage == DNS_SOUND && __builtin_expect(at->count[DNS_QUESTION] > 1, 0))
		damage = further_questions(p, at);
	if (damage == DNS_SOUND)
		damage = read_section(p, at, DNS_ANSWER);
	if (damage == DNS_SOUND)
		damage = read_section(p, at, DNS_AUTHORITY);
	if (damage == DNS_SOUND)
		damage = read_section(p, at, DNS_ADDITIONAL);
	return damage;
}

enum dns_damage dns_parse(struct dns_message *m, const uint8_t *data, uint32_t len, uint32_t missing)
{
	struct dns_layout *at = &m->at;

	if (len > UINT16_MAX)
		len = UINT16_MAX;
	*m = (struct dns_message){ .data = data, .len = len };
	if (len < DNS_HEADER_SIZE) {
		at->damage = len ? DNS_SHORT : DNS_EMPTY;
		return at->damage;
	}
	at->id = load16(data);
	at->flags = load16(data + 2);
	at->rcode = at->flags & 15;
	/*@ loop invariant s <= DNS_SECTIONS;
	    loop assigns s, at->count[0 .. DNS_SECTIONS - 1]; */
	for (unsigned s = 0; s < DNS_SECTIONS; s++)
		at->count[s] = load16(data + 4 + 2 * s);
	struct parser p = {
		.data = data,
		.len = len,
		.missing = missing,
		.pos = DNS_HEADER_SIZE,
		.pointer = NO_POINTER,
	};
	enum dns_damage damage = read_message(&p, at);
	if (damage != DNS_SOUND)
		at->damage = (uint8_t)damage;
	return at->damage;
}

struct dns_walk dns_walk_init(const uint8_t *data, uint32_t len, const struct dns_layout *at,
			      enum dns_section section)
{
	return (struct dns_walk){
		.data = data,
		.len = len,
		.pos = at->section[section],
		.left = section == DNS_QUESTION ? 0 : at->found[section],
	};
}

bool dns_walk_next(struct dns_walk *w, struct dns_rr *rr)
{
	if (!w->left || w->pos >= w->len)
		return false;
	uint32_t pos = w->pos + dns_name_skip(w->data, w->len, w->pos);
	if (pos == w->pos || pos + RR_FIXED > w->len)
		return false;
	const uint8_t *at = w->data + pos;
	uint32_t rdlen = load16(at + 8);
	if (pos + RR_FIXED + rdlen > w->len)
		return false;
	rr->owner = (uint16_t)w->pos;
	rr->type = load16(at);
	rr->rclass = load16(at + 2);
	rr->ttl = load32(at + 4);
	rr->rdata = (uint16_t)(pos + RR_FIXED);
	rr->rdlen = (uint16_t)rdlen;
	w->pos = pos + RR_FIXED + rdlen;
	w->left--;
	return true;
}
