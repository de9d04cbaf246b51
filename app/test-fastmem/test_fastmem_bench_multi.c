/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * What is measured on several lcores: a pipeline of two, several that each use the allocator for
 * themselves, and pairs of producers and consumers. If there are more of them than CPUs, a lcore
 * that has nothing to do gives way, and the main lcore sleeps meanwhile. The percentiles of
 * latencies are also gathered here, for one lcore and for several.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_lcore.h>
#include <rte_launch.h>

#include "test_fastmem_bench.h"

#define METRICS(m) .metrics = m, .nb_metrics = RTE_DIM(m)
#define POINTS(p) .points = p, .nb_points = RTE_DIM(p)
#define Q true		/* part of a short run too */

#define RUN_MS 40	/* of a sample if every lcore has a CPU */
#define RUN_SHARED_MS 160	/* and if not: long enough for several turns */
#define LATENCY_LIVE 1000	/* live objects of each lcore */

static RTE_ATOMIC(uint32_t) go, stop, ready;

struct worker {
	fmb_loop_fn loop;
	fmb_loop_fn before;	/* may be NULL */
	fmb_loop_fn after;	/* may be NULL */
	struct fmb_run run;
	uint64_t cycles;
};
static struct worker workers[FMB_MAX_LCORES];

/* The lcores to use: the last ones, so that the first may be pinned for the pipeline. */
static unsigned int
pick_lcores(unsigned int *ids)
{
	unsigned int id, n = 0, all[RTE_MAX_LCORE];

	RTE_LCORE_FOREACH_WORKER(id)
		all[n++] = id;
	if (n > FMB_MAX_LCORES)
		memcpy(ids, &all[n - FMB_MAX_LCORES], FMB_MAX_LCORES * sizeof(*ids));
	else
		memcpy(ids, all, n * sizeof(*ids));
	return RTE_MIN(n, (unsigned int)FMB_MAX_LCORES);
}

unsigned int
fmb_nb_lcores(void)
{
	unsigned int ids[RTE_MAX_LCORE];
	unsigned int n = pick_lcores(ids);

	/* a pipeline of two is the main lcore and another */
	return n == 1 ? 2 : n;
}

/* Have the first n lcores of the list fewer CPUs than that? */
static bool
share_cpus(const unsigned int *ids, unsigned int n)
{
	rte_cpuset_t all, one;
	unsigned int i;

	CPU_ZERO(&all);
	for (i = 0; i < n; i++) {
		one = rte_lcore_cpuset(ids[i]);
		CPU_OR(&all, &all, &one);
	}
	return (unsigned int)CPU_COUNT(&all) < n;
}

static int
worker_main(void *arg)
{
	struct worker *w = arg;

	if (w->before != NULL)
		w->before(&w->run);
	rte_atomic_fetch_add_explicit(&ready, 1, rte_memory_order_release);
	while (rte_atomic_load_explicit(&go, rte_memory_order_acquire) == 0)
		fmb_wait(&w->run);
	w->cycles = w->run.failed ? 0 : w->loop(&w->run);
	if (w->after != NULL)
		w->after(&w->run);
	rte_fastmem_cache_flush();
	return 0;
}

/* Waits without spinning: the lcores may need this CPU. */
static void
wait_lcore(unsigned int id)
{
	while (rte_eal_get_lcore_state(id) == RUNNING)
		usleep(100);
	rte_eal_wait_lcore(id);
}

static void
reset_flags(void)
{
	rte_atomic_store_explicit(&go, 0, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&stop, 0, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&ready, 0, rte_memory_order_relaxed);
}

/* Starts n workers, and lets them begin together. */
static void
start_workers(const unsigned int *ids, unsigned int n)
{
	unsigned int i;

	reset_flags();
	for (i = 0; i < n; i++)
		rte_eal_remote_launch(worker_main, &workers[i], ids[i]);
	while (rte_atomic_load_explicit(&ready, rte_memory_order_acquire) < n)
		usleep(50);
	rte_atomic_store_explicit(&go, 1, rte_memory_order_release);
}

