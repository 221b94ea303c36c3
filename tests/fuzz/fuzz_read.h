// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Records as others read them: MessagePack by libmsgpack, Avro by libavro.
 */
#ifndef FUZZ_FUZZ_READ_H
#define FUZZ_FUZZ_READ_H

#include "fuzz.h"

#include <avro.h>
#include <msgpack.h>

static inline json_t *msgpack_value(const msgpack_object *o)
{
	switch (o->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		return json_boolean(o->via.boolean);
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		return json_integer((json_int_t)o->via.u64);
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return json_integer(o->via.i64);
	case MSGPACK_OBJECT_STR:
		return json_stringn(o->via.str.ptr, o->via.str.size);
	default:
		return NULL;
	}
}

/** The map of the event [tag, second, map] at `*at`, which moves behind it. */
static inline json_t *msgpack_json(const char *all, size_t len, size_t *at)
{
	json_t *map = json_object();
	msgpack_unpacked u;

	msgpack_unpacked_init(&u);
	ALWAYS(msgpack_unpack_next(&u, all, len, at) == MSGPACK_UNPACK_SUCCESS &&
	       u.data.type == MSGPACK_OBJECT_ARRAY);
	const msgpack_object *event = u.data.via.array.ptr;
	ALWAYS(u.data.via.array.size == 3 && event[2].type == MSGPACK_OBJECT_MAP);
	for (uint32_t i = 0; i < event[2].via.map.size; i++) {
		const msgpack_object_kv *pair = &event[2].via.map.ptr[i];
		ALWAYS(!json_object_setn_new(map, pair->key.via.str.ptr, pair->key.via.str.size,
					     msgpack_value(&pair->val)));
	}
	msgpack_unpacked_destroy(&u);
	return map;
}

/** The single object at `*at`, which moves behind it. */
static inline json_t *avro_json(avro_schema_t schema, const char *all, size_t len, size_t *at)
{
	static const char head[10] = "\xc3\x01\x71\x60\xbe\x31\x1c\xda\xcc\xcc";
	avro_value_iface_t *kind = avro_generic_class_from_schema(schema);
	avro_reader_t reader;
	avro_value_t value;
	char *text;

	ALWAYS(len - *at > sizeof(head) && !memcmp(all + *at, head, sizeof(head)));
	*at += sizeof(head);
	reader = avro_reader_memory(all + *at, (int64_t)(len - *at));
	ALWAYS(!avro_generic_value_new(kind, &value) && !avro_value_read(reader, &value) &&
	       !avro_value_to_json(&value, 1, &text));
	/* The reader doesn't say where it stands; the value does, by its size. */
	size_t size;
	ALWAYS(!avro_value_sizeof(&value, &size));
	*at += size;
	json_t *got = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ALWAYS(got);
	free(text);
	avro_reader_free(reader);
	avro_value_decref(&value);
	avro_value_iface_decref(kind);
	return got;
}

#endif
