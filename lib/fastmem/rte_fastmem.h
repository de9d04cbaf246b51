/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef RTE_FASTMEM_H
#define RTE_FASTMEM_H

/**
 * @file
 * RTE Fastmem
 *
 * @warning
 * @b EXPERIMENTAL:
 * All functions in this file may be changed or removed without prior notice.
 *
 * Fast memory allocator: objects of any size up to rte_fastmem_max_size(),
 * on demand, from hugepage memory, at the speed of a mempool.
 *
 * Power-of-two size classes are carved from slabs of 2 MiB, which come from
 * memzones that are reserved when they are needed. Every thread has a cache
 * per class and NUMA socket, and every socket a depot per class from which the
 * caches are refilled, a magazine of objects at a time.
 *
 * Contexts: unless a function says otherwise it is MT-safe and may be called
 * from EAL threads, from threads registered with rte_thread_register(), and
 * from any other thread, in primary and secondary processes. None may be
 * called from a signal handler, nor by the child of a fork(). An allocation
 * that finds no free object, and now and then a free, may reserve memory from
 * EAL, which takes milliseconds and, with secondary processes, IPC; the first
 * use of any function in a secondary process takes EAL's lock on memzones. So
 * do none of these inside EAL memory or IPC callbacks.
 *
 * Sizes are in bytes. An alignment is 0, which means RTE_CACHE_LINE_SIZE, or a
 * power of two up to rte_fastmem_max_size(). A socket id is a NUMA socket
 * below RTE_MAX_NUMA_NODES, or SOCKET_ID_ANY.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_bitops.h>
#include <rte_common.h>
#include <rte_compat.h>

/*
 * The fast path is inline, but where that does not pay or would hide an
 * application's mistakes from a checker; or where the application defines
 * RTE_FASTMEM_NO_INLINE: then the exported functions of the same names are called.
 */
#if defined(ALLOW_EXPERIMENTAL_API) && !defined(RTE_FASTMEM_NO_INLINE)
#if defined(__OPTIMIZE__) && !defined(RTE_FASTMEM_DEBUG) && !defined(RTE_FASTMEM_VALGRIND) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
	!defined(__clang_analyzer__) && !defined(__cppcheck__) && \
	!defined(RTE_TOOLCHAIN_MSVC)
#if !defined(__has_feature)
#define RTE_FASTMEM_INLINE
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && \
	!__has_feature(memory_sanitizer)
#define RTE_FASTMEM_INLINE
#endif
#endif
#endif

/* clang's analyzer follows no allocator but libc's: for it an object is libc's. */
#if defined(__clang_analyzer__) && defined(ALLOW_EXPERIMENTAL_API) && \
	!defined(RTE_FASTMEM_BODIES)
#define RTE_FASTMEM_MODEL
#endif

/* A compiler does not inline what it is told to pair with a deallocator. */
#if defined(RTE_FASTMEM_INLINE) || defined(RTE_FASTMEM_MODEL)
#define __RTE_FASTMEM_FAST static __rte_always_inline
#define __RTE_FASTMEM_DEALLOC(function, argno)
#else
#define __RTE_FASTMEM_FAST
#ifdef ALLOW_EXPERIMENTAL_API
#define __RTE_FASTMEM_DEALLOC(function, argno) __rte_dealloc(function, argno)
#else /* the attribute alone would use an experimental function */
#define __RTE_FASTMEM_DEALLOC(function, argno)
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Flag of the allocation functions: the bytes asked for come back zeroed. */
#define RTE_FASTMEM_F_ZERO RTE_BIT32(0)

/** A size class on a socket, resolved once by rte_fastmem_hlookup(). */
typedef uint32_t rte_fastmem_handle_t;

/** Totals of the allocator. Counters count objects, not calls. */
struct rte_fastmem_stats {
	uint64_t bytes_backing; /**< Memory of all slabs, in use or free. */
	uint64_t bytes_in_use; /**< Objects in use, each by its whole class size. */
	uint64_t alloc_total; /**< Objects allocated. */
	uint64_t free_total; /**< Objects freed. */
	uint64_t alloc_nomem; /**< Objects refused for lack of memory. */
	unsigned int n_classes; /**< Number of size classes. */
};

