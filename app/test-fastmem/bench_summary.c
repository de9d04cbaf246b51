/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The summary: a line per row of what fastmem is meant to reach, each the geometric mean of the
 * points that belong to it, with the worst point beside it; at the end the geometric means of all
 * rows. The floor is no allocator: only its own column knows it. Only ratios of what this run
 * measured are computed here.
 */

#include <math.h>
#include <string.h>

#include "bench.h"

/* Which records make a row. */
struct row {
	const char *label;
	const char *cas;
	const char *metric;	/* name of the metric */
	enum fmb_who who[2];	/* which uses of fastmem: the better one for each point */
	size_t size[2];		/* the smallest and the largest */
	unsigned int n;		/* 0: any */
	unsigned int lcores;	/* 0: any */
	double goal;		/* wanted ratio to mempool_ring, 0: none */
};

#define ONE(w) {w, w}
#define ANY_SIZE {0, SIZE_MAX}
#define PAGE_OR_LESS {64, 4096}

static const struct row rows[] = {
	{"tight, 64 B to 4 KiB", "tight", "", ONE(FMB_FM), PAGE_OR_LESS, 0, 0, .80},
	{"tight, size unknown to the compiler", "tight", "",
		ONE(FMB_FM_VAR), PAGE_OR_LESS, 0, 0, 0},
	{"tight, sized free", "tight", "", ONE(FMB_FM_SIZED), PAGE_OR_LESS, 0, 0, .70},
	{"tight, handle", "tight", "", ONE(FMB_FM_HANDLE), PAGE_OR_LESS, 0, 0, .70},
	{"tight, 8 to 32 B", "tight", "", ONE(FMB_FM), {8, 32}, 0, 0, 0},
	{"tight, 8 KiB to 1 MiB", "tight", "", ONE(FMB_FM), {8192, 1 << 20}, 0, 0, 0},
	{"batch of 256, fifo, 64 B to 4 KiB", "batch", "", ONE(FMB_FM), PAGE_OR_LESS, 0, 0, .65},
	{"batch of 256, sized free or handle", "batch", "",
		{FMB_FM_SIZED, FMB_FM_HANDLE}, PAGE_OR_LESS, 0, 0, 0},
	{"2048 in random order, 64 and 256 B", "random", "", ONE(FMB_FM), {64, 256}, 0, 0, .50},
	{"2048 in random order, 1 and 4 KiB", "random", "", ONE(FMB_FM), {1024, 4096}, 0, 0, .60},
	{"2048 in random order, 32 at once", "random_bulk", "", ONE(FMB_FM), PAGE_OR_LESS, 0, 0, 0},
	{"bulk 4, pointers only", "bulk_ptrs", "", ONE(FMB_FM), ANY_SIZE, 4, 0, .58},
	{"bulk 8, pointers only", "bulk_ptrs", "", ONE(FMB_FM), ANY_SIZE, 8, 0, 0},
	{"bulk 32, pointers only", "bulk_ptrs", "", ONE(FMB_FM), ANY_SIZE, 32, 0, .95},
	{"bulk 256, pointers only", "bulk_ptrs", "", ONE(FMB_FM), ANY_SIZE, 256, 0, .80},
	{"bulk 4 by handle, pointers only", "bulk_ptrs", "",
		ONE(FMB_FM_HANDLE), ANY_SIZE, 4, 0, .55},
	{"bulk 32 by handle, pointers only", "bulk_ptrs", "",
		ONE(FMB_FM_HANDLE), ANY_SIZE, 32, 0, .80},
	{"bulk 256 by handle, pointers only", "bulk_ptrs", "",
		ONE(FMB_FM_HANDLE), ANY_SIZE, 256, 0, .60},
	{"bulk 4, objects written", "bulk", "", ONE(FMB_FM), ANY_SIZE, 4, 0, .58},
	{"bulk 8, objects written", "bulk", "", ONE(FMB_FM), ANY_SIZE, 8, 0, 0},
	{"bulk 32, objects written", "bulk", "", ONE(FMB_FM), ANY_SIZE, 32, 0, .95},
	{"bulk 256, objects written", "bulk", "", ONE(FMB_FM), ANY_SIZE, 256, 0, .80},
	{"bulk 4 by handle, objects written", "bulk", "", ONE(FMB_FM_HANDLE), ANY_SIZE, 4, 0, .55},
	{"bulk 32 by handle, objects written", "bulk", "",
		ONE(FMB_FM_HANDLE), ANY_SIZE, 32, 0, .80},
	{"bulk 256 by handle, objects written", "bulk", "",
		ONE(FMB_FM_HANDLE), ANY_SIZE, 256, 0, .60},
	{"mixed sizes, 1,000 live", "mixed", "", ONE(FMB_FM), ANY_SIZE, 1000, 0, .80},
	{"mixed sizes, 20,000 live", "mixed", "", ONE(FMB_FM), ANY_SIZE, 20000, 0, .65},
	{"first-line chase, 256 B to 4 KiB", "chase", "", ONE(FMB_FM), ANY_SIZE, 0, 0, .95},
	{"pipeline of two lcores, 64 B to 4 KiB", "pipeline", "", ONE(FMB_FM), ANY_SIZE, 0, 0, .65},
	{"latency, mixed, p50", "latency", "p50", ONE(FMB_FM), ANY_SIZE, 0, 0, .90},
	{"latency, mixed, p99", "latency", "p99", ONE(FMB_FM), ANY_SIZE, 0, 0, 1.0},
	{"latency, mixed, p99.9", "latency", "p99.9", ONE(FMB_FM), ANY_SIZE, 0, 0, 1.0},
	{"latency, mixed, p99.99", "latency", "p99.99", ONE(FMB_FM), ANY_SIZE, 0, 0, 0},
	{"latency, several lcores, p99.99", "latency_many", "p99.99",
		ONE(FMB_FM), ANY_SIZE, 0, 0, 0},
	{"self, batch 256, 8 lcores, rate", "self", "", ONE(FMB_FM), ANY_SIZE, 256, 8, 0},
	{"self, batch 2048, 8 lcores, rate", "self", "", ONE(FMB_FM), ANY_SIZE, 2048, 8, 0},
	{"self, batch 2048, 8 lcores, worst", "self", "worst", ONE(FMB_FM), ANY_SIZE, 2048, 8, 0},
	{"pairs, 8 lcores, rate", "pairs", "", ONE(FMB_FM), ANY_SIZE, 0, 8, 0},
	{"pairs, 8 lcores, worst", "pairs", "worst", ONE(FMB_FM), ANY_SIZE, 0, 8, 0},
};

