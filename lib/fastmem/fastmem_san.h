/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_SAN_H
#define FASTMEM_SAN_H

/*
 * What AddressSanitizer and Valgrind's memcheck are told of objects, and whether
 * this is a build that checks objects. Owns nothing, calls the tools only, and is
 * empty where there is none.
 *
 * The memory of slabs is out of bounds, but for the bytes asked for of objects
 * that are allocated. Before a zone goes back to EAL it is accessible again.
 */

#include <stdbool.h>
#include <stddef.h>

#include <rte_common.h>

#if defined(__SANITIZE_ADDRESS__)
#define FASTMEM_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FASTMEM_ASAN
#endif
#endif

#if (defined(RTE_FASTMEM_DEBUG) || defined(RTE_FASTMEM_VALGRIND)) && !defined(FASTMEM_ASAN) && \
	defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#define FASTMEM_VALGRIND
#endif
#endif

/* Every object is checked at each allocation and free: fastmem_debug.c. */
#if defined(RTE_FASTMEM_DEBUG) || defined(FASTMEM_ASAN) || defined(FASTMEM_VALGRIND)
#define FASTMEM_CHECKED
#define FASTMEM_IS_CHECKED 1
#else
#define FASTMEM_IS_CHECKED 0
#endif

#if defined(FASTMEM_ASAN)

#include <sanitizer/asan_interface.h>

/* Does a tool watch the contents of free objects? Then reading them is an error. */
static inline bool
fastmem_san_is_watching(void)
{
	return true;
}

static inline void
fastmem_san_hide(const void *mem, size_t len)
{
	__asan_poison_memory_region(mem, len);
}

static inline void
fastmem_san_show(const void *mem, size_t len)
{
	__asan_unpoison_memory_region(mem, len);
}

static inline void
fastmem_san_alloc(void *obj, size_t size)
{
	__asan_unpoison_memory_region(obj, size);
}

static inline void
fastmem_san_free(void *obj, size_t size)
{
	__asan_poison_memory_region(obj, size);
}

static inline void
fastmem_san_resize(void *obj, size_t old_size, size_t size, size_t class_size)
{
	RTE_SET_USED(old_size);
	__asan_poison_memory_region(obj, class_size);
	__asan_unpoison_memory_region(obj, size);
}

/* Let the tool report a pointer that must not be freed, where it finds fault with it. */
static inline void
fastmem_san_refuse(const void *ptr)
{
	if (__asan_address_is_poisoned(ptr))
		(void)*(const volatile char *)ptr;
}

#elif defined(FASTMEM_VALGRIND)

#include <valgrind/memcheck.h>

static inline bool
fastmem_san_is_watching(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

static inline void
fastmem_san_hide(const void *mem, size_t len)
{
	(void)VALGRIND_MAKE_MEM_NOACCESS(mem, len);
}

static inline void
fastmem_san_show(const void *mem, size_t len)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(mem, len);
}

static inline void
fastmem_san_alloc(void *obj, size_t size)
{
	VALGRIND_MALLOCLIKE_BLOCK(obj, size, 0, 0);
}

static inline void
fastmem_san_free(void *obj, size_t size)
{
	RTE_SET_USED(size);
	VALGRIND_FREELIKE_BLOCK(obj, 0);
}

static inline void
fastmem_san_resize(void *obj, size_t old_size, size_t size, size_t class_size)
{
	RTE_SET_USED(class_size);
	VALGRIND_RESIZEINPLACE_BLOCK(obj, old_size, size, 0);
}

static inline void
fastmem_san_refuse(const void *ptr)
{
	VALGRIND_FREELIKE_BLOCK(ptr, 0);
}

#else

static inline bool
fastmem_san_is_watching(void)
{
	return false;
}

static inline void
fastmem_san_hide(const void *mem, size_t len)
{
	RTE_SET_USED(mem);
	RTE_SET_USED(len);
}

static inline void
fastmem_san_show(const void *mem, size_t len)
{
	RTE_SET_USED(mem);
	RTE_SET_USED(len);
}

static inline void
fastmem_san_alloc(void *obj, size_t size)
{
	RTE_SET_USED(obj);
	RTE_SET_USED(size);
}

static inline void
fastmem_san_free(void *obj, size_t size)
{
	RTE_SET_USED(obj);
	RTE_SET_USED(size);
}

static inline void
fastmem_san_resize(void *obj, size_t old_size, size_t size, size_t class_size)
{
	RTE_SET_USED(obj);
	RTE_SET_USED(old_size);
	RTE_SET_USED(size);
	RTE_SET_USED(class_size);
}

static inline void
fastmem_san_refuse(const void *ptr)
{
	RTE_SET_USED(ptr);
}

#endif

#endif /* FASTMEM_SAN_H */