static void
init_worker(struct worker *w, const struct fmb_bench *b, enum fmb_who who, enum fmb_loop loop,
	bool yield)
{
	memset(w, 0, sizeof(*w));
	w->run = b->run[who];
	w->run.stop = &stop;
	w->run.yield = yield;
	w->run.timed = true;
	w->loop = fmb_contenders[who]->loop[loop];
}

/* The two figures of a case of many lcores: objects a second, and the worst time a batch took. */
static int
sum_up(unsigned int n, bool consumers_only, double *values)
{
	uint64_t ops = 0, cycles = 0, worst = 0;
	unsigned int i;
	bool failed = false;

	for (i = 0; i < n; i++) {
		const struct worker *w = &workers[i];

		failed |= w->run.failed;
		if (!consumers_only || (i & 1) != 0)
			ops += w->run.ops;
		cycles = RTE_MAX(cycles, w->cycles);
		worst = RTE_MAX(worst, w->run.worst);
	}
	if (failed || ops == 0 || cycles == 0)
		return -1;
	values[0] = (double)ops * (double)rte_get_tsc_hz() / (double)cycles / 1e6;
	values[1] = (double)worst * 1e3 / (double)rte_get_tsc_hz();
	return 0;
}

static void
run_for_a_while(bool shared)
{
	usleep((shared ? RUN_SHARED_MS : RUN_MS) * 1000);
	rte_atomic_store_explicit(&stop, 1, rte_memory_order_release);
}

static int
sample_self(struct fmb_bench *b, enum fmb_who who, double *values)
{
	unsigned int ids[RTE_MAX_LCORE], i, n = b->point.lcores;
	bool shared;

	pick_lcores(ids);
	shared = share_cpus(ids, n);
	for (i = 0; i < n; i++) {
		init_worker(&workers[i], b, who, FMB_SELF, shared);
		workers[i].run.ptrs = calloc(b->point.n, sizeof(void *));
		if (workers[i].run.ptrs == NULL)
			workers[i].run.failed = true;
	}
	start_workers(ids, n);
	run_for_a_while(shared);
	for (i = 0; i < n; i++) {
		wait_lcore(ids[i]);
		free(workers[i].run.ptrs);
	}
	return sum_up(n, false, values);
}

/* Even workers produce, odd ones consume; a ring joins each pair. */
static int
sample_pairs(struct fmb_bench *b, enum fmb_who who, double *values)
{
	unsigned int ids[RTE_MAX_LCORE], i, n = b->point.lcores;
	struct rte_ring *rings[FMB_MAX_LCORES / 2];
	char name[RTE_RING_NAMESIZE];
	bool shared, ok = true;

	pick_lcores(ids);
	shared = share_cpus(ids, n);
	for (i = 0; i < n / 2; i++) {
		snprintf(name, sizeof(name), "fmb_pair_%u", i);
		rings[i] = rte_ring_create(name, FMB_RING_SIZE, SOCKET_ID_ANY,
				RING_F_SP_ENQ | RING_F_SC_DEQ);
		ok = ok && rings[i] != NULL;
	}
	for (i = 0; i < n && ok; i++) {
		init_worker(&workers[i], b, who, (i & 1) ? FMB_CONSUME : FMB_PRODUCE, shared);
		workers[i].run.ring = rings[i / 2];
		workers[i].run.rounds = UINT64_MAX / FMB_BURST;
	}
	if (ok) {
		start_workers(ids, n);
		run_for_a_while(shared);
		for (i = 0; i < n; i += 2)
			wait_lcore(ids[i]);
		rte_atomic_store_explicit(&stop, 2, rte_memory_order_release);
		for (i = 1; i < n; i += 2)
			wait_lcore(ids[i]);
	}
	for (i = 0; i < n / 2; i++)
		rte_ring_free(rings[i]);
	return ok ? sum_up(n, true, values) : -1;
}

/*
 * The other end of the pipeline: a lcore with a CPU of its own if there is one, on that socket if
 * asked.
 */
