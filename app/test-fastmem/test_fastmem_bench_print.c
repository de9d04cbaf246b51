/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * What the benchmark prints as it goes: a head per case, and a line per point and metric, with
 * the medians of all contenders and the ratios of fastmem to some of them. Owns nothing; calls
 * test_fastmem_bench.c for records.
 */

#include <math.h>
#include <stdio.h>

#include <rte_cycles.h>

#include "test_fastmem_bench.h"

static const char *const columns[FMB_NB_WHO] = {
	"fastmem", "sized", "handle", "var", "ring", "stack", "lf_stack", "rte_malloc", "libc",
	"floor"
};

void
fmb_print_head(const struct fmb_bench *b)
{
	const struct fmb_case *c = b->cas;
	unsigned int who;

	fprintf(b->out, "\n[%4.0f s] %s: %s\n",
		(double)(rte_rdtsc() - b->start) / (double)rte_get_tsc_hz(), c->name, c->title);
	fprintf(b->out, "%8s %8s %2s %-15s", "size", "n", "lc", "");
	for (who = 0; who < FMB_NB_WHO; who++)
		if (c->who & FMB_BIT(who))
			fprintf(b->out, "%11s", columns[who]);
	fprintf(b->out, " | %7s %7s %7s %7s\n", "fm/ring", "fm/best", "rte/fm", "libc/fm");
}

/* The ratios of fastmem to one other, at the right of a line; turned round for the slow ones. */
static void
print_ratio(FILE *out, const struct fmb_metric *m, const double *v, int other, bool turn)
{
	double r = NAN;

	if (other >= 0 && v[FMB_FM] > 0 && v[other] > 0)
		r = turn ? fmb_cost_ratio(m, v[other], v[FMB_FM]) :
			fmb_cost_ratio(m, v[FMB_FM], v[other]);
	if (isnan(r))
		fprintf(out, " %7s", "-");
	else
		fprintf(out, turn ? " %7.1f" : " %7.2f", r);
}

/* That contender, or -1 where the case is not for it. */
static int
if_it_runs(const struct fmb_bench *b, enum fmb_who who)
{
	return (b->cas->who & FMB_BIT(who)) != 0 ? (int)who : -1;
}

void
fmb_print_line(const struct fmb_bench *b, const struct fmb_metric *m)
{
	double v[FMB_NB_WHO];
	const struct fmb_record *r;
	char unit[32];
	bool noisy = false;
	int who, best = -1;

	snprintf(unit, sizeof(unit), "%s%s%s", m->name, m->name[0] != '\0' ? " " : "", m->unit);
	if (b->point.size == 0)
		fprintf(b->out, "%8s", "mixed");
	else
		fprintf(b->out, "%8zu", b->point.size);
	fprintf(b->out, " %8u %2u %-15s", b->point.n, b->point.lcores, unit);
	for (who = 0; who < FMB_NB_WHO; who++) {
		if ((b->cas->who & FMB_BIT(who)) == 0)
			continue;
		r = fmb_find(b, b->cas, &b->point, who, m);
		v[who] = r != NULL ? r->st.median : NAN;
		if (r == NULL)
			fprintf(b->out, "%11s", "-");
		else
			fprintf(b->out, v[who] >= 1000 ? "%11.0f" :
				v[who] < 10 ? "%11.2f" : "%11.1f", v[who]);
		if (r != NULL && who <= FMB_MP_LF && r->st.q3 - r->st.q1 > r->st.median / 10)
			noisy = true;
		if ((FMB_BIT(who) & FMB_ALL_MP) && r != NULL &&
				(best < 0 || fmb_cost_ratio(m, v[who], v[best]) < 1))
			best = who;
	}
	fprintf(b->out, " |");
	print_ratio(b->out, m, v, if_it_runs(b, FMB_MP_RING), false);
	print_ratio(b->out, m, v, best, false);
	print_ratio(b->out, m, v, if_it_runs(b, FMB_RTE_MALLOC), true);
	print_ratio(b->out, m, v, if_it_runs(b, FMB_LIBC), true);
	fprintf(b->out, "%s\n", noisy ? " ~" : "");
	fflush(b->out);
}
