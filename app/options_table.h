// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The rows that all about options comes from, and what the parts of the reader share.
 */
#ifndef APP_OPTIONS_TABLE_H
#define APP_OPTIONS_TABLE_H

#include "app/options.h"

#include <stddef.h>

/** What a value looks like, and what type its field in struct options has. */
enum option_kind {
	OPTION_STRING,	 /**< char *; with choices: one of them in any case, kept as typed, or "" */
	OPTION_BOOL,	 /**< bool */
	OPTION_SWITCH,	 /**< uint32_t, enum option_switch: a boolean or `auto` */
	OPTION_INT,	 /**< uint32_t within min … max */
	OPTION_DURATION, /**< int64_t ns, whose amount is within min … max */
	OPTION_SIZE,	 /**< uint64_t bytes within min … max */
	OPTION_CHOICE,	 /**< uint32_t, index into choices */
	OPTION_LIST,	 /**< char **, NULL-terminated; repeatable */
	OPTION_ACTION,	 /**< nothing: prints something, and the program is done */
};

/** Headings of the help. */
enum option_group {
	GROUP_CAPTURE,
	GROUP_CORES,
	GROUP_PAIRING,
	GROUP_RECORDS,
	GROUP_FILE,
	GROUP_SYSLOG,
	GROUP_FLUENTD,
	GROUP_KAFKA,
	GROUP_STATISTICS,
	GROUP_GENERAL,
	GROUP_HIDDEN, /**< left out of every help */
	OPTION_GROUPS
};

/** An option. */
struct option_row {
	const char *name;     /**< without its dash */
	const char *variable; /**< of the environment and of .env; NULL for actions */
	enum option_kind kind;
	enum option_group group;
	const char *value;	   /**< placeholder in the help; NULL where it takes none */
	const char *fallback;	   /**< the default as a user would write it; NULL: none */
	const char *fallback_text; /**< for people, where the default isn't a plain value; or NULL */
	int64_t min, max;
	const char *const *choices; /**< NULL-terminated, or NULL */
	char separator; /**< OPTION_LIST: what separates items within one value; '\0': nothing but a line feed
			   in a variable */
	size_t offset;	/**< of the field in struct options */
	const char *pending;  /**< what is not there yet, where using it is an error; else NULL */
	void (*action)(void); /**< OPTION_ACTION: prints */
	const char *help;
};

/** Every option, in the order of the help, and how many there are. */
extern const struct option_row option_rows[];
extern const unsigned option_row_count;

/** Titles of the groups. */
extern const char *const option_group_titles[OPTION_GROUPS];

/** The row of a name, or NULL. */
const struct option_row *option_find(const char *name, size_t len);

/** Parses `text` by the row's kind and stores it in `o`; an item of a list is appended. `where` says where it
 * came from, for the error. Returns 0, or -1 and one line in `e`. */
int option_set(struct options *o, const struct option_row *row, const char *text, const char *where,
	struct error *e);

/** Like option_set() for an option that a source gives: marks the row in `given`, and refuses one whose part
 * is pending. */
int option_give(struct options *o, const struct option_row *row, const char *text, const char *where,
	bool *given, struct error *e);

/** Appends a copy of an item to a NULL-terminated list. 0, or -1 where memory lacks. */
int option_list_append(char ***list, const char *item, size_t len);

/** Sets what has not been given yet from ./.env and the environment. `given` has a flag a row, which is set
 * for those. */
int options_read_variables(struct options *o, bool *given, struct error *e);

/** Likewise from the JSON file `path`. */
int options_read_config(struct options *o, bool *given, const char *path, struct error *e);

/** Writes ` (did you mean -x?)` into `text` where a name is near to `name`, else "". `variables`: among the
 * variables. */
void option_suggest(const char *name, bool variables, char *text, size_t size);

/** Actions: each prints on standard output. */
void options_print_help(void);
void options_print_version(void);
void options_print_avro_schema(void);
void options_print_avro_fingerprint(void);
void options_print_markdown(void);
void options_print_man(void);
void options_print_completion(void);

#endif
