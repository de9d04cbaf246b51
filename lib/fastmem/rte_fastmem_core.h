/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef RTE_FASTMEM_CORE_H
#define RTE_FASTMEM_CORE_H

/*
 * The inline fast path of rte_fastmem.h, which includes this file; applications
 * do not. It owns the layout of a thread's caches, which is thereby part of the
 * ABI, and calls nothing but the slow halves declared here.
 *
 * A cache is a stack of free objects of one size class and layout ("bin") on
 * one socket, of one thread. Its loaded magazine is an array of pointers: allocating
 * takes the last, freeing appends. A cache without a magazine has length 0 and
 * capacity 0, which looks empty to the one and full to the other; the same
 * goes for a thread that has no caches yet. So the fast path has no test for
 * "initialised" or "has caches".
 *
 * A free finds the cache by a table with an entry per 2 MiB of address space:
 * the offset of the cache from the start of a thread's caches; 0 is no slab of
 * ours and leads to a cache of capacity 0. That the entry is the one that the
 * thread's last free found is predicted: the branch breaks the dependency
 * between loading the pointer, the entry and the cache.
 */

#include <stdint.h>
#include <string.h>

#include <rte_bitops.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_compat.h>
#include <rte_per_lcore.h>
#include <rte_stdatomic.h>

/** log2 of the size of a slab, which is also its alignment. */
#define RTE_FASTMEM_SLAB_SHIFT 21
/** log2 of the smallest and of the largest size class. */
#define RTE_FASTMEM_MIN_SHIFT 3
#define RTE_FASTMEM_MAX_SHIFT 20
/** Number of size classes. */
#define RTE_FASTMEM_NB_CLASSES (RTE_FASTMEM_MAX_SHIFT - RTE_FASTMEM_MIN_SHIFT + 1)
/** The classes 128 B to 32 KiB have a second bin, for alignments above a cache line. */
#define RTE_FASTMEM_ALIGNED_FIRST 4
#define RTE_FASTMEM_NB_ALIGNED 9
/** Number of bins of a socket. */
#define RTE_FASTMEM_NB_BINS (RTE_FASTMEM_NB_CLASSES + RTE_FASTMEM_NB_ALIGNED)

/** Fields of a handle: the offset of the cache, its bin, its socket, "or another socket". */
#define RTE_FASTMEM_HANDLE_OFFSET(h) ((uint16_t)(h))

