// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Memory of a pairing table: entries, the buckets that find them, the orders in which they age. Private to
 * lib/pair.
 *
 * A bucket is one cache line of eight slots; all messages of one flow and ID lie in one bucket and the lines
 * chained to it. A slot's tag has eight bits of the hash of flow and ID and eight of the question's, so that
 * a look finds either the question or all of the flow. An entry is 96 bytes, which lie in two cache lines
 * wherever it is, and free again as soon as its query is answered, while it is warm. What is left of an
 * answered query, its tombstone, lies in a ring that is written and read in sequence. Index 0 is no entry, no
 * line and no place of a name.
 *
 * An entry has no addresses: its flow is told by a keyed hash of 64 bits of all of it, and by ports and ID as
 * they are. With 16 million entries and 5 million messages a second, one would be taken for another flow's in
 * some ten million years, if both asked the same.
 */
#ifndef PAIR_TABLE_H
#define PAIR_TABLE_H

#include "dns/message.h"
#include "pair/hash.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BUCKET_SLOTS 8
/** Most messages of one bucket: a flood on one flow and ID ends here. */
#define CHAIN_MOST 40
/** Octets of a name that an entry holds itself. */
#define NAME_INLINE 36
/** Octets of a longer one that it holds; the rest of it is elsewhere. */
#define NAME_HEAD 32
/** Octets that a name may have for its rest to lie in a short place. */
#define NAME_SHORT (NAME_HEAD + 32)
/** Ticks in which ages are counted: 2^20 ns. */
#define TICK_SHIFT 20

/** What an entry is. */
enum entry_state {
	ENTRY_FREE,
	ENTRY_OPEN,     /**< a query that has no response yet */
	ENTRY_TRANSFER, /**< an answered query to which more messages may come */
	ENTRY_WAIT,     /**< a response that waits for its query */
};

/** Bits of an entry. */
enum {
	ENTRY_LOOSE = 1,      /**< no question, or several: paired by flow and ID alone */
	ENTRY_TCP = 2,
	ENTRY_EDNS = 4,       /**< the query has an OPT record */
	ENTRY_DNSSEC_OK = 8,  /**< and DO is set in it */
	ENTRY_MISMATCHED = 16, /**< WAIT: there was a query on its flow and ID, with another question */
	ENTRY_EXTRA = 32,     /**< WAIT: its question had been answered already */
	ENTRY_OLD = 64,       /**< OPEN: has left the ring of young queries */
};

/** Neighbours of an entry in its list. */
struct link {
	uint32_t prev, next;
};

/** A message of the table: an open query, a transfer, a waiting response. */
struct entry {
	union {
		uint8_t name[NAME_INLINE]; /**< OPEN, TRANSFER */
		struct {
			uint8_t head[NAME_HEAD];
			uint32_t place; /**< name_len > NAME_INLINE: where the rest is */
		};
		/** WAIT: offset of its record in the pool. */
		uint64_t wait __attribute__((packed, aligned(4)));
	};
	uint32_t ports;    /**< client's and server's, as in flow_rest() */
	uint64_t flow;     /**< hash of flow and ID */
	int64_t first;     /**< time of the first transmission; of the response (WAIT) */
	int64_t last;      /**< time of the last transmission; of the last response (TRANSFER) */
	uint32_t message;  /**< hash of the message; of the last response (TRANSFER) */
	uint32_t seen;     /**< when it became what it is, in ticks */
	union {
		uint32_t young;   /**< OPEN: its place in the ring of young queries */
		struct link link; /**< in a list */
	};
	uint16_t id;
	uint8_t state;     /**< enum entry_state */
	uint8_t bits;      /**< ENTRY_LOOSE … */
	uint16_t qtype, qclass;
	uint16_t flags;
	uint16_t bytes;
	uint16_t edns_size;
	uint8_t name_len;
	uint8_t retransmissions;
} __attribute__((aligned(32)));
static_assert(sizeof(struct entry) == 96, "two cache lines at most, wherever it is in the table");
static_assert(offsetof(struct entry, message) == 64, "what ages lies in one line, most of a name too");

