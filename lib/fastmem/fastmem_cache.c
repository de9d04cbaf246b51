/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Caches: what the inline fast path finds empty or full.
 *
 * Owns the contents of a cache on behalf of its thread, the only one that may change them. Each
 * cache has a loaded and a previous magazine: while either will do, nobody else is asked.
 * A thread without a block works on slabs directly, and is counted among the orphans.
 * Calls the depot for magazines, and the slab layer for batches.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_memory.h>

#include "fastmem_cache.h"
#include "fastmem_depot.h"
#include "fastmem_mags.h"
#include "fastmem_pvt.h"
#include "fastmem_slab.h"

#define BATCH_SZ (128u << 10) /* bytes of objects taken from slabs at once */

/* The loaded magazine, if any, is empty, as is the previous one: load this one. */
static void
cache_replace(struct fastmem_shared *sh, struct fastmem_block *block,
	struct rte_fastmem_cache *cache, struct fastmem_cold *cold, struct fastmem_mag *mag)
{
	struct fastmem_mag *empty = fastmem_mags_take_prev(cold);

	if (empty != NULL)
		fastmem_depot_put_empty(sh, block, empty);
	fastmem_mags_load(cache, cold, mag, mag->len);
}

/*
 * Magazines.
 */

/*
 * The objects of a magazine were freed by another thread: their first lines are in its CPU's
 * caches, and the application is about to write them. That takes long one by one; asked for
 * together, they overlap.
 */
static void
fetch_lines(const struct fastmem_mag *mag)
{
	uint32_t i;

	for (i = mag->len; i > 0; i--)
		__rte_fastmem_prefetch_write(mag->objs[i - 1]);
}

/*
 * A magazine for an empty cache: from the depot, or filled from slabs; or NULL. Wanted are n
 * objects, for a bulk or one by one.
 */
static struct fastmem_mag *
refill(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, uint32_t bin,
	uint32_t n, bool for_bulk)
{
	const struct fastmem_layout *lay = &sh->layouts[bin];
	struct fastmem_mag *mag = fastmem_depot_get(sh, block, socket, bin);
	uint32_t batch = RTE_MAX(1u, BATCH_SZ >> lay->obj_shift);

	if (mag != NULL) {
		/* one by one they are prefetched when they are allocated */
		if (for_bulk && mag->giver != block)
			fetch_lines(mag);
		return mag;
	}
	mag = fastmem_depot_get_empty(sh, block);
	if (mag == NULL)
		return NULL;
	n = RTE_MAX(batch, n);
	mag->len = fastmem_slab_fill(sh, socket, bin, mag->objs, RTE_MIN(n, (uint32_t)lay->cap));
	if (mag->len != 0)
		return mag;
	fastmem_depot_put_empty(sh, block, mag);
	return NULL;
}

static void
count_orphan(RTE_ATOMIC(uint64_t) *counter, uint64_t n)
{
	rte_atomic_fetch_add_explicit(counter, n, rte_memory_order_relaxed);
}

void
fastmem_cache_count_allocs(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, uint32_t n)
{
	if (block == NULL)
		count_orphan(&sh->orphans[bin].alloc_misses, n);
	else
		fastmem_count(&fastmem_block_cold(block, socket, bin)->alloc_misses, n);
}

static void
count_frees(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, uint32_t bin,
	uint32_t n)
{
	if (block == NULL)
		count_orphan(&sh->orphans[bin].free_misses, n);
	else
		fastmem_count(&fastmem_block_cold(block, socket, bin)->free_misses, n);
}

/* One object without a cache: from a slab, or a magazine of the depot. */
static void *
get_uncached(struct fastmem_shared *sh, uint32_t socket, uint32_t bin)
{
	struct fastmem_mag *mag;
	void *obj;

	if (fastmem_slab_fill(sh, socket, bin, &obj, 1) == 1)
		return obj;
	mag = fastmem_depot_get(sh, NULL, socket, bin);
	if (mag == NULL)
		return NULL;
	/* There is no cache to put the others into: their slabs are at hand. */
	obj = mag->objs[--mag->len];
	fastmem_slab_drain(sh, mag->objs, mag->len, false);
	fastmem_depot_put_empty(sh, NULL, mag);
	return obj;
}

