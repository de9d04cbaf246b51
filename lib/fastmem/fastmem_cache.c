/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Caches: what the inline fast path finds empty or full.
 *
 * Owns the contents of a block of caches on behalf of its thread, the only one that may
 * change them; a block whose thread is gone belongs to whoever claimed it. Each cache has a
 * loaded and a previous magazine: while either will do, nobody else is asked.
 * A thread without a block works on slabs directly, and is counted among the orphans.
 * Calls the depot for magazines, and the slab layer for batches.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_common.h>
#include <rte_memory.h>

#include "fastmem_cache.h"
#include "fastmem_depot.h"
#include "fastmem_predict.h"
#include "fastmem_pvt.h"
#include "fastmem_slab.h"

#define BATCH_SZ (128u << 10) /* bytes of objects taken from slabs at once */

static struct rte_fastmem_cache *
cache_of(struct fastmem_block *block, uint32_t socket, uint32_t bin)
{
	return &block->homes[socket].caches[bin];
}

static struct fastmem_cold *
cold_of(struct fastmem_block *block, uint32_t socket, uint32_t bin)
{
	return &block->cold[socket * RTE_FASTMEM_NB_BINS + bin];
}

/* The loaded magazine; there is one. */
static struct fastmem_mag *
loaded_mag(const struct rte_fastmem_cache *cache)
{
	return (struct fastmem_mag *)(void *)((char *)fastmem_cache_base(cache) -
			offsetof(struct fastmem_mag, objs));
}

/* Also true while it is being loaded or given up. */
static bool
has_mag(const struct rte_fastmem_cache *cache)
{
	return cache->limit != fastmem_cache_base(cache);
}

/* A cache's word. */
static uint64_t
end_count_of(void **end, uint32_t counted)
{
	return (uint64_t)(uintptr_t)end << RTE_FASTMEM_COUNT_BITS |
		(FASTMEM_COUNT_MASK - counted);
}

/* Make room for counting, if there is little. A process killed between the two has not counted. */
static void
cache_fold(struct rte_fastmem_cache *cache, struct fastmem_cold *cold)
{
	const uint64_t end_count = __rte_fastmem_end_count(cache);
	const uint32_t counted = fastmem_cache_counted(end_count);

	if (likely(counted <= FASTMEM_COUNT_MASK / 2))
		return;
	rte_atomic_store_explicit(&cache->end_count,
		end_count_of(__rte_fastmem_end(end_count), 0), rte_memory_order_relaxed);
	rte_compiler_barrier();
	fastmem_count(&cold->folded, counted);
}

static void
cache_set_end(struct rte_fastmem_cache *cache, void **end)
{
	const uint32_t counted = fastmem_cache_counted(__rte_fastmem_end_count(cache));

	rte_atomic_store_explicit(&cache->end_count, end_count_of(end, counted),
		rte_memory_order_release);
}

/*
 * Move objects into the loaded magazine, up to this end, or all of them away: they are not freed
 * by that, nor allocated. A process may be killed between the two: then they are in use, and lost
 * with it, as they are not in their slabs.
 */
static void
cache_move_in(struct rte_fastmem_cache *cache, struct fastmem_cold *cold, void **end, uint32_t n)
{
	fastmem_count(&cold->moved, n);
	rte_compiler_barrier();
	cache_set_end(cache, end);
}

static void
cache_move_out(struct rte_fastmem_cache *cache, struct fastmem_cold *cold)
{
	const uint32_t n = fastmem_cache_len(cache);

	cache_set_end(cache, fastmem_cache_base(cache));
	rte_compiler_barrier();
	fastmem_count(&cold->moved, -(uint64_t)n);
}

static uint32_t
prev_len(const struct fastmem_cold *cold)
{
	return rte_atomic_load_explicit(&cold->prev_len, rte_memory_order_relaxed);
}

static void
set_prev_len(struct fastmem_cold *cold, uint32_t len)
{
	rte_atomic_store_explicit(&cold->prev_len, len, rte_memory_order_release);
}

/*
 * Change magazines. A process may be killed anywhere: who takes its caches over must
 * find lengths that are too small, never too large; so both are 0 meanwhile.
 */

