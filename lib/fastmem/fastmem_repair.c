/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Repair: what a process leaves that is killed in the middle of a change.
 *
 * Owns nothing. A process that dies with a lock leaves the lists and counts that the
 * lock guards in any state. They are made anew, by whoever takes the lock over, from what is
 * never half written: the list of zones, which is changed by one store; the bitmap and
 * bump of a slab; and where a slab belongs: is_pooled, bin, and holder, which names the
 * process that has the slab on its way between pool and bin, or while its zone comes or
 * goes. Each of these is written in an order such that at any moment at most one of pool,
 * bin and holder claims a slab, or else its holder died with the lock. What the dead process
 * had taken and not yet given to anybody is lost: objects of a magazine or two, a few bitmaps,
 * and a zone that was on no list. Called with a lock held, and so the exception to the rule
 * that locks do not nest: bin, then pool. model/repair.pml is a model of it.
 *
 * Calls the slab layer to give slabs back, the zone layer for the map.
 */

#include <string.h>

#include <rte_bitops.h>
#include <rte_common.h>

#include "fastmem_lock.h"
#include "fastmem_pvt.h"
#include "fastmem_repair.h"
#include "fastmem_slab.h"
#include "fastmem_slot.h"
#include "fastmem_zone.h"

/* Words of the bitmap that are not 0, and the number of free slots. */
static void
recount(struct fastmem_slab *slab)
{
	uint32_t nb = 0, word;

	for (word = 0; word < slab->nb_words; word++) {
		if (slab->bits[word] != 0)
			slab->words[word / 64] |= RTE_BIT64(word % 64);
		else
			slab->words[word / 64] &= ~RTE_BIT64(word % 64);
		nb += rte_popcount64(slab->bits[word]);
	}
	slab->nb_free = nb + slab->nb_slots - slab->bump;
}

static bool
is_held(const struct fastmem_slab *slab)
{
	return rte_atomic_load_explicit(&slab->holder, rte_memory_order_acquire) != 0;
}

/* A slab of the bin: on its list if it has free slots; on *empty if it has nothing else. */
static void
relist(struct fastmem_bin *bin, struct fastmem_slab *slab, struct fastmem_slab **empty)
{
	recount(slab);
	if (slab->nb_free == 0) {
		bin->nb_full++;
	} else if (slab->nb_free == slab->nb_slots) {
		rte_atomic_store_explicit(&slab->holder, fastmem_local.id,
				rte_memory_order_relaxed);
		slab->next = *empty;
		*empty = slab;
	} else {
		slab->prev = NULL;
		slab->next = bin->partial;
		if (bin->partial != NULL)
			bin->partial->prev = slab;
		bin->partial = slab;
		bin->nb_partial++;
	}
}

static void
unmap(struct fastmem_shared *sh, struct fastmem_slab *slab)
{
	fastmem_zone_map_slab(sh, slab, 0);
	rte_atomic_store_explicit(&slab->bin, 0, rte_memory_order_relaxed);
}

void
fastmem_repair_bin(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	struct fastmem_bin *bin = &sk->bins[bin_id];
	struct fastmem_slab *empty = NULL, *slab;
	struct fastmem_zone *zone;
	uint32_t i;

	bin->partial = NULL;
	bin->nb_partial = 0;
	bin->nb_full = 0;
	fastmem_pool_lock(sk);
	for (zone = sk->zones; zone != NULL; zone = zone->next) {
		for (i = 0; i < zone->nb_slabs; i++) {
			slab = &zone->slabs[i];
			if (rte_atomic_load_explicit(&slab->bin, rte_memory_order_relaxed) ==
					bin_id + 1 && !is_held(slab))
				relist(bin, slab, &empty);
		}
	}
	fastmem_unlock(&sk->lock);
	for (slab = empty; slab != NULL; slab = slab->next)
		unmap(sh, slab);
	bin->releases = bin->acquires - bin->nb_partial - bin->nb_full;
	rte_atomic_store_explicit(&bin->lock.is_broken, 0, rte_memory_order_release);
	while ((slab = empty) != NULL) {
		empty = slab->next;
		fastmem_slab_reset(sh, slab);
	}
}

