/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Predictions: of which slabs will the objects be that a thread frees?
 *
 * Owns what caches know of slabs, and which cache a thread with caches expects; the inline fast
 * path uses both. What a cache knows is a copy of entries of the map that are its own: of the
 * slabs from known_start on. Its thread sets it; whoever takes a slab from its bin clears those
 * with it. Calls nobody.
 */

#include <stdio.h>

#include <rte_atomic.h>
#include <rte_common.h>

#include "fastmem_predict.h"
#include "fastmem_pvt.h"

#define CREDIT 8 /* mispredicted frees before a prediction is looked at */
#define FEW 16 /* one misprediction in so many is too much */
#define PAUSE_MIN 256 /* frees before another is tried: doubled, */
#define PAUSE_MAX (1 << 16) /* up to this, as long as none is good */
#define RUN_MAX 128u /* neighbours of a slab on each side that are predicted with it */

void
fastmem_predict_init(struct rte_fastmem_trust *trust)
{
	trust->pause = PAUSE_MIN;
}

void
fastmem_predict_clear(struct rte_fastmem_cache *cache)
{
	rte_atomic_store_explicit(&cache->known_len, 0, rte_memory_order_relaxed);
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
	cold = fastmem_block_cold(block, fastmem_offset_socket(offset),
		fastmem_offset_bin(offset));
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
	IS_GOOD,
	TRY_ANOTHER,
	TRY_NONE,
};

static enum learned
learn(struct rte_fastmem_trust *trust, const struct rte_fastmem_cache *cache)
{
	const bool was_none = rte_atomic_load_explicit(&cache->known_len,
			rte_memory_order_relaxed) == 0;
	const bool is_trial = trust->is_trial != 0;

	trust->credit = CREDIT;
	if (!was_none && frees_of(cache) - trust->mark >= CREDIT * FEW) {
		trust->is_trial = 0;
		trust->pause = PAUSE_MIN;
		return IS_GOOD;
	}
	trust->is_trial = 1;
	if (was_none || !is_trial)
		return TRY_ANOTHER;
	trust->credit = trust->pause;
	trust->pause = RTE_MIN(2 * trust->pause, (uint32_t)PAUSE_MAX);
	return TRY_NONE;
}

/* From a slab on, in steps of 1 or -1: how many lead to a cache, itself included. */
static uintptr_t
same_entries(uintptr_t slab, intptr_t step, uint16_t offset)
{
	const struct rte_fastmem_thread *thread = &RTE_PER_LCORE(__rte_fastmem_thread);
	uintptr_t i = slab - thread->map_first, n = 0;

	while (n < RUN_MAX && i < thread->map_len && rte_atomic_load_explicit(
				&thread->map[i], rte_memory_order_seq_cst) == offset) {
		i += step;
		n++;
	}
	return n;
}

/*
 * Let a cache know a slab that is its own, and the neighbours that are too.
 *
 * The slab itself has the object at hand: it cannot leave its bin, unless that is freed for
 * the second time. A neighbour may. Who takes it first changes the map, then looks who knows it;
 * here it is made known, then the map looked at again. Of the two at least one sees the other,
 * since all four are sequentially consistent (model/predict.pml). A process may be killed
 * anywhere between: who takes its caches over clears what they know.
 */
static void
meet(struct rte_fastmem_cache *cache, uintptr_t slab, uint16_t offset)
{
	const uintptr_t below = same_entries(slab, -1, offset);
	const uintptr_t above = same_entries(slab, 1, offset);

	fastmem_predict_clear(cache);
	if (below == 0 || above == 0)
		return;
	rte_atomic_store_explicit(&cache->known_start,
		(slab + 1 - below) << RTE_FASTMEM_SLAB_SHIFT, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&cache->known_len,
		(below + above - 1) << RTE_FASTMEM_SLAB_SHIFT, rte_memory_order_seq_cst);
	if (same_entries(slab, -1, offset) < below || same_entries(slab, 1, offset) < above)
		fastmem_predict_clear(cache);
}

