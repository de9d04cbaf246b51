/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_ALLOC_H
#define FASTMEM_ALLOC_H

/*
 * fastmem_alloc.c: allocation past the cache. The caller holds no lock.
 */

#include "fastmem_pvt.h"

#define FASTMEM_SOCKET_HOME (-2) /* the caller's, no other */

/* An object on a socket; if is_any, on another when it has no memory. NULL with rte_errno. */
void *fastmem_alloc_one(uint32_t bin, int socket_id, bool is_any);
/* All n objects, or none: -ENOMEM, -ENODEV. */
int fastmem_alloc_bulk(uint32_t bin, int socket_id, bool is_any, void **objs, uint32_t n);

#endif /* FASTMEM_ALLOC_H */