/** Counters of one size class. */
struct rte_fastmem_class_stats {
	size_t class_size; /**< Size of the objects. */
	uint64_t in_use; /**< Objects allocated and not freed. */
	uint64_t alloc_cache_hits; /**< Allocated from the caller's own cache. */
	uint64_t alloc_cache_misses; /**< Allocated past the cache. */
	uint64_t alloc_nomem; /**< Refused for lack of memory. */
	uint64_t free_cache_hits; /**< Freed into the caller's own cache. */
	uint64_t free_cache_misses; /**< Freed past the cache. */
	uint64_t slab_acquires; /**< Slabs that joined the class. */
	uint64_t slab_releases; /**< Slabs that became empty and left the class. */
	uint32_t slabs_partial; /**< Slabs with free objects. */
	uint32_t slabs_full; /**< Slabs without. */
};

/** Counters of the threads that had one lcore id. */
struct rte_fastmem_lcore_stats {
	uint64_t alloc_cache_hits; /**< Allocated from the caller's own cache. */
	uint64_t alloc_cache_misses; /**< Allocated past the cache. */
	uint64_t alloc_nomem; /**< Refused for lack of memory. */
	uint64_t free_cache_hits; /**< Freed into the caller's own cache. */
	uint64_t free_cache_misses; /**< Freed past the cache. */
};

/** Counters of the threads that had one lcore id, for one size class. */
struct rte_fastmem_lcore_class_stats {
	size_t class_size; /**< Size of the objects. */
	uint64_t alloc_cache_hits; /**< Allocated from the caller's own cache. */
	uint64_t alloc_cache_misses; /**< Allocated past the cache. */
	uint64_t alloc_nomem; /**< Refused for lack of memory. */
	uint64_t free_cache_hits; /**< Freed into the caller's own cache. */
	uint64_t free_cache_misses; /**< Freed past the cache. */
};

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Initialise the allocator, after rte_eal_init().
 *
 * The library's own memory is reserved, of objects none yet. In a secondary
 * process it attaches to the allocator of the primary process; calling it there is
 * optional, since every other function attaches at its first use.
 *
 * Not MT-safe: no other function of the library may run at the same time.
 *
 * @return
 *   - 0: done.
 *   - -EBUSY: already initialised.
 *   - -ENODEV: in a secondary process: the primary has not initialised it yet.
 *   - -ENOMEM: no memory, or EAL is not initialised.
 */
__rte_experimental
int
rte_fastmem_init(void);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Free all memory of the allocator, before rte_eal_cleanup(). All objects are
 * gone. Without rte_fastmem_init() it does nothing. Afterwards the allocator may be
 * initialised again, whatever threads used it before.
 *
 * In a secondary process it gives back what the caches of this process hold, and
 * detaches; its objects stay. There, too, it comes before rte_eal_cleanup(), as
 * threads that end later have caches in memory that is no more. Secondary
 * processes must have detached, or ended, before the primary calls this function.
 *
 * Not MT-safe: no other function of the library may run at the same time.
 */
__rte_experimental
void
rte_fastmem_deinit(void);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Reserve memory for objects up front, where the milliseconds that growing takes
 * would hurt later.
 *
 * @param size
 *   What the backing memory of the socket shall be at least, in total (not: in
 *   addition). Rounded up to slabs of 2 MiB; a memzone per started 128 MiB.
 * @param socket_id
 *   The socket. With SOCKET_ID_ANY the memory comes from the caller's socket and,
 *   when it has no more, from the others.
 * @return
 *   - 0: done.
 *   - -ENOMEM: not so much memory, or the limit forbids it; nothing was reserved.
 *   - -EINVAL: no such socket id.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_reserve(size_t size, int socket_id);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Set a ceiling on the backing memory of a socket. What is already
 * reserved stays, also above the ceiling.
 *
 * @param socket_id
 *   The socket; SOCKET_ID_ANY: each socket.
 * @param max_bytes
 *   The ceiling in bytes; memory comes in slabs of 2 MiB. SIZE_MAX, the default:
 *   no ceiling.
 * @return
 *   - 0: done.
 *   - -EINVAL: no such socket id, or not initialised.
 */
