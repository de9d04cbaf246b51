/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_ZONE_H
#define FASTMEM_ZONE_H

/*
 * fastmem_zone.c: zones, addresses. Growing and trimming call EAL: the caller holds no lock.
 */

#include <stdio.h>

#include "fastmem_pvt.h"

#define FASTMEM_ZONE_SLABS 64 /* at most: 128 MiB */

/* A zone more, whose slabs join the pool; NULL: no memory. The caller counts it. */
struct fastmem_zone *fastmem_zone_add(struct fastmem_shared *sh, uint32_t socket,
	uint32_t nb_slabs, bool is_whole);
int fastmem_zone_trim(struct fastmem_shared *sh, uint32_t socket);
/* Only zones that the largest class can make no use of. */
int fastmem_zone_trim_cut(struct fastmem_shared *sh, uint32_t socket);
/* Give back the free zones with an id from first_id on. */
int fastmem_zone_trim_since(struct fastmem_shared *sh, uint32_t socket, uint32_t first_id);
/* Let an address of the slab lead to a cache; 0: to none, and no thread predict it. */
void fastmem_zone_map_slab(struct fastmem_shared *sh, struct fastmem_slab *slab, uint16_t offset);
void fastmem_zone_fini(struct fastmem_shared *sh, uint32_t socket);
unsigned int fastmem_zone_validate(struct fastmem_shared *sh, uint32_t socket, FILE *f);

/* Slab of an address in a zone, else NULL. */
static inline struct fastmem_slab *
fastmem_zone_slab(const struct fastmem_shared *sh, const void *ptr)
{
	uintptr_t number = ((uintptr_t)ptr >> RTE_FASTMEM_SLAB_SHIFT) - sh->map_first;
	struct fastmem_slab *slab;

	if (number >= sh->map_len)
		return NULL;
	slab = rte_atomic_load_explicit(&sh->slabs[number], rte_memory_order_acquire);
	if (slab == NULL || (uintptr_t)ptr - slab->start >= slab->len)
		return NULL;
	return slab;
}

/*
 * Bin + 1 of a slab, or of NULL; 0: none. A dangling pointer may find the record of a zone that is
 * being trimmed.
 */
static inline uint32_t
fastmem_zone_slab_bin(const struct fastmem_shared *sh, const struct fastmem_slab *slab)
{
	uint32_t bin;

	if (slab == NULL || slab->socket >= sh->nb_sockets)
		return 0;
	bin = rte_atomic_load_explicit(&slab->bin, rte_memory_order_relaxed);
	return bin > RTE_FASTMEM_NB_BINS ? 0 : bin;
}

/* Whether a socket id is in range; SOCKET_ID_ANY is. */
static inline bool
fastmem_socket_is_valid(int socket_id)
{
	return socket_id == SOCKET_ID_ANY ||
		(socket_id >= 0 && socket_id < FASTMEM_MAX_SOCKETS);
}

/* The i-th socket to try: the home, then the others in turn. */
static inline uint32_t
fastmem_socket_nth(const struct fastmem_shared *sh, uint32_t home, uint32_t i)
{
	return (home + i) % sh->nb_sockets;
}

static inline uint64_t
fastmem_zone_backing(const struct fastmem_shared *sh, uint32_t socket)
{
	return rte_atomic_load_explicit(&sh->sockets[socket].backing, rte_memory_order_relaxed);
}

#endif /* FASTMEM_ZONE_H */
