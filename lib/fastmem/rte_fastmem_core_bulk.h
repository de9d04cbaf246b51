/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef RTE_FASTMEM_CORE_BULK_H
#define RTE_FASTMEM_CORE_BULK_H

/*
 * The inline fast path for several objects, which rte_fastmem.h includes; applications do not.
 *
 * Pointers are copied as vectors of the same width in both directions: a load that is wider
 * than the stores it reads from waits for these. A few are copied one by one.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_per_lcore.h>
#include <rte_stdatomic.h>
#include <rte_vect.h>

#include "rte_fastmem_core.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(RTE_FASTMEM_INLINE) || defined(RTE_FASTMEM_BODIES)

#if !defined(RTE_ARCH_64)
typedef rte_v128u32_t __rte_fastmem_vec_t;
#elif defined(__AVX2__)
typedef rte_v256u64_t __rte_fastmem_vec_t;
#else
typedef rte_v128u64_t __rte_fastmem_vec_t;
#endif
/** Pointers in a vector: 2 or 4. */
#define __RTE_FASTMEM_VEC_LEN (sizeof(__rte_fastmem_vec_t) / sizeof(void *))

/**
 * For many pointers, a line at a time: on CPUs that have such vectors, and are young enough
 * (Ice Lake, Zen 4) not to lower their clock for them.
 */
#if defined(RTE_ARCH_64) && defined(__AVX512VBMI2__)
typedef __m512i __rte_fastmem_line_t;
#define __RTE_FASTMEM_LINE_MIN 64
#endif

/** Up to so many are copied one by one. */
#define __RTE_FASTMEM_FEW 7

/* Copy n pointers, a number the compiler knows, and collect in which bits they differ. */
#define __RTE_FASTMEM_COPY_VECS(type, dst, src, n, diffs, firsts) do { \
	type vec_; \
	unsigned int i_; \
	for (i_ = 0; i_ < (n); i_ += sizeof(vec_) / sizeof(void *)) { \
		memcpy(&vec_, &(src)[i_], sizeof(vec_)); \
		memcpy(&(dst)[i_], &vec_, sizeof(vec_)); \
		(diffs) |= vec_ ^ (firsts); \
	} \
} while (0)

/*
 * Copy one by a general register, and tell in which bits it differs from the first one: CPUs that
 * forward at once what was stored do so for these, not for vectors. And an application stores
 * its pointers one by one, for which the load of a vector would wait.
 */
static __rte_always_inline uintptr_t
__rte_fastmem_copy_one(void **dst, void * const *src, uintptr_t first)
{
	uintptr_t ptr = (uintptr_t)*src;

	/* Compilers would make a vector of some. */
	asm("" : "+r" (ptr));
	*dst = (void *)ptr;
	return ptr ^ first;
}

/* Copy some pointers, at least one, and tell in which bits they differ from the first one. */
static __rte_always_inline uintptr_t
__rte_fastmem_copy_diff(void **dst, void * const *src, unsigned int n)
{
	const uintptr_t first = (uintptr_t)src[0];
	const bool is_few = n <= __RTE_FASTMEM_FEW;
	uintptr_t diff = 0;
	unsigned int i;

#ifdef __RTE_FASTMEM_LINE_MIN
	if (n >= __RTE_FASTMEM_LINE_MIN) {
		const __rte_fastmem_line_t firsts = (__rte_fastmem_line_t){0} + (long long)first;
		__rte_fastmem_line_t diffs = {0};

		for (; n >= 8; n -= 8, dst += 8, src += 8)
			__RTE_FASTMEM_COPY_VECS(__rte_fastmem_line_t, dst, src, 8, diffs, firsts);
		for (i = 0; i < 8; i++)
			diff |= (uintptr_t)diffs[i];
	}
#endif
	if (is_few) {
		dst[0] = (void *)first;
		i = 1;
		if (n & 4) {
			diff |= __rte_fastmem_copy_one(&dst[1], &src[1], first);
			diff |= __rte_fastmem_copy_one(&dst[2], &src[2], first);
			diff |= __rte_fastmem_copy_one(&dst[3], &src[3], first);
			i = 4;
		}
	} else {
		const __rte_fastmem_vec_t firsts = (__rte_fastmem_vec_t){0} + first;
		__rte_fastmem_vec_t diffs = {0};

		for (; n >= 8; n -= 8, dst += 8, src += 8)
			__RTE_FASTMEM_COPY_VECS(__rte_fastmem_vec_t, dst, src, 8, diffs, firsts);
		if (n & 4)
			__RTE_FASTMEM_COPY_VECS(__rte_fastmem_vec_t, dst, src, 4, diffs, firsts);
		for (i = 0; i < __RTE_FASTMEM_VEC_LEN; i++)
			diff |= (uintptr_t)diffs[i];
		i = n & 4;
	}
	for (; i < n; i++)
		diff |= __rte_fastmem_copy_one(&dst[i], &src[i], first);
	return diff;
}

