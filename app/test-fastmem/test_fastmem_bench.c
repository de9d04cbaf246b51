/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The measuring part of the benchmark: for each point of each selected case it opens the
 * contenders, finds how many rounds make a sample long enough, takes the samples of all contenders
 * in turn within each repetition (a different one first each time), and keeps medians and spread.
 * Calls the contenders through their tables, the cases' own sample functions, and
 * test_fastmem_bench_print.c for a line per point as it goes.
 */

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "test_fastmem_bench.h"

#define WARM_UP 4	/* a sample is preceded by this part of itself, not timed */

const struct fmb_contender *const fmb_contenders[FMB_NB_WHO] = {
	[FMB_FM] = &fmb_fm,
	[FMB_FM_SIZED] = &fmb_fm_sized,
	[FMB_FM_HANDLE] = &fmb_fm_handle,
	[FMB_FM_VAR] = &fmb_fm_var,
	[FMB_MP_RING] = &fmb_mp_ring,
	[FMB_MP_STACK] = &fmb_mp_stack,
	[FMB_MP_LF] = &fmb_mp_lf,
	[FMB_RTE_MALLOC] = &fmb_rte_malloc,
	[FMB_LIBC] = &fmb_libc,
	[FMB_FLOOR] = &fmb_floor,
};

const struct fmb_case *
fmb_case_at(unsigned int i)
{
	if (i < fmb_nb_mem_cases)
		return &fmb_mem_cases[i];
	i -= fmb_nb_mem_cases;
	if (i < fmb_nb_single_cases)
		return &fmb_single_cases[i];
	i -= fmb_nb_single_cases;
	return i < fmb_nb_multi_cases ? &fmb_multi_cases[i] : NULL;
}

int
fmb_case_selected(const struct fmb_bench *b, const struct fmb_case *c)
{
	return b->glob == NULL || fnmatch(b->glob, c->name, 0) == 0;
}

void
fmb_shuffle(uint32_t *order, unsigned int n, uint64_t seed)
{
	unsigned int i, j;
	uint32_t tmp;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		j = (unsigned int)(((fmb_random(&seed) >> 32) * i) >> 32);
		tmp = order[j];
		order[j] = order[i - 1];
		order[i - 1] = tmp;
	}
}

/* Sizes spread evenly over the powers of two, and evenly within each. */
static void
make_script(struct fmb_step *script, unsigned int n)
{
	uint64_t seed = 88172645463325252ULL;
	unsigned int i, top;

	for (i = 0; i < FMB_SCRIPT; i++) {
		script[i].index = (uint32_t)(((fmb_random(&seed) >> 32) * n) >> 32);
		script[i].class = (uint16_t)(fmb_random(&seed) >> 40) % FMB_MIXED_CLASSES;
		top = FMB_MIXED_MIN << script[i].class;
		script[i].size = (uint16_t)(top - (fmb_random(&seed) >> 40) % (top / 2));
	}
}

/* Ratio of two costs: below 1 means that a is the better one, whatever the metric. */
double
fmb_cost_ratio(const struct fmb_metric *m, double a, double b)
{
	return m->more_is_better ? b / a : a / b;
}

/* The classes of the point, and the size of one. */
static unsigned int
nb_classes(const struct fmb_bench *b)
{
	return b->cas->mixed ? FMB_MIXED_CLASSES : 1;
}

static size_t
class_size(const struct fmb_bench *b, unsigned int c)
{
	return b->cas->mixed ? (size_t)FMB_MIXED_MIN << c : b->point.size;
}

static int
open_pools(struct fmb_bench *b, enum fmb_who who)
{
	const struct fmb_point *pt = &b->point;
	unsigned int c, n = pt->n * RTE_MAX(pt->lcores, 1u) + (pt->lcores > 1 ? 4096 : 0);

	for (c = 0; c < nb_classes(b); c++) {
		b->res[who].mp[c] = fmb_pool_create(who, class_size(b, c), n, pt->lcores);
		if (b->res[who].mp[c] == NULL)
			return -1;
	}
	return 0;
}

static int
open_handles(struct fmb_bench *b)
{
	unsigned int c;

	for (c = 0; c < nb_classes(b); c++)
		if (rte_fastmem_hlookup(class_size(b, c), 0, SOCKET_ID_ANY,
				&b->res[FMB_FM_HANDLE].handle[c]) != 0)
			return -1;
	return 0;
}

static int
open_floor(const struct fmb_bench *b)
{
	unsigned int c;

	for (c = 0; c < nb_classes(b); c++)
		if (fmb_floor_open(&b->run[FMB_FLOOR], c, class_size(b, c), b->point.lcores) != 0)
			return -1;
	return 0;
}

