/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_DEBUG_H
#define FASTMEM_DEBUG_H

/*
 * What builds that check every object do around the others' functions: fastmem_debug.c.
 * Callers ask FASTMEM_IS_CHECKED before, a constant: production builds have none of it.
 */

#include "fastmem_pvt.h"
#include "fastmem_san.h"

/* Who called the exported function. */
#define FASTMEM_SITE __builtin_return_address(0)

/* Flags for the bodies: objects are zeroed after they were checked. */
#define FASTMEM_BODY_FLAGS(flags) (FASTMEM_IS_CHECKED ? 0 : (flags))

/* An object, if not NULL, was allocated: by size, or by handle. */
#define FASTMEM_BY_HANDLE SIZE_MAX
void fastmem_debug_given(void *obj, size_t size, unsigned int flags, const void *site);
void fastmem_debug_given_bulk(void **objs, uint32_t n, size_t size, unsigned int flags,
	const void *site);

/* Free what is an object, report what is not. */
void fastmem_debug_free(void *ptr, const void *site);
void fastmem_debug_free_sized(void *ptr, size_t size, size_t align, const void *site);
void fastmem_debug_hfree(uint32_t handle, void *ptr, const void *site);
void fastmem_debug_free_bulk(void **ptrs, uint32_t n, const void *site);
void fastmem_debug_hfree_bulk(uint32_t handle, void **ptrs, uint32_t n, const void *site);

/* Bytes asked for of an object that is to be resized; 0 after a report: there is none. */
size_t fastmem_debug_asked(void *ptr);
/* It is resized in place. */
void fastmem_debug_resize(void *ptr, size_t size);
/* The application was told that it may use the whole of an object. */
void fastmem_debug_open(const void *ptr);

#endif /* FASTMEM_DEBUG_H */
