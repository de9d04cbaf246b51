/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Pools: the free slabs of each socket, and which of them a bin gets.
 *
 * Owns the lists and counts of free slabs. Any of them will do for any bin; but frees are
 * predicted by ranges of addresses (fastmem_predict.c), so a bin gets a neighbour of the slabs
 * that it has, or else a place where it can grow. What a bin has is looked at without its lock:
 * it is a hint. The lists are in no order. Calls no layer.
 */

#include <rte_atomic.h>

#include "fastmem_lock.h"
#include "fastmem_pool.h"
#include "fastmem_pvt.h"
#include "fastmem_repair.h"

#define RUN_MAX 128u /* slabs of a bin side by side that are gone along */

static bool
slab_is_whole(const struct fastmem_slab *slab)
{
	return slab->len == FASTMEM_SLAB_SZ;
}

/* Of zones that were made for the class of 1 MiB, all slabs are whole. */
static bool
zone_is_whole(const struct fastmem_zone *zone)
{
	return slab_is_whole(&zone->slabs[0]) && slab_is_whole(&zone->slabs[zone->nb_slabs - 1]);
}

static bool
zone_is_used(const struct fastmem_zone *zone)
{
	return zone->nb_free < zone->nb_slabs;
}

static bool
slab_has_end(const struct fastmem_slab *slab)
{
	return ((slab->start + slab->len) & (FASTMEM_SLAB_SZ - 1)) == 0;
}

bool
fastmem_pool_holds_largest(const struct fastmem_zone *zone)
{
	uint32_t i;

	for (i = 0; i < zone->nb_slabs; i++)
		if (slab_has_end(&zone->slabs[i]))
			return true;
	return false;
}

void
fastmem_pool_push(struct fastmem_socket *sk, struct fastmem_slab *slab)
{
	struct fastmem_slab **head = &sk->pool[!slab_is_whole(slab)];

	slab->prev = NULL;
	slab->next = *head;
	if (*head != NULL)
		(*head)->prev = slab;
	*head = slab;
	sk->nb_pool[!slab_is_whole(slab)]++;
	slab->zone->nb_free++;
	rte_compiler_barrier();
	slab->is_pooled = 1;
	rte_atomic_store_explicit(&slab->holder, 0, rte_memory_order_release);
}

void
fastmem_pool_remove(struct fastmem_socket *sk, struct fastmem_slab *slab)
{
	rte_atomic_store_explicit(&slab->holder, fastmem_local.id, rte_memory_order_relaxed);
	rte_compiler_barrier();
	if (slab->prev != NULL)
		slab->prev->next = slab->next;
	else
		sk->pool[!slab_is_whole(slab)] = slab->next;
	if (slab->next != NULL)
		slab->next->prev = slab->prev;
	slab->next = NULL;
	slab->prev = NULL;
	sk->nb_pool[!slab_is_whole(slab)]--;
	slab->zone->nb_free--;
	rte_compiler_barrier();
	slab->is_pooled = 0;
}

uint32_t
fastmem_pool_count(struct fastmem_socket *sk, bool is_whole)
{
	uint32_t n;

	fastmem_pool_lock(sk);
	n = sk->nb_pool[0] + (is_whole ? 0 : sk->nb_pool[1]);
	fastmem_unlock(&sk->lock);
	return n;
}

/*
 * Choice.
 */

/* A free slab, a whole one if asked for; else, if possible, a cut one. */
static struct fastmem_slab *
pool_first(const struct fastmem_socket *sk, bool is_whole)
	__rte_exclusive_locks_required(&sk->lock)
{
	struct fastmem_slab *slab = sk->pool[!is_whole];

	if (slab == NULL)
		slab = sk->pool[is_whole];
	/* The second half of a cut slab still holds the largest object, if it has its end. */
	while (is_whole && slab != NULL && !slab_has_end(slab))
		slab = slab->next;
	return slab;
}

/*
 * Whether a slab, or NULL, may be taken instead of the first: it is in their pool; no zone
 * comes into use that could stay free; and what is as good as cut is taken before what
 * the class of 1 MiB wants.
 */
static bool
is_as_good(const struct fastmem_slab *slab, const struct fastmem_slab *first, bool is_whole)
{
	if (slab == NULL || slab->is_pooled == 0)
		return false;
	if (is_whole ? !slab_is_whole(slab) : !slab_is_whole(first) && zone_is_whole(slab->zone))
		return false;
	return zone_is_used(slab->zone) || !zone_is_used(first->zone);
}

static bool
leads_to(const struct fastmem_shared *sh, uintptr_t number, uint16_t offset)
{
	return rte_atomic_load_explicit(&sh->map[number], rte_memory_order_relaxed) == offset;
}

/* Of an address, which may lead out of the map. */
static uintptr_t
slab_number(const struct fastmem_shared *sh, uintptr_t addr)
{
	return (addr >> RTE_FASTMEM_SLAB_SHIFT) - sh->map_first;
}

