/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_MAGS_H
#define FASTMEM_MAGS_H

/*
 * The two magazines of a cache, for the files of the cache layer: how they are changed.
 *
 * The caller is the thread of the cache, which may be killed between any two stores: whoever then
 * takes the cache over finds no object that somebody else has. So what is counted, the lengths
 * and the pointers change in an order, which compilers are to keep, and the kernel does.
 */

#include <stddef.h>

#include <rte_atomic.h>

#include "fastmem_pvt.h"

/* The loaded magazine; there is one. */
static inline struct fastmem_mag *
fastmem_mags_loaded(const struct rte_fastmem_cache *cache)
{
	return (struct fastmem_mag *)(void *)((char *)fastmem_cache_base(cache) -
			offsetof(struct fastmem_mag, objs));
}

/* Also true while it is being loaded or given up. */
static inline bool
fastmem_mags_any(const struct rte_fastmem_cache *cache)
{
	return cache->limit != fastmem_cache_base(cache);
}

/* A cache's word. */
static inline uint64_t
fastmem_mags_word(void **end, uint32_t counted)
{
	return (uint64_t)(uintptr_t)end << RTE_FASTMEM_COUNT_BITS |
		(FASTMEM_COUNT_MASK - counted);
}

/* Make room for counting, if there is little. A process killed between the two has not counted. */
static inline void
fastmem_mags_fold(struct rte_fastmem_cache *cache, struct fastmem_cold *cold)
{
	const uint64_t end_count = __rte_fastmem_end_count(cache);
	const uint32_t counted = fastmem_cache_counted(end_count);

	if (likely(counted <= FASTMEM_COUNT_MASK / 2))
		return;
	rte_atomic_store_explicit(&cache->end_count,
		fastmem_mags_word(__rte_fastmem_end(end_count), 0), rte_memory_order_relaxed);
	rte_compiler_barrier();
	fastmem_count(&cold->folded, counted);
}

static inline void
fastmem_mags_set_end(struct rte_fastmem_cache *cache, void **end)
{
	const uint32_t counted = fastmem_cache_counted(__rte_fastmem_end_count(cache));

	rte_atomic_store_explicit(&cache->end_count, fastmem_mags_word(end, counted),
		rte_memory_order_release);
}

/*
 * Move objects into the loaded magazine, up to this end, or all of them away: they are not freed
 * by that, nor allocated. A process may be killed between the two: then they are in use, and lost
 * with it, as they are not in their slabs.
 */
static inline void
fastmem_mags_move_in(struct rte_fastmem_cache *cache, struct fastmem_cold *cold, void **end,
	uint32_t n)
{
	fastmem_count(&cold->moved, n);
	rte_compiler_barrier();
	fastmem_mags_set_end(cache, end);
}

static inline void
fastmem_mags_move_out(struct rte_fastmem_cache *cache, struct fastmem_cold *cold)
{
	const uint32_t n = fastmem_cache_len(cache);

	fastmem_mags_set_end(cache, fastmem_cache_base(cache));
	rte_compiler_barrier();
	fastmem_count(&cold->moved, -(uint64_t)n);
}

static inline uint32_t
fastmem_mags_prev_len(const struct fastmem_cold *cold)
{
	return rte_atomic_load_explicit(&cold->prev_len, rte_memory_order_relaxed);
}

static inline void
fastmem_mags_set_prev_len(struct fastmem_cold *cold, uint32_t len)
{
	rte_atomic_store_explicit(&cold->prev_len, len, rte_memory_order_release);
}

/*
 * Change magazines. A process may be killed anywhere: who takes its caches over must
 * find lengths that are too small, never too large; so both are 0 meanwhile.
 */

/* Load a magazine with so many objects; the loaded one becomes the previous. */
static inline void
fastmem_mags_load(struct rte_fastmem_cache *cache, struct fastmem_cold *cold,
	struct fastmem_mag *mag, uint32_t len)
{
	struct fastmem_mag *loaded = fastmem_mags_any(cache) ? fastmem_mags_loaded(cache) : NULL;
	uint32_t nb_loaded = fastmem_cache_len(cache);

	fastmem_mags_move_out(cache, cold);
	fastmem_mags_set_prev_len(cold, 0);
	rte_compiler_barrier();
	cold->prev = loaded;
	rte_atomic_store_explicit(&cache->base, mag->objs, rte_memory_order_relaxed);
	rte_compiler_barrier();
	cache->limit = &mag->objs[cold->cap];
	rte_compiler_barrier();
	fastmem_mags_set_prev_len(cold, nb_loaded);
	fastmem_mags_move_in(cache, cold, &mag->objs[len], len);
}

static inline void
fastmem_mags_swap(struct rte_fastmem_cache *cache, struct fastmem_cold *cold)
{
	fastmem_mags_load(cache, cold, cold->prev, fastmem_mags_prev_len(cold));
}

/* The cache is to begin and end at none: the base last, which tells whether it has a magazine. */
static inline void
fastmem_mags_set_none(struct rte_fastmem_cache *cache, void **none)
{
	cache->limit = none;
	rte_compiler_barrier();
	fastmem_mags_set_end(cache, none);
	rte_compiler_barrier();
	rte_atomic_store_explicit(&cache->base, none, rte_memory_order_relaxed);
	rte_compiler_barrier();
}

/* Give the loaded magazine up. */
static inline struct fastmem_mag *
fastmem_mags_unload(struct rte_fastmem_cache *cache, struct fastmem_cold *cold, void **none)
{
	struct fastmem_mag *mag = fastmem_mags_loaded(cache);

	mag->len = fastmem_cache_len(cache);
	fastmem_mags_move_out(cache, cold);
	fastmem_mags_set_none(cache, none);
	return mag;
}

/* Take the previous magazine away, NULL when there is none. */
static inline struct fastmem_mag *
fastmem_mags_take_prev(struct fastmem_cold *cold)
{
	struct fastmem_mag *mag = cold->prev;

	if (mag == NULL)
		return NULL;
	mag->len = fastmem_mags_prev_len(cold);
	fastmem_mags_set_prev_len(cold, 0);
	cold->prev = NULL;
	rte_compiler_barrier();
	return mag;
}

#endif /* FASTMEM_MAGS_H */
