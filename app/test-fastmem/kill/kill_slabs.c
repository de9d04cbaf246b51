/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Bins, pool and zones of a process that is killed, over memzones that are but addresses, which
 * are never read nor written: see kill.h.
 *
 * The child fills from slabs, drains into them, grows and trims at random. Who comes after it
 * works at once, and takes over the locks that it meets, or takes back first all that was the
 * child's. Checked: nobody gets memory that somebody has; what is freed is an object; each slab
 * of a listed zone is in the pool or in a bin, and no other is; lists, counts and the map are
 * valid after repair; no more objects are lost than one operation was moving. Not checked is
 * what a killed process had reserved and not yet made known, or made unknown and not yet freed:
 * that zone is lost, its limit counted.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_memzone.h>
#include <rte_per_lcore.h>

#include <fastmem_grow.h>
#include <fastmem_lock.h>
#include <fastmem_memzone.h>
#include <fastmem_meta.h>
#include <fastmem_pvt.h>
#include <fastmem_repair.h>
#include <fastmem_report.h>
#include <fastmem_slab.h>
#include <fastmem_slot.h>
#include <fastmem_zone.h>

#include "kill.h"

#define FIRST_SLAB 512u /* number of the first one: 1 GiB */
#define NB_SLABS 24u
#define NB_ZONES 16u
#define MAX_ZONE 3u /* slabs */
#define MAX_BULK 5u
#define MAX_HELD 64u
#define HEADER 128u /* of EAL's, in front of a memzone that is not aligned */
#define MAX_LOST MAX_BULK
#define META_SZ ((size_t)64 << 10)

/* A piece of memory. */
struct piece {
	uintptr_t start;
	size_t size;
};

/* What child and parent share; behind it is the metadata. */
struct world {
	struct piece held[MAX_HELD]; /* by the child, or by who came after it; size 0: none */
	uint32_t is_reserved[NB_SLABS]; /* id of the memzone + 1 */
	struct rte_memzone zones[NB_ZONES];
	unsigned int nb_twice; /* pieces that were given to somebody while another had them */
	unsigned int nb_refused; /* frees */
	unsigned int nb_reserved; /* zones, ever */
	unsigned int nb_released;
	uint16_t map[NB_SLABS];
	struct fastmem_slab *slabs[NB_SLABS];
	struct fastmem_shared sh; /* the last: it ends with its sockets */
};
static struct world *world;

/* Few objects in a slab; the last one wants whole slabs. */
static const uint32_t bins[] = { 13, 16, FASTMEM_WHOLE_BIN };

/* What the library's other files have. */
RTE_DEFINE_PER_LCORE(struct rte_fastmem_thread, __rte_fastmem_thread);
struct fastmem_local fastmem_local;
int fastmem_logtype;

/* Process ids: the child is the first of slot 0, who comes after it the first of slot 1. */
#define ID(slot) (1u << FASTMEM_ID_SHIFT | ((slot) + 1))

/* The layers below: memzones; nobody else is alive. */

/* So many numbers side by side that are free, or NB_SLABS. */
static uint32_t
free_run(uint32_t nb)
{
	uint32_t first, n;

	for (first = 0; first + nb <= NB_SLABS; first++) {
		for (n = 0; n < nb && world->is_reserved[first + n] == 0; n++)
			;
		if (n == nb)
			return first;
	}
	return NB_SLABS;
}

const struct rte_memzone *
fastmem_memzone_reserve(const char *name, size_t len, int socket, unsigned int flags __rte_unused,
	unsigned int align)
{
	const uint32_t nb = (uint32_t)(RTE_ALIGN_CEIL(len, FASTMEM_SLAB_SZ) / FASTMEM_SLAB_SZ);
	const uint32_t first = free_run(nb);
	struct rte_memzone *mz;
	uint32_t i, id;

	for (id = 0; id < NB_ZONES && world->zones[id].len != 0; id++)
		;
	if (first == NB_SLABS || id == NB_ZONES)
		return NULL;
	mz = &world->zones[id];
	snprintf(mz->name, sizeof(mz->name), "%s", name);
	mz->addr_64 = (uint64_t)(FIRST_SLAB + first) << RTE_FASTMEM_SLAB_SHIFT;
	mz->addr_64 += align < FASTMEM_SLAB_SZ ? HEADER : 0;
	mz->socket_id = socket;
	for (i = 0; i < nb; i++)
		world->is_reserved[first + i] = id + 1;
	mz->len = len;
	world->nb_reserved++;
	return mz;
}

