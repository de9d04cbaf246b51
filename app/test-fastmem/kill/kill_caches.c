/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Caches and depots of a process that is killed, over slabs that are an array: see kill.h.
 *
 * The child allocates, frees, flushes and drains at random. Checked: no object is in its slab
 * twice, or there and with the child; nobody gets an object that somebody has; caches and depots
 * are valid; magazines are written within their limits; what is counted as in use is in
 * somebody's hands or lost; no more is lost than a few magazines that were being moved.
 */

#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_per_lcore.h>

#include <fastmem_block.h>
#include <fastmem_cache.h>
#include <fastmem_depot.h>
#include <fastmem_meta.h>
#include <fastmem_pvt.h>
#include <fastmem_slab.h>

#include "kill.h"

#define NB_OBJS 200
#define OBJ_SZ 128
#define BIN 4
#define CAP 4 /* objects in a magazine: so that they are changed often */
#define MAX_BULK 11
#define MAX_LOST (3 * CAP + MAX_BULK) /* of the child: two magazines, one on its way, an array */
#define WORLD_SZ ((size_t)160 << 10)
#define META_SZ ((size_t)96 << 10)
#define LINE 64

/* What child and parent share; behind it is the metadata. */
struct world {
	bool is_in_slab[NB_OBJS];
	bool is_held[NB_OBJS]; /* by the child, or by who came after it */
	unsigned int nb_twice; /* objects that came to a place where they were already */
	struct fastmem_block *block;
	struct fastmem_shared sh; /* the last: it ends with its sockets */
};
static struct world *world;
static char objs_memory[NB_OBJS * OBJ_SZ];

/* What the library's other files have. */
RTE_DEFINE_PER_LCORE(struct rte_fastmem_thread, __rte_fastmem_thread);
struct fastmem_local fastmem_local;
int fastmem_logtype;

static void *
obj_at(unsigned int i)
{
	return &objs_memory[i * OBJ_SZ];
}

/* NB_OBJS or more: it is none. */
static size_t
index_of(const void *obj)
{
	return ((uintptr_t)obj - (uintptr_t)objs_memory) / OBJ_SZ;
}

/* The layers below: metadata from a bump pointer, slabs. */

void *
fastmem_meta_alloc_once(struct fastmem_shared *sh, size_t len, uint32_t socket __rte_unused,
	uint32_t *ref)
{
	struct fastmem_arena *arena = &sh->arenas[0];

	*ref = arena->used;
	arena->used += (len + LINE - 1) / LINE;
	return arena->used > arena->size ? NULL : fastmem_meta_ptr(sh, *ref);
}

uint32_t
fastmem_slab_fill(struct fastmem_shared *sh __rte_unused, uint32_t socket __rte_unused,
	uint32_t bin __rte_unused, void **objs, uint32_t n)
{
	uint32_t i, got = 0;

	for (i = 0; i < NB_OBJS && got < n; i++) {
		if (!world->is_in_slab[i])
			continue;
		world->is_in_slab[i] = false;
		objs[got++] = obj_at(i);
	}
	return got;
}

uint32_t
fastmem_slab_drain(struct fastmem_shared *sh __rte_unused, void **objs, uint32_t n,
	bool is_trying __rte_unused)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		size_t k = index_of(objs[i]);

		if (k >= NB_OBJS || world->is_in_slab[k])
			world->nb_twice++;
		else
			world->is_in_slab[k] = true;
	}
	return n;
}

uint32_t
fastmem_slab_free(struct fastmem_shared *sh, void **objs, uint32_t n)
{
	return fastmem_slab_drain(sh, objs, n, false);
}

void *
kill_world_make(size_t *len)
{
	struct fastmem_shared *sh;
	uint32_t bin, ref;
	char *meta;

	world = kill_share(WORLD_SZ);
	if (world == NULL)
		return NULL;
	*len = WORLD_SZ;
	meta = (char *)world + WORLD_SZ - META_SZ;
	sh = &world->sh;
	if ((char *)&sh->sockets[1] > meta)
		return NULL;
	memset(world->is_in_slab, true, sizeof(world->is_in_slab));
	sh->nb_sockets = 1;
	sh->arenas[0].base = meta;
	sh->arenas[0].size = META_SZ / LINE;
	sh->arenas[0].used = RTE_CACHE_LINE_SIZE / LINE; /* 0 is no reference */
	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
		fastmem_layout_init(&sh->layouts[bin], bin);
		sh->layouts[bin].cap = CAP;
		sh->layouts[bin].depot_mags = 2 * FASTMEM_NB_SHARDS;
	}
	world->block = fastmem_meta_alloc_once(sh, fastmem_block_sz(sh), 0, &ref);
	if (world->block == NULL)
		return NULL;
	fastmem_block_init(sh, world->block);
	sh->blocks = world->block;
	return world;
}

void
kill_world_enter(void)
{
}

/* Work, by the child and by whoever has its caches after it. */

static struct rte_fastmem_cache *
cache(void)
{
	return &world->block->homes[0].caches[BIN];
}

static void
hold(void *obj)
{
	size_t k = index_of(obj);

	if (k >= NB_OBJS || world->is_held[k] || world->is_in_slab[k])
		world->nb_twice++;
	else
		world->is_held[k] = true;
}

