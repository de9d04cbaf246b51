/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The loops with mixed sizes; part of test_fastmem_bench_loops.h, which includes it and says what
 * the macros are. What a live object was asked for with is kept beside its pointer, as an
 * application does that has to give it back to the right pool.
 */

static uint64_t
FMB_(mixed_fill)(struct fmb_run *run)
{
	const uint64_t t = rte_rdtsc_precise();
	unsigned int i;

	for (i = 0; i < run->n; i++) {
		const struct fmb_step *s = &run->script[i & (FMB_SCRIPT - 1)];
		FMB_CTX ctx = FMB_CTX_OF(run, s->class);

		RTE_SET_USED(ctx);
		run->live[i].ptr = FMB_ALLOC(ctx, s->size);
		if (unlikely(run->live[i].ptr == NULL)) {
			run->n = i;
			run->failed = true;
			return 0;
		}
		fmb_touch(run->live[i].ptr);
		run->live[i].size = s->size;
		run->live[i].class = s->class;
	}
	run->ops = run->n;
	return rte_rdtsc_precise() - t;
}

static uint64_t
FMB_(mixed_drain)(struct fmb_run *run)
{
	const uint64_t t = rte_rdtsc_precise();
	unsigned int i;

	for (i = 0; i < run->n; i++) {
		struct fmb_live *live = &run->live[i];
		FMB_CTX ctx = FMB_CTX_OF(run, live->class);

		RTE_SET_USED(ctx);
		FMB_FREE(ctx, live->ptr, live->size);
	}
	run->ops = run->n;
	return rte_rdtsc_precise() - t;
}

/*
 * Free a live object and allocate another in its place; false if that failed: the place is given
 * up.
 */
static __rte_always_inline bool
FMB_(mixed_step)(struct fmb_run *run, const struct fmb_step *s)
{
	struct fmb_live *live = &run->live[s->index];
	FMB_CTX old = FMB_CTX_OF(run, live->class);
	FMB_CTX new = FMB_CTX_OF(run, s->class);
	void *ptr;

	RTE_SET_USED(old);
	RTE_SET_USED(new);
	FMB_FREE(old, live->ptr, live->size);
	ptr = FMB_ALLOC(new, s->size);
	if (unlikely(ptr == NULL)) {
		*live = run->live[--run->n];
		run->failed = true;
		return false;
	}
	fmb_touch(ptr);
	live->ptr = ptr;
	live->size = s->size;
	live->class = s->class;
	return true;
}

static uint64_t
FMB_(mixed_replace)(struct fmb_run *run)
{
	const uint64_t rounds = run->rounds;
	const struct fmb_step *script = run->script;
	const uint64_t t = rte_rdtsc_precise();
	uint64_t r;

	for (r = 0; r < rounds; r++)
		if (unlikely(!FMB_(mixed_step)(run, &script[r & (FMB_SCRIPT - 1)])))
			return 0;
	run->ops = rounds;
	return rte_rdtsc_precise() - t;
}

/* Each step between two precise readings of the TSC, whose own cost is in the figure. */
static uint64_t
FMB_(mixed_latency)(struct fmb_run *run)
{
	const uint64_t rounds = run->rounds;
	const struct fmb_step *script = run->script;
	const uint64_t start = rte_rdtsc_precise();
	uint64_t r, t;

	for (r = 0; r < rounds; r++) {
		t = rte_rdtsc_precise();
		if (unlikely(!FMB_(mixed_step)(run, &script[r & (FMB_SCRIPT - 1)])))
			return 0;
		t = rte_rdtsc_precise() - t;
		run->hist[fmb_hist_bin(t)]++;
		run->worst = RTE_MAX(run->worst, t);
	}
	run->ops = rounds;
	return rte_rdtsc_precise() - start;
}