/* The ratios of a row, as sums of logarithms, and the worst ratio to mempool_ring. */
enum ratio { TO_RING, TO_LF, TO_BEST, TO_FLOOR, RTE_TO, LIBC_TO, NB_RATIOS };
struct sums {
	double log[NB_RATIOS];
	unsigned int n[NB_RATIOS];
	double worst;
};

static void
add(struct sums *s, enum ratio i, double r)
{
	if (!(r > 0) || isinf(r))
		return;
	s->log[i] += log(r);
	s->n[i]++;
}

static double
mean(const struct sums *s, enum ratio i)
{
	return s->n[i] != 0 ? exp(s->log[i] / s->n[i]) : NAN;
}

static double
value(const struct fmb_bench *b, const struct fmb_record *like, enum fmb_who who)
{
	const struct fmb_record *r = fmb_find(b, like->cas, &like->point, who, like->metric);

	return r != NULL ? r->st.median : NAN;
}

static void
add_point(const struct fmb_bench *b, const struct row *row, const struct fmb_record *r,
	struct sums *s)
{
	const struct fmb_metric *m = r->metric;
	double fm = r->st.median, other = value(b, r, row->who[1]), best = NAN, v, ratio;
	unsigned int who;

	if (fmb_cost_ratio(m, other, fm) < 1)
		fm = other;
	for (who = FMB_MP_RING; who <= FMB_MP_LF; who++) {
		v = value(b, r, who);
		if (isnan(best) || fmb_cost_ratio(m, v, best) < 1)
			best = v;
	}
	ratio = fmb_cost_ratio(m, fm, value(b, r, FMB_MP_RING));
	add(s, TO_RING, ratio);
	if (ratio > s->worst)
		s->worst = ratio;
	add(s, TO_LF, fmb_cost_ratio(m, fm, value(b, r, FMB_MP_LF)));
	add(s, TO_BEST, fmb_cost_ratio(m, fm, best));
	add(s, TO_FLOOR, fmb_cost_ratio(m, fm, value(b, r, FMB_FLOOR)));
	add(s, RTE_TO, fmb_cost_ratio(m, value(b, r, FMB_RTE_MALLOC), fm));
	add(s, LIBC_TO, fmb_cost_ratio(m, value(b, r, FMB_LIBC), fm));
}