void
fastmem_memzone_release(const char *name)
{
	uint32_t id, i;

	for (id = 0; id < NB_ZONES; id++)
		if (world->zones[id].len != 0 && strcmp(world->zones[id].name, name) == 0)
			break;
	if (id == NB_ZONES)
		return;
	for (i = 0; i < NB_SLABS; i++)
		if (world->is_reserved[i] == id + 1)
			world->is_reserved[i] = 0;
	world->zones[id].len = 0;
	world->nb_released++;
}

bool
fastmem_slot_is_dead(struct fastmem_shared *sh __rte_unused, uint32_t owner)
{
	return owner != fastmem_local.id;
}

/* The only other process is dead. */
void
fastmem_lock_wait(struct fastmem_lock *lock)
{
	if (lock->owner != ID(0) || fastmem_local.id == ID(0)) {
		kill_wrong("a lock stays taken");
		exit(EXIT_FAILURE);
	}
	lock->is_broken = 1;
	lock->owner = fastmem_local.id;
}

void
fastmem_report_refused(struct fastmem_shared *sh __rte_unused,
	enum rte_fastmem_misuse kind __rte_unused, const void *ptr __rte_unused)
{
	world->nb_refused++;
}

void *
kill_world_make(size_t *len)
{
	const size_t head = RTE_ALIGN_CEIL(sizeof(*world) + sizeof(struct fastmem_socket),
			(size_t)RTE_CACHE_LINE_SIZE);
	struct fastmem_shared *sh;
	uint32_t bin;

	*len = head + META_SZ;
	world = kill_share(*len);
	if (world == NULL)
		return NULL;
	sh = &world->sh;
	sh->nb_sockets = 1;
	sh->map_first = FIRST_SLAB;
	sh->map_len = NB_SLABS;
	sh->map = (void *)world->map;
	sh->slabs = (void *)world->slabs;
	sh->sockets[0].limit = UINT64_MAX;
	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++)
		fastmem_layout_init(&sh->layouts[bin], bin);
	fastmem_meta_init(sh, &(struct fastmem_spare){
		.base = (char *)world + head,
		.len = META_SZ,
	});
	sh->procs[0].id = ID(0);
	sh->procs[1].id = ID(1);
	fastmem_local.id = ID(1);
	return world;
}

void
kill_world_enter(void)
{
	fastmem_local.id = ID(0);
}

/* Work, by the child and by whoever comes after it. */

static bool
overlap(const struct piece *a, const struct piece *b)
{
	return a->start < b->start + b->size && b->start < a->start + a->size;
}

static void
hold(uint32_t bin, void *obj)
{
	const struct piece piece = {
		.start = (uintptr_t)obj, .size = fastmem_bin_size(bin) };
	unsigned int i, place = MAX_HELD;

	for (i = 0; i < MAX_HELD; i++) {
		if (world->held[i].size == 0)
			place = i;
		else if (overlap(&world->held[i], &piece))
			world->nb_twice++;
	}
	if (place == MAX_HELD) {
		fastmem_slab_drain(&world->sh, &obj, 1, false);
		return;
	}
	world->held[place].start = piece.start;
	rte_compiler_barrier(); /* it is held as a whole, or not at all */
	world->held[place].size = piece.size;
}

static void
work_fill(uint32_t bin, uint32_t n)
{
	void *objs[MAX_BULK];
	uint32_t i, got;

	got = fastmem_slab_fill(&world->sh, 0, bin, objs, n);
	if (got == 0 && fastmem_grow_by(&world->sh, 0, 1 + kill_random(MAX_ZONE),
				bin == FASTMEM_WHOLE_BIN) != 0)
		got = fastmem_slab_fill(&world->sh, 0, bin, objs, n);
	for (i = 0; i < got; i++)
		hold(bin, objs[i]);
}

static void
work_drain(uint32_t n)
{
	uint32_t i, k, first = kill_random(MAX_HELD), got = 0;
	void *objs[MAX_BULK];

	for (i = 0; i < MAX_HELD && got < n; i++) {
		k = (first + i) % MAX_HELD;
		if (world->held[k].size == 0)
			continue;
		objs[got++] = (void *)world->held[k].start;
		world->held[k].size = 0;
	}
	if (got > 0)
		fastmem_slab_drain(&world->sh, objs, got, false);
}

void
kill_work(unsigned int nb_ops)
{
	uint32_t n, bin;

	for (; nb_ops > 0; nb_ops--) {
		bin = bins[kill_random(RTE_DIM(bins))];
		n = 1 + kill_random(MAX_BULK);
		switch (kill_random(8)) {
		case 0:
		case 1:
		case 2:
			work_fill(bin, n);
			break;
		case 3:
			fastmem_zone_trim(&world->sh, 0);
			break;
		default:
			work_drain(n);
			break;
		}
	}
}

