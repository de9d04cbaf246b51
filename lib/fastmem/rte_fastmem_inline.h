/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef RTE_FASTMEM_INLINE_H
#define RTE_FASTMEM_INLINE_H

/*
 * The public functions that are inline, under their names; rte_fastmem.h, which includes this
 * file, says when. Programs that analyze code get a model of them instead.
 */

#include <stddef.h>
#include <stdint.h>
#ifdef RTE_FASTMEM_MODEL
#include <stdlib.h>
#endif

#include <rte_common.h>

#include "rte_fastmem_core.h"
#include "rte_fastmem_core_bulk.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef RTE_FASTMEM_INLINE

static __rte_always_inline void *
rte_fastmem_alloc(size_t size, size_t align, unsigned int flags)
{
	return __rte_fastmem_alloc(size, align, flags);
}

static __rte_always_inline void
rte_fastmem_free(void *ptr)
{
	__rte_fastmem_free(ptr);
}

static __rte_always_inline void
rte_fastmem_free_sized(void *ptr, size_t size, size_t align)
{
	__rte_fastmem_free_sized(ptr, size, align);
}

static __rte_always_inline void *
rte_fastmem_halloc(rte_fastmem_handle_t handle, unsigned int flags)
{
	return __rte_fastmem_halloc(handle, flags);
}

static __rte_always_inline void
rte_fastmem_hfree(rte_fastmem_handle_t handle, void *ptr)
{
	__rte_fastmem_hfree(handle, ptr);
}

static __rte_always_inline int
rte_fastmem_alloc_bulk(void **ptrs, unsigned int n, size_t size, size_t align, unsigned int flags)
{
	return __rte_fastmem_alloc_bulk(ptrs, n, size, align, flags);
}

static __rte_always_inline void
rte_fastmem_free_bulk(void **ptrs, unsigned int n)
{
	__rte_fastmem_free_bulk(ptrs, n);
}

static __rte_always_inline int
rte_fastmem_halloc_bulk(rte_fastmem_handle_t handle, void **ptrs, unsigned int n,
	unsigned int flags)
{
	return __rte_fastmem_halloc_bulk(handle, ptrs, n, flags);
}

static __rte_always_inline void
rte_fastmem_hfree_bulk(rte_fastmem_handle_t handle, void **ptrs, unsigned int n)
{
	__rte_fastmem_hfree_bulk(handle, ptrs, n);
}

#endif /* RTE_FASTMEM_INLINE */

#ifdef RTE_FASTMEM_MODEL

/* What is true of objects in the words of libc; never compiled. */
static __rte_always_inline void *
rte_fastmem_alloc(size_t size, size_t align __rte_unused, unsigned int flags)
{
	return flags & RTE_FASTMEM_F_ZERO ? calloc(1, size) : malloc(size);
}

static __rte_always_inline void
rte_fastmem_free(void *ptr)
{
	free(ptr);
}

static __rte_always_inline void
rte_fastmem_free_sized(void *ptr, size_t size __rte_unused, size_t align __rte_unused)
{
	free(ptr);
}

static __rte_always_inline void *
rte_fastmem_halloc(rte_fastmem_handle_t handle __rte_unused, unsigned int flags __rte_unused)
{
	return malloc((size_t)1 << RTE_FASTMEM_MAX_SHIFT);
}

static __rte_always_inline void
rte_fastmem_hfree(rte_fastmem_handle_t handle __rte_unused, void *ptr)
{
	free(ptr);
}

static __rte_always_inline int
rte_fastmem_alloc_bulk(void **ptrs, unsigned int n, size_t size, size_t align, unsigned int flags)
{
	return __rte_fastmem_alloc_bulk_slow(ptrs, n, size, align, flags);
}

static __rte_always_inline void
rte_fastmem_free_bulk(void **ptrs, unsigned int n)
{
	__rte_fastmem_free_bulk_slow(ptrs, n);
}

static __rte_always_inline int
rte_fastmem_halloc_bulk(rte_fastmem_handle_t handle, void **ptrs, unsigned int n,
	unsigned int flags)
{
	return __rte_fastmem_halloc_bulk_slow(handle, ptrs, n, flags);
}

static __rte_always_inline void
rte_fastmem_hfree_bulk(rte_fastmem_handle_t handle __rte_unused, void **ptrs, unsigned int n)
{
	__rte_fastmem_free_bulk_slow(ptrs, n);
}

#endif /* RTE_FASTMEM_MODEL */

#ifdef __cplusplus
}
#endif

#endif /* RTE_FASTMEM_INLINE_H */
