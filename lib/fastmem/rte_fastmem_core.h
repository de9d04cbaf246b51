/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef RTE_FASTMEM_CORE_H
#define RTE_FASTMEM_CORE_H

/*
 * The inline fast path of rte_fastmem.h, which includes this file; applications
 * do not. It owns the layout of a thread's caches, which is thereby part of the
 * ABI, and calls nothing but the slow halves declared here. Several objects at once:
 * rte_fastmem_core_bulk.h.
 *
 * A cache is a stack of free objects of one size class and layout ("bin") on
 * one socket, of one thread. Its loaded magazine is an array of pointers: allocating
 * takes the last, freeing appends. A cache without a magazine looks empty to the one and
 * full to the other; the same goes for a thread that has no caches yet. So the fast path
 * has no test for "initialised" or "has caches".
 *
 * What it works on is one word: the address behind the last pointer, and a count of those taken.
 * Nothing is added to that address: the object last freed is the next allocated, and the sooner
 * its slot's address is known, the sooner it is there.
 *
 * A free finds the cache by a map with an entry per slab, 2 MiB of address space:
 * the offset of the cache from the start of a thread's caches; 0 is no slab of
 * ours and leads to a cache that is always full. Before that it looks whether the slab is
 * one of those that the expected cache knows, which are neighbours: the branch breaks
 * the dependency between loading the pointer, the entry and the cache. Mispredicted frees
 * spend credit; without any left, the slow path decides whether the prediction has been
 * worth its while. A slab that leaves its bin is known to no thread's cache any more.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_bitops.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_compat.h>
#include <rte_per_lcore.h>
#include <rte_prefetch.h>
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
/** Slots of a magazine. */
#define RTE_FASTMEM_MAG_OBJS 256
/** Bits of a cache's word that count down; the others are an address. */
#define RTE_FASTMEM_COUNT_BITS 16

/* ThreadSanitizer is built in: as gcc and as clang say it. */
#if defined(__SANITIZE_THREAD__)
#define __RTE_FASTMEM_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __RTE_FASTMEM_TSAN
#endif
#endif

/** Fields of a handle: the offset of the cache, its bin, its socket, "or another socket". */
#define RTE_FASTMEM_HANDLE_OFFSET(h) ((uint16_t)(h))