/* Checks. */

static bool
is_listed(const struct fastmem_zone *zone)
{
	const struct fastmem_zone *other = world->sh.sockets[0].zones;

	while (other != NULL && other != zone)
		other = other->next;
	return other != NULL;
}

static bool
pool_is_of_zones(void)
{
	const struct fastmem_socket *sk = &world->sh.sockets[0];
	const struct fastmem_slab *slab;
	unsigned int i;

	for (i = 0; i < RTE_DIM(sk->pool); i++)
		for (slab = sk->pool[i]; slab != NULL; slab = slab->next)
			if (slab->is_pooled == 0 || !is_listed(slab->zone))
				return false;
	return true;
}

/* Nobody is moving it. */
static bool
slab_is_settled(const struct fastmem_slab *slab)
{
	const uint16_t offset = world->map[(slab->start >> RTE_FASTMEM_SLAB_SHIFT) - FIRST_SLAB];

	if (slab->holder != 0 || slab->is_pooled != (slab->bin == 0))
		return false;
	return offset == (slab->bin == 0 ? 0 : fastmem_cache_offset(0, slab->bin - 1));
}

static bool
slabs_are_settled(void)
{
	const struct fastmem_zone *zone = world->sh.sockets[0].zones;
	uint32_t i;

	for (; zone != NULL; zone = zone->next)
		for (i = 0; i < zone->nb_slabs; i++)
			if (!slab_is_settled(&zone->slabs[i]))
				return false;
	return true;
}

/* Objects that slabs take for allocated; -1: slabs are not valid. */
static int64_t
nb_allocated(void)
{
	uint64_t nb_slots, nb_free;
	int64_t nb = 0;
	uint32_t bin;

	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
		if (fastmem_slab_validate(&world->sh, 0, bin, &nb_slots, &nb_free, stdout) != 0)
			return -1;
		nb += nb_slots - nb_free;
	}
	return nb;
}

/* What zones that are lost were counted for is set right; -1: less is counted than there is. */
static int
find_backing(void)
{
	struct fastmem_socket *sk = &world->sh.sockets[0];
	const struct fastmem_zone *zone;
	uint64_t have = 0;

	for (zone = sk->zones; zone != NULL; zone = zone->next)
		have += (uint64_t)zone->nb_slabs * FASTMEM_SLAB_SZ;
	if (sk->backing < have)
		return -1;
	sk->backing = have;
	return 0;
}

static int
take_stock(const char *when, int64_t *nb_lost)
{
	const int64_t nb_out = nb_allocated();
	int64_t nb_held = 0;
	unsigned int i;

	for (i = 0; i < MAX_HELD; i++)
		nb_held += world->held[i].size != 0;
	*nb_lost = nb_out - nb_held;
	if (nb_out < 0)
		return kill_wrong("%s: slabs are not valid", when);
	if (world->nb_twice != 0)
		return kill_wrong("%s: %u objects where others were", when, world->nb_twice);
	if (world->nb_refused != 0)
		return kill_wrong("%s: %u frees refused", when, world->nb_refused);
	if (!pool_is_of_zones())
		return kill_wrong("%s: a slab in the pool is of no zone", when);
	if (!slabs_are_settled())
		return kill_wrong("%s: a slab is neither in the pool nor in a bin", when);
	if (fastmem_zone_validate(&world->sh, 0, stdout) != 0)
		return kill_wrong("%s: zones are not valid", when);
	if (*nb_lost < 0 || *nb_lost > MAX_LOST)
		return kill_wrong("%s: %" PRId64 " objects lost", when, *nb_lost);
	return 0;
}

int
kill_inherit(int64_t *nb_lost)
{
	int64_t later;

	if (kill_random(2) == 0)
		kill_work(KILL_HEIR_OPS / 4);
	fastmem_repair_reap(&world->sh, 0);
	if (find_backing() != 0)
		return kill_wrong("killed: more memory than is counted");
	if (take_stock("killed", nb_lost) != 0)
		return -1;
	kill_work(KILL_HEIR_OPS);
	if (take_stock("inherited", &later) != 0)
		return -1;
	return later == *nb_lost ? 0 : kill_wrong("inherited: %" PRId64 " objects lost more",
			later - *nb_lost);
}

int
kill_world_end(void)
{
	if (world->nb_reserved < 10 || world->nb_released < 5)
		return kill_wrong("only %u zones came, and %u went", world->nb_reserved,
			world->nb_released);
	return 0;
}
