/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The public functions of the allocator as a whole: life cycle, memory, addresses.
 *
 * Owns nothing; checks arguments, and calls each layer's init and fini, fastmem_grow.c to
 * reserve, the zone layer to trim, and fastmem_block.c to flush.
 */

#include <errno.h>

#include <eal_export.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_log.h>
#include <rte_memory.h>

#include "fastmem_block.h"
#include "fastmem_grow.h"
#include "fastmem_memzone.h"
#include "fastmem_meta.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_telemetry.h"
#include "fastmem_zone.h"

RTE_LOG_REGISTER_DEFAULT(fastmem_logtype, INFO);

/*
 * Life cycle.
 */

static int
create(void)
{
	struct fastmem_spare spare;
	struct fastmem_shared *sh;
	unsigned int bin;

	sh = fastmem_memzone_create_shared(&spare);
	if (sh == NULL)
		return -ENOMEM;
	fastmem_meta_init(sh, &spare);
	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++)
		fastmem_layout_init(&sh->layouts[bin], bin);
	if (fastmem_proc_init(sh) != 0) {
		fastmem_memzone_destroy_shared();
		return -ENOMEM;
	}
	fastmem_memzone_publish_shared(sh);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_init, 26.11)
int
rte_fastmem_init(void)
{
	int ret = 0;

	if (fastmem_local.is_explicit)
		return -EBUSY;
	if (rte_eal_process_type() != RTE_PROC_SECONDARY) {
		fastmem_telemetry_lock();
		ret = create();
		fastmem_telemetry_unlock();
	} else if (fastmem_shared() == NULL) {
		ret = -ENODEV;
	}
	if (ret == 0)
		fastmem_local.is_explicit = true;
	return ret;
}

static void
destroy(struct fastmem_shared *sh)
{
	const bool is_primary = rte_eal_process_type() == RTE_PROC_PRIMARY;
	uint32_t socket;

	if (is_primary)
		fastmem_memzone_hide_shared(sh);
	fastmem_proc_fini();
	if (!is_primary)
		return;
	for (socket = 0; socket < sh->nb_sockets; socket++)
		fastmem_zone_fini(sh, socket);
	fastmem_meta_fini(sh);
	fastmem_memzone_destroy_shared();
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_deinit, 26.11)
void
rte_fastmem_deinit(void)
{
	struct fastmem_shared *sh = rte_atomic_load_explicit(&fastmem_local.shared,
			rte_memory_order_relaxed);

	if (sh == NULL)
		return;
	fastmem_telemetry_lock();
	destroy(sh);
	fastmem_telemetry_unlock();
}

/* The limit of a socket, be it there or not. */
static RTE_ATOMIC(uint64_t) *
limit_of(struct fastmem_shared *sh, uint32_t socket)
{
	return socket < sh->nb_sockets ? &sh->sockets[socket].limit : &sh->absent_limits[socket];
}

/* On the caller's socket as far as it goes, the rest on the others. */
static int
reserve_any(struct fastmem_shared *sh, size_t size)
{
	uint32_t first_id = rte_atomic_load_explicit(&sh->zone_id, rte_memory_order_relaxed);
	uint32_t home = fastmem_proc_home(sh), i;
	uint64_t total = 0, lack;

	for (i = 0; i < sh->nb_sockets; i++)
		total += fastmem_zone_backing(sh, i);
	if (total >= size)
		return 0;
	if (size >> RTE_FASTMEM_SLAB_SHIFT > sh->map_len)
		return -ENOMEM;
	lack = (size - total + FASTMEM_SLAB_SZ - 1) >> RTE_FASTMEM_SLAB_SHIFT;
	for (i = 0; i < sh->nb_sockets && lack > 0; i++)
		lack -= fastmem_grow_by(sh, fastmem_socket_nth(sh, home, i), lack, false);
	if (lack == 0)
		return 0;
	for (i = 0; i < sh->nb_sockets; i++)
		fastmem_zone_trim_since(sh, i, first_id);
	return -ENOMEM;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_reserve, 26.11)