#ifdef __cplusplus
extern "C" {
#endif

/** How good a prediction of where the next object freed lies has been. */
struct rte_fastmem_trust {
	int32_t credit; /**< Mispredictions until the slow path looks at it. */
	uint32_t mark; /**< Frees into its cache when it last did. */
	uint32_t pause; /**< Frees without a prediction after the next failure. */
	uint32_t is_trial; /**< It has not proved good yet. */
};

/**
 * The cache of one bin: one cache line, written by its thread only, but for known_len, which
 * whoever takes a slab from its bin sets to 0.
 *
 * The objects of the loaded magazine are in the slots from `base` to below the end, which is
 * never above `limit`. Below `base` lies a NULL, so that allocating one needs to test nothing
 * but the pointer to be returned. Without a magazine all three are the same.
 */
struct __rte_cache_aligned rte_fastmem_cache {
	/** Address of the end << 16 | allocations that have room. Statistics read it and base. */
	RTE_ATOMIC(uint64_t) end_count;
	void **limit; /**< The end of a full magazine. */
	RTE_ATOMIC(void **) base; /**< The first object. */
	/** Address of neighbouring slabs that lead to this cache, perhaps not all, and bytes. */
	RTE_ATOMIC(uintptr_t) known_start;
	RTE_ATOMIC(uintptr_t) known_len; /**< 0: none. */
	struct rte_fastmem_trust trust; /**< That frees by a constant size are in these. */
};

/** The caches that a thread has for one socket. */
struct __rte_cache_aligned rte_fastmem_home {
	struct rte_fastmem_cache caches[RTE_FASTMEM_NB_BINS];
};

/** Where the caches of a thread are, never NULL, and what a free needs: one cache line. */
struct __rte_cache_aligned rte_fastmem_thread {
	struct rte_fastmem_home *home; /**< Those for its own socket. */
	char *block; /**< All: what offsets are relative to. */
	struct rte_fastmem_cache *expected; /**< Into which the next object freed may go. */
	struct rte_fastmem_trust trust; /**< That it does. */
	uintptr_t map_first; /**< Number of the first slab of the map. */
	uintptr_t map_len; /**< Slabs in the map, 0 when there is no map. */
	const RTE_ATOMIC(uint16_t) *map; /**< Offset of the cache of a slab, by number. */
};

/** Those of the calling thread. */
RTE_DECLARE_PER_LCORE(struct rte_fastmem_thread, __rte_fastmem_thread);

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
int
__rte_fastmem_alloc_bulk_slow(void **ptrs, unsigned int n, size_t size, size_t align,
	unsigned int flags);

__rte_experimental
int
__rte_fastmem_halloc_bulk_slow(uint32_t handle, void **ptrs, unsigned int n, unsigned int flags);

__rte_experimental
void
__rte_fastmem_free_bulk_slow(void **ptrs, unsigned int n);

/* As rte_fastmem_free_bulk(), when __rte_fastmem_cache_push_bulk() was that far. */
__rte_experimental
void
__rte_fastmem_free_bulk_spread(void **ptrs, unsigned int n);

#if defined(RTE_FASTMEM_INLINE) || defined(RTE_FASTMEM_BODIES)

/* The bin of a valid size and alignment. */
static __rte_always_inline size_t
__rte_fastmem_bin(size_t size, size_t align)
{
	const size_t min = (size_t)1 << RTE_FASTMEM_MIN_SHIFT;
	size_t cls;

	if (align == 0)
		align = RTE_CACHE_LINE_SIZE;
	if (size < align)
		size = align;
	if (size < min)
		size = min;
	cls = (size_t)(63u ^ rte_clz64((uint64_t)size - 1)) - (RTE_FASTMEM_MIN_SHIFT - 1);
	if (align > RTE_CACHE_LINE_SIZE &&
			cls - RTE_FASTMEM_ALIGNED_FIRST < RTE_FASTMEM_NB_ALIGNED)
		cls += RTE_FASTMEM_NB_CLASSES - RTE_FASTMEM_ALIGNED_FIRST;
	return cls;
}

static __rte_always_inline bool
__rte_fastmem_size_is_valid(size_t size, size_t align)
{
	const size_t max = (size_t)1 << RTE_FASTMEM_MAX_SHIFT;

	return size <= max && align <= max && (align & (align - 1)) == 0;
}

/*
 * The end in a cache's word, in a register of its own: CPUs forward what was stored to a load
 * sooner when neither address has an index (Golden Cove: at once, instead of after 5 cycles).
 */
static __rte_always_inline void **
__rte_fastmem_end(uint64_t end_count)
{
	void **end = (void **)(uintptr_t)(end_count >> RTE_FASTMEM_COUNT_BITS);

	asm("" : "+r" (end));
	return end;
}

static __rte_always_inline uint64_t
__rte_fastmem_end_count(const struct rte_fastmem_cache *cache)
{
	return rte_atomic_load_explicit(&cache->end_count, rte_memory_order_relaxed);
}

/* The end moves up: n objects were put there. */
static __rte_always_inline void
__rte_fastmem_cache_given(struct rte_fastmem_cache *cache, uint64_t end_count, unsigned int n)
{
	/*
	 * Whoever inherits the caches of a process that was killed finds the objects. The kernel
	 * orders what a process did and its end.
	 */
	rte_compiler_barrier();
	rte_atomic_store_explicit(&cache->end_count,
		end_count + n * (sizeof(void *) << RTE_FASTMEM_COUNT_BITS),
		rte_memory_order_relaxed);
}

/* The end moves down: n were taken. False when they can't be counted: the slow path makes room. */
static __rte_always_inline bool
__rte_fastmem_cache_taken(struct rte_fastmem_cache *cache, uint64_t end_count, unsigned int n)
{
	if (unlikely((uint16_t)end_count < n))
		return false;
	rte_atomic_store_explicit(&cache->end_count,
		end_count - n * ((sizeof(void *) << RTE_FASTMEM_COUNT_BITS) + 1),
		rte_memory_order_relaxed);
	return true;
}

/*
 * An object whose first line is about to be written. A store asks for its line when it retires,
 * and one after the other; a prefetch does so as soon as the address is known. Compilers that do
 * not know that the CPU has this instruction prefetch for reading, which does not take the line
 * from another CPU; on a 64-bit CPU without it, it does nothing.
 */
static __rte_always_inline void
__rte_fastmem_prefetch_write(const void *obj)
{
#ifdef RTE_ARCH_X86_64
	asm volatile("prefetchw {(%0)|[%0]}" : : "r" (obj));
#else
	rte_prefetch0_write(obj);
#endif
}

/* Take the last object of the loaded magazine; false when it is empty. */
static __rte_always_inline bool
__rte_fastmem_cache_pop(struct rte_fastmem_cache *cache, void **obj)
{
	const uint64_t end_count = __rte_fastmem_end_count(cache);

	*obj = __rte_fastmem_end(end_count)[-1];
	if (unlikely(*obj == NULL) || unlikely(!__rte_fastmem_cache_taken(cache, end_count, 1)))
		return false;
	__rte_fastmem_prefetch_write(*obj);
	return true;
}

/* Append an object to the loaded magazine; false when it is full. */
static __rte_always_inline bool
__rte_fastmem_cache_push(struct rte_fastmem_cache *cache, void *obj)
{
	const uint64_t end_count = __rte_fastmem_end_count(cache);
	void **end = __rte_fastmem_end(end_count);

	if (unlikely(end >= cache->limit))
		return false;
	*end = obj;
	__rte_fastmem_cache_given(cache, end_count, 1);
	return true;
}

/* The map's entry of an address; false when it is out of the map. */
static __rte_always_inline bool
__rte_fastmem_map_entry(const void *ptr, uint16_t *offset)
{
	uintptr_t slab = ((uintptr_t)ptr >> RTE_FASTMEM_SLAB_SHIFT) -
		RTE_PER_LCORE(__rte_fastmem_thread).map_first;

	if (unlikely(slab >= RTE_PER_LCORE(__rte_fastmem_thread).map_len))
		return false;
	*offset = rte_atomic_load_explicit(&RTE_PER_LCORE(__rte_fastmem_thread).map[slab],
			rte_memory_order_relaxed);
	return true;
}

/*
 * Whether an address is in the slabs that a cache knows. What another thread stores meanwhile is
 * about other slabs than this object's. What it stored before the caller got the object, because
 * its slab left the bin, is seen: to get it, the caller had to synchronize with that thread, and
 * a compiler takes no asm that reads memory across such a load or fence.
 * Compilers do not make operands of atomic loads, so it would take two more instructions.
 */
static __rte_always_inline bool
__rte_fastmem_cache_knows(const struct rte_fastmem_cache *cache, const void *ptr)
{
/* ThreadSanitizer sees nothing of asm. */
#if defined(RTE_ARCH_X86) && defined(__GCC_ASM_FLAG_OUTPUTS__) && !defined(__RTE_FASTMEM_TSAN)
	uintptr_t distance = (uintptr_t)ptr;
	bool is_below;

	/* as AT&T | Intel write it */
	asm("sub {%[start], %[distance]|%[distance], %[start]}\n\t"
		"cmp {%[len], %[distance]|%[distance], %[len]}"
		: "=@ccb" (is_below), [distance] "+&r" (distance)
		: [start] "m" (cache->known_start), [len] "m" (cache->known_len));
	return is_below;
#else
	return (uintptr_t)ptr - rte_atomic_load_explicit(&cache->known_start,
				rte_memory_order_relaxed) <
		rte_atomic_load_explicit(&cache->known_len, rte_memory_order_relaxed);
#endif
}

/* It was predicted to be, and is not: false when the slow path is to find out why. */
static __rte_always_inline bool
__rte_fastmem_trust_spend(struct rte_fastmem_trust *trust)
{
	return likely(--trust->credit > 0);
}

/* The calling thread's cache at an offset. */
static __rte_always_inline struct rte_fastmem_cache *
__rte_fastmem_cache_at(uint16_t offset)
{
	return (struct rte_fastmem_cache *)(void *)
		(RTE_PER_LCORE(__rte_fastmem_thread).block + offset);
}

static __rte_always_inline void *
__rte_fastmem_alloc(size_t size, size_t align, unsigned int flags)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_thread).home;
	void *obj;

	if (unlikely(!__rte_fastmem_size_is_valid(size, align)) ||
			unlikely(!__rte_fastmem_cache_pop(
				&home->caches[__rte_fastmem_bin(size, align)], &obj)))
		return __rte_fastmem_alloc_slow(size, align, flags);
	if (flags & RTE_FASTMEM_F_ZERO)
		memset(obj, 0, size);
	return obj;
}