static void
work_alloc(unsigned int n)
{
	void *objs[MAX_BULK + 1]; /* gcc sees no limit of n, and thinks of one more */
	unsigned int i;

	if (n == 1) {
		if (!__rte_fastmem_cache_pop(cache(), &objs[0]))
			objs[0] = fastmem_cache_get(&world->sh, world->block, 0, BIN);
		n = objs[0] != NULL;
	} else if (!__rte_fastmem_cache_pop_bulk(cache(), objs, n)) {
		n = fastmem_cache_get_bulk(&world->sh, world->block, 0, BIN, objs, n);
	}
	for (i = 0; i < n; i++)
		hold(objs[i]);
}

static void
work_free(unsigned int n)
{
	unsigned int i, k, first = kill_random(NB_OBJS), got = 0;
	void *objs[MAX_BULK];

	for (i = 0; i < NB_OBJS && got < n; i++) {
		k = (first + i * 7) % NB_OBJS;
		if (!world->is_held[k])
			continue;
		world->is_held[k] = false;
		objs[got++] = obj_at(k);
	}
	if (got == 0)
		return;
	if (got == 1 ? __rte_fastmem_cache_push(cache(), objs[0]) :
			__rte_fastmem_cache_push_bulk(cache(), objs, got) == 0)
		return;
	fastmem_cache_put_bulk(&world->sh, world->block, 0, BIN, objs, got);
}

void
kill_work(unsigned int nb_ops)
{
	unsigned int n, what;

	for (; nb_ops > 0; nb_ops--) {
		what = kill_random(36);
		n = what % 2 == 0 ? 1 : 1 + kill_random(MAX_BULK);
		if (what < 18)
			work_alloc(n);
		else if (what < 34)
			work_free(n);
		else if (what < 35)
			fastmem_block_flush(&world->sh, world->block, SOCKET_ID_ANY);
		else
			fastmem_block_drain(&world->sh, world->block);
	}
}

/* Checks. */

/* Behind the objects that it may hold, and below them, nothing was ever written. */
static bool
mag_is_whole(const struct fastmem_mag *mag)
{
	unsigned int i;

	for (i = CAP; i < RTE_FASTMEM_MAG_OBJS; i++)
		if (mag->objs[i] != NULL)
			return false;
	return mag->floor == NULL;
}

static bool
mags_are_whole(void)
{
	const struct fastmem_arena *arena = &world->sh.arenas[0];
	uint32_t ref = ((char *)world->block - arena->base + fastmem_block_sz(&world->sh) +
			LINE - 1) / LINE;

	for (; ref < arena->used; ref += sizeof(struct fastmem_mag) / LINE)
		if (!mag_is_whole(fastmem_meta_ptr(&world->sh, ref)))
			return false;
	return true;
}

/* Allocated and not freed, as it is counted. */
static int64_t
nb_counted(void)
{
	const struct fastmem_cold *cold = &world->block->cold[BIN];

	return cold->moved + cold->alloc_misses - cold->free_misses - fastmem_cache_len(cache());
}

/* Empty all, and look whether it adds up. */
static int
take_stock(const char *when, int64_t *nb_lost)
{
	int64_t nb_out = 0, nb_held = 0;
	uint64_t nb_in_depot;
	unsigned int i;

	fastmem_block_drain(&world->sh, world->block);
	fastmem_depot_drain(&world->sh, world->block, 0, BIN);
	fastmem_depot_drop_stash(&world->sh, world->block);
	for (i = 0; i < NB_OBJS; i++) {
		if (world->is_in_slab[i] && world->is_held[i])
			return kill_wrong("%s: object %u is free, and somebody has it", when, i);
		nb_out += !world->is_in_slab[i];
		nb_held += world->is_held[i];
	}
	*nb_lost = nb_out - nb_held;
	if (world->nb_twice != 0)
		return kill_wrong("%s: %u objects in two places", when, world->nb_twice);
	if (fastmem_block_validate(&world->sh, stdout) != 0 ||
			fastmem_depot_validate(&world->sh, 0, BIN, &nb_in_depot, stdout) != 0)
		return kill_wrong("%s: not valid", when);
	if (!mags_are_whole())
		return kill_wrong("%s: a magazine was written beyond its limits", when);
	if (nb_counted() < nb_held || nb_counted() > nb_out)
		return kill_wrong("%s: %d objects counted, %d held, %d out", when, (int)nb_counted(),
			(int)nb_held, (int)nb_out);
	if (*nb_lost > MAX_LOST)
		return kill_wrong("%s: %d objects lost", when, (int)*nb_lost);
	return 0;
}

int
kill_inherit(int64_t *nb_lost)
{
	int64_t later;

	if (take_stock("killed", nb_lost) != 0)
		return -1;
	kill_work(KILL_HEIR_OPS);
	if (take_stock("inherited", &later) != 0)
		return -1;
	return later == *nb_lost ? 0 : kill_wrong("inherited: %d objects lost more",
			(int)(later - *nb_lost));
}

int
kill_world_end(void)
{
	return 0;
}