int
rte_fastmem_reserve(size_t size, int socket_id)
{
	struct fastmem_shared *sh;

	if (!fastmem_socket_is_valid(socket_id))
		return -EINVAL;
	sh = fastmem_shared();
	if (sh == NULL)
		return -ENODEV;
	if (socket_id == SOCKET_ID_ANY)
		return reserve_any(sh, size);
	if ((uint32_t)socket_id >= sh->nb_sockets)
		return size == 0 ? 0 : -ENOMEM;
	return fastmem_grow_to(sh, socket_id, size);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_set_limit, 26.11)
int
rte_fastmem_set_limit(int socket_id, size_t max_bytes)
{
	uint64_t limit = max_bytes == SIZE_MAX ? UINT64_MAX : max_bytes;
	struct fastmem_shared *sh;
	uint32_t socket;

	if (!fastmem_socket_is_valid(socket_id))
		return -EINVAL;
	sh = fastmem_shared();
	if (sh == NULL)
		return -EINVAL;
	for (socket = 0; socket < FASTMEM_MAX_SOCKETS; socket++)
		if (socket_id == SOCKET_ID_ANY || (uint32_t)socket_id == socket)
			rte_atomic_store_explicit(limit_of(sh, socket), limit,
				rte_memory_order_relaxed);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_get_limit, 26.11)
size_t
rte_fastmem_get_limit(int socket_id)
{
	struct fastmem_shared *sh;
	uint64_t limit = UINT64_MAX;
	uint32_t socket;

	if (!fastmem_socket_is_valid(socket_id))
		return 0;
	sh = fastmem_shared();
	if (sh == NULL)
		return 0;
	for (socket = 0; socket < FASTMEM_MAX_SOCKETS; socket++)
		if (socket_id == SOCKET_ID_ANY || (uint32_t)socket_id == socket)
			limit = RTE_MIN(limit, rte_atomic_load_explicit(limit_of(sh, socket),
					rte_memory_order_relaxed));
	return limit >= SIZE_MAX ? SIZE_MAX : (size_t)limit;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_max_size, 26.11)
size_t
rte_fastmem_max_size(void)
{
	return (size_t)1 << RTE_FASTMEM_MAX_SHIFT;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_classes, 26.11)
unsigned int
rte_fastmem_classes(size_t *sizes)
{
	unsigned int cls;

	for (cls = 0; sizes != NULL && cls < RTE_FASTMEM_NB_CLASSES; cls++)
		sizes[cls] = fastmem_class_size(cls);
	return RTE_FASTMEM_NB_CLASSES;
}

/*
 * Addresses and the rest.
 */

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_virt2iova, 26.11)
rte_iova_t
rte_fastmem_virt2iova(const void *ptr)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct fastmem_slab *slab = sh == NULL ? NULL : fastmem_zone_slab(sh, ptr);

	if (slab == NULL || slab->iova == RTE_BAD_IOVA)
		return RTE_BAD_IOVA;
	return slab->iova + ((uintptr_t)ptr - slab->start);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_owns, 26.11)
bool
rte_fastmem_owns(const void *ptr)
{
	struct fastmem_shared *sh = fastmem_shared();

	return sh != NULL && fastmem_zone_slab(sh, ptr) != NULL;
}

/* The caller's caches, if it has any: none is made for this. */
static struct fastmem_block *
block_if_any(struct fastmem_shared *sh)
{
	return RTE_PER_LCORE(__rte_fastmem_thread).map_len == 0 ? NULL : fastmem_proc_block(sh);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_cache_flush, 26.11)
void
rte_fastmem_cache_flush(void)
{
	struct fastmem_shared *sh = fastmem_shared();

	if (sh == NULL)
		return;
	fastmem_proc_reap(sh);
	fastmem_block_flush(sh, block_if_any(sh), SOCKET_ID_ANY);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_trim, 26.11)
int
rte_fastmem_trim(int socket_id)
{
	struct fastmem_shared *sh;
	uint32_t socket;
	int n = 0;

	if (!fastmem_socket_is_valid(socket_id))
		return -EINVAL;
	sh = fastmem_shared();
	if (sh == NULL)
		return -ENODEV;
	rte_fastmem_cache_flush();
	for (socket = 0; socket < sh->nb_sockets; socket++)
		if (socket_id == SOCKET_ID_ANY || (uint32_t)socket_id == socket)
			n += fastmem_zone_trim(sh, socket);
	return n;
}