__rte_experimental
int
rte_fastmem_set_limit(int socket_id, size_t max_bytes);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the ceiling on the backing memory of a socket.
 *
 * @param socket_id
 *   The socket; SOCKET_ID_ANY: the lowest ceiling of all sockets.
 * @return
 *   The ceiling in bytes, SIZE_MAX for none; 0 when there is no such socket
 *   id or the library is not initialised.
 */
__rte_experimental
size_t
rte_fastmem_get_limit(int socket_id);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the largest size, and alignment, that is served. Callable at any time.
 *
 * @return
 *   The size in bytes; the same for the life of the process.
 */
__rte_experimental
size_t
rte_fastmem_max_size(void);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the size classes. Callable at any time.
 *
 * @param sizes
 *   Array that receives the class sizes in ascending order; may be NULL.
 * @return
 *   The number of size classes.
 */
__rte_experimental
unsigned int
rte_fastmem_classes(size_t *sizes);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Free an object, on any thread of any process that shares the allocator.
 *
 * @param ptr
 *   The object; NULL: nothing is done. A pointer that is not the allocator's
 *   is refused: counted, logged once in a while, and its memory is not touched.
 *   From another thread it must have come by what synchronizes: a ring, a lock, an acquire
 *   load, but not a relaxed one.
 */
__rte_experimental
__RTE_FASTMEM_FAST
void
rte_fastmem_free(void *ptr);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Allocate an object on the calling lcore's socket.
 *
 * @param size
 *   Size in bytes; 0 gives a valid object of the smallest size.
 * @param align
 *   Alignment: 0 (RTE_CACHE_LINE_SIZE) or a power of two.
 *   An alignment below the cache line may put several objects into one line.
 * @param flags
 *   0 or RTE_FASTMEM_F_ZERO.
 * @return
 *   The object, or NULL with rte_errno:
 *   - E2BIG: size or alignment is over rte_fastmem_max_size().
 *   - EINVAL: the alignment is no power of two.
 *   - ENOMEM: no memory to be had.
 *   - ENODEV: not initialised.
 */
__rte_experimental
__RTE_FASTMEM_FAST
void *
rte_fastmem_alloc(size_t size, size_t align, unsigned int flags)
	__rte_alloc_size(1) __rte_malloc __RTE_FASTMEM_DEALLOC(rte_fastmem_free, 1);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Allocate an object on a given socket.
 *
 * @param size
 *   Size in bytes; 0 gives a valid object of the smallest size.
 * @param align
 *   Alignment: 0 (RTE_CACHE_LINE_SIZE) or a power of two.
 * @param flags
 *   0 or RTE_FASTMEM_F_ZERO.
 * @param socket_id
 *   The only socket to take memory of; SOCKET_ID_ANY: the caller's socket, then
 *   the others.
 * @return
 *   The object, or NULL with rte_errno:
 *   - E2BIG: size or alignment is over rte_fastmem_max_size().
 *   - EINVAL: the alignment is no power of two, or no such socket id.
 *   - ENOMEM: no memory to be had.
 *   - ENODEV: not initialised.
 */
__rte_experimental
void *
rte_fastmem_alloc_socket(size_t size, size_t align, unsigned int flags, int socket_id)
	__rte_alloc_size(1) __rte_malloc __RTE_FASTMEM_DEALLOC(rte_fastmem_free, 1);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Change the size of an object. It is returned as it is when its class fits the
 * new size, and its address the alignment; else its content moves to a new object.
 *
 * @param ptr
 *   The object; NULL: a new one is allocated.
 * @param size
 *   The new size in bytes; 0: the object is freed.
 * @param align
 *   Alignment: 0 (RTE_CACHE_LINE_SIZE) or a power of two.
 * @return
 *   The object, NULL when size is 0, or NULL with rte_errno as
 *   rte_fastmem_alloc(), and EINVAL when ptr is not the allocator's; then
 *   the old object stays valid.
 */
