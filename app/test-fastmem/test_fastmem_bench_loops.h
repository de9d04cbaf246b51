/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The timed loops, once per contender. No include guard: a contender's file defines the macros
 * below, then includes this file, as often as it has contenders. So every allocator is inlined
 * into the very same loops, and none pays for a function pointer.
 *
 * FMB_NAME             prefix of the names made here
 * FMB_CTX              type of what a call needs (a pool, a handle, nothing)
 * FMB_CTX_ONE(run)     that of a point with one size
 * FMB_CTX_OF(run, c)   that of class c of the mixed sizes
 * FMB_ALLOC(ctx, size), FMB_FREE(ctx, ptr, size)
 * FMB_ALLOC_AWAY(ctx, size), FMB_FREE_AWAY(ctx, ptr, size)
 *                             between two lcores: of one that does not free, of one that does not
 *                             allocate; the same as the two above unless defined
 * FMB_ALLOC_BULK(ctx, ptrs, n, size)  0 or not; FMB_FREE_BULK(ctx, ptrs, n, size)
 * FMB_BY_SIZE(body, run)      calls body(run, size) with a constant size where that helps the
 *                             contender
 * FMB_BY_BULK(body, run)      calls body(run, size, n), likewise
 */

#ifndef FMB_LOOPS
/* What a contender's table of loops is initialised with. */
#define FMB_LOOPS(name) { \
	[FMB_TIGHT] = name ## _tight, \
	[FMB_BATCH] = name ## _batch, \
	[FMB_RANDOM] = name ## _random, \
	[FMB_RANDOM_BULK] = name ## _random_bulk, \
	[FMB_BULK] = name ## _bulk, \
	[FMB_BULK_PTRS] = name ## _bulk_ptrs, \
	[FMB_FILL] = name ## _fill, \
	[FMB_DRAIN] = name ## _drain, \
	[FMB_REPLACE] = name ## _replace, \
	[FMB_MIXED_FILL] = name ## _mixed_fill, \
	[FMB_MIXED_DRAIN] = name ## _mixed_drain, \
	[FMB_MIXED_REPLACE] = name ## _mixed_replace, \
	[FMB_MIXED_LATENCY] = name ## _mixed_latency, \
	[FMB_CHASE] = name ## _chase, \
	[FMB_PRODUCE] = name ## _produce, \
	[FMB_CONSUME] = name ## _consume, \
	[FMB_SELF] = name ## _self, \
}

/* For FMB_BY_BULK: calls body(run, size, n) with a constant n. */
#define FMB_BY_COUNT(body, run, size) \
	((run)->n == 4 ? body(run, size, 4) : \
	 (run)->n == 8 ? body(run, size, 8) : \
	 (run)->n == 32 ? body(run, size, 32) : \
	 (run)->n == 256 ? body(run, size, 256) : \
	 body(run, size, (run)->n))
#endif

/* Not every contender looks at all that it is given. */
#define FMB_UNUSED(ctx, size) do { \
	RTE_SET_USED(ctx); \
	RTE_SET_USED(size); \
} while (0)
#define FMB_CAT_(a, b) a ## _ ## b
#define FMB_CAT(a, b) FMB_CAT_(a, b)
#define FMB_(name) FMB_CAT(FMB_NAME, name)
#ifndef FMB_ALLOC_AWAY
#define FMB_ALLOC_AWAY FMB_ALLOC
#define FMB_FREE_AWAY FMB_FREE
#endif

static __rte_always_inline uint64_t
FMB_(fail)(struct fmb_run *run, unsigned int have, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	unsigned int i;

	FMB_UNUSED(ctx, size);
	for (i = 0; i < have; i++)
		FMB_FREE(ctx, run->ptrs[i], size);
	run->failed = true;
	return 0;
}

static __rte_always_inline uint64_t
FMB_(tight_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t rounds = run->rounds;
	const uint64_t t = rte_rdtsc_precise();
	uint64_t i;

	FMB_UNUSED(ctx, size);
	for (i = 0; i < rounds; i++) {
		void *ptr = FMB_ALLOC(ctx, size);

		if (unlikely(ptr == NULL))
			return FMB_(fail)(run, 0, size);
		fmb_touch(ptr);
		FMB_FREE(ctx, ptr, size);
	}
	run->ops = rounds;
	return rte_rdtsc_precise() - t;
}

