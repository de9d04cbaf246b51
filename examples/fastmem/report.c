/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Prints what happened, and decides whether everything was freed. Reads only.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_fastmem.h>

#include "app.h"
#include "flow.h"

#define MIB(bytes) ((double)(bytes) / (1 << 20))

/* All workers together; they may still be running, so good enough to look at. */
static void
sum_workers(const struct worker *workers, unsigned int nb, struct worker *sum)
{
	const struct flow_counters *c;
	unsigned int i, cycles;
	int kind;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < nb; i++) {
		sum->sent += workers[i].sent;
		sum->received += workers[i].received;
		sum->ignored += workers[i].ignored;
		sum->no_mbuf += workers[i].no_mbuf;
		sum->table.live += workers[i].table.live;
		sum->table.table_full += workers[i].table.table_full;
		sum->table.no_memory += workers[i].table.no_memory;
		sum->table.freed_here += workers[i].table.freed_here;
		for (cycles = 0; cycles < FLOW_CYCLES; cycles++)
			sum->table.alloc_cycles[cycles] += workers[i].table.alloc_cycles[cycles];
		for (kind = 0; kind < FLOW_KINDS; kind++) {
			c = &workers[i].table.count[kind];
			sum->table.count[kind].created += c->created;
			sum->table.count[kind].aged += c->aged;
			sum->table.count[kind].flushed += c->flushed;
		}
	}
}

void
report_line(const struct worker *workers, unsigned int nb, unsigned int seconds)
{
	struct rte_fastmem_stats stats;
	uint64_t created = 0, aged = 0;
	struct worker sum;
	int kind;

	sum_workers(workers, nb, &sum);
	for (kind = 0; kind < FLOW_KINDS; kind++) {
		created += sum.table.count[kind].created;
		aged += sum.table.count[kind].aged;
	}
	if (rte_fastmem_stats(&stats) != 0)
		return;
	printf("%4u s: %" PRIu64 " packets, %u flows live, %" PRIu64 " created, "
			"%" PRIu64 " aged; memory %.1f of %.1f MiB in use\n",
			seconds, sum.received, sum.table.live, created, aged,
			MIB(stats.bytes_in_use), MIB(stats.bytes_backing));
	fflush(stdout);
}

static double
ratio(uint64_t a, uint64_t b)
{
	return b == 0 ? 0 : (double)a / b;
}

static void
report_flows(const struct worker *sum, const struct flow_export *ex)
{
	int kind;

	printf("\nFlows\n%-6s %7s %12s %12s %12s %14s %12s\n", "kind", "record", "created", "aged",
			"at the end", "packets/flow", "blob bytes");
	for (kind = 0; kind < FLOW_KINDS; kind++)
		printf("%-6s %5zu B %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %14.1f %12.1f\n",
				flow_kind_name(kind), flow_record_size(kind),
				sum->table.count[kind].created, sum->table.count[kind].aged,
				sum->table.count[kind].flushed,
				ratio(ex->packets[kind], ex->records[kind]),
				ratio(ex->blob_bytes[kind], ex->records[kind]));
	printf("Not created: %" PRIu64 " for want of room in a table, %" PRIu64
			" for want of memory\n", sum->table.table_full, sum->table.no_memory);
	printf("Packets: %" PRIu64 " sent, %" PRIu64 " received, %" PRIu64 " not IPv4; "
			"%" PRIu64 " times no mbuf\n",
			sum->sent, sum->received, sum->ignored, sum->no_mbuf);
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

/* The cycles that percent of the flows took at most. */
static unsigned int
alloc_cycles(const struct flow_table *t, unsigned int percent)
{
	uint64_t flows = 0, seen = 0;
	unsigned int i;

	for (i = 0; i < FLOW_CYCLES; i++)
		flows += t->alloc_cycles[i];
	for (i = 0; i < FLOW_CYCLES - 1; i++) {
		seen += t->alloc_cycles[i];
		if (seen * 100 >= flows * percent)
			break;
	}
	return i;
}

void
report_end(const struct worker *workers, unsigned int nb, const struct flow_export *ex)
{
	struct rte_fastmem_stats stats;
	struct worker sum;

	sum_workers(workers, nb, &sum);
	report_flows(&sum, ex);
	report_memory();
	if (rte_fastmem_stats(&stats) != 0)
		return;
	printf("Backing memory: %.1f MiB, in use: %" PRIu64 " bytes\n",
			MIB(stats.bytes_backing), stats.bytes_in_use);
	printf("Cycles to allocate a flow, record and blob: median %u, 90 %% up to %u, "
			"99 %% up to %u\n",
			alloc_cycles(&sum.table, 50), alloc_cycles(&sum.table, 90),
			alloc_cycles(&sum.table, 99));
	printf("Cycles to free an object, in bulk, by the exporter: mean %.1f\n",
			ratio(ex->free_cycles, ex->frees));
}

bool
report_check(const struct worker *workers, unsigned int nb, const struct flow_export *ex)
{
	uint64_t created = 0, gone = 0, exported = 0;
	struct rte_fastmem_stats stats;
	struct worker sum;
	bool ok = true;
	int kind;

	sum_workers(workers, nb, &sum);
	for (kind = 0; kind < FLOW_KINDS; kind++) {
		created += sum.table.count[kind].created;
		gone += sum.table.count[kind].aged + sum.table.count[kind].flushed;
		exported += ex->records[kind];
	}
	if (created != gone || gone != exported + sum.table.freed_here ||
			sum.table.live != 0) {
		printf("FAILED: %" PRIu64 " flows created, %" PRIu64 " let go, %" PRIu64
				" exported, %" PRIu64 " freed by their worker, %u left\n",
				created, gone, exported, sum.table.freed_here, sum.table.live);
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