__rte_experimental
void *
rte_fastmem_realloc(void *ptr, size_t size, size_t align)
	__rte_alloc_size(2);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Allocate several objects of one size on the calling lcore's socket, all or none.
 *
 * @param ptrs
 *   Array that receives the objects; untouched on failure.
 * @param n
 *   Number of objects; 0: nothing is done.
 * @param size
 *   Size in bytes of each.
 * @param align
 *   Alignment: 0 (RTE_CACHE_LINE_SIZE) or a power of two.
 * @param flags
 *   0 or RTE_FASTMEM_F_ZERO.
 * @return
 *   0, or -E2BIG, -EINVAL, -ENOMEM, -ENODEV as rte_fastmem_alloc().
 */
__rte_experimental
__RTE_FASTMEM_FAST
int
rte_fastmem_alloc_bulk(void **ptrs, unsigned int n, size_t size, size_t align,
	unsigned int flags);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Allocate several objects of one size on a given socket, all or none.
 *
 * @param ptrs
 *   Array that receives the objects; untouched on failure.
 * @param n
 *   Number of objects; 0: nothing is done.
 * @param size
 *   Size in bytes of each.
 * @param align
 *   Alignment: 0 (RTE_CACHE_LINE_SIZE) or a power of two.
 * @param flags
 *   0 or RTE_FASTMEM_F_ZERO.
 * @param socket_id
 *   The only socket to take memory of; SOCKET_ID_ANY: the caller's socket, then
 *   the others.
 * @return
 *   0, or -E2BIG, -EINVAL, -ENOMEM, -ENODEV as rte_fastmem_alloc_socket().
 */
__rte_experimental
int
rte_fastmem_alloc_bulk_socket(void **ptrs, unsigned int n, size_t size, size_t align,
	unsigned int flags, int socket_id);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Free several objects, of any mix of sizes, alignments and sockets.
 *
 * @param ptrs
 *   The objects; a NULL among them is skipped, a pointer that is not the
 *   allocator's refused, the others are freed all the same.
 * @param n
 *   Number of objects.
 */
__rte_experimental
__RTE_FASTMEM_FAST
void
rte_fastmem_free_bulk(void **ptrs, unsigned int n);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Free an object whose size the caller knows, as free_aligned_sized() of C23:
 * with constants it is a little faster than rte_fastmem_free().
 *
 * @param ptr
 *   The object; NULL: nothing is done. A pointer that is not the allocator's
 *   is refused.
 * @param size
 *   The size that was asked for. After rte_fastmem_realloc(): the last one.
 * @param align
 *   The alignment that was asked for.
 */
__rte_experimental
__RTE_FASTMEM_FAST
void
rte_fastmem_free_sized(void *ptr, size_t size, size_t align);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Resolve a size, an alignment and a socket to a handle. It is good on every
 * thread of every process of the EAL, and for the life of the processes.
 *
 * @param size
 *   Size in bytes.
 * @param align
 *   Alignment: 0 (RTE_CACHE_LINE_SIZE) or a power of two.
 * @param socket_id
 *   The socket; SOCKET_ID_ANY: the socket of the calling lcore, and the
 *   others when it has no more memory.
 * @param handle
 *   Receives the handle.
 * @return
 *   - 0: done.
 *   - -EINVAL: handle is NULL, the alignment is no power of two, or no such socket id.
 *   - -E2BIG: size or alignment is over rte_fastmem_max_size().
 */
__rte_experimental
int
rte_fastmem_hlookup(size_t size, size_t align, int socket_id, rte_fastmem_handle_t *handle);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Free an object of a handle's class and socket. It may come from any allocation
 * function. An object of another class or socket goes where it belongs; builds
 * that check objects refuse it.
 *
 * @param handle
 *   The handle.
 * @param ptr
 *   The object; NULL: nothing is done. A pointer that is not the allocator's
 *   is refused.
 */
__rte_experimental
__RTE_FASTMEM_FAST
void
rte_fastmem_hfree(rte_fastmem_handle_t handle, void *ptr);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Allocate an object by handle.
 *
 * @param handle
 *   The handle.
 * @param flags
 *   0 or RTE_FASTMEM_F_ZERO, which zeroes the whole object: the size of the class.
 * @return
 *   The object, or NULL with rte_errno: ENOMEM, ENODEV as rte_fastmem_alloc().
 */
