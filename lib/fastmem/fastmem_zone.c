/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Zones: memory from EAL, cut into slabs.
 *
 * Owns each socket's list of zones, and the tables from slab numbers to
 * caches and records. Never holds a lock of ours while it reserves or frees memory: EAL may
 * wait for other processes. Calls the pool, meta for records, the memzones, and
 * fastmem_predict.c when a slab leads nowhere any more.
 *
 * EAL puts a header in front of a memzone. A zone on a 2 MiB boundary wastes the page
 * of that header; so a zone asks for a little less than its slabs and no such alignment,
 * and its first (or last) slab is that much shorter. Where EAL's heap has no such place,
 * the zone is aligned. The class of 1 MiB asks for whole slabs, else it would lose one
 * object of two.
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include "fastmem_lock.h"
#include "fastmem_memzone.h"
#include "fastmem_meta.h"
#include "fastmem_pool.h"
#include "fastmem_predict.h"
#include "fastmem_pvt.h"
#include "fastmem_repair.h"
#include "fastmem_san.h"
#include "fastmem_zone.h"

void
fastmem_zone_map_slab(struct fastmem_shared *sh, struct fastmem_slab *slab, uint16_t offset)
{
	const uintptr_t number = slab->start >> RTE_FASTMEM_SLAB_SHIFT;

	rte_atomic_store_explicit(&sh->map[number - sh->map_first], offset,
		rte_memory_order_seq_cst);
	if (offset == 0)
		fastmem_predict_forget(sh, slab);
}

/*
 * Zones.
 */

/* IO address of a piece of a memzone; false when it is not contiguous. */
static bool
iova_of(uintptr_t start, uint32_t len, rte_iova_t *iova)
{
	const struct rte_memseg *ms;
	uintptr_t addr = start;
	rte_iova_t want;

	if (rte_eal_iova_mode() == RTE_IOVA_VA) {
		*iova = start;
		return true;
	}
	*iova = RTE_BAD_IOVA;
	for (;;) {
		ms = rte_mem_virt2memseg((void *)addr, NULL);
		if (ms == NULL || ms->iova == RTE_BAD_IOVA) {
			*iova = RTE_BAD_IOVA;
			return true; /* as with pages that EAL knows no address of */
		}
		want = ms->iova + (addr - ms->addr_64);
		if (addr == start)
			*iova = want;
		else if (want != *iova + (addr - start))
			return false;
		addr = (uintptr_t)ms->addr_64 + ms->len;
		if (addr >= start + len)
			return true;
	}
}

/*
 * Number of slabs in a memzone, and their records if slabs is not NULL. A slab
 * is a window of 2 MiB of address space of which no more than FASTMEM_ZONE_SLACK is missing
 * at an end.
 */
static uint32_t
zone_cut(const struct fastmem_shared *sh, const struct rte_memzone *mz,
	struct fastmem_slab *slabs, uint32_t max)
{
	uintptr_t start = (uintptr_t)mz->addr, end = start + mz->len;
	uintptr_t window = RTE_ALIGN_FLOOR(start, (uintptr_t)FASTMEM_SLAB_SZ);
	uint32_t n = 0;

	for (; window < end && n < max; window += FASTMEM_SLAB_SZ) {
		uintptr_t first = RTE_MAX(window, start);
		uintptr_t last = RTE_MIN(window + FASTMEM_SLAB_SZ, end);
		rte_iova_t iova;

		if (first - window > FASTMEM_ZONE_SLACK ||
				window + FASTMEM_SLAB_SZ - last > FASTMEM_ZONE_SLACK ||
				(window >> RTE_FASTMEM_SLAB_SHIFT) - sh->map_first >= sh->map_len ||
				!iova_of(first, last - first, &iova))
			continue;
		if (slabs != NULL) {
			slabs[n].start = first;
			slabs[n].len = last - first;
			slabs[n].iova = iova;
		}
		n++;
	}
	return n;
}

/* A memzone of nb_slabs. Its name is taken by the zone's id. */
static const struct rte_memzone *
zone_reserve(struct fastmem_shared *sh, uint32_t socket, uint32_t id, uint32_t nb_slabs,
	bool is_whole)
{
	size_t len = (size_t)nb_slabs * FASTMEM_SLAB_SZ;
	const struct rte_memzone *mz;
	char name[RTE_MEMZONE_NAMESIZE];

	snprintf(name, sizeof(name), FASTMEM_ZONE_NAME, socket, id);
	if (!is_whole) {
		mz = fastmem_memzone_reserve(name, len - FASTMEM_ZONE_SLACK, socket, 0,
				RTE_CACHE_LINE_SIZE);
		if (mz != NULL && zone_cut(sh, mz, NULL, nb_slabs) == nb_slabs)
			return mz;
		if (mz != NULL)
			fastmem_memzone_release(name);
	}
	mz = fastmem_memzone_reserve(name, len, socket, 0, FASTMEM_SLAB_SZ);
	if (mz == NULL)
		return NULL;
	if (zone_cut(sh, mz, NULL, nb_slabs) == nb_slabs)
		return mz;
	fastmem_memzone_release(name);
	/* Pages smaller than a slab, scattered. */
	mz = nb_slabs > 1 ? NULL : fastmem_memzone_reserve(name, len, socket,
			RTE_MEMZONE_IOVA_CONTIG, FASTMEM_SLAB_SZ);
	if (mz != NULL && zone_cut(sh, mz, NULL, 1) == 1)
		return mz;
	if (mz != NULL)
		fastmem_memzone_release(name);
	return NULL;
}

