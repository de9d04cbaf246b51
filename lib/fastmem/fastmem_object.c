/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The public functions of objects: arguments, and which way each call takes.
 *
 * Owns nothing; calls fastmem_alloc.c and fastmem_free.c for what the caller's cache cannot do
 * alone, and fastmem_debug.c in builds that check objects.
 */

#include <errno.h>
#include <string.h>

#include <eal_export.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "fastmem_alloc.h"
#include "fastmem_debug.h"
#include "fastmem_memzone.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_san.h"
#include "fastmem_zone.h"

/*
 * Arguments.
 */

/* 0, or what is wrong with a size and an alignment. */
static int
check_size(size_t size, size_t align)
{
	if ((align & (align - 1)) != 0)
		return EINVAL;
	if (size > rte_fastmem_max_size() || align > rte_fastmem_max_size())
		return E2BIG;
	return 0;
}

static void *
alloc_checked(size_t size, size_t align, unsigned int flags, int socket_id)
{
	int err = check_size(size, align);
	void *obj;

	if (err != 0) {
		rte_errno = fastmem_shared() == NULL ? ENODEV : err;
		return NULL;
	}
	obj = fastmem_alloc_one(__rte_fastmem_bin(size, align), socket_id, false);
	if (obj != NULL && (flags & RTE_FASTMEM_F_ZERO))
		memset(obj, 0, size);
	return obj;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(__rte_fastmem_alloc_slow, 26.11)
__rte_noinline void *
__rte_fastmem_alloc_slow(size_t size, size_t align, unsigned int flags)
{
	return alloc_checked(size, align, flags, FASTMEM_SOCKET_HOME);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(__rte_fastmem_halloc_slow, 26.11)
__rte_noinline void *
__rte_fastmem_halloc_slow(uint32_t handle, unsigned int flags)
{
	uint32_t bin = FASTMEM_HANDLE_BIN(handle);
	uint32_t socket = FASTMEM_HANDLE_SOCKET(handle);
	void *obj;

	if (bin >= RTE_FASTMEM_NB_BINS) {
		rte_errno = EINVAL; /* not from rte_fastmem_hlookup() */
		return NULL;
	}
	obj = fastmem_alloc_one(bin, socket, (handle & FASTMEM_HANDLE_ANY) != 0);
	if (obj != NULL && (flags & RTE_FASTMEM_F_ZERO))
		memset(obj, 0, fastmem_bin_size(bin));
	return obj;
}

/*
 * Objects.
 */

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_alloc, 26.11)
void *
rte_fastmem_alloc(size_t size, size_t align, unsigned int flags)
{
	void *obj = __rte_fastmem_alloc(size, align, FASTMEM_BODY_FLAGS(flags));

	if (FASTMEM_IS_CHECKED)
		fastmem_debug_given(obj, size, flags, FASTMEM_SITE);
	return obj;
}

static void *
alloc_socket(size_t size, size_t align, unsigned int flags, int socket_id)
{
	rte_fastmem_handle_t handle;
	void *obj;

	if (unlikely(!fastmem_socket_is_valid(socket_id))) {
		rte_errno = fastmem_shared() == NULL ? ENODEV : EINVAL;
		return NULL;
	}
	if (unlikely(!__rte_fastmem_size_is_valid(size, align) || socket_id == SOCKET_ID_ANY ||
			RTE_PER_LCORE(__rte_fastmem_thread).map_len == 0))
		return alloc_checked(size, align, flags, socket_id);
	if (rte_fastmem_hlookup(size, align, socket_id, &handle) != 0)
		return NULL;
	if (unlikely(!__rte_fastmem_cache_pop(__rte_fastmem_cache_at(
				RTE_FASTMEM_HANDLE_OFFSET(handle)), &obj)))
		return alloc_checked(size, align, flags, socket_id);
	if (flags & RTE_FASTMEM_F_ZERO)
		memset(obj, 0, size);
	return obj;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_alloc_socket, 26.11)
void *
rte_fastmem_alloc_socket(size_t size, size_t align, unsigned int flags, int socket_id)
{
	void *obj = alloc_socket(size, align, FASTMEM_BODY_FLAGS(flags), socket_id);

	if (FASTMEM_IS_CHECKED)
		fastmem_debug_given(obj, size, flags, FASTMEM_SITE);
	return obj;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_free, 26.11)
void
rte_fastmem_free(void *ptr)
{
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_free(ptr, FASTMEM_SITE);
	else
		__rte_fastmem_free(ptr);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_free_sized, 26.11)
void
rte_fastmem_free_sized(void *ptr, size_t size, size_t align)
{
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_free_sized(ptr, size, align, FASTMEM_SITE);
	else
		__rte_fastmem_free_sized(ptr, size, align);
}

/* Bytes of the object at an address, or around it; 0: there is none. */
static size_t
object_size(const void *ptr)
{
	struct fastmem_shared *sh = fastmem_shared();
	uint32_t bin = sh == NULL ? 0 : fastmem_zone_slab_bin(sh, fastmem_zone_slab(sh, ptr));

	return bin == 0 ? 0 : fastmem_bin_size(bin - 1);
}

/* The content moves to a new object. */
static void *
realloc_move(void *ptr, size_t size, size_t align, size_t content, const void *site)
{
	void *obj = __rte_fastmem_alloc(size, align, 0);

	if (obj == NULL)
		return NULL;
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_given(obj, size, 0, site);
	memcpy(obj, ptr, RTE_MIN(size, content));
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_free(ptr, site);
	else
		__rte_fastmem_free(ptr);
	return obj;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_realloc, 26.11)
void *
rte_fastmem_realloc(void *ptr, size_t size, size_t align)
{
	size_t old_size, content;
	int err;

	if (ptr == NULL || size == 0) {
		void *obj = ptr == NULL ? __rte_fastmem_alloc(size, align, 0) : NULL;

		if (FASTMEM_IS_CHECKED && obj != NULL)
			fastmem_debug_given(obj, size, 0, FASTMEM_SITE);
		if (FASTMEM_IS_CHECKED && ptr != NULL)
			fastmem_debug_free(ptr, FASTMEM_SITE);
		else if (ptr != NULL)
			__rte_fastmem_free(ptr);
		return obj;
	}
	err = check_size(size, align);
	old_size = object_size(ptr);
	content = old_size;
	if (fastmem_shared() == NULL)
		err = ENODEV;
	else if (old_size == 0)
		err = EINVAL;
	if (FASTMEM_IS_CHECKED && err == 0) {
		content = fastmem_debug_asked(ptr);
		err = content == 0 ? EINVAL : 0;
	}
	if (err != 0) {
		rte_errno = err;
		return NULL;
	}
	if (align == 0)
		align = RTE_CACHE_LINE_SIZE;
	if (size > old_size || ((uintptr_t)ptr & (align - 1)) != 0)
		return realloc_move(ptr, size, align, content, FASTMEM_SITE);
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_resize(ptr, size);
	return ptr;
}

/*
 * Several objects.
 */

static void
zero_all(void **ptrs, unsigned int n, size_t size, unsigned int flags)
{
	unsigned int i;

	if ((flags & RTE_FASTMEM_F_ZERO) == 0)
		return;
	for (i = 0; i < n; i++)
		memset(ptrs[i], 0, size);
}

static int
alloc_bulk_checked(void **ptrs, unsigned int n, size_t size, size_t align, unsigned int flags,
	int socket_id)
{
	int err = check_size(size, align);

	if (err == 0 && socket_id != FASTMEM_SOCKET_HOME && !fastmem_socket_is_valid(socket_id))
		err = EINVAL;
	if (fastmem_shared() == NULL)
		err = ENODEV;
	if (err != 0 || n == 0)
		return -err;
	err = fastmem_alloc_bulk(__rte_fastmem_bin(size, align), socket_id, false, ptrs, n);
	if (err == 0)
		zero_all(ptrs, n, size, flags);
	return err;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(__rte_fastmem_alloc_bulk_slow, 26.11)
__rte_noinline int
__rte_fastmem_alloc_bulk_slow(void **ptrs, unsigned int n, size_t size, size_t align,
	unsigned int flags)
{
	return alloc_bulk_checked(ptrs, n, size, align, flags, FASTMEM_SOCKET_HOME);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_alloc_bulk, 26.11)
int
rte_fastmem_alloc_bulk(void **ptrs, unsigned int n, size_t size, size_t align, unsigned int flags)
{
	int ret = __rte_fastmem_alloc_bulk(ptrs, n, size, align, FASTMEM_BODY_FLAGS(flags));

	if (FASTMEM_IS_CHECKED && ret == 0)
		fastmem_debug_given_bulk(ptrs, n, size, flags, FASTMEM_SITE);
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_alloc_bulk_socket, 26.11)
int
rte_fastmem_alloc_bulk_socket(void **ptrs, unsigned int n, size_t size, size_t align,
	unsigned int flags, int socket_id)
{
	int ret;

	/* FASTMEM_SOCKET_HOME is for the library alone. */
	if (!fastmem_socket_is_valid(socket_id))
		return fastmem_shared() == NULL ? -ENODEV : -EINVAL;
	ret = alloc_bulk_checked(ptrs, n, size, align, FASTMEM_BODY_FLAGS(flags), socket_id);
	if (FASTMEM_IS_CHECKED && ret == 0)
		fastmem_debug_given_bulk(ptrs, n, size, flags, FASTMEM_SITE);
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_free_bulk, 26.11)
void
rte_fastmem_free_bulk(void **ptrs, unsigned int n)
{
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_free_bulk(ptrs, n, FASTMEM_SITE);
	else
		__rte_fastmem_free_bulk(ptrs, n);
}

/*
 * Handles.
 */

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_hlookup, 26.11)
int
rte_fastmem_hlookup(size_t size, size_t align, int socket_id, rte_fastmem_handle_t *handle)
{
	struct fastmem_shared *sh = fastmem_shared();
	uint32_t socket = socket_id, bin, offset = 0, nb_sockets;
	int err = check_size(size, align);

	if (handle == NULL || !fastmem_socket_is_valid(socket_id))
		return -EINVAL;
	if (err != 0)
		return -err;
	bin = __rte_fastmem_bin(size, align);
	/* A primary process may look up before it initialises the library. */
	nb_sockets = sh != NULL ? sh->nb_sockets : fastmem_memzone_nb_sockets();
	if (socket_id == SOCKET_ID_ANY)
		socket = sh != NULL ? fastmem_proc_home(sh) :
			rte_socket_id() < nb_sockets ? rte_socket_id() : 0;
	/* A socket that is not there has no cache: 0 is one of capacity 0. */
	if (socket < nb_sockets)
		offset = fastmem_cache_offset(socket, bin);
	*handle = offset | FASTMEM_HANDLE(bin, socket) |
		(socket_id == SOCKET_ID_ANY ? FASTMEM_HANDLE_ANY : 0);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_halloc, 26.11)
void *
rte_fastmem_halloc(rte_fastmem_handle_t handle, unsigned int flags)
{
	void *obj = __rte_fastmem_halloc(handle, FASTMEM_BODY_FLAGS(flags));

	if (FASTMEM_IS_CHECKED)
		fastmem_debug_given(obj, FASTMEM_BY_HANDLE, flags, FASTMEM_SITE);
	return obj;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_hfree, 26.11)
void
rte_fastmem_hfree(rte_fastmem_handle_t handle, void *ptr)
{
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_hfree(handle, ptr, FASTMEM_SITE);
	else
		__rte_fastmem_hfree(handle, ptr);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(__rte_fastmem_halloc_bulk_slow, 26.11)
__rte_noinline int
__rte_fastmem_halloc_bulk_slow(uint32_t handle, void **ptrs, unsigned int n, unsigned int flags)
{
	uint32_t bin = FASTMEM_HANDLE_BIN(handle);
	uint32_t socket = FASTMEM_HANDLE_SOCKET(handle);
	int ret;

	if (fastmem_shared() == NULL)
		return -ENODEV;
	if (bin >= RTE_FASTMEM_NB_BINS)
		return -EINVAL; /* not from rte_fastmem_hlookup() */
	if (n == 0)
		return 0;
	ret = fastmem_alloc_bulk(bin, socket, (handle & FASTMEM_HANDLE_ANY) != 0, ptrs, n);
	if (ret == 0)
		zero_all(ptrs, n, fastmem_bin_size(bin), flags);
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_halloc_bulk, 26.11)
int
rte_fastmem_halloc_bulk(rte_fastmem_handle_t handle, void **ptrs, unsigned int n,
	unsigned int flags)
{
	int ret = __rte_fastmem_halloc_bulk(handle, ptrs, n, FASTMEM_BODY_FLAGS(flags));

	if (FASTMEM_IS_CHECKED && ret == 0)
		fastmem_debug_given_bulk(ptrs, n, FASTMEM_BY_HANDLE, flags, FASTMEM_SITE);
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_hfree_bulk, 26.11)
void
rte_fastmem_hfree_bulk(rte_fastmem_handle_t handle, void **ptrs, unsigned int n)
{
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_hfree_bulk(handle, ptrs, n, FASTMEM_SITE);
	else
		__rte_fastmem_hfree_bulk(handle, ptrs, n);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_usable_size, 26.11)
size_t
rte_fastmem_usable_size(const void *ptr)
{
	if (FASTMEM_IS_CHECKED)
		fastmem_debug_open(ptr);
	return object_size(ptr);
}
