// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry.h"
#include "app/health.h"
#include "core/log.h"

#include <pthread.h>
#include <rte_telemetry.h>

/* EAL answers in threads of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct topology *topology; /* under the lock; NULL: nothing to tell */

static void tell_counters(const struct topology *t, struct rte_tel_data *d)
{
	struct counters c;

	topology_counters(t, &c);
	for (unsigned i = 0; i < COUNTERS; i++)
		rte_tel_data_add_dict_u64(d, counter_infos[i].name, c.n[i]);
}

static void tell_source(const struct topology *t, struct rte_tel_data *d)
{
	struct source_stats s = { 0 };

	t->ops->stats(t->source, &s);
	rte_tel_data_add_dict_string(d, "kind", t->ops->name);
	rte_tel_data_add_dict_u64(d, "packets", s.packets);
	rte_tel_data_add_dict_u64(d, "bytes", s.bytes);
	rte_tel_data_add_dict_u64(d, "dropped", s.dropped);
	rte_tel_data_add_dict_u64(d, "nombuf", s.nombuf);
	rte_tel_data_add_dict_u64(d, "errors", s.errors);
	rte_tel_data_add_dict_u64(d, "if_dropped", s.if_dropped);
}

static void tell_sink(struct rte_tel_data *d, const char *name, const struct sink_stats *s)
{
	struct rte_tel_data *one = rte_tel_data_alloc();

	if (!one)
		return;
	rte_tel_data_start_dict(one);
	rte_tel_data_add_dict_u64(one, "offered", s->offered);
	rte_tel_data_add_dict_u64(one, "delivered", s->delivered);
	rte_tel_data_add_dict_u64(one, "pending", s->pending);
	rte_tel_data_add_dict_u64(one, "spooled", s->spooled);
	for (unsigned i = 0; i < SINK_DROPS; i++) {
		char text[RTE_TEL_MAX_STRING_LEN];

		snprintf(text, sizeof(text), "dropped_%s", sink_drop_names[i]);
		rte_tel_data_add_dict_u64(one, text, s->dropped[i]);
	}
	rte_tel_data_add_dict_container(d, name, one, 0);
}

static void tell_sinks(const struct topology *t, struct rte_tel_data *d)
{
	for (unsigned i = 0; i < (t->txs ? t->tx[0]->sinks : 0); i++) {
		struct sink_stats s;

		health_sink_stats(t, i, &s);
		tell_sink(d, t->tx[0]->sink[i].ops->name, &s);
	}
}

static int answer(struct rte_tel_data *d, void (*tell)(const struct topology *t, struct rte_tel_data *d))
{
	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&lock);
	if (topology)
		tell(topology, d);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int on_counters(const char *command, const char *parameters, struct rte_tel_data *d)
{
	return answer(d, tell_counters);
}

static int on_source(const char *command, const char *parameters, struct rte_tel_data *d)
{
	return answer(d, tell_source);
}

static int on_sinks(const char *command, const char *parameters, struct rte_tel_data *d)
{
	return answer(d, tell_sinks);
}

void telemetry_start(const struct topology *t)
{
	topology = t;
	if (rte_telemetry_register_cmd("/dnsweir/counters", on_counters,
				       "Every counter of dnsweir's. Takes no parameters.") ||
	    rte_telemetry_register_cmd("/dnsweir/source", on_source,
				       "What the source tells. Takes no parameters.") ||
	    rte_telemetry_register_cmd("/dnsweir/sinks", on_sinks,
				       "Figures of each sink. Takes no parameters."))
		log_debug("DPDK's telemetry takes no commands");
}

void telemetry_stop(void)
{
	pthread_mutex_lock(&lock);
	topology = NULL;
	pthread_mutex_unlock(&lock);
}
