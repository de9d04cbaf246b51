/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_REPAIR_H
#define FASTMEM_REPAIR_H

/*
 * fastmem_repair.c: lists whose lock was taken over from a dead process, and the locks of lists,
 * which are whole for who has them.
 */

#include "fastmem_lock.h"
#include "fastmem_pvt.h"

/* The caller holds that lock. */
void fastmem_repair_bin(struct fastmem_shared *sh, uint32_t socket, uint32_t bin);
void fastmem_repair_pool(struct fastmem_socket *sk);
/* Release the locks of the process that died in a slot; put the slabs it held into the pool. */
void fastmem_repair_reap(struct fastmem_shared *sh, uint32_t slot);

/* The lock of a bin, which is that bin of the socket. */
static inline void
fastmem_bin_lock(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id,
	struct fastmem_bin *bin)
	__rte_exclusive_lock_function(&bin->lock)
	__rte_no_thread_safety_analysis
{
	fastmem_lock(&bin->lock);
	if (unlikely(rte_atomic_load_explicit(&bin->lock.is_broken, rte_memory_order_relaxed)))
		fastmem_repair_bin(sh, socket, bin_id);
}

static inline void
fastmem_pool_lock(struct fastmem_socket *sk)
	__rte_exclusive_lock_function(&sk->lock)
	__rte_no_thread_safety_analysis
{
	fastmem_lock(&sk->lock);
	if (unlikely(rte_atomic_load_explicit(&sk->lock.is_broken, rte_memory_order_relaxed)))
		fastmem_repair_pool(sk);
}

#endif /* FASTMEM_REPAIR_H */
