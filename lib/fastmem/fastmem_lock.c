/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Locks: waiting for one that another has.
 *
 * Owns no lock. A lock in shared memory names the process that holds it; who waits for long asks
 * whether that is still alive, and takes the lock over if not. Those among the threads of a
 * process need no name. Both let others run: the holder may wait for this CPU.
 * Calls fastmem_slot.c to tell dead processes from living ones.
 */

#include <sched.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "fastmem_lock.h"
#include "fastmem_pvt.h"
#include "fastmem_slot.h"

#define PATIENCE_MS 50

static void
relax(uint32_t *spins)
{
	if (++*spins % 64 == 0)
		sched_yield();
	else
		rte_pause();
}

void
fastmem_lock_wait(struct fastmem_lock *lock)
	__rte_no_thread_safety_analysis
{
	struct fastmem_shared *sh = rte_atomic_load_explicit(&fastmem_local.shared,
			rte_memory_order_relaxed);
	const uint64_t patience = rte_get_tsc_hz() / 1000 * PATIENCE_MS;
	uint64_t start = rte_rdtsc();
	uint32_t spins = 0, owner;

	while (!fastmem_trylock(lock)) {
		relax(&spins);
		if (sh == NULL || rte_rdtsc() - start < patience)
			continue;
		start = rte_rdtsc();
		owner = rte_atomic_load_explicit(&lock->owner, rte_memory_order_relaxed);
		if (owner == 0 || !fastmem_slot_is_dead(sh, owner))
			continue;
		/* What it guards is to be repaired: also if this process dies now. */
		rte_atomic_store_explicit(&lock->is_broken, 1, rte_memory_order_relaxed);
		if (rte_atomic_compare_exchange_strong_explicit(&lock->owner, &owner,
				fastmem_local.id, rte_memory_order_acquire,
				rte_memory_order_relaxed)) {
			FASTMEM_LOG(WARNING, "took over the lock of a process that died");
			return;
		}
	}
}

void
fastmem_local_lock(RTE_ATOMIC(uint32_t) *lock)
{
	uint32_t spins = 0;

	while (!fastmem_local_trylock(lock))
		relax(&spins);
}
