/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_SLOT_H
#define FASTMEM_SLOT_H

/*
 * fastmem_slot.c: which processes there are, and which of them are alive.
 */

#include "fastmem_pvt.h"

/* What names a process in locks and blocks: generation, slot + 1. 0: none. */
#define FASTMEM_ID_SHIFT 8
static_assert(FASTMEM_MAX_PROCS < 1 << FASTMEM_ID_SHIFT, "an id holds its slot");

static inline uint32_t
fastmem_id_slot(uint32_t id)
{
	return (id & ((1u << FASTMEM_ID_SHIFT) - 1)) - 1;
}

/* Give this process a slot and an id; 0 or -1. What was held under the slot is to be reaped. */
int fastmem_slot_init(struct fastmem_shared *sh, bool is_primary);
void fastmem_slot_fini(struct fastmem_shared *sh, bool is_primary);
/* A lock, block or ticket has an owner: whether it is dead. */
bool fastmem_slot_is_dead(struct fastmem_shared *sh, uint32_t owner);
/* Lock the byte of a slot: 1; 0 when another process has it; -1: errno. */
int fastmem_slot_trylock(uint32_t slot);
void fastmem_slot_unlock(uint32_t slot);

/* Id of the process that has a slot; 0: none. */
static inline uint32_t
fastmem_slot_id(struct fastmem_shared *sh, uint32_t slot)
{
	return rte_atomic_load_explicit(&sh->procs[slot].id, rte_memory_order_acquire);
}

/* Its process id as the system has it. */
static inline int32_t
fastmem_slot_pid(struct fastmem_shared *sh, uint32_t slot)
{
	return rte_atomic_load_explicit(&sh->procs[slot].pid, rte_memory_order_relaxed);
}

#endif /* FASTMEM_SLOT_H */