static unsigned int
pick_partner(void)
{
	rte_cpuset_t mine = rte_lcore_cpuset(rte_get_main_lcore()), both, its;
	unsigned int id, any = RTE_MAX_LCORE;

	RTE_LCORE_FOREACH_WORKER(id) {
		its = rte_lcore_cpuset(id);
		CPU_AND(&both, &mine, &its);
		if (CPU_COUNT(&both) == 0)
			return id;
		any = id;
	}
	return any;
}

/* The main lcore allocates, another frees; each object of the sample goes through the ring once. */
static int
run_pipeline(struct fmb_bench *b, enum fmb_who who, unsigned int partner, double *values)
{
	fmb_loop_fn produce = fmb_contenders[who]->loop[FMB_PRODUCE];
	struct fmb_run *run = &b->run[who];
	struct worker *w = &workers[0];
	uint64_t start;

	if (partner >= RTE_MAX_LCORE)
		return -1;
	run->ring = rte_ring_create("fmb_pipeline", FMB_RING_SIZE, SOCKET_ID_ANY,
			RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (run->ring == NULL)
		return -1;
	run->stop = &stop;
	init_worker(w, b, who, FMB_CONSUME, false);
	w->run.timed = false;
	reset_flags();
	rte_eal_remote_launch(worker_main, w, partner);
	while (rte_atomic_load_explicit(&ready, rte_memory_order_acquire) == 0)
		rte_pause();
	rte_atomic_store_explicit(&go, 1, rte_memory_order_release);
	start = rte_rdtsc_precise();
	produce(run);
	if (run->failed)
		rte_atomic_store_explicit(&stop, 2, rte_memory_order_release);
	rte_eal_wait_lcore(partner);
	b->cycles = rte_rdtsc_precise() - start;
	rte_ring_free(run->ring);
	run->ring = NULL;
	if (run->failed || w->run.ops == 0)
		return -1;
	values[0] = (double)b->cycles / (double)w->run.ops;
	return 0;
}

static int
sample_pipeline(struct fmb_bench *b, enum fmb_who who, double *values)
{
	return run_pipeline(b, who, pick_partner(), values);
}

static void
percentiles(const uint64_t *hist, uint64_t max, double *values)
{
	static const double wanted[] = {.5, .9, .99, .999, .9999};
	uint64_t all = 0, seen = 0;
	unsigned int bin, i = 0;

	for (bin = 0; bin < FMB_HIST_BINS; bin++)
		all += hist[bin];
	for (bin = 0; bin < FMB_HIST_BINS && i < RTE_DIM(wanted); bin++) {
		seen += hist[bin];
		while (i < RTE_DIM(wanted) && (double)seen >= wanted[i] * (double)all)
			values[i++] = (double)fmb_hist_value(bin);
	}
	values[RTE_DIM(wanted)] = (double)max;
}

static int
latency_one(struct fmb_bench *b, enum fmb_who who, double *values)
{
	struct fmb_run *run = &b->run[who];
	const uint64_t rounds = run->rounds;

	run->hist = calloc(FMB_HIST_BINS, sizeof(*run->hist));
	if (run->hist == NULL)
		return -1;
	run->rounds = RTE_MIN(rounds, (uint64_t)FMB_SCRIPT);
	fmb_contenders[who]->loop[FMB_MIXED_REPLACE](run);
	run->rounds = rounds;
	run->worst = 0;
	b->cycles = fmb_contenders[who]->loop[FMB_MIXED_LATENCY](run);
	percentiles(run->hist, run->worst, values);
	free(run->hist);
	run->hist = NULL;
	return run->failed ? -1 : 0;
}

static int
latency_many(struct fmb_bench *b, enum fmb_who who, double *values)
{
	unsigned int ids[RTE_MAX_LCORE], i, bin, n = b->point.lcores;
	uint64_t *hist = calloc(FMB_HIST_BINS, sizeof(*hist)), worst = 0;
	bool shared, failed = hist == NULL;

	pick_lcores(ids);
	shared = share_cpus(ids, n);
	for (i = 0; i < n; i++) {
		init_worker(&workers[i], b, who, FMB_MIXED_LATENCY, shared);
		workers[i].before = fmb_contenders[who]->loop[FMB_MIXED_FILL];
		workers[i].after = fmb_contenders[who]->loop[FMB_MIXED_DRAIN];
		workers[i].run.live = calloc(b->point.n, sizeof(struct fmb_live));
		workers[i].run.hist = calloc(FMB_HIST_BINS, sizeof(*hist));
		failed |= workers[i].run.live == NULL || workers[i].run.hist == NULL;
	}
	if (!failed) {
		start_workers(ids, n);
		for (i = 0; i < n; i++) {
			wait_lcore(ids[i]);
			failed |= workers[i].run.failed;
			worst = RTE_MAX(worst, workers[i].run.worst);
			for (bin = 0; bin < FMB_HIST_BINS; bin++)
				hist[bin] += workers[i].run.hist[bin];
		}
		percentiles(hist, worst, values);
	}
	for (i = 0; i < n; i++) {
		free(workers[i].run.live);
		free(workers[i].run.hist);
	}
	free(hist);
	return failed ? -1 : 0;
}

int
fmb_sample_latency(struct fmb_bench *b, enum fmb_who who, double *values)
{
	return b->point.lcores == 1 ? latency_one(b, who, values) : latency_many(b, who, values);
}

static const struct fmb_metric cycles[] = {{"", "cycles", false}};
static const struct fmb_metric rates[] = {{"", "Mobj/s", true}, {"worst", "ms", false}};
static const struct fmb_metric latency[] = {
	{"p50", "cycles", false},
	{"p90", "cycles", false},
	{"p99", "cycles", false},
	{"p99.9", "cycles", false},
	{"p99.99", "cycles", false},
	{"max", "cycles", false},
};

static const struct fmb_point pipeline_points[] = {
	{64, FMB_BURST, 2, Q}, {256, FMB_BURST, 2, Q}, {1024, FMB_BURST, 2, Q},
	{1500, FMB_BURST, 2, 0}, {4096, FMB_BURST, 2, Q},
};

static const struct fmb_point self_points[] = {
	{256, 256, 1, 0}, {256, 256, 2, 0}, {256, 256, 4, 0}, {256, 256, 8, 0},
	{256, 2048, 1, 0}, {256, 2048, 2, 0}, {256, 2048, 4, 0}, {256, 2048, 8, Q},
};

static const struct fmb_point pairs_points[] = {
	{256, FMB_BURST, 2, 0}, {256, FMB_BURST, 4, 0},
	{256, FMB_BURST, 6, 0}, {256, FMB_BURST, 8, Q},
};

static const struct fmb_point latency_points[] = {
	{0, LATENCY_LIVE, 8, Q},
};

const struct fmb_case fmb_multi_cases[] = {
	{
		.name = "pipeline",
		.title = "one lcore allocates and writes, hands over by a ring, the other reads and frees",
		METRICS(cycles), POINTS(pipeline_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FM_SIZED) | FMB_BIT(FMB_FM_HANDLE) | FMB_BIT(FMB_FLOOR),
		.sample = sample_pipeline, .scale = 4,
	}, {
		.name = "self",
		.title = "each lcore allocates n objects and frees them",
		METRICS(rates), POINTS(self_points),
		.who = FMB_FIVE,
		.sample = sample_self, .fixed = 1, .max_reps = 5,
	}, {
		.name = "pairs",
		.title = "half of the lcores allocate, the others free, a ring between each two",
		METRICS(rates), POINTS(pairs_points),
		.who = FMB_FIVE,
		.sample = sample_pairs, .fixed = 1, .max_reps = 5,
	}, {
		.name = "latency_many",
		.title = "latencies on several lcores at once",
		METRICS(latency), POINTS(latency_points),
		.who = FMB_FIVE,
		.sample = fmb_sample_latency, .mixed = true, .fixed = 200000, .max_reps = 5,
	},
};
const unsigned int fmb_nb_multi_cases = RTE_DIM(fmb_multi_cases);