/** A tombstone: what is left of an answered query, so that copies of its messages are known. Flow and ID are
 * told by their hash. */
struct tomb {
	uint64_t flow;     /**< hash of flow and ID; 0: gone already */
	int64_t first;     /**< as in struct entry, like the others */
	int64_t last;
	int64_t answered;  /**< time of the response */
	uint32_t question;
	uint32_t message;
	uint32_t response; /**< hash of the response */
	uint32_t seen;
};
static_assert(sizeof(struct tomb) == 48, "no holes");

/** A slot that has this bit is a tombstone's number, which runs freely, else an entry's index. */
#define SLOT_TOMB (UINT32_C(1) << 31)

/** A cache line of slots; those in use come first. */
struct bucket {
	uint16_t tag[BUCKET_SLOTS];
	uint32_t slot[BUCKET_SLOTS];
	uint32_t next;  /**< overflow line */
	uint8_t used;   /**< slots in use of this line */
	uint8_t total;  /**< first line: slots in use of the chain */
	uint8_t waits;  /**< first line: responses that wait in the chain */
} __attribute__((aligned(64)));
static_assert(sizeof(struct bucket) == 64, "a cache line");

/** A list of entries, oldest first. */
struct list {
	uint32_t head, tail, n;
};

/**
 * Lists by age. Most queries are answered while they are young and never get into one: they stand in a ring,
 * and nothing of it is touched when they are answered (a list's neighbours would be two misses more); a place
 * whose query has gone is skipped when the ring comes to it. A query that is still open when its place is
 * needed goes to LIST_OLD. Queries with long names have a list of their own, so that the oldest of them can
 * make room for another.
 */
enum { LIST_OLD, LIST_LONG, LIST_TRANSFER, LISTS };

/** Places of one size for the rests of names. There is a short one for each query; long ones are fewer. */
struct places {
	uint8_t *base;
	uint32_t size;     /**< bytes of a place */
	uint32_t capacity;
	uint32_t touched;  /**< taken at least once */
	uint32_t free;     /**< the one given back last; each has the number of the next in its first bytes */
	uint32_t used;
};

enum { PLACES_SHORT, PLACES_LONG, PLACES };

/** A ring's places: as few as what it has held at once needs, so that they stay in the caches and no other memory
 * is touched. */
struct ring {
	uint32_t head, tail; /**< run freely */
	uint32_t mask;       /**< of the places in use, a power of two less one */
	uint32_t most;       /**< the mask of all that there is memory for */
};

/** The table. */
struct table {
	struct entry *entries;
	struct bucket *buckets;
	struct bucket *overflow;
	uint32_t *free;          /**< stack of free entries; those never used are beyond `touched` */
	uint32_t *overflow_free;
	struct places places[PLACES];
	struct tomb *tombs;      /**< ring */
	uint32_t *young;         /**< ring of young queries; some have gone */
	struct list lists[LISTS];
	uint32_t bucket_mask;    /**< of the buckets in use; those below `split` are two already, by one bit more */
	uint32_t split;
	uint32_t buckets_max;    /**< buckets that there is memory for, a power of two */
	uint32_t slots;          /**< in use in all chains */
	uint32_t capacity, overflow_capacity;
	uint32_t touched, overflow_touched; /**< taken at least once */
	uint32_t n_free, n_overflow_free;
	struct ring tomb_ring, young_ring;
	uint32_t n_open;               /**< of state ENTRY_OPEN; another thread may read it */
	size_t memory;           /**< bytes reserved */
};

/** Reserves memory for `queries` queries, up to half as many tombstones, and `waits` waiting responses. False
 * where memory lacks. */
bool table_init(struct table *t, uint32_t queries, uint32_t waits);

/** Frees it. */
void table_close(struct table *t);

/** A free entry, content undefined; the caller knows that there is one. */
uint32_t entry_take(struct table *t);

