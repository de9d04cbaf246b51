/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The benchmark of fastmem against rte_mempool, rte_malloc and libc malloc.
 *
 * Words: a *case* is a pattern of use (one table); a *point* is one line of it (size, n, lcores);
 * a *contender* is an allocator in one way of using it (one column); a *sample* is one timed run
 * of one contender; a *metric* is one figure of a sample; a *record* is what all samples of one
 * contender at one point say about one metric; the *floor* is what a line costs without any
 * allocator.
 *
 * test_fastmem_bench.c       measures: opens the contenders, interleaves their samples, keeps
 *                            records
 * test_fastmem_bench_cases.c what is measured: the cases of one lcore
 * test_fastmem_bench_multi.c the cases of several lcores
 * test_fastmem_bench_mem.c   the cases about memory
 * test_fastmem_bench_fm.c, _mp.c, _malloc.c
 *                            the contenders: each compiles the loops of test_fastmem_bench_loops.h
 *                            around its own inline calls
 * test_fastmem_bench_floor.c the floor, beside the contenders
 *
 * Everything here may be part of DPDK's app/test; the stand-alone program dpdk-test-fastmem adds
 * options, results.json and the summary.
 */

#ifndef TEST_FASTMEM_BENCH_H
#define TEST_FASTMEM_BENCH_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_bitops.h>
#include <rte_common.h>
#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_pause.h>
#include <rte_stdatomic.h>
#include <rte_fastmem.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#define FMB_MAX_LCORES 8	/* most lcores a case uses */
#define FMB_MAX_METRICS 6
#define FMB_MAX_REPS 101
#define FMB_MIXED_MIN 16	/* mixed sizes: 16 to 2048, one pool per power of two */
#define FMB_MIXED_CLASSES 8
#define FMB_SCRIPT 16384	/* steps of a mixed script, a power of two */
#define FMB_PAGE ((size_t)4096)	/* loads seem to depend on stores at this distance */
#define FMB_BURST 32		/* objects handed over at once between lcores, freed out of order */
#define FMB_RING_SIZE 1024	/* of the rings between lcores */
#define FMB_HIST_LINEAR 2048	/* latencies below this have a bin per cycle */
#define FMB_HIST_SUB 64		/* and above it this many per power of two */
#define FMB_HIST_BINS (FMB_HIST_LINEAR + 32 * FMB_HIST_SUB)

/* The contenders, in the order of the columns. */
enum fmb_who {
	FMB_FM,			/* rte_fastmem_alloc, rte_fastmem_free; constant sizes */
	FMB_FM_SIZED,		/* rte_fastmem_alloc, rte_fastmem_free_sized */
	FMB_FM_HANDLE,		/* rte_fastmem_halloc, rte_fastmem_hfree */
	FMB_FM_VAR,		/* as the first; the compiler does not know the size */
	FMB_MP_RING,
	FMB_MP_STACK,
	FMB_MP_LF,
	FMB_RTE_MALLOC,
	FMB_LIBC,
	FMB_FLOOR,		/* no allocator */
	FMB_NB_WHO
};
#define FMB_BIT(who) RTE_BIT32(who)
#define FMB_ALL_FM (FMB_BIT(FMB_FM) | FMB_BIT(FMB_FM_SIZED) | FMB_BIT(FMB_FM_HANDLE) | \
	FMB_BIT(FMB_FM_VAR))
#define FMB_ALL_MP (FMB_BIT(FMB_MP_RING) | FMB_BIT(FMB_MP_STACK) | FMB_BIT(FMB_MP_LF))
#define FMB_ALL_MALLOC (FMB_BIT(FMB_RTE_MALLOC) | FMB_BIT(FMB_LIBC))
#define FMB_FIVE (FMB_BIT(FMB_FM) | FMB_ALL_MP | FMB_ALL_MALLOC)

/* The loops every contender has. */
enum fmb_loop {
	FMB_TIGHT,		/* allocate, write, free */
	FMB_BATCH,		/* allocate n, free them in order */
	FMB_RANDOM,		/* allocate n, free them in a random order */
	FMB_RANDOM_BULK,	/* the same, FMB_BURST by each call */
	FMB_BULK,		/* allocate n by one call, write each, free by one call */
	FMB_BULK_PTRS,		/* the same without writing */
	FMB_FILL,		/* allocate n objects of one size */
	FMB_DRAIN,		/* free them in order */
	FMB_REPLACE,		/* free a random one of them, allocate another */
	FMB_MIXED_FILL,		/* the same three with mixed sizes */
	FMB_MIXED_DRAIN,
	FMB_MIXED_REPLACE,
	FMB_MIXED_LATENCY,	/* as above, each free + allocate timed */
	FMB_CHASE,		/* allocate n, link them by their first line, follow the links */
	FMB_PRODUCE,		/* allocate, hand over by a ring */
	FMB_CONSUME,		/* receive from a ring, free */
	FMB_SELF,		/* as FMB_BATCH until told to stop; the worst batch is kept */
	FMB_NB_LOOPS
};