/* Make a zone's slabs known and available. */
static void
zone_enter(struct fastmem_shared *sh, struct fastmem_zone *zone)
{
	struct fastmem_socket *sk = &sh->sockets[zone->socket];
	uint32_t i;

	for (i = 0; i < zone->nb_slabs; i++)
		fastmem_san_hide((void *)zone->slabs[i].start, zone->slabs[i].len);
	fastmem_pool_lock(sk);
	for (i = 0; i < zone->nb_slabs; i++) {
		struct fastmem_slab *slab = &zone->slabs[i];

		/* Of a zone that is on no list nobody may take a slab, should this process die. */
		rte_atomic_store_explicit(&slab->holder, fastmem_local.id,
			rte_memory_order_relaxed);
		rte_atomic_store_explicit(
			&sh->slabs[(slab->start >> RTE_FASTMEM_SLAB_SHIFT) - sh->map_first],
			slab, rte_memory_order_release);
	}
	zone->next = sk->zones;
	rte_compiler_barrier();
	sk->zones = zone;
	sk->nb_zones++;
	while (i-- > 0)
		fastmem_pool_push(sk, &zone->slabs[i]);
	fastmem_unlock(&sk->lock);
}

static void
zone_free_records(struct fastmem_shared *sh, struct fastmem_zone *zone)
{
	if (zone->slabs != NULL)
		fastmem_meta_free(sh, zone->slabs, zone->nb_slabs * sizeof(zone->slabs[0]));
	fastmem_meta_free(sh, zone, sizeof(*zone));
}

struct fastmem_zone *
fastmem_zone_add(struct fastmem_shared *sh, uint32_t socket, uint32_t nb_slabs, bool is_whole)
{
	const struct rte_memzone *mz = NULL;
	struct fastmem_zone *zone;
	uint32_t i;

	zone = fastmem_meta_alloc(sh, sizeof(*zone), sh->arenas[0].socket);
	if (zone == NULL)
		return NULL;
	zone->socket = socket;
	zone->nb_slabs = nb_slabs;
	zone->id = rte_atomic_fetch_add_explicit(&sh->zone_id, 1, rte_memory_order_relaxed);
	zone->slabs = fastmem_meta_alloc(sh, nb_slabs * sizeof(zone->slabs[0]),
			sh->arenas[0].socket);
	if (zone->slabs != NULL) {
		mz = zone_reserve(sh, socket, zone->id, nb_slabs, is_whole);
		if (mz == NULL && is_whole)
			mz = zone_reserve(sh, socket, zone->id, nb_slabs, false);
	}
	if (mz == NULL) {
		zone_free_records(sh, zone);
		return NULL;
	}
	zone_cut(sh, mz, zone->slabs, nb_slabs);
	for (i = 0; i < nb_slabs; i++) {
		zone->slabs[i].socket = socket;
		zone->slabs[i].zone = zone;
	}
	/* A single slab that is cut at both ends is not what was asked for. */
	if (is_whole && !fastmem_pool_holds_largest(zone)) {
		fastmem_memzone_release(mz->name);
		zone_free_records(sh, zone);
		return NULL;
	}
	zone_enter(sh, zone);
	return zone;
}

/* Take a free zone's slabs from the pool; the zone is the caller's then. */
static void
zone_leave(struct fastmem_shared *sh, struct fastmem_socket *sk, struct fastmem_zone **link)
	__rte_exclusive_locks_required(&sk->lock)
{
	struct fastmem_zone *zone = *link;
	uint32_t i;

	/* Before it is off the list: from then on nobody may take one, as in zone_enter(). */
	for (i = 0; i < zone->nb_slabs; i++)
		fastmem_pool_remove(sk, &zone->slabs[i]);
	rte_compiler_barrier();
	*link = zone->next;
	rte_compiler_barrier();
	sk->nb_zones--;
	for (i = 0; i < zone->nb_slabs; i++)
		rte_atomic_store_explicit(&sh->slabs[(zone->slabs[i].start >>
				RTE_FASTMEM_SLAB_SHIFT) - sh->map_first], NULL,
			rte_memory_order_release);
}

