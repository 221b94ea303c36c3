// SPDX-License-Identifier: BSD-3-Clause
#include "core/counters.h"

const struct counter_info counter_infos[COUNTERS] = {
#define X(id, group, text) [COUNT_##id] = { #id, GROUP_##group, text },
	COUNTER_LIST(X)
#undef X
};

void counters_add(struct counters *to, const struct counters *from)
{
	for (unsigned i = 0; i < COUNTERS; i++)
		to->n[i] += __atomic_load_n(&from->n[i], __ATOMIC_RELAXED);
}

uint64_t counters_group(const struct counters *c, enum counter_group group)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < COUNTERS; i++)
		if (counter_infos[i].group == group)
			sum += c->n[i];
	return sum;
}
