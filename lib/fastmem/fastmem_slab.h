/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_SLAB_H
#define FASTMEM_SLAB_H

/*
 * fastmem_slab.c: objects from and to slabs.
 */

#include <stdio.h>

#include "fastmem_pvt.h"

/* Fill up to n objects, n > 0; the number filled, 0 when the pool must grow first. */
uint32_t fastmem_slab_fill(struct fastmem_shared *sh, uint32_t socket, uint32_t bin, void **objs,
	uint32_t n);
/*
 * Drain n objects, of any bin; is_trying: 0 when a lock is taken, else
 * the number drained. A pointer that is no allocated object is reported and left.
 */
uint32_t fastmem_slab_drain(struct fastmem_shared *sh, void **objs, uint32_t n, bool is_trying);
/* The same at the application's request: how many were not refused. */
uint32_t fastmem_slab_free(struct fastmem_shared *sh, void **objs, uint32_t n);
/* Slabs that the pool must have for n objects, beyond those of the bin; 0: it has enough. */
uint32_t fastmem_slab_needed(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uint32_t n);
unsigned int fastmem_slab_validate(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uint64_t *nb_slots, uint64_t *nb_free, FILE *f);

/* All objects are back, and the slab is on no list: free its bitmap, put it into the pool. */
void fastmem_slab_reset(struct fastmem_shared *sh, struct fastmem_slab *slab);

#endif /* FASTMEM_SLAB_H */