/* Allocate n and free them, in order or, with an order, in that. */
static __rte_always_inline unsigned int
FMB_(round)(FMB_CTX ctx, void **ptrs, unsigned int n, const uint32_t *order, size_t size)
{
	unsigned int i;

	FMB_UNUSED(ctx, size);
	for (i = 0; i < n; i++) {
		void *ptr = FMB_ALLOC(ctx, size);

		if (unlikely(ptr == NULL))
			return i;
		fmb_touch(ptr);
		ptrs[i] = ptr;
	}
	if (order == NULL)
		for (i = 0; i < n; i++)
			FMB_FREE(ctx, ptrs[i], size);
	else
		for (i = 0; i < n; i++)
			FMB_FREE(ctx, ptrs[order[i]], size);
	return n;
}

static __rte_always_inline uint64_t
FMB_(rounds)(struct fmb_run *run, const uint32_t *order, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t rounds = run->rounds;
	const unsigned int n = run->n;
	void **ptrs = run->ptrs;
	const uint64_t t = rte_rdtsc_precise();
	unsigned int have;
	uint64_t r;

	for (r = 0; r < rounds; r++) {
		have = FMB_(round)(ctx, ptrs, n, order, size);
		if (unlikely(have != n))
			return FMB_(fail)(run, have, size);
	}
	run->ops = rounds * n;
	return rte_rdtsc_precise() - t;
}

static __rte_always_inline uint64_t
FMB_(batch_body)(struct fmb_run *run, size_t size)
{
	return FMB_(rounds)(run, NULL, size);
}

static __rte_always_inline uint64_t
FMB_(random_body)(struct fmb_run *run, size_t size)
{
	return FMB_(rounds)(run, run->order, size);
}

static __rte_always_inline uint64_t
FMB_(bulk_rounds)(struct fmb_run *run, size_t size, const unsigned int n, const bool touch)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t rounds = run->rounds;
	void **ptrs = run->ptrs;
	const uint64_t t = rte_rdtsc_precise();
	unsigned int i;
	uint64_t r;

	FMB_UNUSED(ctx, size);
	for (r = 0; r < rounds; r++) {
		if (unlikely(FMB_ALLOC_BULK(ctx, ptrs, n, size) != 0))
			return FMB_(fail)(run, 0, size);
		fmb_escape(ptrs);
		if (touch) {
			/* Else whether its end is predicted is a matter of the code around it. */
			_Pragma("GCC unroll 32")
			for (i = 0; i < n; i++)
				fmb_touch(ptrs[i]);
		}
		FMB_FREE_BULK(ctx, ptrs, n, size);
	}
	run->ops = rounds * n;
	return rte_rdtsc_precise() - t;
}

static __rte_always_inline uint64_t
FMB_(bulk_body)(struct fmb_run *run, size_t size, const unsigned int n)
{
	return FMB_(bulk_rounds)(run, size, n, true);
}

static __rte_always_inline uint64_t
FMB_(bulk_ptrs_body)(struct fmb_run *run, size_t size, const unsigned int n)
{
	return FMB_(bulk_rounds)(run, size, n, false);
}

/* Allocate n, and free them in a random order, FMB_BURST by each call. */
static __rte_always_inline uint64_t
FMB_(random_bulk_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t rounds = run->rounds;
	const uint32_t *order = run->order;
	const unsigned int n = run->n;
	void **ptrs = run->ptrs;
	const uint64_t t = rte_rdtsc_precise();
	void *some[FMB_BURST];
	unsigned int i, j;
	uint64_t r;

	FMB_UNUSED(ctx, size);
	for (r = 0; r < rounds; r++) {
		for (i = 0; i < n; i += FMB_BURST) {
			if (unlikely(FMB_ALLOC_BULK(ctx, &ptrs[i], FMB_BURST, size) != 0))
				return FMB_(fail)(run, i, size);
			fmb_escape(ptrs);
			for (j = 0; j < FMB_BURST; j++)
				fmb_touch(ptrs[i + j]);
		}
		for (i = 0; i < n; i += FMB_BURST) {
			for (j = 0; j < FMB_BURST; j++)
				some[j] = ptrs[order[i + j]];
			fmb_escape(some);
			FMB_FREE_BULK(ctx, some, FMB_BURST, size);
		}
	}
	run->ops = rounds * n;
	return rte_rdtsc_precise() - t;
}

