/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_PROC_H
#define FASTMEM_PROC_H

/*
 * fastmem_proc.c: this process and its threads.
 */

#include "fastmem_pvt.h"

/* The shared memory, after attaching if need be; NULL with rte_errno ENODEV. */
struct fastmem_shared *fastmem_proc_attach(void);
/* Of the primary; 0 or -1. */
int fastmem_proc_init(struct fastmem_shared *sh);
void fastmem_proc_fini(void);
/* The caller's caches, or NULL when it can have none. */
struct fastmem_block *fastmem_proc_block(struct fastmem_shared *sh);
/* Take back what processes held that are dead. */
void fastmem_proc_reap(struct fastmem_shared *sh);
uint32_t fastmem_proc_home(const struct fastmem_shared *sh);

/* The shared memory when this process is attached, else as fastmem_proc_attach(). */
static inline struct fastmem_shared *
fastmem_shared(void)
{
	struct fastmem_shared *sh = rte_atomic_load_explicit(&fastmem_local.shared,
			rte_memory_order_acquire);

	return likely(sh != NULL) ? sh : fastmem_proc_attach();
}

#endif /* FASTMEM_PROC_H */
