/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_DEPOT_H
#define FASTMEM_DEPOT_H

/*
 * fastmem_depot.c: magazines.
 */

#include <stdio.h>

#include "fastmem_pvt.h"

/* A magazine of objects, or NULL. block == NULL: a thread without caches. */
struct fastmem_mag *fastmem_depot_get(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin);
/* Take a magazine of objects; above the limit it is drained, and kept in the stash. */
void fastmem_depot_put(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, struct fastmem_mag *mag);
/* An empty magazine: the thread's stash, the socket's chains, new; or NULL. block: not NULL. */
struct fastmem_mag *fastmem_depot_get_empty(struct fastmem_shared *sh, struct fastmem_block *block);
/* block == NULL: to a socket's chains. */
void fastmem_depot_put_empty(struct fastmem_shared *sh, struct fastmem_block *block,
	struct fastmem_mag *mag);
/* Drain all magazines of a bin; the number of objects. */
uint64_t fastmem_depot_drain(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin);
/* Give a stash back. */
void fastmem_depot_drop_stash(struct fastmem_shared *sh, struct fastmem_block *block);
unsigned int fastmem_depot_validate(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uint64_t *nb_objs, FILE *f);

#endif /* FASTMEM_DEPOT_H */
