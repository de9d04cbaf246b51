/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Blocks of caches: what is done with all caches of a thread.
 *
 * Owns nothing: a block belongs to its thread, or to whoever claimed it. Calls the depot to give
 * magazines back, the slab layer to drain them.
 */

#include <stdio.h>

#include <rte_common.h>
#include <rte_memory.h>

#include "fastmem_block.h"
#include "fastmem_depot.h"
#include "fastmem_mags.h"
#include "fastmem_predict.h"
#include "fastmem_pvt.h"
#include "fastmem_slab.h"

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
	struct rte_fastmem_cache *cache = fastmem_block_cache(block, socket, bin);
	struct fastmem_cold *cold = fastmem_block_cold(block, socket, bin);
	struct fastmem_mag *loaded, *prev;

	if (!fastmem_mags_any(cache))
		return;
	/* Its process was killed while it changed magazines: these are one. */
	if (cold->prev == fastmem_mags_loaded(cache))
		cold->prev = NULL;
	prev = fastmem_mags_take_prev(cold);
	loaded = fastmem_mags_unload(cache, cold, no_slot(sh));
	fastmem_slab_drain(sh, loaded->objs, loaded->len, false);
	fastmem_depot_put_empty(sh, block, loaded);
	if (prev == NULL)
		return;
	fastmem_slab_drain(sh, prev->objs, prev->len, false);
	fastmem_depot_put_empty(sh, block, prev);
}

void
fastmem_block_drain(struct fastmem_shared *sh, struct fastmem_block *block)
{
	uint32_t socket, bin;

	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			fastmem_predict_clear(fastmem_block_cache(block, socket, bin));
			drain_cache(sh, block, socket, bin);
		}
	}
	fastmem_depot_drop_stash(sh, block);
}

void
fastmem_block_flush(struct fastmem_shared *sh, struct fastmem_block *block, int socket_id)
{
	uint32_t socket, bin;

	if (block != NULL)
		fastmem_block_drain(sh, block);
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

	if (!fastmem_mags_any(cache))
		return base == no_slot(sh) && end == base && base[-1] == NULL;
	return base[-1] == NULL && end >= base && end <= cache->limit &&
		cache->limit == &base[cap];
}

unsigned int
fastmem_block_validate(struct fastmem_shared *sh, FILE *f)
{
	struct fastmem_block *block = rte_atomic_load_explicit(&sh->blocks,
			rte_memory_order_acquire);
	unsigned int nb_bad = 0;
	uint32_t socket, bin;

	for (; block != NULL; block = block->next) {
		for (socket = 0; socket < sh->nb_sockets; socket++) {
			for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
				if (is_limited(sh, fastmem_block_cache(block, socket, bin),
							fastmem_block_cold(block, socket, bin)->cap))
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
fastmem_block_sz(const struct fastmem_shared *sh)
{
	return sizeof(struct fastmem_block) + sh->nb_sockets * (sizeof(struct rte_fastmem_home) +
		RTE_FASTMEM_NB_BINS * sizeof(struct fastmem_cold));
}

void
fastmem_block_init_cache(struct rte_fastmem_cache *cache, void **none)
{
	cache->end_count = fastmem_mags_word(none, 0);
	cache->limit = none;
	cache->base = none;
	fastmem_predict_init(&cache->trust);
}

void
fastmem_block_init(struct fastmem_shared *sh, struct fastmem_block *block)
{
	uint32_t socket, bin;

	block->cold = (void *)&block->homes[sh->nb_sockets];
	fastmem_block_init_cache(&block->none, no_slot(sh));
	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			fastmem_block_init_cache(fastmem_block_cache(block, socket, bin), no_slot(sh));
			fastmem_block_cold(block, socket, bin)->cap = sh->layouts[bin].cap;
		}
	}
}
