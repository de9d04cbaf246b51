/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For tests: what a process leaves that is killed. A process that is really killed
 * leaves one such thing, if any; this does all at once.
 *
 * Owns nothing. Calls the pool for a slab to hold, the depot for a magazine, the zone layer for
 * the map.
 */

#include <errno.h>

#include <eal_export.h>

#include "fastmem_depot.h"
#include "fastmem_pool.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_repair.h"
#include "fastmem_slot.h"
#include "fastmem_test.h"
#include "fastmem_zone.h"

#define SLOT (FASTMEM_MAX_PROCS - 1) /* of the process that never was */
#define WRONG 77

/* It took a slab from the pool, and was about to give it to a bin. */
static int
wreck_slab(struct fastmem_shared *sh, uint32_t socket, uint32_t id)
{
	struct fastmem_slab *slab = fastmem_pool_get(sh, socket, 0, 0);
	const uint32_t bin = 5;

	if (slab == NULL)
		return -1;
	rte_atomic_store_explicit(&slab->bin, bin + 1, rte_memory_order_relaxed);
	fastmem_zone_map_slab(sh, slab, fastmem_cache_offset(socket, bin));
	rte_atomic_store_explicit(&slab->holder, id, rte_memory_order_relaxed);
	return 0;
}

/* It was changing the list of a bin, and what its slabs have free. */
static void
wreck_bin(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id, uint32_t id)
	__rte_no_thread_safety_analysis
{
	struct fastmem_bin *bin = &sh->sockets[socket].bins[bin_id];
	struct fastmem_slab *slab;

	fastmem_bin_lock(sh, socket, bin_id, bin);
	for (slab = bin->partial; slab != NULL; slab = slab->next) {
		slab->nb_free += WRONG;
		slab->words[0] = 0;
	}
	bin->partial = NULL;
	bin->nb_partial += WRONG;
	bin->nb_full += WRONG;
	bin->releases += WRONG;
	rte_atomic_store_explicit(&bin->lock.owner, id, rte_memory_order_release);
}

/* It was changing the pool, while another of its threads made it grow. */
static void
wreck_pool(struct fastmem_socket *sk, uint32_t id)
	__rte_no_thread_safety_analysis
{
	struct fastmem_zone *zone;

	fastmem_pool_lock(sk);
	for (zone = sk->zones; zone != NULL; zone = zone->next)
		zone->nb_free += WRONG;
	sk->pool[0] = NULL;
	sk->pool[1] = NULL;
	sk->nb_pool[0] += WRONG;
	sk->nb_zones += WRONG;
	rte_atomic_store_explicit(&sk->growing, id, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&sk->lock.owner, id, rte_memory_order_release);
}

/* It was loading a first magazine, or exchanging the two that a cache has. */
static void
wreck_cache(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t bin,
	struct fastmem_mag *mag)
{
	struct fastmem_cold *cold = fastmem_block_cold(block, 0, bin);
	struct rte_fastmem_cache *cache = fastmem_block_cache(block, 0, bin);

	rte_atomic_store_explicit(&cache->base, mag->objs, rte_memory_order_relaxed);
	if (bin % 2 == 0) {
		cache->limit = &mag->objs[cold->cap];
		cold->prev = mag;
	}
	cache->known_start = sh->map_first << RTE_FASTMEM_SLAB_SHIFT;
	cache->known_len = sh->map_len << RTE_FASTMEM_SLAB_SHIFT;
}

/* It was changing magazines, and predicting; it had caches whose thread ended before. */
static int
wreck_caches(struct fastmem_shared *sh, uint32_t id)
{
	struct fastmem_block *block = rte_atomic_load_explicit(&sh->blocks,
			rte_memory_order_acquire);
	struct fastmem_mag *mag;
	uint32_t bin;

	while (block != NULL && rte_atomic_load_explicit(&block->owner,
				rte_memory_order_relaxed) != 0)
		block = block->next;
	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
		mag = block == NULL ? NULL : fastmem_depot_get_empty(sh, block);
		if (mag == NULL)
			return -1;
		wreck_cache(sh, block, bin, mag);
	}
	rte_atomic_store_explicit(&block->owner, id, rte_memory_order_relaxed);
	return 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(fastmem_test_wreck)
int
fastmem_test_wreck(void)
	__rte_no_thread_safety_analysis
{
	struct fastmem_shared *sh = fastmem_shared();
	uint32_t id, socket, bin;

	if (sh == NULL || fastmem_slot_id(sh, SLOT) != 0)
		return -1;
	if (!sh->has_lock_file)
		return -ENOTSUP;
	id = ++sh->procs[SLOT].generation << FASTMEM_ID_SHIFT | (SLOT + 1);
	rte_atomic_store_explicit(&sh->procs[SLOT].id, id, rte_memory_order_release);
	if (wreck_caches(sh, id) != 0)
		return -1;
	for (socket = 0; socket < sh->nb_sockets; socket++) {
		if (wreck_slab(sh, socket, id) != 0)
			return -1;
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++)
			wreck_bin(sh, socket, bin, id);
		wreck_pool(&sh->sockets[socket], id);
	}
	rte_atomic_store_explicit(&sh->meta_lock.owner, id, rte_memory_order_release);
	return 0;
}