/*
 * The slab of a number if it is the socket's, else NULL. Another socket's may leave at any
 * moment: what was read then is its record only if it is still there.
 */
static struct fastmem_slab *
slab_of(const struct fastmem_shared *sh, uint32_t socket, uintptr_t number)
{
	struct fastmem_slab *slab;

	if (number >= sh->map_len)
		return NULL;
	slab = rte_atomic_load_explicit(&sh->slabs[number], rte_memory_order_acquire);
	if (slab == NULL || rte_atomic_load_explicit(&slab->socket,
				rte_memory_order_acquire) != socket)
		return NULL;
	return slab == rte_atomic_load_explicit(&sh->slabs[number], rte_memory_order_relaxed) ?
		slab : NULL;
}

/* From a slab on, in steps of 1 or -1: the first slab that is not the bin's, or NULL. */
static struct fastmem_slab *
run_end(const struct fastmem_shared *sh, uintptr_t number, intptr_t step, uint16_t offset)
{
	const uint32_t socket = fastmem_offset_socket(offset);
	unsigned int n;

	for (n = 0; n < RUN_MAX && number < sh->map_len && leads_to(sh, number, offset); n++)
		number += step;
	return slab_of(sh, socket, number);
}

/* The middle one of the most slabs side by side in a zone that lead to no cache, or NULL. */
static struct fastmem_slab *
zone_middle(const struct fastmem_shared *sh, const struct fastmem_zone *zone)
{
	const uintptr_t number = slab_number(sh, zone->slabs[0].start);
	uint32_t start = 0, most = 0, middle = 0, i;

	for (i = 0; i <= zone->nb_slabs; i++) {
		if (i < zone->nb_slabs && leads_to(sh, number + i, 0))
			continue;
		if (i - start > most) {
			most = i - start;
			middle = start + most / 2;
		}
		start = i + 1;
	}
	return most > 0 ? &zone->slabs[middle] : NULL;
}

/* Not beside another slab of the bin: in a zone that is in use, if there is one at hand. */
static struct fastmem_slab *
pool_place(const struct fastmem_shared *sh, const struct fastmem_socket *sk,
	struct fastmem_slab *first, bool is_whole)
	__rte_exclusive_locks_required(&sk->lock)
{
	const struct fastmem_slab *used = first;
	struct fastmem_slab *slab;

	if (!zone_is_used(first->zone))
		used = slab_of(sh, first->socket, slab_number(sh, sk->near));
	if (used == NULL || !zone_is_used(used->zone))
		return first;
	slab = zone_middle(sh, used->zone);
	return is_as_good(slab, first, is_whole) ? slab : first;
}

/* Beside the bin's slabs around an address; NULL when there is none that may be taken. */
static struct fastmem_slab *
pool_beside(const struct fastmem_shared *sh, const struct fastmem_slab *first, uint32_t bin,
	uintptr_t near)
{
	const uint16_t offset = fastmem_cache_offset(first->socket, bin);
	const uintptr_t number = slab_number(sh, near);
	struct fastmem_slab *slab;

	slab = run_end(sh, number, 1, offset);
	if (is_as_good(slab, first, bin == FASTMEM_WHOLE_BIN))
		return slab;
	slab = run_end(sh, number, -1, offset);
	return is_as_good(slab, first, bin == FASTMEM_WHOLE_BIN) ? slab : NULL;
}

static struct fastmem_slab *
pool_choose(const struct fastmem_shared *sh, const struct fastmem_socket *sk, uint32_t bin,
	uintptr_t near)
	__rte_exclusive_locks_required(&sk->lock)
{
	struct fastmem_slab *first = pool_first(sk, bin == FASTMEM_WHOLE_BIN), *slab = NULL;

	if (first != NULL && near != 0)
		slab = pool_beside(sh, first, bin, near);
	if (first != NULL && slab == NULL)
		slab = pool_place(sh, sk, first, bin == FASTMEM_WHOLE_BIN);
	return slab;
}

struct fastmem_slab *
fastmem_pool_get(struct fastmem_shared *sh, uint32_t socket, uint32_t bin, uintptr_t near)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	struct fastmem_slab *slab;

	fastmem_pool_lock(sk);
	slab = pool_choose(sh, sk, bin, near);
	if (slab != NULL) {
		fastmem_pool_remove(sk, slab);
		sk->near = slab->start;
	}
	fastmem_unlock(&sk->lock);
	return slab;
}

void
fastmem_pool_put(struct fastmem_shared *sh, struct fastmem_slab *slab)
{
	struct fastmem_socket *sk = &sh->sockets[slab->socket];

	fastmem_pool_lock(sk);
	fastmem_pool_push(sk, slab);
	fastmem_unlock(&sk->lock);
}