static __rte_always_inline uint64_t
FMB_(fill_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const unsigned int n = run->n;
	void **ptrs = run->ptrs;
	const uint64_t t = rte_rdtsc_precise();
	unsigned int i;

	FMB_UNUSED(ctx, size);
	for (i = 0; i < n; i++) {
		void *ptr = FMB_ALLOC(ctx, size);

		if (unlikely(ptr == NULL))
			return FMB_(fail)(run, i, size);
		fmb_touch(ptr);
		ptrs[i] = ptr;
	}
	run->ops = n;
	return rte_rdtsc_precise() - t;
}

static __rte_always_inline uint64_t
FMB_(drain_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const unsigned int n = run->n;
	void **ptrs = run->ptrs;
	const uint64_t t = rte_rdtsc_precise();
	unsigned int i;

	FMB_UNUSED(ctx, size);
	for (i = 0; i < n; i++)
		FMB_FREE(ctx, ptrs[i], size);
	run->ops = n;
	return rte_rdtsc_precise() - t;
}

static __rte_always_inline uint64_t
FMB_(replace_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t rounds = run->rounds;
	const unsigned int n = run->n;
	void **ptrs = run->ptrs;
	const uint64_t t = rte_rdtsc_precise();
	uint64_t r, i;

	FMB_UNUSED(ctx, size);
	for (r = 0; r < rounds; r++) {
		void *ptr;

		i = ((fmb_random(&run->seed) >> 32) * n) >> 32;
		FMB_FREE(ctx, ptrs[i], size);
		ptr = FMB_ALLOC(ctx, size);
		ptrs[i] = ptr;
		if (unlikely(ptr == NULL)) {
			run->failed = true;
			ptrs[i] = ptrs[--run->n];	/* so that draining sees no NULL */
			return 0;
		}
		fmb_touch(ptr);
	}
	run->ops = rounds;
	return rte_rdtsc_precise() - t;
}

static __rte_always_inline uint64_t
FMB_(chase_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t rounds = run->rounds * run->n;
	const uint32_t *order = run->order;
	void **ptrs = run->ptrs;
	void *ptr;
	unsigned int i;
	uint64_t r, t;

	FMB_UNUSED(ctx, size);
	for (i = 0; i < run->n; i++) {
		ptrs[i] = FMB_ALLOC(ctx, size);
		if (unlikely(ptrs[i] == NULL))
			return FMB_(fail)(run, i, size);
	}
	for (i = 0; i < run->n; i++)
		*(void **)ptrs[order[i]] = ptrs[order[(i + 1) % run->n]];
	ptr = ptrs[0];
	for (i = 0; i < run->n; i++)	/* once round, for the caches */
		ptr = *(void *volatile *)ptr;
	t = rte_rdtsc_precise();
	for (r = 0; r < rounds; r++)
		ptr = *(void *volatile *)ptr;
	fmb_escape(ptr);
	t = rte_rdtsc_precise() - t;
	for (i = 0; i < run->n; i++)
		FMB_FREE(ctx, ptrs[order[i]], size);
	run->ops = rounds;
	return t;
}

/* Batches until told to stop, each timed. */
static __rte_always_inline uint64_t
FMB_(self_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const unsigned int n = run->n;
	const uint64_t start = rte_rdtsc_precise();
	uint64_t t, now = start, ops = 0, worst = 0;
	unsigned int have;

	while (rte_atomic_load_explicit(run->stop, rte_memory_order_relaxed) == 0) {
		t = now;
		have = FMB_(round)(ctx, run->ptrs, n, NULL, size);
		if (unlikely(have != n))
			return FMB_(fail)(run, have, size);
		now = rte_rdtsc();
		worst = RTE_MAX(worst, now - t);
		ops += n;
	}
	run->ops = ops;
	run->worst = worst;
	return rte_rdtsc_precise() - start;
}