/* One step of a mixed script. */
struct fmb_step {
	uint32_t index;		/* which live object goes */
	uint16_t size;		/* what comes instead */
	uint16_t class;		/* its power of two, 0 for FMB_MIXED_MIN */
};

/* A live object of mixed size: the application remembers what it asked for. */
struct fmb_live {
	void *ptr;
	uint32_t size;
	uint32_t class;
};

/*
 * What a contender needs to serve a point: one pool or handle per class; the first if there is one
 * size.
 */
struct fmb_res {
	struct rte_mempool *mp[FMB_MIXED_CLASSES];
	rte_fastmem_handle_t handle[FMB_MIXED_CLASSES];
};

/* What a loop needs; one per lcore. */
struct fmb_run {
	const struct fmb_res *res;
	size_t size;
	unsigned int n;
	uint64_t rounds;
	void **ptrs;		/* room for n */
	const uint32_t *order;	/* a permutation of n */
	struct fmb_live *live;	/* room for n */
	const struct fmb_step *script;
	uint64_t *hist;		/* FMB_HIST_BINS */
	struct rte_ring *ring;
	const RTE_ATOMIC(uint32_t) *stop;
	bool yield;		/* more threads than CPUs: give way while waiting */
	bool timed;		/* keep the worst batch */
	uint64_t seed;
	/* out */
	uint64_t ops;		/* objects allocated and freed, or loads in a chase */
	uint64_t worst;		/* cycles of the worst batch */
	bool failed;		/* an allocation failed */
};

typedef uint64_t (*fmb_loop_fn)(struct fmb_run *run);	/* returns TSC cycles */

struct fmb_contender {
	const char *name;
	const char *config;	/* how it is used, for the reader */
	fmb_loop_fn loop[FMB_NB_LOOPS];
};
extern const struct fmb_contender *const fmb_contenders[FMB_NB_WHO];
extern const struct fmb_contender fmb_fm, fmb_fm_sized, fmb_fm_handle, fmb_fm_var;
extern const struct fmb_contender fmb_mp_ring, fmb_mp_stack, fmb_mp_lf;
extern const struct fmb_contender fmb_rte_malloc, fmb_libc, fmb_floor;

struct fmb_metric {
	const char *name;
	const char *unit;
	bool more_is_better;
};

struct fmb_point {
	size_t size;		/* 0: mixed */
	unsigned int n;		/* batch, bulk or live set; 1 if none */
	unsigned int lcores;	/* 0: one, and pools have no spare objects */
	bool quick;		/* also part of a short run */
};

struct fmb_bench;
struct fmb_case;

/* One sample of a contender; fills a value per metric; 0, or -1 if it could not be had. */
typedef int (*fmb_sample_fn)(struct fmb_bench *b, enum fmb_who who, double *values);

struct fmb_case {
	const char *name;
	const char *title;
	const struct fmb_metric *metrics;
	unsigned int nb_metrics;
	uint32_t who;		/* FMB_BIT of each contender */
	const struct fmb_point *points;
	unsigned int nb_points;
	fmb_sample_fn sample;
	enum fmb_loop loop;	/* for fmb_sample_loop */
	bool mixed;		/* needs a pool per class and a script */
	bool alone;		/* sample() opens and closes the contender itself */
	unsigned int fixed;	/* if not 0, rounds are this: nothing to calibrate */
	unsigned int max_reps;	/* if not 0, no more repetitions than this */
	unsigned int scale;	/* if not 0, samples are this many times as long */
};
extern const struct fmb_case fmb_single_cases[], fmb_multi_cases[], fmb_mem_cases[];
extern const unsigned int fmb_nb_single_cases, fmb_nb_multi_cases, fmb_nb_mem_cases;

struct fmb_stats {
	double median, min, max, q1, q3;
	unsigned int reps;
};

struct fmb_record {
	const struct fmb_case *cas;
	struct fmb_point point;
	enum fmb_who who;
	const struct fmb_metric *metric;
	struct fmb_stats st;
};