/* Gets a contender ready for the point; 0, or -1 if it can't serve it. */
int
fmb_open(struct fmb_bench *b, enum fmb_who who)
{
	struct fmb_run *run = &b->run[who];
	int ret = 0;

	memset(run, 0, sizeof(*run));
	memset(&b->res[who], 0, sizeof(b->res[who]));
	run->res = &b->res[who];
	run->size = b->point.size;
	run->n = b->point.n;
	run->rounds = 1;
	run->ptrs = b->ptrs;
	run->order = b->order;
	run->script = b->script;
	run->seed = 88172645463325252ULL;
	if (FMB_BIT(who) & FMB_ALL_MP)
		ret = open_pools(b, who);
	else if (who == FMB_FM_HANDLE)
		ret = open_handles(b);
	else if (who == FMB_FLOOR)
		ret = open_floor(b);
	if (ret == 0 && b->cas->mixed && b->point.lcores == 1) {
		run->live = calloc(b->point.n, sizeof(*run->live));
		if (run->live == NULL)
			return -1;
		fmb_contenders[who]->loop[FMB_MIXED_FILL](run);
		if (run->failed)
			ret = -1;
	}
	return ret;
}

void
fmb_close(struct fmb_bench *b, enum fmb_who who)
{
	struct fmb_run *run = &b->run[who];
	unsigned int c;

	if (run->live != NULL)
		fmb_contenders[who]->loop[FMB_MIXED_DRAIN](run);
	free(run->live);
	run->live = NULL;
	for (c = 0; c < FMB_MIXED_CLASSES; c++) {
		rte_mempool_free(b->res[who].mp[c]);
		b->res[who].mp[c] = NULL;
	}
	if (FMB_BIT(who) & FMB_ALL_FM)
		rte_fastmem_cache_flush();
	if (who == FMB_FLOOR)
		fmb_floor_close();
}

/* The sample of a case that is a loop on one lcore. */
int
fmb_sample_loop(struct fmb_bench *b, enum fmb_who who, double *values)
{
	fmb_loop_fn loop = fmb_contenders[who]->loop[b->cas->loop];
	struct fmb_run *run = &b->run[who];
	const uint64_t rounds = run->rounds;

	run->rounds = (rounds + WARM_UP - 1) / WARM_UP;
	loop(run);
	run->rounds = rounds;
	b->cycles = loop(run);
	if (run->failed || run->ops == 0)
		return -1;
	values[0] = (double)b->cycles / (double)run->ops;
	return 0;
}

