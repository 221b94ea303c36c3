// SPDX-License-Identifier: BSD-3-Clause
/* The cursor never leaves its bytes, however many there are and whatever is asked of it. */
#include "prove.h"
#include "core/wire.h"

/*@ predicate cursor(struct wire *w) =
      w->pos <= w->len && (w->len > 0 ==> \valid_read(w->data + (0 .. w->len - 1)));
    predicate apart(struct wire *w) = \separated(w, w->data + (0 .. w->len - 1));
    predicate same{L1, L2}(struct wire *w) =
      \at(w->len, L1) == \at(w->len, L2) && \at(w->data, L1) == \at(w->data, L2);
*/

/*@ requires len > 0 ==> \valid_read((const uint8_t *)data + (0 .. len - 1));
    assigns \nothing;
    ensures \result.data == data && \result.len == len && \result.pos == 0 && !\result.error; */
static inline struct wire wire_init(const void *data, uint32_t len);

/*@ requires \valid_read(w) && cursor(w);
    assigns \nothing;
    ensures \result <= w->len - w->pos; */
static inline uint32_t wire_left(const struct wire *w);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w);
    ensures \old(w->pos) <= w->pos;
    ensures \result == \null || (n > 0 ==> \valid_read(\result + (0 .. n - 1)));
    ensures \result != \null ==> w->pos == \old(w->pos) + n && \result == w->data + \old(w->pos);
    ensures \result == \null && w->data != \null ==> w->error; */
static inline const uint8_t *wire_take(struct wire *w, uint32_t n);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w); */
static inline void wire_skip(struct wire *w, uint32_t n);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w); */
static inline void wire_seek(struct wire *w, uint32_t pos);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w); */
static inline uint8_t wire_u8(struct wire *w);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w); */
static inline uint16_t wire_u16(struct wire *w);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w); */
static inline uint32_t wire_u32(struct wire *w);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w); */
static inline uint64_t wire_u48(struct wire *w);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w); */
static inline uint64_t wire_u64(struct wire *w);

/*@ requires \valid(w) && cursor(w) && apart(w);
    assigns w->pos, w->error;
    ensures cursor(w) && same{Pre, Post}(w);
    ensures \result.pos <= \result.len;
    ensures !\result.error && n > 0 ==> \valid_read(\result.data + (0 .. \result.len - 1)); */
static inline struct wire wire_sub(struct wire *w, uint32_t n);
