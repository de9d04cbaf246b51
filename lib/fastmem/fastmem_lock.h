/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_LOCK_H
#define FASTMEM_LOCK_H

/*
 * fastmem_lock.c: locks.
 */

#include <rte_lock_annotations.h>
#include <rte_stdatomic.h>

#include "fastmem_pvt.h"

/* For fastmem_lock(), below: until it is free, or its holder dead. */
void fastmem_lock_wait(struct fastmem_lock *lock);
/* Locks among the threads of this process, attached or not: 0 when free. */
void fastmem_local_lock(RTE_ATOMIC(uint32_t) *lock);

static inline bool
fastmem_local_trylock(RTE_ATOMIC(uint32_t) *lock)
{
	return rte_atomic_exchange_explicit(lock, 1, rte_memory_order_acquire) == 0;
}

static inline void
fastmem_local_unlock(RTE_ATOMIC(uint32_t) *lock)
{
	rte_atomic_store_explicit(lock, 0, rte_memory_order_release);
}

static inline bool
fastmem_trylock(struct fastmem_lock *lock)
	__rte_exclusive_trylock_function(true, lock)
	__rte_no_thread_safety_analysis
{
	uint32_t free = 0;

	return rte_atomic_compare_exchange_strong_explicit(&lock->owner, &free,
			fastmem_local.id, rte_memory_order_acquire,
			rte_memory_order_relaxed);
}

static inline void
fastmem_lock(struct fastmem_lock *lock)
	__rte_exclusive_lock_function(lock)
	__rte_no_thread_safety_analysis
{
	if (unlikely(!fastmem_trylock(lock)))
		fastmem_lock_wait(lock);
}

static inline void
fastmem_unlock(struct fastmem_lock *lock)
	__rte_unlock_function(lock)
	__rte_no_thread_safety_analysis
{
	rte_atomic_store_explicit(&lock->owner, 0, rte_memory_order_release);
}

#endif /* FASTMEM_LOCK_H */