static void
zone_destroy(struct fastmem_shared *sh, struct fastmem_zone *zone)
{
	char name[RTE_MEMZONE_NAMESIZE];
	uint32_t i;

	for (i = 0; i < zone->nb_slabs; i++)
		fastmem_san_show((void *)zone->slabs[i].start, zone->slabs[i].len);
	snprintf(name, sizeof(name), FASTMEM_ZONE_NAME, zone->socket, zone->id);
	fastmem_memzone_release(name);
	rte_atomic_fetch_sub_explicit(&sh->sockets[zone->socket].backing,
		(uint64_t)zone->nb_slabs * FASTMEM_SLAB_SZ, rte_memory_order_relaxed);
}

/* Give back the free zones with an id from first_id on, or only those too cut for 1 MiB. */
static int
trim(struct fastmem_shared *sh, uint32_t socket, uint32_t first_id, bool is_cut)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	struct fastmem_zone *leaving = NULL, *zone, **link;
	int n = 0;

	fastmem_pool_lock(sk);
	for (link = &sk->zones; *link != NULL;) {
		zone = *link;
		if (zone->nb_free != zone->nb_slabs || (int32_t)(zone->id - first_id) < 0 ||
				(is_cut && fastmem_pool_holds_largest(zone))) {
			link = &zone->next;
			continue;
		}
		zone_leave(sh, sk, link);
		zone->next = leaving;
		leaving = zone;
	}
	fastmem_unlock(&sk->lock);
	for (; leaving != NULL; leaving = zone) {
		zone = leaving->next;
		zone_destroy(sh, leaving);
		zone_free_records(sh, leaving);
		n++;
	}
	return n;
}

int
fastmem_zone_trim_since(struct fastmem_shared *sh, uint32_t socket, uint32_t first_id)
{
	return trim(sh, socket, first_id, false);
}

/* Every zone's is from there on. */
static uint32_t
oldest_id(const struct fastmem_shared *sh)
{
	return rte_atomic_load_explicit(&sh->zone_id, rte_memory_order_relaxed) -
		(UINT32_MAX >> 1);
}

int
fastmem_zone_trim(struct fastmem_shared *sh, uint32_t socket)
{
	return trim(sh, socket, oldest_id(sh), false);
}

int
fastmem_zone_trim_cut(struct fastmem_shared *sh, uint32_t socket)
{
	return trim(sh, socket, oldest_id(sh), true);
}

void
fastmem_zone_fini(struct fastmem_shared *sh, uint32_t socket)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	struct fastmem_zone *zone;

	/*
	 * Slabs may be in use; they are gone with the process's other memory, as are the zones'
	 * records. No lock is taken: a process may have died with it, and nobody waits any more.
	 */
	while ((zone = sk->zones) != NULL) {
		sk->zones = zone->next;
		zone_destroy(sh, zone);
	}
}

unsigned int
fastmem_zone_validate(struct fastmem_shared *sh, uint32_t socket, FILE *f)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	uint64_t nb_slabs = 0, nb_free = 0, nb_pool[2] = {0, 0};
	struct fastmem_zone *zone;
	struct fastmem_slab *slab;
	unsigned int nb_bad = 0;
	int i;

	fastmem_pool_lock(sk);
	for (zone = sk->zones; zone != NULL; zone = zone->next) {
		nb_slabs += zone->nb_slabs;
		nb_free += zone->nb_free;
	}
	for (i = 0; i < 2; i++) {
		for (slab = sk->pool[i]; slab != NULL; slab = slab->next) {
			nb_pool[i]++;
			if (slab->bits != NULL || slab->bin != 0 || slab->holder != 0 ||
					sh->map[(slab->start >> RTE_FASTMEM_SLAB_SHIFT) -
						sh->map_first] != 0 ||
					fastmem_zone_slab(sh, (void *)slab->start) != slab) {
				fprintf(f, "socket %u: slab %#" PRIxPTR " in the pool is in use\n",
					socket, slab->start);
				nb_bad++;
			}
		}
	}
	if (nb_free != nb_pool[0] + nb_pool[1] || nb_pool[0] != sk->nb_pool[0] ||
			nb_pool[1] != sk->nb_pool[1]) {
		fprintf(f, "socket %u: %" PRIu64 "+%" PRIu64 " slabs in the pool, %" PRIu64
			" in its zones, %u+%u counted\n", socket, nb_pool[0], nb_pool[1],
			nb_free, sk->nb_pool[0], sk->nb_pool[1]);
		nb_bad++;
	}
	if (sk->growing != 0) {
		fprintf(f, "socket %u: grows for process %#x\n", socket, sk->growing);
		nb_bad++;
	}
	if (nb_slabs * FASTMEM_SLAB_SZ != sk->backing) {
		fprintf(f, "socket %u: %" PRIu64 " slabs, %" PRIu64 " bytes counted\n", socket,
			nb_slabs, (uint64_t)sk->backing);
		nb_bad++;
	}
	fastmem_unlock(&sk->lock);
	return nb_bad;
}