/*
 * What is freed where classes alternate is often the next of its class to be allocated: its line
 * is fetched meanwhile. Not by rte_prefetch0(), which takes the object for an operand: compilers
 * warn if they know that it has no bytes.
 */
static __rte_always_inline void
__rte_fastmem_prefetch_freed(const void *obj)
{
	__builtin_prefetch(obj);
}

/* Not as expected: the map tells the cache. */
static __rte_always_inline bool
__rte_fastmem_free_by_map(void *ptr)
{
	uint16_t offset;

	if (unlikely(!__rte_fastmem_map_entry(ptr, &offset)))
		return false;
	__rte_fastmem_prefetch_freed(ptr);
	return __rte_fastmem_trust_spend(&RTE_PER_LCORE(__rte_fastmem_thread).trust) &&
		likely(__rte_fastmem_cache_push(__rte_fastmem_cache_at(offset), ptr));
}

static __rte_always_inline void
__rte_fastmem_free(void *ptr)
{
	struct rte_fastmem_cache *cache = RTE_PER_LCORE(__rte_fastmem_thread).expected;

	if (likely(__rte_fastmem_cache_knows(cache, ptr)) ?
			likely(__rte_fastmem_cache_push(cache, ptr)) :
			__rte_fastmem_free_by_map(ptr))
		return;
	__rte_fastmem_free_slow(ptr);
}

