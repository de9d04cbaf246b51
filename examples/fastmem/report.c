/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Prints what happened, and decides whether everything was freed. Reads only.
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_fastmem.h>

#include "app.h"
#include "flow.h"

#define MIB(bytes) ((double)(bytes) / (1 << 20))

/* Sum a field of all workers, which may still be running: good enough to look at. */
#define SUM(field) __extension__ ({ \
	uint64_t sum = 0; \
	unsigned int n; \
	for (n = 0; n < nb; n++) \
		sum += workers[n].field; \
	sum; \
})

void
report_line(const struct worker *workers, unsigned int nb, unsigned int seconds)
{
	struct rte_fastmem_stats stats;
	uint64_t created = 0, aged = 0;
	int kind;

	for (kind = 0; kind < FLOW_KINDS; kind++) {
		created += SUM(table.count[kind].created);
		aged += SUM(table.count[kind].aged);
	}
	if (rte_fastmem_stats(&stats) != 0)
		return;
	printf("%4u s: %" PRIu64 " packets, %" PRIu64 " flows live, %" PRIu64 " created, "
			"%" PRIu64 " aged; memory %.1f of %.1f MiB in use\n",
			seconds, SUM(received), SUM(table.live), created, aged,
			MIB(stats.bytes_in_use), MIB(stats.bytes_backing));
	fflush(stdout);
}

static double
ratio(uint64_t a, uint64_t b)
{
	return b == 0 ? 0 : (double)a / b;
}

static void
report_flows(const struct worker *workers, unsigned int nb, const struct flow_export *ex)
{
	int kind;

	printf("\nFlows\n%-6s %7s %12s %12s %12s %14s %12s\n", "kind", "record", "created", "aged",
			"at the end", "packets/flow", "blob bytes");
	for (kind = 0; kind < FLOW_KINDS; kind++)
		printf("%-6s %5zu B %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %14.1f %12.1f\n",
				flow_kind_name(kind), flow_record_size(kind),
				SUM(table.count[kind].created), SUM(table.count[kind].aged),
				SUM(table.count[kind].flushed),
				ratio(ex->packets[kind], ex->records[kind]),
				ratio(ex->blob_bytes[kind], ex->records[kind]));
	printf("Not created: %" PRIu64 " for want of room in a table, %" PRIu64
			" for want of memory\n", SUM(table.table_full), SUM(table.no_memory));
	printf("Packets: %" PRIu64 " sent, %" PRIu64 " received, %" PRIu64 " not IPv4\n",
			SUM(sent), SUM(received), SUM(ignored));
}

/* Read the statistics of the library, as a whole and by size class. 8< */
static void
report_memory(void)
{
	struct rte_fastmem_class_stats cs;
	size_t sizes[64];
	unsigned int nb_classes, i;
	uint64_t hits, misses;

	nb_classes = rte_fastmem_classes(NULL);
	if (nb_classes > RTE_DIM(sizes))
		return;
	rte_fastmem_classes(sizes);

	printf("\nMemory by size class\n%9s %12s %12s %12s %12s %8s\n", "class", "allocated",
			"freed", "in use", "failed", "hits");
	for (i = 0; i < nb_classes; i++) {
		if (rte_fastmem_stats_class(sizes[i], &cs) != 0)
			continue;
		hits = cs.alloc_cache_hits + cs.free_cache_hits;
		misses = cs.alloc_cache_misses + cs.free_cache_misses;
		if (hits + misses + cs.alloc_nomem == 0)
			continue;
		printf("%7zu B %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %6.1f %%\n",
				cs.class_size, cs.alloc_cache_hits + cs.alloc_cache_misses,
				cs.free_cache_hits + cs.free_cache_misses, cs.in_use,
				cs.alloc_nomem, 100 * ratio(hits, hits + misses));
	}
}
/* >8 End of reading the statistics. */

void
report_end(const struct worker *workers, unsigned int nb, const struct flow_export *ex)
{
	struct rte_fastmem_stats stats;

	report_flows(workers, nb, ex);
	report_memory();
	if (rte_fastmem_stats(&stats) != 0)
		return;
	printf("Backing memory: %.1f MiB, in use: %" PRIu64 " bytes\n",
			MIB(stats.bytes_backing), stats.bytes_in_use);
	printf("Cycles per object: %.1f to allocate (one by one), "
			"%.1f to free (in bulk, by the exporter)\n",
			ratio(SUM(table.alloc_cycles), SUM(table.allocs)),
			ratio(ex->free_cycles, ex->frees));
}

bool
report_check(const struct worker *workers, unsigned int nb, const struct flow_export *ex)
{
	uint64_t created = 0, gone = 0, exported = 0;
	struct rte_fastmem_stats stats;
	bool ok = true;
	int kind;

	for (kind = 0; kind < FLOW_KINDS; kind++) {
		created += SUM(table.count[kind].created);
		gone += SUM(table.count[kind].aged) + SUM(table.count[kind].flushed);
		exported += ex->records[kind];
	}
	if (created != gone || gone != exported + SUM(table.freed_here) ||
			SUM(table.live) != 0) {
		printf("FAILED: %" PRIu64 " flows created, %" PRIu64 " let go, %" PRIu64
				" exported, %" PRIu64 " freed by their worker, %" PRIu64 " left\n",
				created, gone, exported, SUM(table.freed_here), SUM(table.live));
		ok = false;
	}
	if (rte_fastmem_stats(&stats) != 0) {
		printf("FAILED: no statistics\n");
		return false;
	}
	if (stats.bytes_in_use != 0 || stats.alloc_total != stats.free_total) {
		printf("FAILED: %" PRIu64 " bytes in use, %" PRIu64 " objects allocated, %" PRIu64
				" freed\n", stats.bytes_in_use, stats.alloc_total,
				stats.free_total);
		ok = false;
	}
	if (ok)
		printf("Everything was freed.\n");
	return ok;
}