/* How many rounds make a sample of the wanted length? */
static int
calibrate(struct fmb_bench *b, enum fmb_who who)
{
	struct fmb_run *run = &b->run[who];
	double values[FMB_MAX_METRICS];
	uint64_t want = rte_get_tsc_hz() / 1000000 * b->sample_us;
	unsigned int nb_long;

	if (b->cas->fixed != 0) {
		run->rounds = b->cas->fixed;
		return 0;
	}
	if (b->cas->scale != 0)
		want *= b->cas->scale;
	run->rounds = 1;
	/* Long once may be that it got memory from EAL; long again is long. */
	for (nb_long = 0; nb_long < 2; ) {
		if (b->cas->sample(b, who, values) != 0)
			return -1;
		if (b->cycles * 8 >= want) {
			nb_long++;
		} else {
			nb_long = 0;
			run->rounds *= 4;
		}
	}
	run->rounds = run->rounds * want / b->cycles;
	run->rounds = RTE_MAX(run->rounds, (uint64_t)1);
	return 0;
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quantile(const double *sorted, unsigned int n, double q)
{
	double at = q * (n - 1);
	unsigned int i = (unsigned int)at;

	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
}

static int
add_record(struct fmb_bench *b, enum fmb_who who, unsigned int metric, double *samples,
	unsigned int n)
{
	struct fmb_record *r;

	if (b->nb_records == b->room) {
		b->room = b->room * 2 + 256;
		r = realloc(b->records, b->room * sizeof(*r));
		if (r == NULL)
			return -ENOMEM;
		b->records = r;
	}
	r = &b->records[b->nb_records++];
	qsort(samples, n, sizeof(*samples), compare_double);
	*r = (struct fmb_record) {
		.cas = b->cas,
		.point = b->point,
		.who = who,
		.metric = &b->cas->metrics[metric],
		.st = {
			.median = quantile(samples, n, .5),
			.q1 = quantile(samples, n, .25),
			.q3 = quantile(samples, n, .75),
			.min = samples[0],
			.max = samples[n - 1],
			.reps = n,
		},
	};
	return 0;
}

const struct fmb_record *
fmb_find(const struct fmb_bench *b, const struct fmb_case *cas, const struct fmb_point *point,
	enum fmb_who who, const struct fmb_metric *metric)
{
	unsigned int i;

	for (i = 0; i < b->nb_records; i++) {
		const struct fmb_record *r = &b->records[i];

		if (r->cas == cas && r->who == who && r->metric == metric &&
				r->point.size == point->size && r->point.n == point->n &&
				r->point.lcores == point->lcores)
			return r;
	}
	return NULL;
}

/*
 * The array of pointers begins at another line of its page in each repetition: where it lies
 * among a contender's own lines is chance, and costs up to three times as much in bulks
 * (loads that seem to depend on a store a page away). The floor has its array placed clear of it.
 */
static void **
place_ptrs(const struct fmb_bench *b, unsigned int who, unsigned int rep)
{
	const unsigned int lines = FMB_PAGE / RTE_CACHE_LINE_SIZE;
	char *start = (char *)b->ptrs;

	if (who != FMB_FLOOR)
		start += rep * 11 % lines * RTE_CACHE_LINE_SIZE;
	return (void **)(void *)start;
}

/* Room for the pointers of a point from any line of the first page on. */
static void **
alloc_ptrs(const struct fmb_bench *b)
{
	const size_t len = RTE_ALIGN_CEIL(b->point.n * sizeof(void *), FMB_PAGE) + FMB_PAGE;
	void *ptrs = aligned_alloc(FMB_PAGE, len);

	if (ptrs != NULL)
		memset(ptrs, 0, len);
	return ptrs;
}

/* Returns who could serve all of them. */
static uint32_t
take_samples(struct fmb_bench *b, uint32_t usable, unsigned int reps,
	double (*samples)[FMB_MAX_METRICS][FMB_MAX_REPS])
{
	double values[FMB_MAX_METRICS];
	unsigned int rep, i, m, who;

	for (rep = 0; rep < reps; rep++)
		for (i = 0; i < FMB_NB_WHO; i++) {
			who = (rep + i) % FMB_NB_WHO;
			if ((usable & FMB_BIT(who)) == 0)
				continue;
			b->run[who].ptrs = place_ptrs(b, who, rep);
			if (b->cas->sample(b, who, values) != 0) {
				usable &= ~FMB_BIT(who);
				continue;
			}
			for (m = 0; m < b->cas->nb_metrics; m++)
				samples[who][m][rep] = values[m];
		}
	return usable;
}

static int
run_point(struct fmb_bench *b)
{
	static double samples[FMB_NB_WHO][FMB_MAX_METRICS][FMB_MAX_REPS];
	const struct fmb_case *c = b->cas;
	unsigned int who, m, reps = RTE_MIN(b->reps, (unsigned int)FMB_MAX_REPS);
	uint32_t usable = 0;
	int ret = 0;

	if (c->max_reps != 0)
		reps = RTE_MIN(reps, c->max_reps);
	b->ptrs = alloc_ptrs(b);
	b->order = calloc(b->point.n, sizeof(*b->order));
	if (b->ptrs == NULL || b->order == NULL)
		ret = -ENOMEM;
	if (ret == 0) {
		fmb_shuffle(b->order, b->point.n, 2463534242ULL);
		make_script(b->script, b->point.n);
		for (who = 0; who < FMB_NB_WHO; who++)
			if ((c->who & FMB_BIT(who)) && (c->alone ||
					(fmb_open(b, who) == 0 && calibrate(b, who) == 0)))
				usable |= FMB_BIT(who);
		usable = take_samples(b, usable, reps, samples);
		for (who = 0; who < FMB_NB_WHO; who++)
			if (!c->alone && (c->who & FMB_BIT(who)))
				fmb_close(b, who);
	}
	for (m = 0; m < c->nb_metrics && ret == 0; m++) {
		for (who = 0; who < FMB_NB_WHO && ret == 0; who++)
			if (usable & FMB_BIT(who))
				ret = add_record(b, who, m, samples[who][m], reps);
		fmb_print_line(b, &c->metrics[m]);
	}
	free(b->ptrs);
	free(b->order);
	return ret;
}

/* Runs the selected cases; 0, or a negative errno. */
int
fmb_run_all(struct fmb_bench *b)
{
	const struct fmb_case *c;
	unsigned int i, p;
	int ret = 0;

	b->start = rte_rdtsc();
	b->script = calloc(FMB_SCRIPT, sizeof(*b->script));
	if (b->script == NULL)
		return -ENOMEM;
	for (i = 0; ret == 0 && (c = fmb_case_at(i)) != NULL; i++) {
		if (!fmb_case_selected(b, c))
			continue;
		b->cas = c;
		fmb_print_head(b);
		for (p = 0; ret == 0 && p < c->nb_points; p++) {
			b->point = c->points[p];
			if ((b->quick && !b->point.quick) ||
					(b->point.lcores > 1 && b->point.lcores > fmb_nb_lcores()))
				continue;
			ret = run_point(b);
		}
	}
	free(b->script);
	b->script = NULL;
	return ret;
}