/* Load a magazine with so many objects; the loaded one becomes the previous. */
static void
cache_load(struct rte_fastmem_cache *cache, struct fastmem_cold *cold, struct fastmem_mag *mag,
	uint32_t len)
{
	struct fastmem_mag *loaded = has_mag(cache) ? loaded_mag(cache) : NULL;
	uint32_t nb_loaded = fastmem_cache_len(cache);

	cache_move_out(cache, cold);
	set_prev_len(cold, 0);
	rte_compiler_barrier();
	cold->prev = loaded;
	rte_atomic_store_explicit(&cache->base, mag->objs, rte_memory_order_relaxed);
	rte_compiler_barrier();
	cache->limit = &mag->objs[cold->cap];
	rte_compiler_barrier();
	set_prev_len(cold, nb_loaded);
	cache_move_in(cache, cold, &mag->objs[len], len);
}

static void
cache_swap(struct rte_fastmem_cache *cache, struct fastmem_cold *cold)
{
	cache_load(cache, cold, cold->prev, prev_len(cold));
}

/* The cache is to begin and end at none: the base last, which tells whether it has a magazine. */
static void
cache_set_none(struct rte_fastmem_cache *cache, void **none)
{
	cache->limit = none;
	rte_compiler_barrier();
	cache_set_end(cache, none);
	rte_compiler_barrier();
	rte_atomic_store_explicit(&cache->base, none, rte_memory_order_relaxed);
	rte_compiler_barrier();
}

/* Give the loaded magazine up. */
static struct fastmem_mag *
cache_unload(struct rte_fastmem_cache *cache, struct fastmem_cold *cold, void **none)
{
	struct fastmem_mag *mag = loaded_mag(cache);

	mag->len = fastmem_cache_len(cache);
	cache_move_out(cache, cold);
	cache_set_none(cache, none);
	return mag;
}

/* Take the previous magazine away, NULL when there is none. */
static struct fastmem_mag *
cache_take_prev(struct fastmem_cold *cold)
{
	struct fastmem_mag *mag = cold->prev;

	if (mag == NULL)
		return NULL;
	mag->len = prev_len(cold);
	set_prev_len(cold, 0);
	cold->prev = NULL;
	rte_compiler_barrier();
	return mag;
}

/* The loaded magazine, if any, is empty, as is the previous one: load this one. */
static void
cache_replace(struct fastmem_shared *sh, struct fastmem_block *block,
	struct rte_fastmem_cache *cache, struct fastmem_cold *cold, struct fastmem_mag *mag)
{
	struct fastmem_mag *empty = cache_take_prev(cold);

	if (empty != NULL)
		fastmem_depot_put_empty(sh, block, empty);
	cache_load(cache, cold, mag, mag->len);
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
		fastmem_count(&cold_of(block, socket, bin)->alloc_misses, n);
}

static void
count_frees(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, uint32_t bin,
	uint32_t n)
{
	if (block == NULL)
		count_orphan(&sh->orphans[bin].free_misses, n);
	else
		fastmem_count(&cold_of(block, socket, bin)->free_misses, n);
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
	cache = cache_of(block, socket, bin);
	cold = cold_of(block, socket, bin);
	cache_fold(cache, cold);
	if (fastmem_cache_len(cache) == 0 && prev_len(cold) != 0)
		cache_swap(cache, cold);
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
	struct rte_fastmem_cache *cache = cache_of(block, socket, bin);
	struct fastmem_cold *cold = cold_of(block, socket, bin);
	struct fastmem_mag *mag, *full;

	if (cold->prev != NULL && prev_len(cold) < cold->cap) {
		cache_swap(cache, cold);
		return ROOM_OWN;
	}
	mag = fastmem_depot_get_empty(sh, block);
	if (mag == NULL)
		return ROOM_NONE;
	full = cache_take_prev(cold);
	cache_load(cache, cold, mag, 0);
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
	cache = cache_of(block, socket, bin);
	cold = cold_of(block, socket, bin);
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
			cache_move_in(cache, cold, end + k, k);
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
	struct rte_fastmem_cache *cache = cache_of(block, socket, bin);
	struct fastmem_cold *cold = cold_of(block, socket, bin);
	uint32_t len = fastmem_cache_len(cache), own = len + prev_len(cold);
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
		set_prev_len(cold, 0);
		cache_move_out(cache, cold);
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
	cache = cache_of(block, socket, bin);
	cold = cold_of(block, socket, bin);
	cache_fold(cache, cold);
	len = fastmem_cache_len(cache);
	if (__rte_fastmem_cache_pop_bulk(cache, objs, n))
		return n;
	if (n - len > prev_len(cold))
		return get_past_cache(sh, block, socket, bin, objs, n);
	if (len > 0)
		__rte_fastmem_cache_pop_bulk(cache, objs, len);
	cache_swap(cache, cold);
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
		fastmem_count(&cold_of(block, socket, bin)->nomem, n);
}

