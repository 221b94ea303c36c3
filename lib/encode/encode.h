// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Encoders: a record to items (JSON lines, Avro or MessagePack objects). Pure: no allocation, no globals.
 */
#ifndef ENCODE_ENCODE_H
#define ENCODE_ENCODE_H

#include "core/out.h"
#include "record/record.h"

/** What an encoder needs to know besides the record; zero-initialised, then set up by encode_context_init(). One a TX lcore. */
struct encode_context {
	char level[16];      /**< the flat record's `level`: the syslog priority as given, or "" */
	char sensor[256];    /**< `-name` */
	char tag[264];       /**< fluentd's tag, `<name>.service` */
	int64_t stamp_second; /**< second whose text is in `stamp`; INT64_MIN at first */
	char stamp[32];      /**< "2026-11-22 10:11:12" */
	uint32_t stamp_len;
};

/** Sets the texts, cut to fit. */
void encode_context_init(struct encode_context *cx, const char *level, const char *sensor);

/** Where an encoder is within a record that has several items; zero at the record's start. */
struct encode_cursor {
	uint32_t item; /**< items written so far */
	uint32_t pos;  /**< the encoder's own */
	uint32_t left; /**< the encoder's own */
};

/** Result of a step. */
enum encode_step {
	ENCODE_ITEM, /**< one item was written; there may be more */
	ENCODE_DONE, /**< nothing was written: the record has no further item */
	ENCODE_FULL, /**< the next item doesn't fit: nothing was written; try again with more room */
};

/** A format. JSON items end with a line feed. */
struct encoder {
	const char *name; /**< "flat", "nested", "avro", "msgpack" */
	const char *help;
	bool text;        /**< items are lines */
	/** Writes the next item of `r` at `o` and moves `cursor`. On ENCODE_FULL, `o` is as it was. */
	enum encode_step (*step)(struct encode_context *cx, const struct record *r, struct encode_cursor *cursor, struct out *o);
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