void *
fastmem_cache_get(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin)
{
	struct rte_fastmem_cache *cache;
	struct fastmem_cold *cold;
	struct fastmem_mag *mag;
	void *obj;

	if (unlikely(block == NULL)) {
		obj = get_uncached(sh, socket, bin);
		if (obj != NULL)
			fastmem_cache_count_allocs(sh, block, socket, bin, 1);
		return obj;
	}
	cache = fastmem_block_cache(block, socket, bin);
	cold = fastmem_block_cold(block, socket, bin);
	fastmem_mags_fold(cache, cold);
	if (fastmem_cache_len(cache) == 0 && fastmem_mags_prev_len(cold) != 0)
		fastmem_mags_swap(cache, cold);
	if (__rte_fastmem_cache_pop(cache, &obj))
		return obj;
	mag = refill(sh, block, socket, bin, 1, false);
	if (mag != NULL) {
		obj = mag->objs[--mag->len];
		__rte_fastmem_prefetch_write(obj);
		cache_replace(sh, block, cache, cold, mag);
	} else {
		/* No memory, perhaps for a magazine only. */
		obj = get_uncached(sh, socket, bin);
		if (obj == NULL)
			return NULL;
	}
	fastmem_count(&cold->alloc_misses, 1);
	return obj;
}

/* Make room in the loaded magazine. */
enum room {
	ROOM_OWN, /* by the previous one */
	ROOM_DEPOT, /* by the depot */
	ROOM_NONE, /* there is no magazine to be had */
};

static enum room
make_room(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, uint32_t bin)
{
	struct rte_fastmem_cache *cache = fastmem_block_cache(block, socket, bin);
	struct fastmem_cold *cold = fastmem_block_cold(block, socket, bin);
	struct fastmem_mag *mag, *full;

	if (cold->prev != NULL && fastmem_mags_prev_len(cold) < cold->cap) {
		fastmem_mags_swap(cache, cold);
		return ROOM_OWN;
	}
	mag = fastmem_depot_get_empty(sh, block);
	if (mag == NULL)
		return ROOM_NONE;
	full = fastmem_mags_take_prev(cold);
	fastmem_mags_load(cache, cold, mag, 0);
	if (full == NULL)
		return ROOM_OWN;
	fastmem_depot_put(sh, block, socket, bin, full);
	return ROOM_DEPOT;
}

void
fastmem_cache_put_bulk(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void **objs, uint32_t n)
{
	struct rte_fastmem_cache *cache;
	enum room room = ROOM_OWN;
	struct fastmem_cold *cold;
	void **end;
	uint64_t end_count;
	uint32_t k;

	if (unlikely(block == NULL)) {
		count_frees(sh, block, socket, bin, fastmem_slab_free(sh, objs, n));
		return;
	}
	cache = fastmem_block_cache(block, socket, bin);
	cold = fastmem_block_cold(block, socket, bin);
	for (;;) {
		k = RTE_MIN(n, fastmem_cache_room(cache));
		end_count = __rte_fastmem_end_count(cache);
		end = __rte_fastmem_end(end_count);
		if (k > 0)
			memcpy(end, objs, k * sizeof(objs[0]));
		if (room == ROOM_OWN) {
			/* No move: a change of the end alone is k objects freed. */
			__rte_fastmem_cache_given(cache, end_count, k);
		} else {
			fastmem_count(&cold->free_misses, k);
			fastmem_mags_move_in(cache, cold, end + k, k);
		}
		objs += k;
		n -= k;
		if (n == 0)
			return;
		room = RTE_MAX(room, make_room(sh, block, socket, bin));
		if (room == ROOM_NONE)
			break;
	}
	count_frees(sh, block, socket, bin, fastmem_slab_free(sh, objs, n));
}

void
fastmem_cache_put(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void *obj)
{
	fastmem_cache_put_bulk(sh, block, socket, bin, &obj, 1);
}

/*
 * Get n objects past the cache. What is left of the last magazine is *rest. All or
 * none.
 */
