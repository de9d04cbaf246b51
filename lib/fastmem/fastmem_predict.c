/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Predictions: of which slabs will the objects be that a thread frees?
 *
 * Owns the predictions in a block of caches, which the inline fast path uses. A prediction
 * is a copy of entries of the map that are the same: of the slabs from start on, len
 * bytes. Its thread sets it; whoever takes a slab from its bin clears those with it.
 * Calls nobody.
 */

#include <stdio.h>

#include <rte_atomic.h>
#include <rte_common.h>

#include "fastmem_pvt.h"

#define CREDIT 8 /* mispredicted frees before a prediction is looked at */
#define FEW 16 /* one misprediction in so many is too much */
#define PAUSE_MIN 256 /* frees before another is tried: doubled, */
#define PAUSE_MAX (1 << 16) /* up to this, as long as none is good */
#define RUN_MAX 128u /* neighbours of a slab on each side that are predicted with it */

void
fastmem_predict_init(struct rte_fastmem_pred *pred)
{
	pred->pause = PAUSE_MIN;
}

void
fastmem_predict_clear(struct rte_fastmem_pred *pred)
{
	rte_atomic_store_explicit(&pred->len, 0, rte_memory_order_relaxed);
	rte_compiler_barrier();
}

/*
 * Frees into a cache of this thread, to within a constant. What magazines that were changed
 * meanwhile have brought and taken is none, nor is what went past the cache: misses are not
 * what a prediction is for.
 */
static uint32_t
frees_of(const struct rte_fastmem_cache *cache)
{
	const char *start = RTE_PER_LCORE(__rte_fastmem_thread).block;
	const struct fastmem_block *block = (const struct fastmem_block *)(const void *)
		(start - offsetof(struct fastmem_block, none));
	const uint16_t offset = (uint16_t)((const char *)cache - start);
	const struct fastmem_cold *cold;

	if (offset == 0)
		return 0; /* the cache of no slab */
	cold = &block->cold[fastmem_offset_socket(offset) * RTE_FASTMEM_NB_BINS +
		fastmem_offset_bin(offset)];
	return (uint32_t)rte_atomic_load_explicit(&cold->folded, rte_memory_order_relaxed) +
		fastmem_cache_counted(__rte_fastmem_end_count(cache)) + fastmem_cache_len(cache) -
		(uint32_t)rte_atomic_load_explicit(&cold->moved, rte_memory_order_relaxed);
}

/*
 * A prediction has no credit left. It is good when there were many frees meanwhile.
 * Else another one is tried, once; then there is none for a while: what is freed lies
 * here and there, and a branch that is not predicted costs more than it saves.
 */
enum learned {
	PRED_GOOD,
	PRED_BAD,
	PRED_NONE,
};

static enum learned
pred_learn(struct rte_fastmem_pred *pred, uint32_t nb_frees)
{
	const bool was_none = rte_atomic_load_explicit(&pred->len, rte_memory_order_relaxed) == 0;
	const bool is_trial = pred->is_trial != 0;

	pred->credit = CREDIT;
	if (!was_none && nb_frees >= CREDIT * FEW) {
		pred->is_trial = 0;
		pred->pause = PAUSE_MIN;
		return PRED_GOOD;
	}
	pred->is_trial = 1;
	if (was_none || !is_trial)
		return PRED_BAD;
	pred->credit = pred->pause;
	pred->pause = RTE_MIN(2 * pred->pause, (uint32_t)PAUSE_MAX);
	return PRED_NONE;
}

/* From a slab on, in steps of 1 or -1: how many more lead to the same cache. */
static uintptr_t
same_entries(const struct rte_fastmem_home *home, uintptr_t slab, intptr_t step, uint16_t offset)
{
	uintptr_t i = slab - home->map_first, n = 0;

	while (n < RUN_MAX && i + step < home->map_len && rte_atomic_load_explicit(
				&home->map[i + step], rte_memory_order_seq_cst) == offset) {
		i += step;
		n++;
	}
	return n;
}

/*
 * Predict a slab and its neighbours.
 *
 * The slab itself has the object at hand: it cannot leave its bin. A neighbour may. Who takes
 * it first changes the map, then looks for predictions; here the prediction is set, then
 * the map looked at again. Of the two at least one sees the other, since all four are
 * sequentially consistent (model/predict.pml). A process may be killed anywhere between:
 * who takes its caches over clears their predictions.
 */
static void
pred_set(struct rte_fastmem_home *home, struct rte_fastmem_pred *pred, uintptr_t slab,
	uintptr_t below, uintptr_t above, uint16_t offset)
{
	fastmem_predict_clear(pred);
	if (pred == &home->pred)
		home->pred_cache = __rte_fastmem_cache_at(offset);
	rte_atomic_store_explicit(&pred->start, (slab - below) << RTE_FASTMEM_SLAB_SHIFT,
		rte_memory_order_relaxed);
	rte_atomic_store_explicit(&pred->len, (below + 1 + above) << RTE_FASTMEM_SLAB_SHIFT,
		rte_memory_order_seq_cst);
	if (same_entries(home, slab, -1, offset) < below ||
			same_entries(home, slab, 1, offset) < above)
		fastmem_predict_clear(pred);
}

