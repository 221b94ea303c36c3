// SPDX-License-Identifier: BSD-3-Clause
/* Flags as Go's flag package reads them, the order of the sources, and what options mean together. */
#include "app/options.h"
#include "app/options_table.h"

#include "core/log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char command_line[] = "command line";

/* A row was asked for: fine unless its part is not there yet. */
static int check_pending(const struct option_row *row, const char *where, struct error *e)
{
	if (!row->pending)
		return 0;
	return error_set(e, "-%s (%s): %s %s not part of this version yet", row->name, where, row->pending,
		strncmp(row->pending, "statistics", 10) ? "is" : "are");
}

int option_give(struct options *o, const struct option_row *row, const char *text, const char *where,
	bool *given, struct error *e)
{
	given[row - option_rows] = true;
	return check_pending(row, where, e) ? -1 : option_set(o, row, text, where, e);
}

static bool is_boolean(const struct option_row *row)
{
	return row->kind == OPTION_BOOL || row->kind == OPTION_SWITCH || row->kind == OPTION_ACTION;
}

/* An action's flag: true where it is to be done. `-version=false` is Go's way of saying nothing. */
static enum options_result act(const struct option_row *row, const char *text, struct error *e)
{
	struct option_row boolean = {
		.kind = OPTION_BOOL, .name = row->name, .offset = offsetof(struct options, quiet)
	};
	struct options o = { 0 };

	if (check_pending(row, command_line, e) || option_set(&o, &boolean, text, command_line, e))
		return OPTIONS_ERROR;
	if (!o.quiet)
		return OPTIONS_GO;
	row->action();
	return OPTIONS_DONE;
}

/* The flag at argv[*i], whose text begins behind the dashes. Moves *i over its value. */
static enum options_result read_flag(
	struct options *o, char **argv, int argc, int *i, const char *flag, bool *given, struct error *e)
{
	size_t len = strcspn(flag, "=");
	const char *text = flag[len] ? flag + len + 1 : NULL;
	const struct option_row *row = option_find(flag, len);
	char name[64], hint[96];

	if (!len || *flag == '-')
		return error_set(e, "bad flag syntax: \"%.80s\"", argv[*i]), OPTIONS_ERROR;
	if (!row) {
		if (len >= sizeof(name))
			len = sizeof(name) - 1;
		memcpy(name, flag, len);
		name[len] = '\0';
		option_suggest(name, false, hint, sizeof(hint));
		return error_set(e, "unknown option -%s%s; see -help", name, hint), OPTIONS_ERROR;
	}
	if (!text && is_boolean(row))
		text = "true";
	if (!text && *i + 1 >= argc)
		return error_set(e, "-%s (%s): a value is missing: -%s %s", row->name, command_line,
			       row->name, row->value),
		       OPTIONS_ERROR;
	if (!text)
		text = argv[++*i];
	if (row->kind == OPTION_ACTION)
		return act(row, text, e);
	return option_give(o, row, text, command_line, given, e) ? OPTIONS_ERROR : OPTIONS_GO;
}

static int keep_eal(struct options *o, char **argv, int argc, int from, struct error *e)
{
	for (int i = from; i < argc; i++, o->eal_count++)
		if (option_list_append(&o->eal, argv[i], strlen(argv[i])))
			return error_set(e, "out of memory");
	return 0;
}

static enum options_result read_flags(struct options *o, int argc, char **argv, bool *given, struct error *e)
{
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		if (!strcmp(arg, "--"))
			return keep_eal(o, argv, argc, i + 1, e) ? OPTIONS_ERROR : OPTIONS_GO;
		if (arg[0] != '-' || !arg[1]) {
			error_set(e, "stray argument \"%.80s\": every option begins with a dash%s", arg,
				given[option_find("pcap", 4) - option_rows]
					? "; for several files quote a pattern, or write -pcap before each"
					: "; a capture file is given by -pcap FILE");
			return OPTIONS_ERROR;
		}
		enum options_result r = read_flag(o, argv, argc, &i, arg + 1 + (arg[1] == '-'), given, e);
		if (r != OPTIONS_GO)
			return r;
	}
	return OPTIONS_GO;
}

static int set_defaults(struct options *o, struct error *e)
{
	for (unsigned i = 0; i < option_row_count; i++)
		if (option_rows[i].fallback &&
			option_set(o, &option_rows[i], option_rows[i].fallback, "default", e))
			return -1;
	return 0;
}

/* An empty text is as none where none is the default. */
static void drop_empty(struct options *o)
{
	for (unsigned i = 0; i < option_row_count; i++) {
		char **field = (char **)((char *)o + option_rows[i].offset);
		if (option_rows[i].kind != OPTION_STRING || option_rows[i].fallback || !*field || **field)
			continue;
		free(*field);
		*field = NULL;
	}
}

static void free_list(char ***list)
{
	for (char **p = *list; p && *p; p++)
		free(*p);
	free(*list);
	*list = NULL;
}

static int resolve_source(struct options *o, struct error *e)
{
	if (o->pfring)
		log_warn("-pfring has no meaning here: DPDK stands in for PF_RING; going on without it");
	if (o->dev && o->pcap) {
		log_warn("both -dev and -pcap are given: capturing from -dev, -pcap is left out");
		free_list(&o->pcap);
	}
	if (!o->dev && !o->pcap)
		return error_set(e, "nothing to read: give -pcap FILE or -dev DEVICE (or PDNS_PCAP_FILE, "
				    "PDNS_DEV); see -help");
	return 0;
}