__rte_experimental
__RTE_FASTMEM_FAST
void *
rte_fastmem_halloc(rte_fastmem_handle_t handle, unsigned int flags)
	__rte_malloc __RTE_FASTMEM_DEALLOC(rte_fastmem_hfree, 2)
	__RTE_FASTMEM_DEALLOC(rte_fastmem_free, 1);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Allocate several objects by handle, all or none.
 *
 * @param handle
 *   The handle.
 * @param ptrs
 *   Array that receives the objects; untouched on failure.
 * @param n
 *   Number of objects; 0: nothing is done.
 * @param flags
 *   0 or RTE_FASTMEM_F_ZERO, which zeroes the whole objects.
 * @return
 *   0, -ENOMEM, -ENODEV.
 */
__rte_experimental
__RTE_FASTMEM_FAST
int
rte_fastmem_halloc_bulk(rte_fastmem_handle_t handle, void **ptrs, unsigned int n,
	unsigned int flags);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Free several objects of a handle's class and socket.
 *
 * @param handle
 *   The handle.
 * @param ptrs
 *   The objects; NULL and foreign pointers as in rte_fastmem_free_bulk().
 * @param n
 *   Number of objects.
 */
__rte_experimental
__RTE_FASTMEM_FAST
void
rte_fastmem_hfree_bulk(rte_fastmem_handle_t handle, void **ptrs, unsigned int n);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the IO address of an object, in constant time. An object is contiguous
 * in IO addresses, and its IO address stays for its life.
 *
 * @param ptr
 *   Any address inside an object.
 * @return
 *   The IO address; RTE_BAD_IOVA when ptr is not the allocator's or its memory
 *   has no IO address.
 */
__rte_experimental
rte_iova_t
rte_fastmem_virt2iova(const void *ptr);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Give everything that the calling thread caches back to the slabs, along with
 * what the depots hold, so that slabs that become empty can serve another size class.
 * Counters survive it. Without rte_fastmem_init(), or on a thread that has no
 * cache, only the depots are emptied, or nothing is done.
 */
__rte_experimental
void
rte_fastmem_cache_flush(void);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the size of the object at an address: what may be used of it.
 *
 * @param ptr
 *   The object.
 * @return
 *   The size in bytes; 0 when ptr is NULL or not the allocator's.
 */
__rte_experimental
size_t
rte_fastmem_usable_size(const void *ptr);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Tell whether an address is inside memory of the allocator, in constant time,
 * and whatever the address.
 *
 * @param ptr
 *   Any address.
 * @return
 *   Whether it is.
 */
__rte_experimental
bool
rte_fastmem_owns(const void *ptr);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Give memory that nobody uses back to EAL, after flushing as
 * rte_fastmem_cache_flush(). What EAL then does with it depends on its mode.
 *
 * @param socket_id
 *   The socket; SOCKET_ID_ANY: all sockets.
 * @return
 *   - The number of zones given back.
 *   - -EINVAL: no such socket id.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_trim(int socket_id);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the totals of the allocator. All counters are exact when no other thread
 * allocates or frees meanwhile.
 *
 * @param stats
 *   Receives the totals.
 * @return
 *   - 0: done.
 *   - -EINVAL: stats is NULL.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_stats(struct rte_fastmem_stats *stats);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the counters of a size class.
 *
 * @param class_size
 *   The size of a class, exactly.
 * @param stats
 *   Receives the counters.
 * @return
 *   - 0: done.
 *   - -EINVAL: stats is NULL, or no such class.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_stats_class(size_t class_size, struct rte_fastmem_class_stats *stats);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the counters of the threads that have, or had, an lcore id, in all processes.
 *
 * @param lcore_id
 *   The lcore id.
 * @param stats
 *   Receives the counters.
 * @return
 *   - 0: done.
 *   - -EINVAL: stats is NULL, or the lcore id is not below RTE_MAX_LCORE.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_stats_lcore(unsigned int lcore_id, struct rte_fastmem_lcore_stats *stats);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the counters of the threads that have, or had, an lcore id, for a size class.
 *
 * @param lcore_id
 *   The lcore id.
 * @param class_size
 *   The size of a class, exactly.
 * @param stats
 *   Receives the counters.
 * @return
 *   - 0: done.
 *   - -EINVAL: stats is NULL, no such class, or the lcore id is not below RTE_MAX_LCORE.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_stats_lcore_class(unsigned int lcore_id, size_t class_size,
	struct rte_fastmem_lcore_class_stats *stats);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the counters of all threads that have no lcore id, or no caches because
 * there was no memory for them.
 *
 * @param stats
 *   Receives the counters.
 * @return
 *   - 0: done.
 *   - -EINVAL: stats is NULL.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_stats_shared(struct rte_fastmem_lcore_stats *stats);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Get the counters of all threads that have no lcore id, or no caches because
 * there was no memory for them, for a size class.
 *
 * @param class_size
 *   The size of a class, exactly.
 * @param stats
 *   Receives the counters.
 * @return
 *   - 0: done.
 *   - -EINVAL: stats is NULL, or no such class.
 *   - -ENODEV: not initialised.
 */