/** Gives an entry back that is in no chain and no list. */
void entry_give(struct table *t, uint32_t i);

/** Stores the name of an entry; false where it is longer than NAME_SHORT and all places for such are taken. */
bool entry_set_name(struct table *t, struct entry *e, const uint8_t *name, uint8_t len);

/** Gives the place of the name's rest back, if it has one. */
void entry_drop_name(struct table *t, struct entry *e);

/** Splits a bucket where there are too many slots for those in use. Before a slot is added: chains change, and
 * what hash_bucket() said before no longer holds. */
void table_grow(struct table *t);

/** Puts a slot into a chain that has room (`total` < CHAIN_MOST). */
void chain_add(struct table *t, uint32_t bucket, uint16_t tag, uint32_t slot);

/** Puts another slot into the place of one. */
void chain_replace(struct table *t, uint32_t bucket, uint32_t slot, uint32_t by);

/** Takes a slot out of its chain. */
void chain_remove(struct table *t, uint32_t bucket, uint32_t slot);

/** An OPEN or TRANSFER entry is the youngest of its kind; its state, its name and `seen` are set. */
void age_add(struct table *t, uint32_t i);

/** Takes an OPEN or TRANSFER entry out of its order, before its state changes. */
void age_remove(struct table *t, uint32_t i);

/** The oldest OPEN entry with a short name; 0 where there is none, or only after more than `most` places of
 * answered ones. */
uint32_t oldest_short(struct table *t, uint32_t most);

/** Puts a tombstone into the place of a query's slot; the caller fills it in. The oldest one goes where the
 * ring is full. The entry stays the caller's. */
struct tomb *tomb_add(struct table *t, uint64_t flow, uint32_t slot);

/** Frees a tombstone, of a slot or of the ring's head. */
void tomb_end(struct table *t, uint32_t slot);

/** The oldest tombstone, which the ring's head is then; NULL where there is none. */
struct tomb *tomb_oldest(struct table *t);

/** Bucket and tag are parts of two hashes, of flow and ID and of the question. */
static inline uint32_t hash_bucket(const struct table *t, uint64_t flow)
{
	uint32_t bucket = (uint32_t)flow & t->bucket_mask;
	/* By arithmetic: no processor foresees a branch on a hash. */
	uint32_t more = (t->bucket_mask + 1) & -(uint32_t)(bucket < t->split);

	return (uint32_t)flow & (t->bucket_mask | more);
}

#define TAG_FLOW 0xff00 /**< bits of a tag that come from flow and ID */
#define TAG_ALL 0xffff

/** See hash_bucket(). */
static inline uint16_t hash_tag(uint64_t flow, uint32_t question)
{
	return (uint16_t)((flow >> 48 & TAG_FLOW) | (question & 0xff));
}

/** The tombstone of a slot. */
static inline struct tomb *slot_tomb(const struct table *t, uint32_t slot)
{
	return &t->tombs[slot & t->tomb_ring.mask];
}

/** Tombstones ahead of the one that ends, whose buckets are fetched: enough for their misses to overlap, and no more, since what
 * is fetched a burst before is gone again. */
#define TOMBS_AHEAD 16

/** Fetches what the end of a tombstone touches. `at` needn't be a place in use. */
static inline void tomb_prefetch(const struct table *t, uint32_t at)
{
	__builtin_prefetch(&t->buckets[hash_bucket(t, slot_tomb(t, at)->flow)], 1);
}

/** Puts a name together that an entry doesn't hold alone; `room` is DNS_NAME_MAX bytes. */
const uint8_t *name_join(const struct table *t, const struct entry *e, uint8_t *room);

/** The name of an OPEN or TRANSFER entry, name_len octets; in `room` where the entry doesn't hold it alone. */
static inline const uint8_t *entry_name(const struct table *t, const struct entry *e, uint8_t room[DNS_NAME_MAX])
{
	return e->name_len > NAME_INLINE ? name_join(t, e, room) : e->name;
}

