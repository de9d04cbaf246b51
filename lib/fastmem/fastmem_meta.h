/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_META_H
#define FASTMEM_META_H

/*
 * fastmem_meta.c: metadata. Memory is zeroed, in lines; blocks until it has the lock;
 * may reserve a memzone, so the caller holds no lock.
 */

#include "fastmem_pvt.h"

struct fastmem_spare;

/* The first of it is what is left of the shared memzone. */
void fastmem_meta_init(struct fastmem_shared *sh, const struct fastmem_spare *spare);
void *fastmem_meta_alloc(struct fastmem_shared *sh, size_t len, uint32_t socket);
void *fastmem_meta_alloc_once(struct fastmem_shared *sh, size_t len, uint32_t socket,
	uint32_t *ref);
void fastmem_meta_free(struct fastmem_shared *sh, void *ptr, size_t len);
void fastmem_meta_fini(struct fastmem_shared *sh);
uint64_t fastmem_meta_bytes(struct fastmem_shared *sh);

/* Memory of a reference. */
static inline void *
fastmem_meta_ptr(const struct fastmem_shared *sh, uint32_t ref)
{
	return sh->arenas[ref >> 15].base + (size_t)(ref & 0x7fff) * 64;
}

#endif /* FASTMEM_META_H */