/* Copy only: the compiler drops what nobody asks for. */
static __rte_always_inline void
__rte_fastmem_copy(void **dst, void * const *src, unsigned int n)
{
	(void)__rte_fastmem_copy_diff(dst, src, n);
}

/* Are there n pointers, at least one, from an address to another? */
static __rte_always_inline bool
__rte_fastmem_spans(void **from, void **to, unsigned int n)
{
	/* Not by the difference: an addition can be part of what compares. Nor does it wrap. */
	return (uint64_t)(uintptr_t)from + n * (uint64_t)sizeof(*from) <=
		(uint64_t)(uintptr_t)to;
}

/* Take the last n objects, at least one, of the loaded magazine; false when it has fewer. */
static __rte_always_inline bool
__rte_fastmem_cache_pop_bulk(struct rte_fastmem_cache *cache, void **objs, unsigned int n)
{
	const uint64_t end_count = __rte_fastmem_end_count(cache);
	void **end = __rte_fastmem_end(end_count);

	if (unlikely(!__rte_fastmem_spans(rte_atomic_load_explicit(&cache->base,
					rte_memory_order_relaxed), end, n)) ||
			unlikely(!__rte_fastmem_cache_taken(cache, end_count, n)))
		return false;
	__rte_fastmem_copy(objs, end - n, n);
	return true;
}

/*
 * Append n objects, at least one. 0, or -1: there is no room, or 1: they lie in several slabs, and
 * have been copied; what is beyond the end is nobody's until the end says so.
 */
static __rte_always_inline int
__rte_fastmem_cache_push_bulk(struct rte_fastmem_cache *cache, void * const *objs, unsigned int n)
{
	const uint64_t end_count = __rte_fastmem_end_count(cache);
	void **end = __rte_fastmem_end(end_count);

	if (unlikely(!__rte_fastmem_spans(end, cache->limit, n)))
		return -1;
	if (unlikely(__rte_fastmem_copy_diff(end, objs, n) >> RTE_FASTMEM_SLAB_SHIFT != 0))
		return 1;
	__rte_fastmem_cache_given(cache, end_count, n);
	return 0;
}

static __rte_always_inline int
__rte_fastmem_alloc_bulk(void **ptrs, unsigned int n, size_t size, size_t align,
	unsigned int flags)
{
	struct rte_fastmem_home *home = RTE_PER_LCORE(__rte_fastmem_thread).home;
	unsigned int i;

	if (unlikely(n == 0) || unlikely(!__rte_fastmem_size_is_valid(size, align)) ||
			unlikely(!__rte_fastmem_cache_pop_bulk(
				&home->caches[__rte_fastmem_bin(size, align)], ptrs, n)))
		return __rte_fastmem_alloc_bulk_slow(ptrs, n, size, align, flags);
	if (flags & RTE_FASTMEM_F_ZERO)
		for (i = 0; i < n; i++)
			memset(ptrs[i], 0, size);
	return 0;
}

static __rte_always_inline void
__rte_fastmem_free_bulk(void **ptrs, unsigned int n)
{
	struct rte_fastmem_cache *expected = RTE_PER_LCORE(__rte_fastmem_thread).expected;
	uint16_t offset;
	int ret = -1;

	if (likely(n != 0)) {
		if (likely(__rte_fastmem_cache_knows(expected, ptrs[0])))
			ret = __rte_fastmem_cache_push_bulk(expected, ptrs, n);
		else if (__rte_fastmem_map_entry(ptrs[0], &offset) &&
				__rte_fastmem_trust_spend(
					&RTE_PER_LCORE(__rte_fastmem_thread).trust))
			ret = __rte_fastmem_cache_push_bulk(__rte_fastmem_cache_at(offset),
					ptrs, n);
	}
	if (likely(ret == 0))
		return;
	if (ret > 0)
		__rte_fastmem_free_bulk_spread(ptrs, n);
	else
		__rte_fastmem_free_bulk_slow(ptrs, n);
}

static __rte_always_inline int
__rte_fastmem_halloc_bulk(uint32_t handle, void **ptrs, unsigned int n, unsigned int flags)
{
	if ((flags & RTE_FASTMEM_F_ZERO) || unlikely(n == 0) ||
			unlikely(!__rte_fastmem_cache_pop_bulk(__rte_fastmem_cache_at(
				RTE_FASTMEM_HANDLE_OFFSET(handle)), ptrs, n)))
		return __rte_fastmem_halloc_bulk_slow(handle, ptrs, n, flags);
	return 0;
}

static __rte_always_inline void
__rte_fastmem_hfree_bulk(uint32_t handle __rte_unused, void **ptrs, unsigned int n)
{
	/* The objects' slab has to be looked at anyhow, and tells the cache. */
	__rte_fastmem_free_bulk(ptrs, n);
}

#endif /* RTE_FASTMEM_INLINE || RTE_FASTMEM_BODIES */

#ifdef __cplusplus
}
#endif

#endif /* RTE_FASTMEM_CORE_BULK_H */
