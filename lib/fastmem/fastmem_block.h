/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_BLOCK_H
#define FASTMEM_BLOCK_H

/*
 * fastmem_block.c: blocks of caches as wholes.
 */

#include <stdio.h>

#include "fastmem_pvt.h"

/* Without a magazine: it begins and ends at none, below which lies a NULL. */
void fastmem_block_init_cache(struct rte_fastmem_cache *cache, void **none);
/* Bytes of a block; the memory is zeroed. */
size_t fastmem_block_sz(const struct fastmem_shared *sh);
void fastmem_block_init(struct fastmem_shared *sh, struct fastmem_block *block);
/* Empty all caches of a block into the slabs. */
void fastmem_block_drain(struct fastmem_shared *sh, struct fastmem_block *block);
/* As rte_fastmem_cache_flush(): this block, if not NULL, and all depots of a socket or all. */
void fastmem_block_flush(struct fastmem_shared *sh, struct fastmem_block *block, int socket);
/* When no thread is at work; the number of caches that are not as they should be. */
unsigned int fastmem_block_validate(struct fastmem_shared *sh, FILE *f);

#endif /* FASTMEM_BLOCK_H */
