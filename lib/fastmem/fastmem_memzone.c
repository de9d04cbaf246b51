/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Memzones: the door to EAL's memory, and the memzone that all processes find.
 *
 * Owns the names of the library's memzones and the layout of the shared one. The only file that
 * reserves and frees memzones; a test may let that fail. No lock of ours is held by a caller:
 * EAL may wait for other processes. Calls no layer.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_memzone.h>
#include <rte_string_fns.h>

#include "fastmem_lock.h"
#include "fastmem_memzone.h"
#include "fastmem_pvt.h"

#define SHARED_NAME "fastmem_shared"
#define MAGIC UINT64_C(0x66617374006d0001)
#define MAX_MAP ((uintptr_t)1 << 19) /* slabs of 1 TiB */
#define SHARED_SPARE ((size_t)1 << 20)

RTE_ATOMIC(int) fastmem_reserve_fails;
unsigned int fastmem_sockets_forced;

/* Whether a test wants this reservation to fail: the n-th; below 0, from the -n-th on all. */
static bool
reserve_shall_fail(void)
{
	int n = rte_atomic_load_explicit(&fastmem_reserve_fails, rte_memory_order_relaxed);

	if (n > 0)
		return rte_atomic_fetch_sub_explicit(&fastmem_reserve_fails, 1,
			rte_memory_order_relaxed) == 1;
	if (n < -1)
		rte_atomic_fetch_add_explicit(&fastmem_reserve_fails, 1, rte_memory_order_relaxed);
	return n == -1;
}

/*
 * EAL has a lock for this. ThreadSanitizer does not see it where EAL is not built with it,
 * and takes what EAL writes in memory that is reserved or freed for a race: show it one.
 */
#ifdef __RTE_FASTMEM_TSAN
#define SHOW_EAL_LOCK 1
#else
#define SHOW_EAL_LOCK 0
#endif

static RTE_ATOMIC(uint32_t) eal_lock;

static void
eal_enter(void)
{
	if (SHOW_EAL_LOCK)
		fastmem_local_lock(&eal_lock);
}

static void
eal_leave(void)
{
	if (SHOW_EAL_LOCK)
		fastmem_local_unlock(&eal_lock);
}

void
fastmem_memzone_release(const char *name)
{
	const struct rte_memzone *mz;
	int ret = -1;

	eal_enter();
	mz = rte_memzone_lookup(name);
	if (mz != NULL)
		ret = rte_memzone_free(mz);
	eal_leave();
	if (ret != 0)
		FASTMEM_LOG(ERR, "cannot free memzone %s: %s", name, rte_strerror(rte_errno));
}

const struct rte_memzone *
fastmem_memzone_reserve(const char *name, size_t len, int socket, unsigned int flags,
	unsigned int align)
{
	const struct rte_memzone *mz;

	if (unlikely(reserve_shall_fail())) {
		rte_errno = ENOMEM;
		return NULL;
	}
	if (fastmem_sockets_forced != 0)
		socket = SOCKET_ID_ANY;
	eal_enter();
	mz = rte_memzone_reserve_aligned(name, len, socket, flags, align);
	eal_leave();
	/* A cache's word has room for so much of an address. */
	if (mz != NULL && ((uint64_t)(uintptr_t)mz->addr + mz->len) >>
				(64 - RTE_FASTMEM_COUNT_BITS) != 0) {
		FASTMEM_LOG(ERR, "memory of EAL at %p is too high: see its option --base-virtaddr",
			mz->addr);
		fastmem_memzone_release(name);
		rte_errno = ENOMEM;
		return NULL;
	}
	return mz;
}

/*
 * The shared memzone.
 */

/* What EAL reserved address space for. */
struct span {
	uintptr_t first;
	uintptr_t end;
	size_t longest;
	uint64_t has_memory;
	unsigned int nb_sockets;
};

static int
span_longest(const struct rte_memseg_list *msl, void *arg)
{
	struct span *span = arg;

	if (msl->external || msl->base_va == NULL || msl->len <= span->longest)
		return 0;
	span->longest = msl->len;
	span->first = (uintptr_t)msl->base_va;
	span->end = span->first + msl->len;
	return 0;
}

/* Lists too far from the longest one would make the map huge: they are left out. */
static int
span_extend(const struct rte_memseg_list *msl, void *arg)
{
	struct span *span = arg;
	uintptr_t first = RTE_MIN(span->first, (uintptr_t)msl->base_va);
	uintptr_t end = RTE_MAX(span->end, (uintptr_t)msl->base_va + msl->len);

	if (msl->external || msl->base_va == NULL)
		return 0;
	if ((end - first) >> RTE_FASTMEM_SLAB_SHIFT >= MAX_MAP) {
		FASTMEM_LOG(WARNING, "memory at %p is too far away to be used", msl->base_va);
		return 0;
	}
	span->first = first;
	span->end = end;
	if ((unsigned int)msl->socket_id < FASTMEM_MAX_SOCKETS) {
		span->has_memory |= UINT64_C(1) << msl->socket_id;
		span->nb_sockets = RTE_MAX(span->nb_sockets, msl->socket_id + 1u);
	}
	return 0;
}

static void
span_get(struct span *span)
{
	unsigned int i;

	memset(span, 0, sizeof(*span));
	rte_memseg_list_walk(span_longest, span);
	rte_memseg_list_walk(span_extend, span);
	for (i = 0; i < rte_socket_count(); i++) {
		int socket = rte_socket_id_by_idx(i);

		if (socket >= 0 && socket < FASTMEM_MAX_SOCKETS)
			span->nb_sockets = RTE_MAX(span->nb_sockets, socket + 1u);
	}
	if (fastmem_sockets_forced != 0) {
		span->nb_sockets = fastmem_sockets_forced;
		span->has_memory = RTE_BIT64(span->nb_sockets) - 1;
	}
}