/* Where a cache without a magazine begins and ends. */
static void **
no_slot(struct fastmem_shared *sh)
{
	return &sh->no_objs[RTE_DIM(sh->no_objs)];
}

/* Empty one cache into the slabs and take its magazines. */
static void
drain_cache(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, uint32_t bin)
{
	struct rte_fastmem_cache *cache = cache_of(block, socket, bin);
	struct fastmem_cold *cold = cold_of(block, socket, bin);
	struct fastmem_mag *loaded, *prev;

	if (!has_mag(cache))
		return;
	/* Its process was killed while it changed magazines: these are one. */
	if (cold->prev == loaded_mag(cache))
		cold->prev = NULL;
	prev = cache_take_prev(cold);
	loaded = cache_unload(cache, cold, no_slot(sh));
	fastmem_slab_drain(sh, loaded->objs, loaded->len, false);
	fastmem_depot_put_empty(sh, block, loaded);
	if (prev == NULL)
		return;
	fastmem_slab_drain(sh, prev->objs, prev->len, false);
	fastmem_depot_put_empty(sh, block, prev);
}

void
fastmem_cache_drain(struct fastmem_shared *sh, struct fastmem_block *block)
{
	uint32_t socket, bin;

	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			fastmem_predict_clear(cache_of(block, socket, bin));
			drain_cache(sh, block, socket, bin);
		}
	}
	fastmem_depot_drop_stash(sh, block);
}

void
fastmem_cache_flush(struct fastmem_shared *sh, struct fastmem_block *block, int socket_id)
{
	uint32_t socket, bin;

	if (block != NULL)
		fastmem_cache_drain(sh, block);
	for (socket = 0; socket < sh->nb_sockets; socket++) {
		if (socket_id != SOCKET_ID_ANY && (uint32_t)socket_id != socket)
			continue;
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++)
			fastmem_depot_drain(sh, block, socket, bin);
	}
	if (block != NULL)
		fastmem_depot_drop_stash(sh, block);
}

/* Caches have limits below and above; without a magazine they look empty, and full. */
static bool
is_limited(struct fastmem_shared *sh, const struct rte_fastmem_cache *cache, uint32_t cap)
{
	void **end = __rte_fastmem_end(__rte_fastmem_end_count(cache));
	void **base = fastmem_cache_base(cache);

	if (!has_mag(cache))
		return base == no_slot(sh) && end == base && base[-1] == NULL;
	return base[-1] == NULL && end >= base && end <= cache->limit &&
		cache->limit == &base[cap];
}

/* When no thread is at work. */
unsigned int
fastmem_cache_validate(struct fastmem_shared *sh, FILE *f)
{
	struct fastmem_block *block = rte_atomic_load_explicit(&sh->blocks,
			rte_memory_order_acquire);
	unsigned int nb_bad = 0;
	uint32_t socket, bin;

	for (; block != NULL; block = block->next) {
		for (socket = 0; socket < sh->nb_sockets; socket++) {
			for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
				if (is_limited(sh, cache_of(block, socket, bin),
							cold_of(block, socket, bin)->cap))
					continue;
				fprintf(f, "lcore %d socket %u bin %u: no limit to the cache\n",
					(int)block->lcore, socket, bin);
				nb_bad++;
			}
		}
	}
	return nb_bad;
}

size_t
fastmem_cache_block_sz(const struct fastmem_shared *sh)
{
	return sizeof(struct fastmem_block) + sh->nb_sockets * (sizeof(struct rte_fastmem_home) +
		RTE_FASTMEM_NB_BINS * sizeof(struct fastmem_cold));
}

void
fastmem_cache_init(struct rte_fastmem_cache *cache, void **none)
{
	cache->end_count = end_count_of(none, 0);
	cache->limit = none;
	cache->base = none;
	fastmem_predict_init(&cache->trust);
}

void
fastmem_cache_init_block(struct fastmem_shared *sh, struct fastmem_block *block)
{
	uint32_t socket, bin;

	block->cold = (void *)&block->homes[sh->nb_sockets];
	fastmem_cache_init(&block->none, no_slot(sh));
	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			fastmem_cache_init(cache_of(block, socket, bin), no_slot(sh));
			cold_of(block, socket, bin)->cap = sh->layouts[bin].cap;
		}
	}
}