static __rte_always_inline uint64_t
FMB_(produce_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t rounds = run->rounds;
	const uint64_t start = rte_rdtsc_precise();
	void *burst[FMB_BURST];
	uint64_t r, t = 0, worst = 0;
	unsigned int i, sent;

	FMB_UNUSED(ctx, size);
	for (r = 0; r < rounds; r++) {
		if (rte_atomic_load_explicit(run->stop, rte_memory_order_relaxed) != 0)
			break;
		if (run->timed)
			t = rte_rdtsc();
		for (i = 0; i < FMB_BURST; i++) {
			burst[i] = FMB_ALLOC_AWAY(ctx, size);
			if (unlikely(burst[i] == NULL)) {
				run->failed = true;
				break;
			}
			fmb_touch(burst[i]);
		}
		if (run->timed)
			worst = RTE_MAX(worst, rte_rdtsc() - t);
		for (sent = 0; sent < i; ) {
			sent += rte_ring_sp_enqueue_burst(run->ring, &burst[sent], i - sent, NULL);
			if (sent < i)
				fmb_wait(run);
		}
	}
	run->ops = r * FMB_BURST;
	run->worst = worst;
	return rte_rdtsc_precise() - start;
}

static __rte_always_inline uint64_t
FMB_(consume_body)(struct fmb_run *run, size_t size)
{
	FMB_CTX ctx = FMB_CTX_ONE(run);
	const uint64_t want = run->rounds * FMB_BURST;
	const uint64_t start = rte_rdtsc_precise();
	void *burst[FMB_BURST];
	uint64_t got = 0, t = 0, worst = 0;
	unsigned int i, n;

	FMB_UNUSED(ctx, size);
	while (got < want) {
		n = rte_ring_sc_dequeue_burst(run->ring, burst, FMB_BURST, NULL);
		if (n == 0) {
			if (rte_atomic_load_explicit(run->stop, rte_memory_order_acquire) > 1)
				break;
			fmb_wait(run);
			continue;
		}
		if (run->timed)
			t = rte_rdtsc();
		for (i = 0; i < n; i++) {
			(void)*(volatile uint64_t *)burst[i];
			FMB_FREE_AWAY(ctx, burst[i], size);
		}
		if (run->timed)
			worst = RTE_MAX(worst, rte_rdtsc() - t);
		got += n;
	}
	run->ops = got;
	run->worst = worst;
	return rte_rdtsc_precise() - start;
}

#define FMB_SIZED_LOOP(name) \
static uint64_t \
FMB_(name)(struct fmb_run *run) \
{ \
	return FMB_BY_SIZE(FMB_CAT(FMB_NAME, name ## _body), run); \
}
FMB_SIZED_LOOP(tight)
FMB_SIZED_LOOP(batch)
FMB_SIZED_LOOP(random)
FMB_SIZED_LOOP(random_bulk)
FMB_SIZED_LOOP(fill)
FMB_SIZED_LOOP(drain)
FMB_SIZED_LOOP(replace)
FMB_SIZED_LOOP(chase)
FMB_SIZED_LOOP(self)
FMB_SIZED_LOOP(produce)
FMB_SIZED_LOOP(consume)
#undef FMB_SIZED_LOOP

static uint64_t
FMB_(bulk)(struct fmb_run *run)
{
	return FMB_BY_BULK(FMB_(bulk_body), run);
}

static uint64_t
FMB_(bulk_ptrs)(struct fmb_run *run)
{
	return FMB_BY_BULK(FMB_(bulk_ptrs_body), run);
}

#include "test_fastmem_bench_mixed.h"

#undef FMB_
#undef FMB_CAT
#undef FMB_CAT_
#undef FMB_UNUSED
#undef FMB_NAME
#undef FMB_CTX
#undef FMB_CTX_ONE
#undef FMB_CTX_OF
#undef FMB_ALLOC
#undef FMB_FREE
#undef FMB_ALLOC_AWAY
#undef FMB_FREE_AWAY
#undef FMB_ALLOC_BULK
#undef FMB_FREE_BULK
#undef FMB_BY_SIZE
#undef FMB_BY_BULK
