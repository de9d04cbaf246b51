/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 25.03: DPDK's own rte_common.h, and after it the macros that
 * later releases added. Each is defined only where it is missing.
 */

#include_next <rte_common.h>

#ifndef FASTMEM_COMPAT_RTE_COMMON_H
#define FASTMEM_COMPAT_RTE_COMMON_H

/* 24.03: static_assert and alignas come with rte_common.h. */
#ifndef __cplusplus
#include <assert.h>
#include <stdalign.h>
#endif

/* 24.07 */
#ifndef __rte_constant
#define __rte_constant(e) __extension__(__builtin_constant_p(e))
#endif

#ifndef __rte_pure
#define __rte_pure __attribute__((pure))
#endif

/* 24.11 */
#ifndef __rte_alloc_align
#ifdef RTE_CC_GCC
#define __rte_alloc_align(argno) __attribute__((alloc_align(argno)))
#else
#define __rte_alloc_align(argno)
#endif
#endif

#ifndef __rte_malloc
#define __rte_malloc __attribute__((__malloc__))
#endif

/* The two-argument form of the attribute exists in GCC only, from version 11. */
#ifndef __rte_dealloc
#if defined(RTE_CC_GCC) && __GNUC__ >= 11
#define __rte_dealloc(dealloc, argno) __attribute__((malloc(dealloc, argno)))
#else
#define __rte_dealloc(dealloc, argno)
#endif
#endif

#ifndef __rte_unreachable
#define __rte_unreachable() __extension__(__builtin_unreachable())
#endif

#ifndef __rte_assume
#ifdef RTE_CC_CLANG
#define __rte_assume(cond) __extension__(__builtin_assume(cond))
#else
#define __rte_assume(cond) do { if (!(cond)) __rte_unreachable(); } while (0)
#endif
#endif

/* 25.03 */
#ifndef __rte_packed_begin
#define __rte_packed_begin
#define __rte_packed_end __attribute__((__packed__))
#endif

/* 23.11: spacing against prefetchers that take the next lines too */
#ifndef RTE_CACHE_GUARD
#ifndef RTE_CACHE_GUARD_LINES
#define RTE_CACHE_GUARD_LINES 1
#endif
#define FASTMEM_COMPAT_GUARD_NAME(line) cache_guard_ ## line
#define FASTMEM_COMPAT_GUARD(line) \
	char FASTMEM_COMPAT_GUARD_NAME(line)[RTE_CACHE_LINE_SIZE * RTE_CACHE_GUARD_LINES] \
		__rte_cache_aligned
#define RTE_CACHE_GUARD FASTMEM_COMPAT_GUARD(__LINE__)
#endif

#endif /* FASTMEM_COMPAT_RTE_COMMON_H */
