// SPDX-License-Identifier: BSD-3-Clause
/* Names are read within their message and written within their room, whatever the message and its length. */
#include "prove.h"

#include "dns/text.h"

/* Taken as they stand: they move words of eight bytes, which WP's model of memory does not follow. */

/*@ requires \valid_read(p + (0 .. TEXT_WORD - 1));
    assigns \nothing; */
static inline uint64_t text_load(const uint8_t *p);

/*@ requires n <= left && \valid_read(p + (0 .. left - 1));
    requires \valid(to + (0 .. 4 * n + TEXT_WORD - 1));
    requires \separated(to + (0 .. 4 * n + TEXT_WORD - 1), p + (0 .. left - 1));
    assigns to[0 .. 4 * n + TEXT_WORD - 1];
    ensures \base_addr(\result) == \base_addr(to) && 0 <= \result - to <= 4 * n; */
static inline uint8_t *text_escape(uint8_t *to, const uint8_t *p, uint32_t n, uint32_t left, struct text_rule rule);

#include "dns/name.c"

/*@ assigns \nothing; */
static uint64_t fold(uint64_t w);

/*@ requires \valid_read(a + (0 .. TEXT_WORD - 1)) && \valid_read(b + (0 .. TEXT_WORD - 1));
    assigns \nothing; */
static bool same_word(const uint8_t *a, const uint8_t *b);

/*@ assigns \nothing; */
static uint8_t fold_byte(uint8_t c);

/*@ requires len <= UINT16_MAX && pos <= UINT16_MAX && \valid_read(data + (0 .. len - 1));
    requires \valid(work) && \separated(work, data + (0 .. len - 1));
    assigns *work;
    ensures -1 <= \result <= UINT16_MAX;
    ensures \result > 0 ==> pos + \result <= len; */
int32_t dns_name_scan(const uint8_t *data, uint32_t len, uint32_t pos, uint32_t *work);

/*@ requires len <= UINT16_MAX && pos <= UINT16_MAX && \valid_read(data + (0 .. len - 1));
    assigns \nothing;
    ensures \result > 0 ==> pos + \result <= len; */
uint32_t dns_name_size(const uint8_t *data, uint32_t len, uint32_t pos);

/*@ requires len <= UINT16_MAX && pos <= UINT16_MAX && \valid_read(data + (0 .. len - 1));
    assigns \nothing;
    ensures \result > 0 ==> pos + \result <= len; */
uint32_t dns_name_skip(const uint8_t *data, uint32_t len, uint32_t pos);

/*@ requires len <= UINT16_MAX && pos <= UINT16_MAX && \valid_read(data + (0 .. len - 1));
    assigns \nothing;
    ensures \result <= DNS_NAME_MAX && (\result > 0 ==> pos + \result <= len); */
uint32_t dns_name_plain_size(const uint8_t *data, uint32_t len, uint32_t pos);

/*@ requires len <= UINT16_MAX && pos <= len && \valid_read(data + (0 .. len - 1));
    requires \valid(to + (0 .. TEXT_ROOM_MAX - 1));
    requires \separated(to + (0 .. TEXT_ROOM_MAX - 1), data + (0 .. len - 1));
    assigns to[0 .. TEXT_ROOM_MAX - 1];
    ensures \result == \null || (\base_addr(\result) == \base_addr(to) && 0 <= \result - to <= TEXT_MAX); */
static uint8_t *name_text(uint8_t *to, const uint8_t *data, uint32_t len, uint32_t pos);

/*@ requires len <= UINT16_MAX && pos <= len && \valid_read(data + (0 .. len - 1));
    requires \valid(to + (0 .. DNS_NAME_MAX - 1));
    requires \separated(to + (0 .. DNS_NAME_MAX - 1), data + (0 .. len - 1));
    assigns to[0 .. DNS_NAME_MAX - 1];
    ensures \result <= DNS_NAME_MAX; */
uint32_t dns_name_copy(uint8_t to[255], const uint8_t *data, uint32_t len, uint32_t pos);

/*@ requires a_len <= UINT16_MAX && \valid_read(a + (0 .. a_len - 1));
    requires b_len <= UINT16_MAX && \valid_read(b + (0 .. b_len - 1));
    assigns \nothing; */
bool dns_name_equal(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len);
