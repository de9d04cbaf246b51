/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_POOL_H
#define FASTMEM_POOL_H

/*
 * fastmem_pool.c: the free slabs of each socket.
 */

#include "fastmem_pvt.h"

/* One for a bin, beside its slabs around an address if there is one, or NULL. */
struct fastmem_slab *fastmem_pool_get(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uintptr_t near);
void fastmem_pool_put(struct fastmem_shared *sh, struct fastmem_slab *slab);
/* Whether any slab of a zone can hold an object of the largest class. */
bool fastmem_pool_holds_largest(const struct fastmem_zone *zone);
/* How many (whole) slabs it has. */
uint32_t fastmem_pool_count(struct fastmem_socket *sk, bool is_whole);
/* Put a slab that this process holds into the pool; take one out, to hold it. */
void fastmem_pool_push(struct fastmem_socket *sk, struct fastmem_slab *slab)
	__rte_exclusive_locks_required(&sk->lock);
void fastmem_pool_remove(struct fastmem_socket *sk, struct fastmem_slab *slab)
	__rte_exclusive_locks_required(&sk->lock);

#endif /* FASTMEM_POOL_H */