/* State of a run of the benchmark. */
struct fmb_bench {
	/* options */
	unsigned int reps;
	unsigned int sample_us;
	bool quick;
	const char *glob;	/* cases to run, or NULL */
	FILE *out;
	/* the point being measured */
	const struct fmb_case *cas;
	struct fmb_point point;
	struct fmb_res res[FMB_NB_WHO];
	struct fmb_run run[FMB_NB_WHO];
	uint64_t cycles;	/* of the last sample, for calibration */
	void **ptrs;
	uint32_t *order;
	struct fmb_live *live;
	struct fmb_step *script;
	struct rte_ring *ring;
	/* results */
	uint64_t start;		/* TSC when the run began */
	struct fmb_record *records;
	unsigned int nb_records;
	unsigned int room;
};

/* test_fastmem_bench.c */
int fmb_run_all(struct fmb_bench *b);
int fmb_case_selected(const struct fmb_bench *b, const struct fmb_case *c);
const struct fmb_case *fmb_case_at(unsigned int i);	/* NULL after the last */
const struct fmb_record *fmb_find(const struct fmb_bench *b, const struct fmb_case *cas,
	const struct fmb_point *point, enum fmb_who who, const struct fmb_metric *metric);
double fmb_cost_ratio(const struct fmb_metric *m, double a, double b);
void fmb_shuffle(uint32_t *order, unsigned int n, uint64_t seed);
int fmb_sample_loop(struct fmb_bench *b, enum fmb_who who, double *values);
int fmb_open(struct fmb_bench *b, enum fmb_who who);
void fmb_close(struct fmb_bench *b, enum fmb_who who);

/* test_fastmem_bench_print.c */
void fmb_print_head(const struct fmb_bench *b);
void fmb_print_line(const struct fmb_bench *b, const struct fmb_metric *m);

/* test_fastmem_bench_multi.c */
unsigned int fmb_nb_lcores(void);	/* lcores that multi-lcore cases can use */
int fmb_sample_latency(struct fmb_bench *b, enum fmb_who who, double *values);

/* test_fastmem_bench_mp.c */
struct rte_mempool *fmb_pool_create(enum fmb_who who, size_t size, unsigned int n,
		unsigned int lcores);

/* test_fastmem_bench_floor.c */
int fmb_floor_open(const struct fmb_run *run, unsigned int class, size_t size,
		unsigned int lcores);
void fmb_floor_close(void);

static __rte_always_inline uint64_t
fmb_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}

/* Wait for the other end of a ring. */
static __rte_always_inline void
fmb_wait(const struct fmb_run *run)
{
	if (run->yield)
		sched_yield();
	else
		rte_pause();
}

/* The application uses an object: its first line is written, and nobody may know what with. */
static __rte_always_inline void
fmb_touch(void *ptr)
{
	*(volatile uint64_t *)ptr = (uintptr_t)ptr;
	asm volatile("" : : "r" (ptr) : "memory");
}

/* The application uses an array of pointers. */
static __rte_always_inline void
fmb_escape(void *ptrs)
{
	asm volatile("" : : "r" (ptrs) : "memory");
}

/* A size that the compiler can't know. */
static __rte_always_inline size_t
fmb_unknown(size_t size)
{
	asm volatile("" : "+r" (size));
	return size;
}

/* Bin of a latency in a histogram, and the latency a bin stands for. */
static inline unsigned int
fmb_hist_bin(uint64_t cycles)
{
	unsigned int log2;

	if (cycles < FMB_HIST_LINEAR)
		return (unsigned int)cycles;
	log2 = (unsigned int)rte_fls_u64(cycles) - 1;
	if (log2 >= 11 + 32)
		return FMB_HIST_BINS - 1;
	return FMB_HIST_LINEAR + (log2 - 11) * FMB_HIST_SUB +
		(unsigned int)((cycles >> (log2 - 6)) & (FMB_HIST_SUB - 1));
}

static inline uint64_t
fmb_hist_value(unsigned int bin)
{
	unsigned int log2, sub;

	if (bin < FMB_HIST_LINEAR)
		return bin;
	log2 = 11 + (bin - FMB_HIST_LINEAR) / FMB_HIST_SUB;
	sub = (bin - FMB_HIST_LINEAR) % FMB_HIST_SUB;
	return (uint64_t)(FMB_HIST_SUB + sub) << (log2 - 6);
}

#endif /* TEST_FASTMEM_BENCH_H */
