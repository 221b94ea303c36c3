// SPDX-License-Identifier: BSD-3-Clause
#include "app/plan.h"
#include "app/eal.h"
#include "app/worker.h"
#include "port/eth_find.h"
#include "port/interface.h"

#define MBUF_BYTES 4400 /* an mbuf with its share of the rest: it does not cross a page, and pages may be of 4 KiB */
#define ALLOWED 32      /* NICs */

static unsigned usual_workers(bool live, unsigned cpus)
{
	if (live)
		return cpus > 2 ? cpus - cpus / 4 - 1 : 1;
	return cpus > 4 ? cpus - 2 : 1;
}

int plan_make(struct plan *p, const struct options *o, struct error *e)
{
	unsigned cpus = eal_processors();

	*p = (struct plan){ .devices = o->dev != NULL };
	for (char **d = o->dev; d && *d; d++)
		p->live |= !eal_reads_files((const char *const *)o->eal, *d);
	p->workers = o->numprocs ? o->numprocs : usual_workers(p->live, cpus);
	p->txs = o->txprocs ? o->txprocs : (p->workers + 3) / 4;
	p->fused = o->fused == SWITCH_ON ||
		   (o->fused == SWITCH_AUTO && !o->numprocs && !o->txprocs && (cpus == 1 || (!p->live && cpus < 4)));
	if (p->fused)
		p->workers = p->txs = 1;
	p->direct = p->workers == 1;
	p->looks = p->direct && !p->devices;
	p->intakes = p->live && !p->fused ? p->workers : 1;
	p->lanes = p->fused ? 1 : p->workers + p->txs + !p->direct;
	if (p->workers > WORKER_RINGS || p->txs > WORKER_RINGS)
		return error_set(e, "-numprocs and -txprocs: at most %d", WORKER_RINGS);
	if (p->lanes + 1 > RTE_MAX_LCORE)
		return error_set(e, "-numprocs %u and -txprocs %u: together at most %d", p->workers, p->txs, RTE_MAX_LCORE - 2);
	return 0;
}

unsigned plan_mbufs(const struct plan *p)
{
	unsigned reader = p->workers * (LINK_SIZE + BURST), direct = p->intakes * p->workers * (LINK_SIZE_DIRECT + BURST);

	if (p->looks)
		return 0;
	return 1023 + (p->direct ? 0 : RTE_MAX(reader, direct)) + (p->intakes + p->workers) * BURST * 4;
}

/* Memory for mbufs in MiB: the run's, and those that each device keeps in its queues and has on their way. */
static unsigned mbuf_memory(const struct plan *p, const struct options *o)
{
	size_t bytes = (size_t)plan_mbufs(p) * MBUF_BYTES;

	for (char **d = o->dev; p->live && d && *d; d++)
		bytes += (size_t)(plan_mbufs(p) + 4096 * p->workers) * (eth_slot_size(interface_mtu(*d)) + MBUF_BYTES);
	return (unsigned)(bytes >> 20);
}

int plan_start_eal(const struct plan *p, const struct options *o, struct error *e)
{
	const char *allow[ALLOWED + 1] = { NULL };
	unsigned n = 0;
	struct eal_needs needs = {
		.lanes = p->lanes,
		.hugepages = p->live,
		.no_drivers = !p->devices,
		.pin = p->live,
		.memory_mb = 64 + mbuf_memory(p, o),
		.user = (const char *const *)o->eal,
		.allow = allow,
		.node = -1,
	};

	for (char **d = o->dev; d && *d && n < ALLOWED; d++) {
		char address[16];

		if (!eth_pci_address(*d, address, sizeof(address)))
			continue;
		allow[n++] = *d;
		if (needs.node < 0)
			needs.node = eal_node(address);
	}
	needs.pci = n > 0;
	return eal_start(&needs, e);
}