void
fastmem_repair_pool(struct fastmem_socket *sk)
{
	struct fastmem_slab *slab, **head;
	struct fastmem_zone *zone;
	uint32_t i, kind;

	memset(sk->pool, 0, sizeof(sk->pool));
	memset(sk->nb_pool, 0, sizeof(sk->nb_pool));
	sk->nb_zones = 0;
	for (zone = sk->zones; zone != NULL; zone = zone->next) {
		sk->nb_zones++;
		zone->nb_free = 0;
		for (i = 0; i < zone->nb_slabs; i++) {
			slab = &zone->slabs[i];
			if (slab->is_pooled == 0)
				continue;
			kind = slab->len != FASTMEM_SLAB_SZ;
			head = &sk->pool[kind];
			slab->prev = NULL;
			slab->next = *head;
			if (*head != NULL)
				(*head)->prev = slab;
			*head = slab;
			sk->nb_pool[kind]++;
			zone->nb_free++;
			rte_atomic_store_explicit(&slab->holder, 0, rte_memory_order_release);
		}
	}
	rte_atomic_store_explicit(&sk->lock.is_broken, 0, rte_memory_order_release);
}

/* Whether an owner is the process that died in a slot. */
static bool
is_dead_of(uint32_t owner, uint32_t slot)
{
	return owner != 0 && owner != fastmem_local.id && fastmem_id_slot(owner) == slot;
}

/* Whether a lock was the dead process's; then it is the caller's. */
static bool
take_over(struct fastmem_lock *lock, uint32_t slot)
	__rte_no_thread_safety_analysis
{
	uint32_t owner = rte_atomic_load_explicit(&lock->owner, rte_memory_order_relaxed);

	if (!is_dead_of(owner, slot))
		return false;
	rte_atomic_store_explicit(&lock->is_broken, 1, rte_memory_order_relaxed);
	return rte_atomic_compare_exchange_strong_explicit(&lock->owner, &owner, fastmem_local.id,
			rte_memory_order_acquire, rte_memory_order_relaxed);
}

static void
reap_locks(struct fastmem_shared *sh, uint32_t socket, uint32_t slot)
	__rte_no_thread_safety_analysis
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	uint32_t bin, growing;

	if (take_over(&sk->lock, slot)) {
		fastmem_repair_pool(sk);
		fastmem_unlock(&sk->lock);
	}
	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
		if (take_over(&sk->bins[bin].lock, slot)) {
			fastmem_repair_bin(sh, socket, bin);
			fastmem_unlock(&sk->bins[bin].lock);
		}
	}
	growing = rte_atomic_load_explicit(&sk->growing, rte_memory_order_relaxed);
	if (is_dead_of(growing, slot))
		rte_atomic_compare_exchange_strong_explicit(&sk->growing, &growing, 0,
			rte_memory_order_relaxed, rte_memory_order_relaxed);
}

/* The slabs that the dead process had, now the caller's, linked by next. */
static struct fastmem_slab *
reap_slabs(struct fastmem_socket *sk, uint32_t slot)
{
	struct fastmem_slab *first = NULL, *slab;
	struct fastmem_zone *zone;
	uint32_t i;

	fastmem_pool_lock(sk);
	for (zone = sk->zones; zone != NULL; zone = zone->next) {
		for (i = 0; i < zone->nb_slabs; i++) {
			slab = &zone->slabs[i];
			if (!is_dead_of(rte_atomic_load_explicit(&slab->holder,
					rte_memory_order_relaxed), slot))
				continue;
			rte_atomic_store_explicit(&slab->holder, fastmem_local.id,
				rte_memory_order_relaxed);
			slab->next = first;
			first = slab;
		}
	}
	fastmem_unlock(&sk->lock);
	return first;
}

void
fastmem_repair_reap(struct fastmem_shared *sh, uint32_t slot)
	__rte_no_thread_safety_analysis
{
	struct fastmem_slab *slab, *next;
	uint32_t socket;

	/* Its lists are changed by one store. */
	if (take_over(&sh->meta_lock, slot))
		fastmem_unlock(&sh->meta_lock);
	for (socket = 0; socket < sh->nb_sockets; socket++) {
		reap_locks(sh, socket, slot);
		for (slab = reap_slabs(&sh->sockets[socket], slot); slab != NULL; slab = next) {
			next = slab->next;
			unmap(sh, slab);
			fastmem_slab_reset(sh, slab);
		}
	}
}