/* A prediction, of frees into a cache, has no credit left, and the object at hand is another's. */
static void
pred_renew(struct rte_fastmem_home *home, struct rte_fastmem_pred *pred,
	const struct rte_fastmem_cache *predicted, uintptr_t slab, uint16_t offset)
{
	const uintptr_t first = rte_atomic_load_explicit(&pred->start,
			rte_memory_order_relaxed) >> RTE_FASTMEM_SLAB_SHIFT;
	const uintptr_t below = same_entries(home, slab, -1, offset);
	const uintptr_t above = same_entries(home, slab, 1, offset);

	switch (pred_learn(pred, frees_of(predicted) - pred->mark)) {
	case PRED_GOOD:
		/* Unless the slab has become their neighbour, keep those. */
		if (predicted == __rte_fastmem_cache_at(offset) &&
				slab - below <= first && first <= slab + above)
			pred_set(home, pred, slab, below, above, offset);
		break;
	case PRED_BAD:
		pred_set(home, pred, slab, below, above, offset);
		break;
	case PRED_NONE:
		fastmem_predict_clear(pred);
		break;
	}
}

void
fastmem_predict(struct rte_fastmem_home *home, const void *ptr, uint16_t offset)
{
	struct rte_fastmem_cache *cache = __rte_fastmem_cache_at(offset);
	const uintptr_t slab = (uintptr_t)ptr >> RTE_FASTMEM_SLAB_SHIFT;

	if (home->map_len == 0)
		return;
	if (home->pred.credit <= 0) {
		pred_renew(home, &home->pred, home->pred_cache, slab, offset);
		home->pred.mark = frees_of(home->pred_cache);
	}
	if (cache->pred.credit <= 0) {
		pred_renew(home, &cache->pred, cache, slab, offset);
		cache->pred.mark = frees_of(cache);
	}
}

/* See pred_set(): the length is read first, since it is set last. */
static void
forget(struct rte_fastmem_pred *pred, uintptr_t addr)
{
	uintptr_t len = rte_atomic_load_explicit(&pred->len, rte_memory_order_seq_cst);

	if (addr - rte_atomic_load_explicit(&pred->start, rte_memory_order_relaxed) < len)
		rte_atomic_store_explicit(&pred->len, 0, rte_memory_order_relaxed);
}

/*
 * The slab's objects are all back, so that no thread uses its prediction for this slab.
 * One that predicts others at this moment may lose that: no harm.
 */
void
fastmem_predict_forget(struct fastmem_shared *sh, const struct fastmem_slab *slab)
{
	uint32_t bin = rte_atomic_load_explicit(&slab->bin, rte_memory_order_relaxed) - 1;
	struct fastmem_block *block;
	uint32_t socket;

	/* As the entry of the map: a new block is seen, or its thread sees that entry. */
	block = rte_atomic_load_explicit(&sh->blocks, rte_memory_order_seq_cst);
	for (; block != NULL; block = block->next) {
		for (socket = 0; socket < sh->nb_sockets; socket++)
			forget(&block->homes[socket].pred, slab->start);
		if (bin < RTE_FASTMEM_NB_BINS)
			forget(&block->homes[slab->socket].caches[bin].pred, slab->start);
	}
}

/* A copy of entries of the map, which are all this offset. */
static bool
is_valid(const struct fastmem_shared *sh, const struct rte_fastmem_pred *pred, uintptr_t offset)
{
	uintptr_t i = (pred->start >> RTE_FASTMEM_SLAB_SHIFT) - sh->map_first;
	uintptr_t nb = pred->len >> RTE_FASTMEM_SLAB_SHIFT;

	for (; nb > 0; nb--, i++)
		if (i >= sh->map_len || sh->map[i] != offset)
			return false;
	return true;
}

unsigned int
fastmem_predict_validate(struct fastmem_shared *sh, FILE *f)
{
	struct fastmem_block *block;
	unsigned int nb_bad = 0;
	uint32_t socket, bin;

	block = rte_atomic_load_explicit(&sh->blocks, rte_memory_order_acquire);
	for (; block != NULL; block = block->next) {
		for (socket = 0; socket < sh->nb_sockets; socket++) {
			struct rte_fastmem_home *home = &block->homes[socket];

			nb_bad += !is_valid(sh, &home->pred,
				(uintptr_t)home->pred_cache - (uintptr_t)&block->none);
			for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++)
				nb_bad += !is_valid(sh, &home->caches[bin].pred,
					fastmem_cache_offset(socket, bin));
		}
	}
	if (nb_bad > 0)
		fprintf(f, "%u predictions are not what the map says\n", nb_bad);
	return nb_bad;
}