/** Goes through the slots of a chain whose tags match. */
struct probe {
	const struct table *t;
	const struct bucket *line;
	uint32_t matches; /**< bit a slot */
	uint16_t tag, bits;
};

/* All eight slots at once, without loops: those would be mispredicted. */
#ifdef __SSE2__
/** Slots of a line whose tags are the same in `bits`. */
static inline uint32_t line_match(const struct bucket *line, uint16_t tag, uint16_t bits)
{
	const __m128i none = _mm_setzero_si128();
	__m128i differ = _mm_xor_si128(_mm_load_si128((const __m128i *)line->tag), _mm_set1_epi16((short)tag));
	__m128i same = _mm_cmpeq_epi16(_mm_and_si128(differ, _mm_set1_epi16((short)bits)), none);

	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(same, none)) & ((1U << line->used) - 1);
}

/** Slots of a line that are `slot`: one or none. */
static inline uint32_t line_slot(const struct bucket *line, uint32_t slot)
{
	const __m128i *at = (const __m128i *)line->slot, want = _mm_set1_epi32((int)slot);
	__m128i same = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(at), want),
				       _mm_cmpeq_epi32(_mm_load_si128(at + 1), want));

	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(same, same)) & ((1U << line->used) - 1);
}
#else
/** As above. */
static inline uint32_t line_match(const struct bucket *line, uint16_t tag, uint16_t bits)
{
	uint32_t hits = 0;

	for (uint32_t at = 0; at < BUCKET_SLOTS; at++)
		hits |= (uint32_t)(((line->tag[at] ^ tag) & bits) == 0) << at;
	return hits & ((1U << line->used) - 1);
}

/** As above. */
static inline uint32_t line_slot(const struct bucket *line, uint32_t slot)
{
	uint32_t hits = 0;

	for (uint32_t at = 0; at < BUCKET_SLOTS; at++)
		hits |= (uint32_t)(line->slot[at] == slot) << at;
	return hits & ((1U << line->used) - 1);
}
#endif

/** At the start of a chain. `bits` is TAG_ALL or TAG_FLOW, or 0 for all slots. */
static inline struct probe probe_init(const struct table *t, uint64_t flow, uint32_t question, uint16_t bits)
{
	struct probe p = { .t = t,
			   .line = &t->buckets[hash_bucket(t, flow)],
			   .tag = hash_tag(flow, question),
			   .bits = bits };

	p.matches = line_match(p.line, p.tag, bits);
	return p;
}

/** The next slot that may be meant; 0 at the end. */
static inline uint32_t probe_next(struct probe *p)
{
	while (!p->matches) {
		if (!p->line->next)
			return 0;
		p->line = &p->t->overflow[p->line->next];
		p->matches = line_match(p->line, p->tag, p->bits);
	}
	uint32_t at = (uint32_t)__builtin_ctz(p->matches);
	p->matches &= p->matches - 1;
	return p->line->slot[at];
}

/** Fetches an entry. */
static inline void entry_prefetch(const struct table *t, uint32_t i)
{
	__builtin_prefetch(&t->entries[i], 1);
	__builtin_prefetch((const uint8_t *)&t->entries[i] + 64, 1);
}

/** Sets what tells an entry's flow and ID: the hash of all of it, and flow_rest() but for the protocol. */
static inline void entry_set_flow(struct entry *e, uint64_t flow, uint64_t rest)
{
	e->flow = flow;
	e->ports = (uint32_t)rest;
	e->id = (uint16_t)(rest >> 32);
}

/** flow_rest() of an entry. */
static inline uint64_t entry_rest(const struct entry *e)
{
	return e->ports | (uint64_t)e->id << 32 | (uint64_t)(e->bits & ENTRY_TCP ? 6 : 17) << 48;
}

/** True where an entry is of this flow and ID. */
static inline bool entry_is_of(const struct entry *e, uint64_t flow, uint64_t rest)
{
	return !((e->flow ^ flow) | (e->ports ^ (uint32_t)rest) | (uint32_t)(e->id ^ (uint16_t)(rest >> 32)));
}

#endif