/* The same if the slab has become a neighbour of those that it knows; else it keeps these. */
static void
meet_neighbour(struct rte_fastmem_cache *cache, uintptr_t slab, uint16_t offset)
{
	const uintptr_t first = rte_atomic_load_explicit(&cache->known_start,
			rte_memory_order_relaxed) >> RTE_FASTMEM_SLAB_SHIFT;

	if (first + same_entries(slab, -1, offset) > slab &&
			first < slab + same_entries(slab, 1, offset))
		meet(cache, slab, offset);
}

/* Frees of any object have no trust left in the expected cache; that of the next is this one. */
static void
expect(struct rte_fastmem_thread *thread, struct rte_fastmem_cache *cache, uintptr_t slab,
	uint16_t offset)
{
	switch (learn(&thread->trust, thread->expected)) {
	case IS_GOOD:
		if (thread->expected == cache)
			meet_neighbour(cache, slab, offset);
		break;
	case TRY_ANOTHER:
		meet(cache, slab, offset);
		thread->expected = cache;
		break;
	case TRY_NONE:
		thread->expected = __rte_fastmem_cache_at(0); /* that of no slab */
		break;
	}
	thread->trust.mark = frees_of(thread->expected);
}

/* Those by a constant size have none left in what its cache knows. */
static void
know(struct rte_fastmem_cache *cache, uintptr_t slab, uint16_t offset)
{
	switch (learn(&cache->trust, cache)) {
	case IS_GOOD:
		meet_neighbour(cache, slab, offset);
		break;
	case TRY_ANOTHER:
		meet(cache, slab, offset);
		break;
	case TRY_NONE:
		fastmem_predict_clear(cache);
		break;
	}
	cache->trust.mark = frees_of(cache);
}

void
fastmem_predict(const void *ptr, uint16_t offset)
{
	struct rte_fastmem_thread *thread = &RTE_PER_LCORE(__rte_fastmem_thread);
	struct rte_fastmem_cache *cache = __rte_fastmem_cache_at(offset);
	const uintptr_t slab = (uintptr_t)ptr >> RTE_FASTMEM_SLAB_SHIFT;

	if (thread->map_len == 0)
		return;
	if (thread->trust.credit <= 0)
		expect(thread, cache, slab, offset);
	if (cache->trust.credit <= 0)
		know(cache, slab, offset);
}

/* See meet(): the length is read first, since it is set last. */
static void
forget(struct rte_fastmem_cache *cache, uintptr_t addr)
{
	uintptr_t len = rte_atomic_load_explicit(&cache->known_len, rte_memory_order_seq_cst);

	if (addr - rte_atomic_load_explicit(&cache->known_start, rte_memory_order_relaxed) < len)
		rte_atomic_store_explicit(&cache->known_len, 0, rte_memory_order_seq_cst);
}

/*
 * The slab's objects are all back, so that no thread uses what its cache knows of it.
 * A thread whose cache meets others at this moment may lose those: no harm.
 */
void
fastmem_predict_forget(struct fastmem_shared *sh, const struct fastmem_slab *slab)
{
	uint32_t bin = rte_atomic_load_explicit(&slab->bin, rte_memory_order_relaxed) - 1;
	struct fastmem_block *block;

	/* Of a slab in no bin no cache ever knew. */
	if (bin >= RTE_FASTMEM_NB_BINS)
		return;
	/* As the entry of the map: a new block is seen, or its thread sees that entry. */
	block = rte_atomic_load_explicit(&sh->blocks, rte_memory_order_seq_cst);
	for (; block != NULL; block = block->next)
		forget(fastmem_block_cache(block, slab->socket, bin), slab->start);
}

/* A copy of entries of the map, which are all this offset. */
static bool
is_valid(const struct fastmem_shared *sh, const struct rte_fastmem_cache *cache, uintptr_t offset)
{
	uintptr_t i = (cache->known_start >> RTE_FASTMEM_SLAB_SHIFT) - sh->map_first;
	uintptr_t nb = cache->known_len >> RTE_FASTMEM_SLAB_SHIFT;

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
		nb_bad += block->none.known_len != 0;
		for (socket = 0; socket < sh->nb_sockets; socket++)
			for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++)
				nb_bad += !is_valid(sh, fastmem_block_cache(block, socket, bin),
					fastmem_cache_offset(socket, bin));
	}
	if (nb_bad > 0)
		fprintf(f, "%u caches know slabs that are not theirs\n", nb_bad);
	return nb_bad;
}