/*
 * The cache is known; that the object is of its slabs is to be checked. Its address must not
 * depend on the entry, so it is not computed from that.
 */
static __rte_always_inline bool
__rte_fastmem_free_checked(struct rte_fastmem_cache *cache, struct rte_fastmem_trust *trust,
	void *ptr)
{
	uint16_t offset;

	/* Another entry: another socket's object, a foreign pointer, a wrong size. */
	if (unlikely(!__rte_fastmem_map_entry(ptr, &offset)) ||
			unlikely(cache != __rte_fastmem_cache_at(offset)))
		return false;
	__rte_fastmem_prefetch_freed(ptr);
	return __rte_fastmem_trust_spend(trust) &&
		likely(__rte_fastmem_cache_push(cache, ptr));
}

static __rte_always_inline void
__rte_fastmem_free_sized(void *ptr, size_t size, size_t align)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_thread).home;
	struct rte_fastmem_cache *cache, *expected;
	size_t bin;

	if (likely(__rte_fastmem_size_is_valid(size, align))) {
		/*
		 * The cache itself is expected where this code is for one cache alone, else that
		 * of frees of any object: a branch that depends on the class would be
		 * mispredicted where classes alternate.
		 */
		bin = __rte_fastmem_bin(size, align);
		cache = &home->caches[bin];
		expected = __rte_constant(bin) ? cache :
			RTE_PER_LCORE(__rte_fastmem_thread).expected;
		if (likely(__rte_fastmem_cache_knows(expected, ptr)) ?
				likely(__rte_fastmem_cache_push(expected, ptr)) :
				__rte_fastmem_free_checked(cache, __rte_constant(bin) ?
					&cache->trust : &RTE_PER_LCORE(__rte_fastmem_thread).trust,
					ptr))
			return;
	}
	__rte_fastmem_free_slow(ptr);
}

static __rte_always_inline void *
__rte_fastmem_halloc(uint32_t handle, unsigned int flags)
{
	void *obj;

	/* Zeroing wants the class's size: not worth inlining. */
	if ((flags & RTE_FASTMEM_F_ZERO) || unlikely(!__rte_fastmem_cache_pop(
				__rte_fastmem_cache_at(RTE_FASTMEM_HANDLE_OFFSET(handle)),
				&obj)))
		return __rte_fastmem_halloc_slow(handle, flags);
	return obj;
}

static __rte_always_inline void
__rte_fastmem_hfree(uint32_t handle, void *ptr)
{
	struct rte_fastmem_cache *expected = RTE_PER_LCORE(__rte_fastmem_thread).expected;

	if (likely(__rte_fastmem_cache_knows(expected, ptr)) ?
			likely(__rte_fastmem_cache_push(expected, ptr)) :
			__rte_fastmem_free_checked(__rte_fastmem_cache_at(
				RTE_FASTMEM_HANDLE_OFFSET(handle)),
				&RTE_PER_LCORE(__rte_fastmem_thread).trust, ptr))
		return;
	__rte_fastmem_free_slow(ptr);
}

#endif /* RTE_FASTMEM_INLINE || RTE_FASTMEM_BODIES */

#ifdef __cplusplus
}
#endif

#endif /* RTE_FASTMEM_CORE_H */