#ifdef __cplusplus
extern "C" {
#endif

/** The cache of one bin: one cache line, written by its thread only. */
struct __rte_cache_aligned rte_fastmem_cache {
	/** Allocations << 16 | objects in the loaded magazine. Read by statistics. */
	RTE_ATOMIC(uint64_t) count_len;
	void **objs; /**< Objects of the loaded magazine. */
	uint32_t cap; /**< Room in the loaded magazine. */
	uint32_t prev_len; /**< The rest is the slow path's. */
	void **prev_objs;
	uint64_t reserved[4];
};

/** The caches that a thread has for one socket, and what a free needs. */
struct __rte_cache_aligned rte_fastmem_home {
	uintptr_t map_first; /**< Number of the first slab of the map. */
	uintptr_t map_len; /**< Slabs in the map, 0 when there is no map. */
	const RTE_ATOMIC(uint16_t) *map; /**< Offset of the cache of a slab, by number. */
	char *block; /**< What offsets are relative to. */
	struct rte_fastmem_cache *pred; /**< Prediction: cache of the next free, */
	uint16_t pred_offset; /**< and its offset. */
	uint16_t pred_credit; /**< Mispredictions that may still be spent. */
	uint16_t offset; /**< Offset of the first of caches[]. */
	uint16_t reserved;
	uint32_t pred_mark; /**< Frees into pred when it was chosen. */
	uint32_t reserved2[3];
	struct rte_fastmem_cache caches[RTE_FASTMEM_NB_BINS];
};

/** The calling thread's caches for its own socket; never NULL. */
RTE_DECLARE_PER_LCORE(struct rte_fastmem_home *, __rte_fastmem_home);

__rte_experimental
void *
__rte_fastmem_alloc_slow(size_t size, size_t align, unsigned int flags);

__rte_experimental
void *
__rte_fastmem_halloc_slow(uint32_t handle, unsigned int flags);

__rte_experimental
void
__rte_fastmem_free_slow(void *ptr);

__rte_experimental
void
__rte_fastmem_predict(struct rte_fastmem_home *home, uint16_t offset);

#if defined(RTE_FASTMEM_INLINE) || defined(RTE_FASTMEM_BODIES)

/* The bin of a valid size and alignment. */
static inline unsigned int
__rte_fastmem_bin(size_t size, size_t align)
{
	const size_t min = (size_t)1 << RTE_FASTMEM_MIN_SHIFT;
	unsigned int cls;

	if (align == 0)
		align = RTE_CACHE_LINE_SIZE;
	if (size < align)
		size = align;
	if (size < min)
		size = min;
	cls = 64 - RTE_FASTMEM_MIN_SHIFT - rte_clz64((uint64_t)size - 1);
	if (align > RTE_CACHE_LINE_SIZE &&
			cls - RTE_FASTMEM_ALIGNED_FIRST < RTE_FASTMEM_NB_ALIGNED)
		cls += RTE_FASTMEM_NB_CLASSES - RTE_FASTMEM_ALIGNED_FIRST;
	return cls;
}

static inline bool
__rte_fastmem_size_is_valid(size_t size, size_t align)
{
	const size_t max = (size_t)1 << RTE_FASTMEM_MAX_SHIFT;

	return size <= max && align <= max && (align & (align - 1)) == 0;
}

/* Take the last object of the loaded magazine, NULL when it is empty. */
static inline void *
__rte_fastmem_cache_pop(struct rte_fastmem_cache *cache)
{
	uint64_t count_len = rte_atomic_load_explicit(&cache->count_len, rte_memory_order_relaxed);
	void *obj;

	if (unlikely((uint16_t)count_len == 0))
		return NULL;
	obj = cache->objs[(uint16_t)count_len - 1];
	/* One allocation more, one object less. */
	rte_atomic_store_explicit(&cache->count_len, count_len + (UINT64_C(1) << 16) - 1,
		rte_memory_order_relaxed);
	return obj;
}

/* Append an object to the loaded magazine; false when it is full. */
static inline bool
__rte_fastmem_cache_push(struct rte_fastmem_cache *cache, void *obj)
{
	uint64_t count_len = rte_atomic_load_explicit(&cache->count_len, rte_memory_order_relaxed);

	if (unlikely((uint16_t)count_len >= cache->cap))
		return false;
	cache->objs[(uint16_t)count_len] = obj;
	/* Release: whoever inherits the caches of a process that was killed finds the object. */
	rte_atomic_store_explicit(&cache->count_len, count_len + 1, rte_memory_order_release);
	return true;
}

/* The map's entry of an address: 0 when it is not ours. */
static inline uint16_t
__rte_fastmem_map_entry(const struct rte_fastmem_home *home, const void *ptr)
{
	uintptr_t slab = ((uintptr_t)ptr >> RTE_FASTMEM_SLAB_SHIFT) - home->map_first;

	if (unlikely(slab >= home->map_len))
		return 0;
	return rte_atomic_load_explicit(&home->map[slab], rte_memory_order_relaxed);
}

static inline struct rte_fastmem_cache *
__rte_fastmem_cache_at(const struct rte_fastmem_home *home, uint16_t offset)
{
	return (struct rte_fastmem_cache *)(void *)(home->block + offset);
}

static inline void *
__rte_fastmem_alloc(size_t size, size_t align, unsigned int flags)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_home);
	void *obj;

	if (unlikely(!__rte_fastmem_size_is_valid(size, align)))
		return __rte_fastmem_alloc_slow(size, align, flags);
	obj = __rte_fastmem_cache_pop(&home->caches[__rte_fastmem_bin(size, align)]);
	if (unlikely(obj == NULL))
		return __rte_fastmem_alloc_slow(size, align, flags);
	if (flags & RTE_FASTMEM_F_ZERO)
		memset(obj, 0, size);
	return obj;
}

