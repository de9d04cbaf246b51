/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 25.03: the lock annotations of clang's thread safety analysis.
 *
 * 25.03 and newer   have them all; this header is not used
 * 23.03 to 24.11    have the older spelling (lockable, exclusive_locks_required ...);
 *                   the newer one (capability, requires_capability ...) is added
 * before 23.03      DPDK's locks are not annotated, so the analysis is off and every
 *                   annotation is empty
 */

#ifndef FASTMEM_COMPAT_RTE_LOCK_ANNOTATIONS_H
#define FASTMEM_COMPAT_RTE_LOCK_ANNOTATIONS_H

#include <rte_version.h>

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)

#include_next <rte_lock_annotations.h>

#else

#define __rte_lockable
#define __rte_guarded_by(...)
#define __rte_guarded_var
#define __rte_exclusive_locks_required(...)
#define __rte_exclusive_lock_function(...)
#define __rte_exclusive_trylock_function(...)
#define __rte_assert_exclusive_lock(...)
#define __rte_shared_locks_required(...)
#define __rte_shared_lock_function(...)
#define __rte_shared_trylock_function(...)
#define __rte_assert_shared_lock(...)
#define __rte_unlock_function(...)
#define __rte_locks_excluded(...)
#define __rte_no_thread_safety_analysis

#endif

#ifndef __rte_capability
#ifdef RTE_ANNOTATE_LOCKS
#if defined(__clang__) && __clang_major__ >= 11
#define __rte_capability(...) __attribute__((capability(__VA_ARGS__)))
#else
#define __rte_capability(...) __attribute__((capability("mutex")))
#endif
#else
#define __rte_capability(...)
#endif
#define __rte_requires_capability(...) __rte_exclusive_locks_required(__VA_ARGS__)
#define __rte_acquire_capability(...) __rte_exclusive_lock_function(__VA_ARGS__)
#define __rte_try_acquire_capability(ret, ...) \
	__rte_exclusive_trylock_function(ret, __VA_ARGS__)
#define __rte_release_capability(...) __rte_unlock_function(__VA_ARGS__)
#define __rte_assert_capability(...) __rte_assert_exclusive_lock(__VA_ARGS__)
#define __rte_requires_shared_capability(...) __rte_shared_locks_required(__VA_ARGS__)
#define __rte_acquire_shared_capability(...) __rte_shared_lock_function(__VA_ARGS__)
#define __rte_try_acquire_shared_capability(ret, ...) \
	__rte_shared_trylock_function(ret, __VA_ARGS__)
#define __rte_release_shared_capability(...) __rte_unlock_function(__VA_ARGS__)
#define __rte_assert_shared_capability(...) __rte_assert_shared_lock(__VA_ARGS__)
#define __rte_exclude_capability(...) __rte_locks_excluded(__VA_ARGS__)
#endif

#endif /* FASTMEM_COMPAT_RTE_LOCK_ANNOTATIONS_H */