static bool
gather(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, uint32_t bin,
	void **objs, uint32_t n, struct fastmem_mag **rest)
{
	struct fastmem_mag *mag;
	uint32_t got = 0, k;

	*rest = NULL;
	while (got < n) {
		mag = block == NULL ? fastmem_depot_get(sh, NULL, socket, bin) :
			refill(sh, block, socket, bin, n - got, true);
		if (mag == NULL)
			break;
		k = RTE_MIN(n - got, mag->len);
		mag->len -= k;
		memcpy(&objs[got], &mag->objs[mag->len], k * sizeof(objs[0]));
		got += k;
		if (mag->len == 0)
			fastmem_depot_put_empty(sh, block, mag);
		else
			*rest = mag;
	}
	while (got < n) {
		k = fastmem_slab_fill(sh, socket, bin, &objs[got], n - got);
		if (k == 0)
			break;
		got += k;
	}
	if (got == n)
		return true;
	fastmem_slab_drain(sh, objs, got, false);
	return false;
}

/* The cache cannot serve it alone: its objects come first, then n - own others. */
static uint32_t
get_past_cache(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void **objs, uint32_t n)
{
	struct rte_fastmem_cache *cache = fastmem_block_cache(block, socket, bin);
	struct fastmem_cold *cold = fastmem_block_cold(block, socket, bin);
	uint32_t len = fastmem_cache_len(cache), own = len + fastmem_mags_prev_len(cold);
	void *some[RTE_FASTMEM_MAG_OBJS], **others = some;
	struct fastmem_mag *rest;
	bool is_done;

	if (n - own > RTE_DIM(some)) {
		others = malloc((size_t)(n - own) * sizeof(others[0]));
		if (others == NULL)
			return 0;
	}
	is_done = gather(sh, block, socket, bin, others, n - own, &rest);
	if (is_done) {
		if (len > 0)
			memcpy(objs, fastmem_cache_base(cache), len * sizeof(objs[0]));
		if (own > len)
			memcpy(&objs[len], cold->prev->objs, (own - len) * sizeof(objs[0]));
		memcpy(&objs[own], others, (n - own) * sizeof(objs[0]));
		fastmem_mags_set_prev_len(cold, 0);
		fastmem_mags_move_out(cache, cold);
		if (rest != NULL)
			cache_replace(sh, block, cache, cold, rest);
		fastmem_count(&cold->alloc_misses, n);
	}
	if (others != some)
		free(others);
	return is_done ? n : 0;
}

/* The same without a cache. */
static uint32_t
get_bulk_uncached(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void **objs, uint32_t n)
{
	void **others = malloc((size_t)n * sizeof(others[0]));
	struct fastmem_mag *rest = NULL;
	bool is_done;

	if (others == NULL)
		return 0;
	is_done = gather(sh, NULL, socket, bin, others, n, &rest);
	if (rest != NULL) {
		fastmem_slab_drain(sh, rest->objs, rest->len, false);
		fastmem_depot_put_empty(sh, NULL, rest);
	}
	if (is_done) {
		memcpy(objs, others, (size_t)n * sizeof(objs[0]));
		fastmem_cache_count_allocs(sh, block, socket, bin, n);
	}
	free(others);
	return is_done ? n : 0;
}

uint32_t
fastmem_cache_get_bulk(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void **objs, uint32_t n)
{
	struct rte_fastmem_cache *cache;
	struct fastmem_cold *cold;
	uint32_t len;

	if (unlikely(block == NULL))
		return get_bulk_uncached(sh, block, socket, bin, objs, n);
	cache = fastmem_block_cache(block, socket, bin);
	cold = fastmem_block_cold(block, socket, bin);
	fastmem_mags_fold(cache, cold);
	len = fastmem_cache_len(cache);
	if (__rte_fastmem_cache_pop_bulk(cache, objs, n))
		return n;
	if (n - len > fastmem_mags_prev_len(cold))
		return get_past_cache(sh, block, socket, bin, objs, n);
	if (len > 0)
		__rte_fastmem_cache_pop_bulk(cache, objs, len);
	fastmem_mags_swap(cache, cold);
	__rte_fastmem_cache_pop_bulk(cache, &objs[len], n - len);
	return n;
}

void
fastmem_cache_count_nomem(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, uint32_t n)
{
	if (block == NULL)
		count_orphan(&sh->orphans[bin].nomem, n);
	else
		fastmem_count(&fastmem_block_cold(block, socket, bin)->nomem, n);
}
