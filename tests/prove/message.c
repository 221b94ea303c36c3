// SPDX-License-Identifier: BSD-3-Clause
/* The sections of a message are walked within it, whatever it holds and however long it is. */
#include "prove.h"

#include "dns/message.h"

#include <string.h>

/* tests/prove/name.c shows these three. */

/*@ requires len <= UINT16_MAX && pos <= UINT16_MAX && \valid_read(data + (0 .. len - 1));
    requires \valid(work) && \separated(work, data + (0 .. len - 1));
    assigns *work;
    ensures -1 <= \result <= UINT16_MAX;
    ensures \result > 0 ==> pos + \result <= len; */
int32_t dns_name_scan(const uint8_t *data, uint32_t len, uint32_t pos, uint32_t *work);

/*@ requires len <= UINT16_MAX && pos <= UINT16_MAX && \valid_read(data + (0 .. len - 1));
    assigns \nothing;
    ensures \result > 0 ==> pos + \result <= len; */
uint32_t dns_name_skip(const uint8_t *data, uint32_t len, uint32_t pos);

/*@ requires len <= UINT16_MAX && pos <= UINT16_MAX && \valid_read(data + (0 .. len - 1));
    assigns \nothing;
    ensures \result <= 255 && (\result > 0 ==> pos + \result <= len); */
uint32_t dns_name_plain_size(const uint8_t *data, uint32_t len, uint32_t pos);

#include "dns/rdata_kinds.h"

/* What is inside of a record is another part: it gets one that lies within the message. */
/*@ requires len <= UINT16_MAX && \valid_read(data + (0 .. len - 1)) && \valid_read(rr);
    requires rr->rdata + rr->rdlen <= len && \valid(names);
    assigns *names; */
enum dns_rdata_state dns_rdata_check(const uint8_t *data, uint32_t len, const struct dns_rr *rr, struct rdata_names *names);

#include "dns/message.c"

/*@ predicate sound(struct parser *p) = p->pos <= p->len <= UINT16_MAX && \valid_read(p->data + (0 .. p->len - 1));
    predicate apart(struct parser *p) = \separated(p, p->data + (0 .. p->len - 1)); */

/*@ requires \valid_read(p + (0 .. 1));
    assigns \nothing; */
static uint16_t load16(const uint8_t *p);

/*@ requires \valid_read(p + (0 .. 3));
    assigns \nothing; */
static uint32_t load32(const uint8_t *p);

/*@ requires \valid_read(p);
    assigns \nothing;
    ensures \result == DNS_CUT_TAIL || \result == DNS_BAD_TAIL; */
static enum dns_damage short_of(const struct parser *p, uint32_t more);

/*@ requires \valid_read(p);
    assigns \nothing; */
static inline bool exhausted(const struct parser *p);

/*@ requires \valid(p) && sound(p) && apart(p);
    assigns p->pos, p->names, p->pointer;
    ensures sound(p);
    ensures \result == DNS_SOUND ==> \old(p->pos) < p->pos; */
static inline enum dns_damage skip_name(struct parser *p);

/*@ requires \valid(p) && sound(p) && apart(p) && \valid(rr);
    requires \separated(rr, p, p->data + (0 .. p->len - 1));
    assigns p->pos, p->names, p->pointer, *rr;
    ensures sound(p);
    ensures \result == DNS_SOUND ==> rr->owner < p->len && rr->rdata + rr->rdlen <= p->len; */
static inline enum dns_damage read_rr(struct parser *p, struct dns_rr *rr);

/*@ requires \valid_read(rr);
    assigns \nothing; */
static inline bool is_address(const struct dns_rr *rr);

/*@ requires \valid(p) && sound(p) && apart(p) && \valid(at) && \valid_read(rr);
    requires \separated(at, p, rr, p->data + (0 .. p->len - 1));
    requires rr->rdata + rr->rdlen <= p->len;
    assigns *at, p->names; */
static inline void answer(struct parser *p, struct dns_layout *at, const struct dns_rr *rr);

/*@ requires \valid(p) && sound(p) && \valid(at) && \valid_read(rr) && rr->owner < p->len;
    requires \separated(at, p, rr, p->data + (0 .. p->len - 1));
    assigns *at; */
static inline void additional(struct parser *p, struct dns_layout *at, const struct dns_rr *rr);

/*@ requires \valid(p) && sound(p) && apart(p) && \valid(at) && 0 <= section < DNS_SECTIONS;
    requires \separated(at, p, p->data + (0 .. p->len - 1));
    assigns *at, p->pos, p->names, p->pointer;
    ensures sound(p); */
static inline enum dns_damage read_section(struct parser *p, struct dns_layout *at, enum dns_section section);

/*@ requires \valid(p) && sound(p) && apart(p) && \valid(at);
    requires \separated(at, p, p->data + (0 .. p->len - 1));
    assigns *at, p->pos, p->pointer;
    ensures sound(p); */
static enum dns_damage first_question(struct parser *p, struct dns_layout *at);

/*@ requires \valid(p) && sound(p) && apart(p) && \valid(at);
    requires \separated(at, p, p->data + (0 .. p->len - 1));
    assigns *at, p->pos, p->names, p->pointer;
    ensures sound(p); */
static enum dns_damage further_question(struct parser *p, struct dns_layout *at);

/*@ requires \valid(p) && sound(p) && apart(p) && \valid(at);
    requires \separated(at, p, p->data + (0 .. p->len - 1));
    assigns *at, p->pos, p->names, p->pointer;
    ensures sound(p); */
static enum dns_damage further_questions(struct parser *p, struct dns_layout *at);

/*@ requires \valid(p) && sound(p) && apart(p) && \valid(at);
    requires \separated(at, p, p->data + (0 .. p->len - 1));
    assigns *at, p->pos, p->names, p->pointer; */
static enum dns_damage read_message(struct parser *p, struct dns_layout *at);

/*@ requires \valid(m) && \valid_read(data + (0 .. len - 1)) && \separated(m, data + (0 .. len - 1));
    assigns *m; */
enum dns_damage dns_parse(struct dns_message *m, const uint8_t *data, uint32_t len, uint32_t missing);

/*@ requires \valid_read(at) && 0 <= section < DNS_SECTIONS;
    assigns \nothing;
    ensures \result.data == data && \result.len == len && \result.pos <= UINT16_MAX; */
struct dns_walk dns_walk_init(const uint8_t *data, uint32_t len, const struct dns_layout *at, enum dns_section section);

/*@ requires \valid(w) && \valid(rr) && \separated(w, rr, w->data + (0 .. w->len - 1));
    requires w->len <= UINT16_MAX && \valid_read(w->data + (0 .. w->len - 1));
    assigns *w, *rr;
    ensures w->len == \old(w->len) && w->data == \old(w->data);
    ensures \result ==> w->pos <= w->len;
    ensures \result ==> rr->owner < w->len;
    ensures \result ==> rr->rdata + rr->rdlen <= w->len; */
bool dns_walk_next(struct dns_walk *w, struct dns_rr *rr);
