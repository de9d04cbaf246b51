/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Writes results.json: where the run took place, how each contender was used, and a record per
 * case, point, contender and metric. Ratios are costs: below 1 means better than the other, also
 * for rates.
 */

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include <rte_cycles.h>
#include <rte_version.h>

#include "bench.h"

static void
put_string(FILE *f, const char *key, const char *value, const char *end)
{
	const unsigned char *c;

	fprintf(f, "\"%s\": \"", key);
	for (c = (const unsigned char *)value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(f, "\\%c", *c);
		else if (*c < 0x20)
			fprintf(f, "\\u%04x", *c);
		else
			fputc(*c, f);
	}
	fprintf(f, "\"%s", end);
}

static void
put_number(FILE *f, const char *key, double value, const char *end)
{
	if (isfinite(value))
		fprintf(f, "\"%s\": %.6g%s", key, value, end);
	else
		fprintf(f, "\"%s\": null%s", key, end);
}

static void
put_count(FILE *f, const char *key, uint64_t value, const char *end)
{
	fprintf(f, "\"%s\": %" PRIu64 "%s", key, value, end);
}

static double
ratio_to(const struct fmb_bench *b, const struct fmb_record *r, enum fmb_who who)
{
	const struct fmb_record *o = fmb_find(b, r->cas, &r->point, who, r->metric);

	return o != NULL ? fmb_cost_ratio(r->metric, r->st.median, o->st.median) : NAN;
}

static void
put_record(FILE *f, const struct fmb_bench *b, const struct fmb_record *r)
{
	bool is_bulk = r->cas->loop == FMB_BULK || r->cas->loop == FMB_BULK_PTRS;
	unsigned int bulk = is_bulk ? r->point.n : r->cas->loop == FMB_RANDOM_BULK ? FMB_BURST : 1;

	fprintf(f, "    {");
	put_string(f, "case", r->cas->name, ", ");
	put_string(f, "allocator", fmb_contenders[r->who]->name, ", ");
	if (r->point.size == 0)
		put_string(f, "size", "16..2048", ", ");
	else
		put_count(f, "size", r->point.size, ", ");
	put_count(f, "lcores", r->point.lcores == 0 ? 1 : r->point.lcores, ", ");
	put_count(f, "n", r->point.n, ", ");
	put_count(f, "bulk", bulk, ", ");
	put_string(f, "metric", r->metric->name, ", ");
	put_string(f, "unit", r->metric->unit, ", ");
	fprintf(f, "\"more_is_better\": %s,\n     ", r->metric->more_is_better ? "true" : "false");
	put_number(f, "median", r->st.median, ", ");
	put_number(f, "min", r->st.min, ", ");
	put_number(f, "max", r->st.max, ", ");
	put_number(f, "q1", r->st.q1, ", ");
	put_number(f, "q3", r->st.q3, ", ");
	put_count(f, "reps", r->st.reps, ", ");
	put_number(f, "ratio_mempool_ring", ratio_to(b, r, FMB_MP_RING), ", ");
	put_number(f, "ratio_rte_malloc", ratio_to(b, r, FMB_RTE_MALLOC), "}");
}

static void
put_machine(FILE *f, const struct bench_machine *m)
{
	fprintf(f, "  \"machine\": {");
	put_string(f, "cpu", m->cpu, ", ");
	put_count(f, "cpus", m->cpus, ", ");
	put_count(f, "sockets", m->sockets, ", ");
	put_string(f, "kernel", m->kernel, ", ");
	fprintf(f, "\"tsc_hz\": %.0f},\n", (double)rte_get_tsc_hz());
	fprintf(f, "  \"eal\": {");
	put_string(f, "mode", m->has_hugepages ? "hugepages" : "no-huge", ", ");
	put_string(f, "hugepages", m->hugepages, ", ");
	put_string(f, "iova", m->iova, ", ");
	put_count(f, "lcores", m->lcores, "},\n");
	fprintf(f, "  \"build\": {");
	put_string(f, "compiler", m->compiler, ", ");
	put_string(f, "vectors", m->simd, ", ");
	put_string(f, "options", FMB_BUILD, "},\n");
}

int
bench_json_write(const struct fmb_bench *b, const struct bench_machine *m, const char *path)
{
	FILE *f = fopen(path, "w");
	unsigned int i;
	int bad;

	if (f == NULL)
		return -errno;
	fprintf(f, "{\n  ");
	put_string(f, "date", m->date, ",\n  ");
	put_string(f, "dpdk", rte_version(), ",\n");
	put_machine(f, m);
	fprintf(f, "  \"reps\": %u, \"sample_us\": %u, \"quick\": %s,\n", b->reps, b->sample_us,
		b->quick ? "true" : "false");
	fprintf(f, "  \"allocators\": {");
	for (i = 0; i < FMB_NB_WHO; i++)
		put_string(f, fmb_contenders[i]->name, fmb_contenders[i]->config,
			i + 1 < FMB_NB_WHO ? ", " : "},\n");
	fprintf(f, "  \"records\": [\n");
	for (i = 0; i < b->nb_records; i++) {
		put_record(f, b, &b->records[i]);
		fprintf(f, i + 1 < b->nb_records ? ",\n" : "\n");
	}
	fprintf(f, "  ]\n}\n");
	bad = ferror(f);
	if (fclose(f) != 0 || bad != 0)
		return -EIO;
	return 0;
}