unsigned int
fastmem_memzone_nb_sockets(void)
{
	struct span span;

	span_get(&span);
	return span.nb_sockets;
}

static struct fastmem_shared *
shared_lay_out(const struct rte_memzone *mz, const struct span *span, uintptr_t map_len,
	struct fastmem_spare *spare)
{
	struct fastmem_shared *sh = mz->addr;
	char *next;
	uint32_t i;

	memset(mz->addr, 0, mz->len);
	sh->nb_sockets = span->nb_sockets;
	sh->has_memory = span->has_memory;
	sh->map_first = span->first >> RTE_FASTMEM_SLAB_SHIFT;
	sh->map_len = map_len;
	next = (char *)&sh->sockets[sh->nb_sockets];
	sh->slabs = (void *)next;
	next += RTE_ALIGN(map_len * sizeof(sh->slabs[0]), RTE_CACHE_LINE_SIZE);
	sh->map = (void *)next;
	next += RTE_ALIGN(map_len * sizeof(sh->map[0]), RTE_CACHE_LINE_SIZE);
	for (i = 0; i < FASTMEM_MAX_SOCKETS; i++)
		sh->absent_limits[i] = UINT64_MAX;
	for (i = 0; i < sh->nb_sockets; i++)
		sh->sockets[i].limit = UINT64_MAX;
	*spare = (struct fastmem_spare){
		.base = next,
		.len = (char *)mz->addr + mz->len - next,
		.socket = mz->socket_id >= 0 ? mz->socket_id : 0,
	};
	return sh;
}

struct fastmem_shared *
fastmem_memzone_create_shared(struct fastmem_spare *spare)
{
	const struct rte_memzone *mz;
	struct span span;
	uintptr_t map_len;
	size_t len;

	span_get(&span);
	if (span.longest == 0 || span.nb_sockets == 0) {
		FASTMEM_LOG(ERR, "EAL is not initialised");
		return NULL;
	}
	map_len = ((span.end - 1) >> RTE_FASTMEM_SLAB_SHIFT) -
		(span.first >> RTE_FASTMEM_SLAB_SHIFT) + 1;
	len = sizeof(struct fastmem_shared) + span.nb_sockets * sizeof(struct fastmem_socket) +
		map_len * (sizeof(struct fastmem_slab *) + sizeof(uint16_t)) + SHARED_SPARE;
	len = RTE_ALIGN(len, RTE_CACHE_LINE_SIZE);
	/* A hugepage, if that is enough: what is left of it feeds the metadata. */
	if (len < FASTMEM_SLAB_SZ - FASTMEM_ZONE_SLACK)
		len = FASTMEM_SLAB_SZ - FASTMEM_ZONE_SLACK;
	mz = fastmem_memzone_reserve(SHARED_NAME, len, SOCKET_ID_ANY, 0, RTE_CACHE_LINE_SIZE);
	if (mz == NULL) {
		FASTMEM_LOG(ERR, "cannot reserve %zu bytes for the library: %s", len,
			rte_strerror(rte_errno));
		return NULL;
	}
	return shared_lay_out(mz, &span, map_len, spare);
}

/* Names of memzones of objects and metadata that are left. */
struct leftovers {
	char names[32][RTE_MEMZONE_NAMESIZE];
	unsigned int nb;
};

static void
leftovers_add(const struct rte_memzone *mz, void *arg)
{
	struct leftovers *left = arg;
	uint32_t a, b;
	int end = 0;

	if (sscanf(mz->name, FASTMEM_ZONE_NAME "%n", &a, &b, &end) != 2 &&
			sscanf(mz->name, FASTMEM_META_NAME "%n", &a, &end) != 1)
		return;
	if (mz->name[end] == '\0' && left->nb < RTE_DIM(left->names))
		strlcpy(left->names[left->nb++], mz->name, RTE_MEMZONE_NAMESIZE);
}

/* Free what processes had reserved that died before anybody knew of it. */
static void
leftovers_free(void)
{
	struct leftovers left;
	unsigned int i;

	do {
		left.nb = 0;
		rte_memzone_walk(leftovers_add, &left);
		for (i = 0; i < left.nb; i++)
			fastmem_memzone_release(left.names[i]);
	} while (left.nb > 0 && rte_memzone_lookup(left.names[0]) == NULL);
}

/* Publish, once all is set up, what secondary processes then find. */
void
fastmem_memzone_publish_shared(struct fastmem_shared *sh)
{
	rte_atomic_store_explicit(&sh->magic, MAGIC, rte_memory_order_release);
}

void
fastmem_memzone_hide_shared(struct fastmem_shared *sh)
{
	rte_atomic_store_explicit(&sh->magic, 0, rte_memory_order_relaxed);
}

struct search {
	int (*fn)(struct fastmem_shared *sh);
	struct fastmem_shared *found;
};

/* EAL's lock is held: the memzone cannot be freed meanwhile. */
static void
search_memzone(const struct rte_memzone *mz, void *arg)
{
	struct search *search = arg;
	struct fastmem_shared *sh = mz->addr;

	if (strcmp(mz->name, SHARED_NAME) == 0 &&
			rte_atomic_load_explicit(&sh->magic, rte_memory_order_acquire) == MAGIC &&
			search->fn(sh) == 0)
		search->found = sh;
}

struct fastmem_shared *
fastmem_memzone_find_shared(int (*fn)(struct fastmem_shared *sh))
{
	struct search search = { .fn = fn };

	rte_memzone_walk(search_memzone, &search);
	return search.found;
}

void
fastmem_memzone_destroy_shared(void)
{
	leftovers_free();
	fastmem_memzone_release(SHARED_NAME);
}