__rte_experimental
int
rte_fastmem_stats_shared_class(size_t class_size, struct rte_fastmem_lcore_class_stats *stats);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Set all counters to 0. What is in use stays counted: bytes_in_use,
 * in_use, bytes_backing, slabs_partial and slabs_full are not counters.
 * Exact when no other thread is allocating or freeing.
 */
__rte_experimental
void
rte_fastmem_stats_reset(void);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Print all that a person wants to know of the state of the allocator.
 *
 * @param f
 *   Where to print it; NULL: nothing is done.
 */
__rte_experimental
void
rte_fastmem_dump(FILE *f);

/** Kinds of misuse; which of them are found depends on the build. */
enum rte_fastmem_misuse {
	/** A pointer that is not the allocator's was to be freed; found in every build. */
	RTE_FASTMEM_MISUSE_FOREIGN,
	/** A pointer that is not the start of an object. */
	RTE_FASTMEM_MISUSE_INTERIOR,
	/** A pointer that is not even a multiple of 8. */
	RTE_FASTMEM_MISUSE_MISALIGNED,
	/** An object that is not allocated: freed before, or never allocated. */
	RTE_FASTMEM_MISUSE_DOUBLE_FREE,
	/** A sized free named another size, or class, than the object's. */
	RTE_FASTMEM_MISUSE_WRONG_SIZE,
	/** A free by a handle of another class, or socket, than the object's. */
	RTE_FASTMEM_MISUSE_WRONG_HANDLE,
	/** Bytes past those asked for were written. */
	RTE_FASTMEM_MISUSE_OVERFLOW,
	/** A free object was written. */
	RTE_FASTMEM_MISUSE_WRITE_AFTER_FREE,
	/** An object was not freed before rte_fastmem_deinit(). */
	RTE_FASTMEM_MISUSE_LEAK,
};

/**
 * What an application does about misuse. It is called on the thread that found it,
 * and may end the process; it must not call this library. When it returns, a
 * pointer that was to be freed is refused, and its object, if any, stays as it is;
 * for the other kinds all goes on.
 *
 * It may be called where a thread ends or is unregistered, and by
 * rte_fastmem_deinit(): so it must not call rte_lcore functions that take EAL's lock,
 * as rte_lcore_iterate() does, and ends the process by abort() or _exit(), since
 * exit() runs what else is to be done at the end.
 *
 * @param kind
 *   The kind.
 * @param ptr
 *   The pointer that was given, or the object that was found.
 * @param text
 *   A sentence that says all that is known: class, lcore, where the object was
 *   allocated and freed. Valid during the call.
 * @param arg
 *   The argument given to rte_fastmem_set_misuse_handler().
 */
typedef void (*rte_fastmem_misuse_handler_t)(enum rte_fastmem_misuse kind, const void *ptr,
	const char *text, void *arg);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Choose what happens when the application misuses the library, in this process.
 * By default it is logged as an error; in a production build at most once
 * a second. MT-safe: what another thread reports meanwhile goes to the former
 * function, with its argument, or to this one with this.
 *
 * @param handler
 *   The function to call at every misuse; NULL: the default.
 * @param arg
 *   Passed to it.
 */
__rte_experimental
void
rte_fastmem_set_misuse_handler(rte_fastmem_misuse_handler_t handler, void *arg);

#ifdef __cplusplus
}
#endif

#include "rte_fastmem_core.h"
#include "rte_fastmem_core_bulk.h"
#include "rte_fastmem_inline.h"

#endif /* RTE_FASTMEM_H */