static bool
belongs(const struct row *row, const struct fmb_record *r)
{
	return r->who == row->who[0] && strcmp(r->cas->name, row->cas) == 0 &&
		strcmp(r->metric->name, row->metric) == 0 &&
		r->point.size >= row->size[0] && r->point.size <= row->size[1] &&
		(row->n == 0 || r->point.n == row->n) &&
		(row->lcores == 0 || r->point.lcores == row->lcores);
}

static void
print_sums(FILE *out, const char *label, const struct sums *s, double goal)
{
	enum ratio i;

	fprintf(out, "%-40s", label);
	for (i = TO_RING; i < NB_RATIOS; i++) {
		if (s->n[i] == 0)
			fprintf(out, " %9s", "-");
		else
			fprintf(out, i >= RTE_TO ? " %9.1f" : " %9.2f", mean(s, i));
	}
	if (s->worst > 0)
		fprintf(out, " %9.2f", s->worst);
	if (goal > 0)
		fprintf(out, " %6.2f%s", goal, mean(s, TO_RING) < goal + .005 ? "" : " *");
	fprintf(out, "\n");
}

static void
print_memory(const struct fmb_bench *b, FILE *out)
{
	const struct fmb_record *r;
	unsigned int i;

	fprintf(out, "\nmemory%60s %10s %10s %10s %10s\n",
		"fastmem", "ring", "lf_stack", "rte_malloc", "libc");
	for (i = 0; i < b->nb_records; i++) {
		char label[80];

		r = &b->records[i];
		if (r->who != FMB_FM || (strcmp(r->cas->name, "payload") != 0 &&
				strcmp(r->cas->name, "first_object") != 0))
			continue;
		snprintf(label, sizeof(label), "%s, %u x %zu B: %s %s", r->cas->name, r->point.n,
			r->point.size, r->metric->name, r->metric->unit);
		fprintf(out, "%-55s %10.2f %10.2f %10.2f %10.2f %10.2f\n", label, r->st.median,
			value(b, r, FMB_MP_RING), value(b, r, FMB_MP_LF),
			value(b, r, FMB_RTE_MALLOC), value(b, r, FMB_LIBC));
	}
}

void
bench_summary_print(const struct fmb_bench *b, FILE *out)
{
	struct sums all = {0}, s;
	unsigned int i, j;
	enum ratio k;

	fprintf(out, "\nsummary: ratios of cost, geometric means over the points of a row\n");
	fprintf(out, "%-40s %9s %9s %9s %9s %9s %9s %9s %6s\n",
		"", "fm/ring", "fm/lf", "fm/best", "fm/floor", "rte/fm",
		"libc/fm", "worst", "goal");
	for (i = 0; i < RTE_DIM(rows); i++) {
		memset(&s, 0, sizeof(s));
		for (j = 0; j < b->nb_records; j++)
			if (belongs(&rows[i], &b->records[j]))
				add_point(b, &rows[i], &b->records[j], &s);
		if (s.n[TO_RING] == 0 && s.n[RTE_TO] == 0)
			continue;
		print_sums(out, rows[i].label, &s, rows[i].goal);
		for (k = TO_RING; k < NB_RATIOS; k++)
			if (s.n[k] != 0)
				add(&all, k, mean(&s, k));
	}
	print_memory(b, out);
	fprintf(out, "\n");
	print_sums(out, "geometric mean of the rows", &all, 0);
}
