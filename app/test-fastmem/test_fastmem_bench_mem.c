/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * What an allocator takes from EAL or from the kernel, and what an operation costs as the number
 * of live objects grows. Each sample has the allocator to itself: pools are made and freed around
 * it, and fastmem is taken down and set up again, so that it begins with nothing.
 */

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "test_fastmem_bench.h"

#define METRICS(m) .metrics = m, .nb_metrics = RTE_DIM(m)
#define POINTS(p) .points = p, .nb_points = RTE_DIM(p)
#define Q true		/* part of a short run too */

#define MIB (1024. * 1024.)
#define REPLACEMENTS 200000

/* What is in use, in bytes. */
struct usage {
	double mapped;	/* pages that EAL has mapped; memory that libc has from the kernel */
	double taken;	/* taken from the heap of either */
};

static struct usage
eal_usage(void)
{
	struct rte_malloc_socket_stats st;
	struct usage u = {(double)rte_eal_get_physmem_size(), 0};
	unsigned int s;

	for (s = 0; s < RTE_MAX_NUMA_NODES; s++)
		if (rte_malloc_get_socket_stats((int)s, &st) == 0)
			u.taken += (double)st.heap_allocsz_bytes;
	return u;
}

static struct usage
libc_usage(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
	struct mallinfo2 mi = mallinfo2();

	return (struct usage) {
		.mapped = (double)mi.arena + (double)mi.hblkhd,
		.taken = (double)mi.uordblks + (double)mi.hblkhd,
	};
#else
	return (struct usage) {0, 0};
#endif
}

static struct usage
usage_of(enum fmb_who who)
{
	return who == FMB_LIBC ? libc_usage() : eal_usage();
}

/* As if the process had just started; 0 or a negative errno. */
static int
begin(enum fmb_who who, struct usage *base)
{
	int ret = 0;

	if (FMB_BIT(who) & FMB_ALL_FM)
		rte_fastmem_deinit();
	malloc_trim(0);
	*base = usage_of(who);
	if (FMB_BIT(who) & FMB_ALL_FM)
		ret = rte_fastmem_init();
	return ret;
}

/* Opens the contender, takes n objects, says what that has cost in memory, gives all back. */
static int
take_n(struct fmb_bench *b, enum fmb_who who, struct usage *cost, double *backing)
{
	const struct fmb_contender *c = fmb_contenders[who];
	struct fmb_run *run = &b->run[who];
	struct rte_fastmem_stats st;
	struct usage base, now;
	int ret;

	if (begin(who, &base) != 0)
		return -1;
	ret = fmb_open(b, who);
	if (ret == 0) {
		c->loop[FMB_FILL](run);
		ret = run->failed ? -1 : 0;
	}
	if (ret == 0) {
		now = usage_of(who);
		cost->mapped = now.mapped - base.mapped;
		cost->taken = now.taken - base.taken;
		*backing = cost->taken;
		if ((FMB_BIT(who) & FMB_ALL_FM) && rte_fastmem_stats(&st) == 0)
			*backing = (double)st.bytes_backing;
		c->loop[FMB_DRAIN](run);
	}
	fmb_close(b, who);
	return ret;
}

static int
sample_first(struct fmb_bench *b, enum fmb_who who, double *values)
{
	struct usage cost;
	double backing;

	if (take_n(b, who, &cost, &backing) != 0)
		return -1;
	values[0] = cost.mapped / MIB;
	values[1] = cost.taken / MIB;
	return 0;
}

static int
sample_payload(struct fmb_bench *b, enum fmb_who who, double *values)
{
	double payload = (double)b->point.size * b->point.n, backing;
	struct usage cost;

	if (take_n(b, who, &cost, &backing) != 0)
		return -1;
	values[0] = backing / payload;
	values[1] = RTE_MAX(cost.mapped, cost.taken) / payload;
	return 0;
}

/* Fill, replace at random, drain; fastmem has its memory reserved before, as a pool has. */
static int
sample_growth(struct fmb_bench *b, enum fmb_who who, double *values)
{
	const struct fmb_contender *c = fmb_contenders[who];
	struct fmb_run *run = &b->run[who];
	struct usage base;
	uint64_t t[3] = {0};
	int ret;

	if (begin(who, &base) != 0)
		return -1;
	if ((FMB_BIT(who) & FMB_ALL_FM) &&
			rte_fastmem_reserve(b->point.n * b->point.size * 21 / 20,
				SOCKET_ID_ANY) != 0)
		return -1;
	ret = fmb_open(b, who);
	if (ret == 0) {
		run->rounds = REPLACEMENTS;
		t[0] = c->loop[FMB_FILL](run);
		if (!run->failed) {
			t[1] = c->loop[FMB_REPLACE](run);
			t[2] = c->loop[FMB_DRAIN](run);
		}
		ret = run->failed ? -1 : 0;
	}
	fmb_close(b, who);
	if (ret != 0)
		return ret;
	values[0] = (double)(t[0] + t[2]) / b->point.n;
	values[1] = (double)t[1] / REPLACEMENTS;
	return 0;
}

static const struct fmb_metric first[] = {{"mapped", "MiB", false}, {"from heap", "MiB", false}};
static const struct fmb_metric payload[] = {
	{"backing", "/payload", false}, {"all", "/payload", false},
};
static const struct fmb_metric growth[] = {
	{"fill+drain", "cyc", false}, {"replace", "cycles", false},
};

static const struct fmb_point first_points[] = {
	{8, 1, 0, Q},
};

static const struct fmb_point payload_points[] = {
	{100, 1000000, 0, Q}, {1500, 50000, 0, Q}, {1048576, 60, 0, Q},
};

static const struct fmb_point growth_points[] = {
	{64, 1000, 1, Q}, {64, 10000, 1, Q}, {64, 100000, 1, Q},
	{64, 1000000, 1, 0}, {64, 10000000, 1, 0},
};

const struct fmb_case fmb_mem_cases[] = {
	{
		.name = "first_object",
		.title = "memory for the first object, everything set up for it included",
		METRICS(first), POINTS(first_points),
		.who = FMB_FIVE,
		.sample = sample_first, .alone = true, .max_reps = 3,
	}, {
		.name = "payload",
		.title = "memory for n live objects as a multiple of their payload",
		METRICS(payload), POINTS(payload_points),
		.who = FMB_FIVE,
		.sample = sample_payload, .alone = true, .max_reps = 1,
	}, {
		.name = "growth",
		.title = "cost as the live set grows: allocate n, replace at random, free all",
		METRICS(growth), POINTS(growth_points),
		.who = FMB_FIVE,
		.sample = sample_growth, .alone = true, .max_reps = 3,
	},
};
const unsigned int fmb_nb_mem_cases = RTE_DIM(fmb_mem_cases);