static int resolve_times(struct options *o, struct error *e)
{
	o->gc_age = llabs(o->gc_age);
	o->gc_interval = llabs(o->gc_interval);
	o->idle_exit = llabs(o->idle_exit);
	o->sink_timeout = llabs(o->sink_timeout);
	return 0;
}

static int resolve_name(struct options *o, struct error *e)
{
	char host[256] = "";

	if (o->name)
		return 0;
	if (gethostname(host, sizeof(host) - 1) || !*host)
		strcpy(host, "UNKNOWN");
	o->name = strdup(host);
	return o->name ? 0 : error_set(e, "out of memory");
}

/* The index of a name of `len` bytes; -1 where there is none. */
static int choice_index(const char *const *choices, const char *name, size_t len)
{
	for (int i = 0; choices[i]; i++)
		if (strlen(choices[i]) == len && !memcmp(choices[i], name, len))
			return i;
	return -1;
}

static int resolve_formats(struct options *o, struct error *e)
{
	for (unsigned i = 0; i < OPTION_SINKS; i++)
		o->format_of[i] = o->format;
	for (char **f = o->sink_formats; f && *f; f++) {
		size_t len = strcspn(*f, "=");
		const char *name = (*f)[len] ? *f + len + 1 : "";
		int sink = choice_index(option_sink_names, *f, len);
		int format = choice_index(option_format_names, name, strlen(name));

		if (sink < 0 || format < 0)
			return error_set(e, "-sink_format: \"%.60s\" is not allowed; allowed: SINK=NAME, the sinks being "
					    "stdout, file, kafka, syslog and fluentd, the names flat and nested", *f);
		o->format_of[sink] = (uint32_t)format;
	}
	return 0;
}

static int resolve_kafka(struct options *o, struct error *e)
{
	if (!o->kafka_brokers != !o->kafka_topic)
		return error_set(e, "Kafka needs -kafka_brokers and -kafka_topic; only %s is given",
			o->kafka_brokers ? "-kafka_brokers" : "-kafka_topic");
	if (o->kafka_avro && o->format_of[SINK_KAFKA] == FORMAT_NESTED)
		return error_set(e, "-kafka_avro can't go with -format nested: the Avro schema is the flat record's "
				    "(-sink_format kafka=flat)");
	if (o->kafka_avro && o->kafka_batch > 1)
		return error_set(e, "-kafka_batch can't go with -kafka_avro: an Avro message is one record");
	for (char **c = o->kafka_config; c && *c; c++)
		if (!strchr(*c, '=') || **c == '=')
			return error_set(
				e, "-kafka_config: \"%.60s\" is not allowed; allowed: KEY=VALUE", *c);
	if (o->spool_dir && !o->kafka_brokers)
		log_warn("-spool_dir is left out: the spool is Kafka's, and -kafka_brokers is not given");
	return 0;
}

/* gopassivedns's way: half a syslog is none, though the priority is still the records' level. */
static int resolve_syslog(struct options *o, struct error *e)
{
	if (!o->syslog_facility == !o->syslog_priority)
		return 0;
	log_warn("no syslog: it needs -syslog_facility and -syslog_priority; only %s is given",
		o->syslog_facility ? "-syslog_facility" : "-syslog_priority");
	return 0;
}

static int resolve_file(struct options *o, struct error *e)
{
	if (!o->log_max_size)
		o->log_max_size = 100;
	return 0;
}

static int resolve(struct options *o, struct error *e)
{
	static int (*const steps[])(struct options *, struct error *) = {
		resolve_source,
		resolve_times,
		resolve_name,
		resolve_formats,
		resolve_kafka,
		resolve_syslog,
		resolve_file,
	};

	drop_empty(o);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i](o, e))
			return -1;
	return 0;
}

enum options_result options_read(struct options *o, int argc, char **argv, struct error *e)
{
	memset(o, 0, sizeof(*o));
	e->text[0] = '\0';
	bool *given = calloc(option_row_count, sizeof(*given));
	if (!given)
		return error_set(e, "out of memory"), OPTIONS_ERROR;

	enum options_result r = set_defaults(o, e) ? OPTIONS_ERROR : read_flags(o, argc, argv, given, e);
	if (r == OPTIONS_GO && options_read_variables(o, given, e))
		r = OPTIONS_ERROR;
	if (r == OPTIONS_GO && o->config && *o->config && options_read_config(o, given, o->config, e))
		r = OPTIONS_ERROR;
	if (r == OPTIONS_GO && resolve(o, e))
		r = OPTIONS_ERROR;
	free(given);
	return r;
}

void options_free(struct options *o)
{
	for (unsigned i = 0; i < option_row_count; i++) {
		void *field = (char *)o + option_rows[i].offset;
		if (option_rows[i].kind == OPTION_STRING)
			free(*(char **)field);
		else if (option_rows[i].kind == OPTION_LIST)
			free_list(field);
	}
	free_list(&o->eal);
	memset(o, 0, sizeof(*o));
}