static inline void
__rte_fastmem_free(void *ptr)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_home);
	uint16_t offset = __rte_fastmem_map_entry(home, ptr);
	struct rte_fastmem_cache *cache;

	if (likely(offset == home->pred_offset)) {
		cache = home->pred;
	} else {
		cache = __rte_fastmem_cache_at(home, offset);
		if (home->pred_credit != 0)
			__rte_fastmem_predict(home, offset);
	}
	if (unlikely(!__rte_fastmem_cache_push(cache, ptr)))
		__rte_fastmem_free_slow(ptr);
}

static inline void
__rte_fastmem_free_sized(void *ptr, size_t size, size_t align)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_home);
	unsigned int bin;

	if (likely(__rte_fastmem_size_is_valid(size, align))) {
		bin = __rte_fastmem_bin(size, align);
		/* Another entry: another socket's object, a foreign pointer, a wrong size. */
		if (likely((uint16_t)(__rte_fastmem_map_entry(home, ptr) - home->offset) ==
					bin * sizeof(home->caches[0])) &&
				likely(__rte_fastmem_cache_push(&home->caches[bin], ptr)))
			return;
	}
	__rte_fastmem_free_slow(ptr);
}

static inline void *
__rte_fastmem_halloc(uint32_t handle, unsigned int flags)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_home);
	void *obj;

	/* Zeroing wants the class's size: not worth inlining. */
	if (flags & RTE_FASTMEM_F_ZERO)
		return __rte_fastmem_halloc_slow(handle, flags);
	obj = __rte_fastmem_cache_pop(__rte_fastmem_cache_at(home,
			RTE_FASTMEM_HANDLE_OFFSET(handle)));
	if (unlikely(obj == NULL))
		return __rte_fastmem_halloc_slow(handle, flags);
	return obj;
}

static inline void
__rte_fastmem_hfree(uint32_t handle, void *ptr)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_home);
	uint16_t offset = RTE_FASTMEM_HANDLE_OFFSET(handle);

	/* Another entry: a foreign pointer, or an object that is not the handle's. */
	if (unlikely(__rte_fastmem_map_entry(home, ptr) != offset) ||
			unlikely(!__rte_fastmem_cache_push(__rte_fastmem_cache_at(home, offset),
				ptr)))
		__rte_fastmem_free_slow(ptr);
}

#endif /* RTE_FASTMEM_INLINE || RTE_FASTMEM_BODIES */

#ifdef RTE_FASTMEM_INLINE

static inline void *
rte_fastmem_alloc(size_t size, size_t align, unsigned int flags)
{
	return __rte_fastmem_alloc(size, align, flags);
}

static inline void
rte_fastmem_free(void *ptr)
{
	__rte_fastmem_free(ptr);
}

static inline void
rte_fastmem_free_sized(void *ptr, size_t size, size_t align)
{
	__rte_fastmem_free_sized(ptr, size, align);
}

static inline void *
rte_fastmem_halloc(rte_fastmem_handle_t handle, unsigned int flags)
{
	return __rte_fastmem_halloc(handle, flags);
}

static inline void
rte_fastmem_hfree(rte_fastmem_handle_t handle, void *ptr)
{
	__rte_fastmem_hfree(handle, ptr);
}

#endif /* RTE_FASTMEM_INLINE */

#ifdef __cplusplus
}
#endif

#endif /* RTE_FASTMEM_CORE_H */
