/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_GROW_H
#define FASTMEM_GROW_H

/*
 * fastmem_grow.c: memory for a socket, within its limit. They call EAL: the caller holds no lock.
 */

#include "fastmem_pvt.h"

/* Until the pool has so many (whole) slabs, or -ENOMEM. */
int fastmem_grow_pool(struct fastmem_shared *sh, uint32_t socket, uint32_t nb_slabs,
	bool is_whole);
/* Until the socket has so many bytes, in use or not, or -ENOMEM. */
int fastmem_grow_to(struct fastmem_shared *sh, uint32_t socket, size_t size);
/* As many slabs more as there is memory for, up to nb_slabs; how many. */
uint64_t fastmem_grow_by(struct fastmem_shared *sh, uint32_t socket, uint64_t nb_slabs,
	bool is_whole);

#endif /* FASTMEM_GROW_H */
