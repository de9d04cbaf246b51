/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_MEMZONE_H
#define FASTMEM_MEMZONE_H

/*
 * fastmem_memzone.c: memzones, the shared one among them. The caller holds no lock.
 */

#include <rte_memzone.h>

#include "fastmem_pvt.h"

/* Names of memzones: of a zone, with its socket and id; of an arena of metadata, with its id. */
#define FASTMEM_ZONE_NAME "fastmem_%u_%u"
#define FASTMEM_META_NAME "fastmem_meta_%u"
/*
 * At most so much of a slab's ends is not ours: room for a header of EAL's, of 16 pointers, but
 * for no memory of others behind it. Nobody frees an address in a header; it would be noticed no
 * sooner than one within an object.
 */
#define FASTMEM_ZONE_SLACK (32 * sizeof(void *))

/* Set by tests only: the n-th reservation from now fails; so many sockets; 0: neither. */
extern RTE_ATOMIC(int) fastmem_reserve_fails;
extern unsigned int fastmem_sockets_forced;

/* What is left of the shared memzone; zeroed. */
struct fastmem_spare {
	char *base;
	size_t len;
	uint32_t socket;
};

/* The shared one: laid out, or NULL; published, once all is set up; found by the others. */
struct fastmem_shared *fastmem_memzone_create_shared(struct fastmem_spare *spare);
void fastmem_memzone_publish_shared(struct fastmem_shared *sh);
/* Before all else that is undone: nobody is to find it any more. */
void fastmem_memzone_hide_shared(struct fastmem_shared *sh);
/*
 * Call a function of it, while it cannot go; NULL when there is none or that returned another
 * value than 0. It may not call what changes EAL's memory.
 */
struct fastmem_shared *fastmem_memzone_find_shared(int (*fn)(struct fastmem_shared *sh));
/* It was hidden, or never published. */
void fastmem_memzone_destroy_shared(void);
/* NULL with rte_errno, ENOMEM above all. */
const struct rte_memzone *fastmem_memzone_reserve(const char *name, size_t len, int socket,
	unsigned int flags, unsigned int align);
void fastmem_memzone_release(const char *name);
unsigned int fastmem_memzone_nb_sockets(void);

#endif /* FASTMEM_MEMZONE_H */
