/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Allocation past the cache: from which socket, and what to do when memory runs out.
 *
 * Owns nothing; calls the cache layer for objects, fastmem_grow.c to grow, and, if no socket has
 * enough by itself, the slab layer. It is here, with no lock held, that an allocation is tried
 * again after the pool has grown, or after memory that serves other bins was taken back.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_memory.h>

#include "fastmem_alloc.h"
#include "fastmem_block.h"
#include "fastmem_cache.h"
#include "fastmem_grow.h"
#include "fastmem_pool.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_slab.h"
#include "fastmem_zone.h"

/* Other threads may take what this one made available, but not for ever. */
#define MAX_TRIES 64
/* From here on memory is made available before objects are gathered. */
#define LARGE_BULK 8192

/*
 * Take back what the caller and the depots of a socket hold, and dead processes held. True: it
 * may also grow now, as zones that are of no use to the largest class are gone.
 */
static bool
take_back(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, bool is_whole)
{
	fastmem_proc_reap(sh);
	fastmem_block_flush(sh, block, socket);
	return is_whole && fastmem_zone_trim_cut(sh, socket) > 0;
}

static void *
alloc_on(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket, uint32_t bin)
{
	const bool is_whole = bin == FASTMEM_WHOLE_BIN;
	bool is_last = false;
	unsigned int i;
	void *obj;

	for (i = 0; i < MAX_TRIES; i++) {
		obj = fastmem_cache_get(sh, block, socket, bin);
		if (obj != NULL || is_last)
			return obj;
		if (fastmem_grow_pool(sh, socket, 1, is_whole) == 0)
			continue;
		is_last = !take_back(sh, block, socket, is_whole);
	}
	/* The pool has slabs all the time, and there are no records to use them: flush, at least. */
	take_back(sh, block, socket, false);
	return fastmem_cache_get(sh, block, socket, bin);
}

static int
alloc_bulk_on(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void **objs, uint32_t n)
{
	uint64_t bytes = (uint64_t)n * fastmem_bin_size(bin);
	bool is_whole = bin == FASTMEM_WHOLE_BIN, is_last = false;
	unsigned int i;

	for (i = 0; i < MAX_TRIES; i++) {
		/* A large bulk is not tried before there is memory for all of it. */
		if ((n < LARGE_BULK || i > 0) &&
				bytes <= fastmem_zone_backing(sh, socket) &&
				fastmem_cache_get_bulk(sh, block, socket, bin, objs, n) == n)
			return 0;
		if (fastmem_grow_pool(sh, socket, fastmem_slab_needed(sh, socket, bin, n),
				is_whole) == 0)
			continue;
		if (is_last)
			return -ENOMEM;
		/* What comes back may be a part of it, and the rest be had. */
		take_back(sh, block, socket, is_whole);
		is_last = true;
	}
	take_back(sh, block, socket, false);
	return fastmem_cache_get_bulk(sh, block, socket, bin, objs, n) == n ? 0 : -ENOMEM;
}

/*
 * No socket has n objects, but all together may: what each has, after taking it
 * back from the caches, and growing for what is still missing, as far as it goes. All or none.
 */
static int
alloc_bulk_spread(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t first,
	uint32_t bin, void **objs, uint32_t n)
{
	uint32_t first_id = rte_atomic_load_explicit(&sh->zone_id, rte_memory_order_relaxed);
	uint32_t counts[FASTMEM_MAX_SOCKETS] = {0}, got = 0, needed, has, socket, i, k;
	const bool is_whole = bin == FASTMEM_WHOLE_BIN;
	void **others = malloc((size_t)n * sizeof(others[0]));

	for (i = 0; i < sh->nb_sockets && others != NULL && got < n; i++) {
		socket = fastmem_socket_nth(sh, first, i);
		needed = fastmem_slab_needed(sh, socket, bin, n - got);
		has = fastmem_pool_count(&sh->sockets[socket], is_whole);
		if (needed > has)
			fastmem_grow_by(sh, socket, needed - has, is_whole);
		do {
			k = fastmem_slab_fill(sh, socket, bin, &others[got], n - got);
			counts[i] += k;
			got += k;
		} while (k > 0 && got < n);
	}
	if (got == n) {
		memcpy(objs, others, (size_t)n * sizeof(others[0]));
		for (i = 0; i < sh->nb_sockets; i++)
			fastmem_cache_count_allocs(sh, block, fastmem_socket_nth(sh, first, i), bin,
				counts[i]);
	} else if (got > 0) {
		fastmem_slab_drain(sh, others, got, false);
	}
	free(others);
	if (got == n)
		return 0;
	for (i = 0; i < sh->nb_sockets; i++)
		fastmem_zone_trim_since(sh, i, first_id);
	return -ENOMEM;
}

/* Sockets for a request: the first, and how many from there on. */
static uint32_t
sockets_of(const struct fastmem_shared *sh, int socket_id, bool is_any, uint32_t *nb)
{
	uint32_t first = socket_id;

	if (socket_id == SOCKET_ID_ANY || socket_id == FASTMEM_SOCKET_HOME)
		first = fastmem_proc_home(sh);
	*nb = 1;
	if (is_any || socket_id == SOCKET_ID_ANY)
		*nb = sh->nb_sockets;
	else if (first >= sh->nb_sockets)
		*nb = 0; /* not there */
	return first < sh->nb_sockets ? first : 0;
}

void *
fastmem_alloc_one(uint32_t bin, int socket_id, bool is_any)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct fastmem_block *block;
	uint32_t first, nb, i;
	void *obj;

	if (sh == NULL)
		return NULL; /* ENODEV */
	block = fastmem_proc_block(sh);
	first = sockets_of(sh, socket_id, is_any, &nb);
	for (i = 0; i < nb; i++) {
		obj = alloc_on(sh, block, fastmem_socket_nth(sh, first, i), bin);
		if (obj != NULL)
			return obj;
	}
	fastmem_cache_count_nomem(sh, block, first, bin, 1);
	rte_errno = ENOMEM;
	return NULL;
}

int
fastmem_alloc_bulk(uint32_t bin, int socket_id, bool is_any, void **objs, uint32_t n)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct fastmem_block *block;
	uint32_t first, nb, i;

	if (sh == NULL)
		return -ENODEV;
	block = fastmem_proc_block(sh);
	first = sockets_of(sh, socket_id, is_any, &nb);
	/* More than there is address space for: no socket is worth a try. */
	if ((uint64_t)n * fastmem_bin_size(bin) > (uint64_t)sh->map_len * FASTMEM_SLAB_SZ)
		nb = 0;
	for (i = 0; i < nb; i++)
		if (alloc_bulk_on(sh, block, fastmem_socket_nth(sh, first, i), bin, objs, n) == 0)
			return 0;
	if (nb > 1 && alloc_bulk_spread(sh, block, first, bin, objs, n) == 0)
		return 0;
	fastmem_cache_count_nomem(sh, block, first, bin, n);
	return -ENOMEM;
}
