/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Frees past the fast path: whose object is it, and which cache will it go to?
 *
 * Owns nothing; calls the cache layer for objects that its thread's cache has no room for,
 * fastmem_predict.c to say where the next may lie, and fastmem_report.c when it is none of ours.
 */

#include <eal_export.h>
#include <rte_common.h>

#include "fastmem_cache.h"
#include "fastmem_predict.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_report.h"
#include "fastmem_zone.h"

RTE_EXPORT_EXPERIMENTAL_SYMBOL(__rte_fastmem_free_slow, 26.11)
__rte_noinline void
__rte_fastmem_free_slow(void *ptr)
{
	struct fastmem_block *block;
	struct fastmem_shared *sh;
	struct fastmem_slab *slab;
	uint32_t bin;

	if (ptr == NULL)
		return;
	sh = fastmem_shared();
	slab = sh == NULL ? NULL : fastmem_zone_slab(sh, ptr);
	bin = fastmem_zone_slab_bin(sh, slab);
	if (bin == 0) {
		fastmem_report_refused(sh, RTE_FASTMEM_MISUSE_FOREIGN, ptr);
		return;
	}
	block = fastmem_proc_block(sh);
	fastmem_predict(ptr, fastmem_cache_offset(slab->socket, bin - 1));
	fastmem_cache_put(sh, block, slab->socket, bin - 1, ptr);
}

/* Objects of one cache, whose offset is not 0. */
static void
free_run(uint16_t offset, void **ptrs, unsigned int n)
{
	struct rte_fastmem_cache *cache = __rte_fastmem_cache_at(offset);
	struct fastmem_shared *sh;
	uint64_t end_count;

	fastmem_predict(ptrs[0], offset);
	if (likely(n <= fastmem_cache_room(cache))) {
		end_count = __rte_fastmem_end_count(cache);
		__rte_fastmem_copy(__rte_fastmem_end(end_count), ptrs, n);
		__rte_fastmem_cache_given(cache, end_count, n);
		return;
	}
	sh = fastmem_shared();
	fastmem_cache_put_bulk(sh, fastmem_proc_block(sh), fastmem_offset_socket(offset),
		fastmem_offset_bin(offset), ptrs, n);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(__rte_fastmem_free_bulk_slow, 26.11)
__rte_noinline void
__rte_fastmem_free_bulk_slow(void **ptrs, unsigned int n)
{
	unsigned int i = 0, first;
	uint16_t offset, other;

	while (i < n) {
		/* The first free of a thread makes its caches: until then there is no map. */
		if (!__rte_fastmem_map_entry(ptrs[i], &offset) || offset == 0) {
			__rte_fastmem_free_slow(ptrs[i++]);
			continue;
		}
		first = i++;
		while (i < n && __rte_fastmem_map_entry(ptrs[i], &other) && other == offset)
			i++;
		free_run(offset, &ptrs[first], i - first);
	}
}

/*
 * Whether a cache knows the slabs of all, so that no map needs to be looked at. By signs,
 * which compilers make vectors of: an offset is not negative, and less than the length.
 */
static bool
are_known(const struct rte_fastmem_cache *cache, void * const *ptrs, unsigned int n)
{
	const uintptr_t len = rte_atomic_load_explicit(&cache->known_len,
			rte_memory_order_relaxed);
	const uintptr_t start = rte_atomic_load_explicit(&cache->known_start,
			rte_memory_order_relaxed);
	uintptr_t any = 0, all = UINTPTR_MAX;
	unsigned int i;

	for (i = 0; i < n; i++) {
		any |= (uintptr_t)ptrs[i] - start;
		all &= (uintptr_t)ptrs[i] - start - len;
	}
	return (intptr_t)any >= 0 && (intptr_t)all < 0;
}

/* The one cache that the map has for all of them, else NULL. */
static struct rte_fastmem_cache *
cache_of_all(void * const *ptrs, unsigned int n)
{
	uint16_t first, other;
	unsigned int i;

	if (!__rte_fastmem_map_entry(ptrs[0], &first))
		return NULL;
	for (i = 1; i < n; i++)
		if (!__rte_fastmem_map_entry(ptrs[i], &other) || other != first)
			return NULL;
	return __rte_fastmem_cache_at(first);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(__rte_fastmem_free_bulk_spread, 26.11)
__rte_noinline void
__rte_fastmem_free_bulk_spread(void **ptrs, unsigned int n)
{
	struct rte_fastmem_cache *cache = RTE_PER_LCORE(__rte_fastmem_thread).expected;

	/* The slab of the first one told which cache they were copied to: it still does. */
	if (!are_known(cache, ptrs, n))
		cache = cache_of_all(ptrs, n);
	/* Unless memory that was freed before is freed again. */
	if (likely(cache != NULL) && likely(n <= fastmem_cache_room(cache))) {
		__rte_fastmem_cache_given(cache, __rte_fastmem_end_count(cache), n);
		return;
	}
	__rte_fastmem_free_bulk_slow(ptrs, n);
}
