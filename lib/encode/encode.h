// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Encoders: a record to items (JSON lines, Avro or MessagePack objects). No allocation, no globals: what an
 * item is depends on the record and the context's settings alone.
 */
#ifndef ENCODE_ENCODE_H
#define ENCODE_ENCODE_H

#include "core/out.h"
#include "record/record.h"

/** Room for what the items of a record begin with (a name of at most 1016 characters, 254 of which a JSON
 * string escapes, and MessagePack's tag), and end with. */
#define ENCODE_HEAD_MAX 2048
#define ENCODE_TAIL_MAX 640

/** What an encoder needs to know besides the record; set up by encode_context_init(). One a TX lcore. */
struct encode_context {
	char level[16];      /**< the flat record's `level`: the syslog priority as given, or "" */
	char sensor[256];    /**< `-name` */
	char tag[264];       /**< fluentd's tag, `<name>.service` */
	char level_json[32]; /**< `level` as JSON, with its quotes */
	uint32_t level_json_len;
	int64_t stamp_second; /**< second whose text is in `stamp`; INT64_MIN at first */
	char stamp[32];      /**< "2026-11-22 10:11:12" */
	uint64_t mark;       /**< which record's head and tail are kept below: counts them */
	uint32_t head_len;
	uint32_t tail_len;
	uint8_t head[ENCODE_HEAD_MAX];
	uint8_t tail[ENCODE_TAIL_MAX];
};

/** Sets the texts, cut to fit (not within a character of UTF-8); what is no UTF-8 in them becomes `?`, and
 * so do control bytes. */
void encode_context_init(struct encode_context *cx, const char *level, const char *sensor);

/** Where an encoder is within a record that has several items; zero at the record's start. Used with one
 * context. */
struct encode_cursor {
	uint32_t item; /**< items written so far */
	bool last;     /**< the item that was written last is surely the record's last: another step would say ENCODE_DONE */
	uint32_t pos;  /**< the encoder's own */
	uint32_t left; /**< the encoder's own */
	uint64_t mark; /**< the encoder's own: the context's mark when it kept this record's head and tail */
};

/** Result of a step. */
enum encode_step {
	ENCODE_ITEM, /**< one item was written; there may be more */
	ENCODE_DONE, /**< nothing was written: the record has no further item */
	ENCODE_FULL, /**< the next item may not fit (up to 4 KiB may be left): nothing was written */
};

/** A format. JSON items end with a line feed. */
struct encoder {
	const char *name; /**< "flat", "nested", "avro", "msgpack" */
	const char *help;
	bool text;        /**< items are lines */
	/** Writes the next item of `r` at `o` and moves `cursor`. On ENCODE_FULL and ENCODE_DONE, both are
	 * as they were. */
	enum encode_step (*step)(struct encode_context *cx, const struct record *r,
				 struct encode_cursor *cursor, struct out *o);
};

extern const struct encoder encoder_flat, encoder_nested, encoder_avro, encoder_msgpack;

/** Room that any one item fits in, whatever the record. */
#define ENCODE_ITEM_MAX (16u << 20)

/** The encoder of a name, or NULL. */
const struct encoder *encoder_find(const char *name);

/** Avro's canonical schema of the flat record, and its CRC-64-AVRO fingerprint. */
extern const char avro_schema[];
#define AVRO_FINGERPRINT UINT64_C(0xCCCCDA1C31BE6071)

#endif
