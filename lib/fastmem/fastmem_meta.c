/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Metadata: memory for records, bitmaps, magazines and caches.
 *
 * Owns the arenas: the rest of the shared memzone, and memzones of one hugepage of
 * its own. Metadata never becomes object memory, nor the reverse, and an arena stays
 * mapped until deinit, so that a reader of a stale reference finds mapped
 * memory. Memory of one line to 128 KiB, in powers of two, can be freed; magazines and
 * blocks of caches are taken for good. Calls fastmem_memzone.c only.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include "fastmem_lock.h"
#include "fastmem_memzone.h"
#include "fastmem_meta.h"
#include "fastmem_pvt.h"

#define LINE 64
#define ALIGN_LINES RTE_MAX(RTE_CACHE_LINE_SIZE / LINE, 1)
#define ARENA_SZ ((size_t)FASTMEM_SLAB_SZ - 256)

/* A free piece: the link to the next is in its first bytes. */
struct meta_piece {
	struct meta_piece *next;
};

static unsigned int
order_of(size_t len)
{
	return len <= LINE ? 0 : 64 - rte_clz64((len - 1) / LINE);
}

/* Bump: the piece's reference, 0 when no arena of the socket (or of any) has room. */
static uint32_t
arena_take(struct fastmem_shared *sh, uint32_t nb_lines, uint32_t socket, bool is_any)
	__rte_exclusive_locks_required(&sh->meta_lock)
{
	uint32_t i, line;

	for (i = sh->nb_arenas; i-- > 0;) {
		struct fastmem_arena *arena = &sh->arenas[i];

		if ((arena->socket != socket && !is_any) ||
				arena->size - arena->used < nb_lines)
			continue;
		line = arena->used;
		arena->used += nb_lines;
		return i << 15 | line;
	}
	return 0;
}

/* An arena more. Another thread may do the same: then there are two. */
static int
arena_add(struct fastmem_shared *sh, int socket)
{
	const struct rte_memzone *mz;
	char name[RTE_MEMZONE_NAMESIZE];
	struct fastmem_arena *arena;
	bool is_full;
	uint32_t id;

	id = rte_atomic_fetch_add_explicit(&sh->zone_id, 1, rte_memory_order_relaxed);
	snprintf(name, sizeof(name), FASTMEM_META_NAME, id);
	mz = fastmem_memzone_reserve(name, ARENA_SZ, socket, 0, RTE_CACHE_LINE_SIZE);
	if (mz == NULL)
		return -ENOMEM;
	memset(mz->addr, 0, ARENA_SZ);
	fastmem_lock(&sh->meta_lock);
	is_full = sh->nb_arenas == FASTMEM_MAX_ARENAS;
	if (!is_full) {
		arena = &sh->arenas[sh->nb_arenas];
		arena->base = mz->addr;
		arena->socket = socket == SOCKET_ID_ANY ? mz->socket_id : socket;
		arena->size = ARENA_SZ / LINE;
		arena->used = 0;
		arena->id = id;
		rte_compiler_barrier();
		sh->nb_arenas++;
	}
	fastmem_unlock(&sh->meta_lock);
	if (is_full) {
		fastmem_memzone_release(name);
		return -ENOMEM;
	}
	return 0;
}

void *
fastmem_meta_alloc_once(struct fastmem_shared *sh, size_t len, uint32_t socket, uint32_t *ref)
{
	uint32_t nb_lines = RTE_ALIGN_CEIL((uint32_t)((len + LINE - 1) / LINE),
			(uint32_t)ALIGN_LINES);
	bool is_any = false;

	for (;;) {
		fastmem_lock(&sh->meta_lock);
		*ref = arena_take(sh, nb_lines, socket, is_any);
		fastmem_unlock(&sh->meta_lock);
		if (*ref != 0)
			return fastmem_meta_ptr(sh, *ref);
		if (nb_lines > ARENA_SZ / LINE)
			return NULL;
		/* When the socket has no memory for it, another's will do. */
		if (!is_any && arena_add(sh, socket) != 0)
			is_any = true;
		else if (is_any && arena_add(sh, SOCKET_ID_ANY) != 0)
			return NULL;
	}
}

void *
fastmem_meta_alloc(struct fastmem_shared *sh, size_t len, uint32_t socket)
{
	unsigned int order = order_of(len);
	struct meta_piece *piece;
	uint32_t ref;

	RTE_ASSERT(order < FASTMEM_META_ORDERS);
	fastmem_lock(&sh->meta_lock);
	piece = sh->meta_free[order];
	if (piece != NULL)
		sh->meta_free[order] = piece->next;
	fastmem_unlock(&sh->meta_lock);
	if (piece != NULL) {
		memset(piece, 0, (size_t)LINE << order);
		return piece;
	}
	return fastmem_meta_alloc_once(sh, (size_t)LINE << order, socket, &ref);
}

void
fastmem_meta_free(struct fastmem_shared *sh, void *ptr, size_t len)
{
	struct meta_piece *piece = ptr;
	unsigned int order = order_of(len);

	if (piece == NULL)
		return;
	fastmem_lock(&sh->meta_lock);
	piece->next = sh->meta_free[order];
	rte_compiler_barrier(); /* the list is whole, should this process die */
	sh->meta_free[order] = piece;
	fastmem_unlock(&sh->meta_lock);
}

void
fastmem_meta_init(struct fastmem_shared *sh, const struct fastmem_spare *spare)
{
	size_t nb_lines = RTE_MIN(spare->len / LINE, (size_t)1 << 15);

	sh->arenas[0].base = spare->base;
	sh->arenas[0].socket = spare->socket;
	sh->arenas[0].size = nb_lines;
	sh->arenas[0].used = ALIGN_LINES; /* reference 0 is none */
	sh->nb_arenas = 1;
}

void
fastmem_meta_fini(struct fastmem_shared *sh)
{
	char name[RTE_MEMZONE_NAMESIZE];

	/* Arena 0 is part of the shared memzone. */
	while (sh->nb_arenas > 1) {
		snprintf(name, sizeof(name), FASTMEM_META_NAME, sh->arenas[--sh->nb_arenas].id);
		fastmem_memzone_release(name);
	}
}

uint64_t
fastmem_meta_bytes(struct fastmem_shared *sh)
{
	uint64_t bytes = 0;
	uint32_t i;

	fastmem_lock(&sh->meta_lock);
	for (i = 0; i < sh->nb_arenas; i++)
		bytes += (uint64_t)sh->arenas[i].used * LINE;
	fastmem_unlock(&sh->meta_lock);
	return bytes;
}
