/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_CACHE_H
#define FASTMEM_CACHE_H

/*
 * fastmem_cache.c: the slow half of a thread's caches. block == NULL: a thread without.
 */

#include "fastmem_pvt.h"

void *fastmem_cache_get(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin);
void fastmem_cache_put(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void *obj);
/* All n objects or 0. */
uint32_t fastmem_cache_get_bulk(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, void **objs, uint32_t n);
void fastmem_cache_put_bulk(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, void **objs, uint32_t n);
/* Objects that the caller took from slabs; that were refused. */
void fastmem_cache_count_allocs(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, uint32_t n);
void fastmem_cache_count_nomem(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, uint32_t n);

#endif /* FASTMEM_CACHE_H */
