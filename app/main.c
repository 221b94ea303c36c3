// SPDX-License-Identifier: BSD-3-Clause
#include "app/control.h"
#include "app/eal.h"
#include "app/options.h"
#include "app/profile.h"
#include "app/sandbox.h"
#include "app/summary.h"
#include "app/telemetry.h"
#include "app/topology.h"
#include "core/clock.h"
#include "core/log.h"

#include <stdlib.h>

enum { EXIT_OK, EXIT_FAILED, EXIT_OPTIONS };

/* Runs an opened topology and tells how it went: the exit code. */
static int run(struct topology *t, const struct options *o, struct monitor *m)
{
	struct sink_stats sinks[TX_SINKS];
	const char *names[TX_SINKS] = { NULL };
	struct source_stats source = { 0 };
	struct counters counters;
	int64_t start = clock_monotonic();
	int code = EXIT_OK;
	unsigned n;

	summary_start(t, o);
	telemetry_start(t);
	sandbox_seal(o);
	if (control_run(t, o, m))
		code = EXIT_FAILED;
	telemetry_stop();
	n = topology_close(t, sinks, names);
	topology_counters(t, &counters);
	t->ops->stats(t->source, &source);
	for (unsigned i = 0; i < t->intakes; i++) {
		if (!t->intake[i]->error.text[0])
			continue;
		log_error("%s", t->intake[i]->error.text);
		code = EXIT_FAILED;
	}
	if (t->sink_lost || atomic_load(&t->abort))
		code = EXIT_FAILED;
	summary_end(t, o, &counters, &source, sinks, names, n, (double)(clock_monotonic() - start) / NSEC_PER_SEC);
	return code;
}

int main(int argc, char **argv)
{
	static struct topology topology;
	static struct monitor monitor;
	struct options options;
	struct error error = { "" };
	int code = EXIT_OPTIONS;

	switch (options_read(&options, argc, argv, &error)) {
	case OPTIONS_ERROR:
		log_error("%s", error.text);
		options_free(&options);
		return EXIT_OPTIONS;
	case OPTIONS_DONE:
		options_free(&options);
		return EXIT_OK;
	case OPTIONS_GO:
		break;
	}
	log_set_debug(options.debug);
	control_block_signals(&options);
	if (monitor_open(&monitor, &options, &code, &error) || topology_open(&topology, &options, &code, &error))
		log_error("%s", error.text);
	else if (profile_start(options.cpuprofile, &error))
		log_error("%s", error.text);
	else
		code = run(&topology, &options, &monitor);
	monitor_close(&monitor);
	profile_stop();
	topology_free(&topology);
	eal_stop();
	options_free(&options);
	return code;
}
