/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_PVT_H
#define FASTMEM_PVT_H

/*
 * What all files share: the design, and the layout of shared memory. What a file does for
 * others is in the header of its name, what the tests may do in fastmem_test.h.
 *
 * Architecture. Calls go down only, most of them one layer:
 *
 *   application
 *      |  one object, or an array      fastmem_object.c, inline part in rte_fastmem_core.h;
 *      |                               past the cache: fastmem_alloc.c, fastmem_free.c
 *   cache     per thread and bin       two magazines; no lock, no atomic operation
 *      |  a magazine                   fastmem_cache.c, all of a thread: fastmem_block.c;
 *      |                               threads: fastmem_proc.c
 *   depot     per socket and bin       lock-free stacks of magazines; fastmem_depot.c
 *      |  a batch of objects
 *   slab      per socket and bin       2 MiB; knows which object is free; fastmem_slab.c
 *      |  a slab
 *   zone      per socket               one memzone; address -> slab; fastmem_zone.c
 *                                      when there are more: fastmem_grow.c
 *                                      the pool of free slabs; fastmem_pool.c
 *   meta      per socket               memory for records, magazines, caches; fastmem_meta.c
 *   memzones                           what EAL reserves and frees; fastmem_memzone.c
 *
 * Beside the layers: fastmem_stats.c adds up what they count, fastmem_telemetry.c passes it on;
 * fastmem_report.c says what was misused; fastmem_check.c asks each layer whether it adds up;
 * fastmem_slot.c tells dead processes from living ones, fastmem_lock.c takes over the locks of
 * dead ones, and fastmem_repair.c mends the lists that they leave; fastmem_predict.c tells the
 * fast path which slabs to expect.
 *
 * Builds that check objects (debug, AddressSanitizer, Valgrind) put fastmem_debug.c between
 * the application and the top layer: it refuses what is misuse, and passes on the
 * rest. It knows each object by a record (fastmem_record.c) and tells the tools what is in use
 * (fastmem_san.h). In production builds these are empty.
 *
 * Words: an object is what the user gets; a bin is a size class with a layout
 * (fastmem_class.h); a magazine is an array of free objects; a zone is a
 * memzone full of slabs; home is the socket of a thread, or of an object: the
 * socket of its slab.
 *
 * Allocation, of one object:
 *   1. the last of the loaded magazine (inline);
 *   2. the previous magazine, swapped with the loaded one;
 *   3. a magazine from the depot; the lines of objects that another gave are fetched;
 *   4. a batch from the bin's partial slabs, or from a slab of the socket's pool;
 *   5. fastmem_alloc.c grows the pool by a zone, holding nothing, and tries again;
 *   6. it takes back what the thread and the depots hold of other bins, and tries again.
 *
 * Free, of one object:
 *   1. its slab's number gives the cache: thread x bin x home socket of the object;
 *   2. append to the loaded magazine (inline);
 *   3. the previous magazine, when it has room, swapped with the loaded one;
 *   4. the previous magazine goes to the depot of the object's home;
 *   5. a depot over its limit: the magazine is drained into slabs; a slab that
 *      becomes empty goes back to its socket's pool, and may serve another bin.
 *
 * What is shared, and who may write it: all in memzones, mapped at the same address in all
 * processes, with no pointer to code.
 *   rte_fastmem_cache, cold, stash   its thread only; read by statistics. When the
 *                                    thread ended: who claims the block.
 *   fastmem_mag                      who popped it, or whose cache it is
 *   depot stacks, block list         anybody, by compare-and-swap
 *   fastmem_bin, slab in a bin       bin->lock
 *   fastmem_socket, slab in a pool   socket->lock
 *   slab on its way between them     the process that slab->holder names
 *   arenas, meta free lists          shared->meta_lock
 *   map entries                      0 -> offset before the slab's first object is
 *                                    handed out, offset -> 0 when all are back: bin->lock
 *   slabs known to a cache           its thread; who sets a map entry to 0 lets the caches
 *                                    that know that slab forget all theirs
 * Locks do not nest, and none is held across a call to EAL that reserves or frees
 * memory, nor across a call two layers down. A lock knows the process that holds it: when
 * that died, who takes the lock over repairs what it guards (fastmem_repair.c; there
 * the pool's lock is taken with a bin's held).
 *
 * Release and acquire: a depot's push releases, its pop acquires: contents of the
 * magazine. An object reaches another thread by the application's own synchronisation,
 * which carries the map entry of its slab along.
 *
 * Lifetime: a thread reaches its caches, and the map, through thread-local pointers, which
 * are set together. Caches lie in
 * shared memory, so that other processes can count them and take back what a dead
 * process held. Whatever these pointers may point to must be mapped: so each
 * thread's pointers are listed in its process, deinit resets them to caches that
 * are empty and full and to no map, and a thread that ends takes its own off the list.
 *
 * Failure: no call leaves anything half done; memory that cannot be had is
 * ENOMEM. Metadata that cannot be had makes a thread work without caches.
 * Not promised: that an object cached by another thread can be had by this one.
 */

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_lock_annotations.h>
#include <rte_log.h>
#include <rte_memory.h>
#include <rte_stdatomic.h>

/* The library compiles the bodies of the inline functions once, out of line. */
#define RTE_FASTMEM_NO_INLINE
#define RTE_FASTMEM_BODIES
#include "rte_fastmem.h"
#include "fastmem_class.h"

extern int fastmem_logtype;
#define RTE_LOGTYPE_FASTMEM fastmem_logtype
#define FASTMEM_LOG(level, ...) RTE_LOG_LINE(level, FASTMEM, "" __VA_ARGS__)

#define FASTMEM_SLAB_SZ (1u << RTE_FASTMEM_SLAB_SHIFT)
/* As many as EAL knows, and 16 bits of offset reach. */
#define FASTMEM_OFFSET_SOCKETS ((int)((UINT16_MAX - sizeof(struct rte_fastmem_cache)) / \
	sizeof(struct rte_fastmem_home)))
#define FASTMEM_MAX_SOCKETS (RTE_MAX_NUMA_NODES < FASTMEM_OFFSET_SOCKETS ? \
	RTE_MAX_NUMA_NODES : FASTMEM_OFFSET_SOCKETS)
#define FASTMEM_COUNT_MASK (RTE_BIT32(RTE_FASTMEM_COUNT_BITS) - 1) /* in a cache's word */
#define FASTMEM_MAX_PROCS 128
#define FASTMEM_MAX_ARENAS 512
#define FASTMEM_NB_SHARDS 8 /* of a depot */
#define FASTMEM_META_ORDERS 12 /* 64 B to 128 KiB */
#define FASTMEM_WHOLE_BIN (RTE_FASTMEM_NB_CLASSES - 1) /* 1 MiB: wants whole slabs */

/* A handle beyond the offset of its cache. */
#define FASTMEM_HANDLE(bin, socket) ((bin) << 16 | (socket) << 21)
#define FASTMEM_HANDLE_BIN(handle) (((handle) >> 16) & 0x1f)
#define FASTMEM_HANDLE_SOCKET(handle) (((handle) >> 21) & 0x3f)
#define FASTMEM_HANDLE_ANY RTE_BIT32(31) /* another socket will do */

/* Offsets from a block's start must fit the map's 16 bits. */
static_assert(sizeof(struct rte_fastmem_cache) == RTE_CACHE_LINE_SIZE || RTE_CACHE_LINE_SIZE > 64,
	"a cache is one line");
static_assert(sizeof(struct rte_fastmem_cache) + FASTMEM_MAX_SOCKETS *
	sizeof(struct rte_fastmem_home) <= UINT16_MAX, "too many sockets for 16-bit offsets");

/* A spinlock that names the process that holds it by its id; 0 = free. */
struct __rte_lockable fastmem_lock {
	RTE_ATOMIC(uint32_t) owner;
	RTE_ATOMIC(uint32_t) is_broken; /* taken over: what it guards is to be repaired */
};

/* A magazine. next: link in a stack; chain: link in a chain of empty ones. */
struct __rte_cache_aligned fastmem_mag {
	RTE_ATOMIC(uint32_t) next;
	uint32_t ref; /* itself */
	uint32_t chain;
	uint32_t len; /* objects; of the first of a chain: magazines */
	const struct fastmem_block *giver; /* who put it into a depot; not to be looked into */
	alignas(RTE_CACHE_LINE_SIZE) char pad[RTE_CACHE_LINE_SIZE - sizeof(void *)];
	void *floor; /* NULL, which tells that nothing is above */
	void *objs[RTE_FASTMEM_MAG_OBJS];
};

/* A lock-free stack of magazines: tag << 40 | count << 24 | reference. */
struct fastmem_stack {
	RTE_ATOMIC(uint64_t) head;
};

/*
 * A slab's record. In a bin: bits[] has a bit per free slot below bump,
 * nb_free == popcount(bits) + nb_slots - bump, and it is on the bin's
 * partial list if and only if nb_free > 0. In the pool: bits == NULL. Lists and
 * counts can be told from bits, words, bump, bin, holder and is_pooled: see
 * fastmem_repair.c.
 */
struct __rte_cache_aligned fastmem_slab {
	uintptr_t start; /* first and number of usable bytes; set once */
	uint32_t len;
	RTE_ATOMIC(uint32_t) socket; /* set once */
	rte_iova_t iova; /* of start; set once */
	struct fastmem_zone *zone; /* set once */
	struct fastmem_slab *next; /* in the bin's partial list, or in the pool */
	struct fastmem_slab *prev;
	uintptr_t base; /* first object */
	uint64_t *bits; /* bitmap */
	uint64_t *words; /* bitmap of the words of bits[] that are not 0 */
	uint32_t nb_words;
	uint32_t nb_slots;
	uint32_t nb_free;
	uint32_t bump; /* slots below it were handed out once */
	RTE_ATOMIC(uint32_t) bin; /* bin + 1; 0 in the pool */
	/* On its way between zone, pool and bin: process that has it, as in a lock; else 0. */
	RTE_ATOMIC(uint32_t) holder;
	uint32_t is_pooled;
	/* Builds that check objects: chunks of records, by slot. */
	RTE_ATOMIC(struct fastmem_record *) *records;
};

/* One memzone. nb_free counts its slabs in the pool. */
struct fastmem_zone {
	struct fastmem_zone *next; /* socket's list */
	struct fastmem_slab *slabs;
	uint32_t nb_slabs;
	uint32_t nb_free;
	uint32_t id; /* in the memzone's name */
	uint32_t socket;
};

/* A part of a depot, in a line of its own: magazines with objects. */
struct __rte_cache_aligned fastmem_shard {
	struct fastmem_stack full;
};

/* A bin on a socket. */
struct __rte_cache_aligned fastmem_bin {
	struct fastmem_shard depot[FASTMEM_NB_SHARDS];
	struct fastmem_lock lock;
	uint32_t nb_partial;
	uint32_t nb_full;
	struct fastmem_slab *partial;
	uint64_t acquires;
	uint64_t releases;
	uint64_t acquires_base; /* at the last reset of statistics */
	uint64_t releases_base;
	uintptr_t near; /* a hint: a slab that it has, or had; 0: it had none */
};

/* A socket. Slabs of the pool: whole ones, and those that a memzone's header cut. */
struct __rte_cache_aligned fastmem_socket {
	struct fastmem_lock lock;
	uint32_t nb_pool[2];
	struct fastmem_slab *pool[2];
	struct fastmem_zone *zones;
	uint32_t nb_zones;
	RTE_ATOMIC(uint32_t) growing; /* process that grows it, as in a lock */
	RTE_ATOMIC(uint64_t) backing; /* bytes, with those being reserved */
	RTE_ATOMIC(uint64_t) limit;
	alignas(RTE_CACHE_LINE_SIZE) struct fastmem_stack empty; /* chains of magazines */
	uintptr_t near; /* under the lock: the slab that left the pool last, a hint */
	struct fastmem_bin bins[RTE_FASTMEM_NB_BINS];
};

/* Counters of struct rte_fastmem_lcore_stats. */
#define FASTMEM_NB_COUNTERS 5

/*
 * The cold part of a cache, with its slow counters. Objects freed into it = len + allocations -
 * moved, where moved is what the slow path added to the loaded magazine, less what it took.
 */
struct fastmem_cold {
	/* Of a whole number of these also where they need no alignment by themselves. */
	alignas(8) RTE_ATOMIC(uint64_t) folded; /* allocations moved out of end_count */
	RTE_ATOMIC(uint64_t) moved;
	RTE_ATOMIC(uint64_t) alloc_misses;
	RTE_ATOMIC(uint64_t) free_misses;
	RTE_ATOMIC(uint64_t) nomem;
	RTE_ATOMIC(uint64_t) base[FASTMEM_NB_COUNTERS]; /* at the last reset of statistics */
	/* Not counters: the rest of the cache. */
	struct fastmem_mag *prev; /* the magazine that was loaded before, or NULL */
	RTE_ATOMIC(uint32_t) prev_len; /* objects in it; read by statistics */
	uint32_t cap; /* objects in a magazine; set once */
};

/* The caches of a thread, for all sockets. Never freed; used again by its lcore id. */
struct __rte_cache_aligned fastmem_block {
	struct fastmem_block *next;
	RTE_ATOMIC(uint32_t) owner; /* id of the process, 0 when no thread has it */
	uint32_t lcore; /* lcore id, or LCORE_ID_ANY */
	uint32_t socket; /* of its thread */
	uint32_t nb_stash;
	uint32_t stash; /* empty magazines */
	uint32_t shard; /* its own, in each depot */
	uint32_t other_shard; /* where it last found a magazine of others */
	struct fastmem_cold *cold; /* of homes[s].caches[b]: [s * NB_BINS + b] */
	/* What offsets are relative to: a cache of capacity 0 at offset 0. */
	struct rte_fastmem_cache none;
	struct rte_fastmem_home homes[];
};

/* A process. Alive while it holds the lock of its slot's byte, which guards the rest. */
struct fastmem_proc {
	RTE_ATOMIC(uint32_t) id; /* 0 when the slot is free */
	uint32_t generation; /* of ids of this slot */
	RTE_ATOMIC(int32_t) pid; /* for reports */
};

struct fastmem_arena {
	char *base;
	uint32_t socket;
	uint32_t used; /* lines */
	uint32_t size; /* lines */
	uint32_t id; /* in the memzone's name */
};

/* The memzone that all processes find. Set once before it is published: first part. */
struct __rte_cache_aligned fastmem_shared {
	RTE_ATOMIC(uint64_t) magic;
	uint32_t nb_sockets;
	uint32_t has_lock_file; /* processes can be told dead from alive */
	uint64_t lock_file; /* its inode */
	uint64_t has_memory; /* sockets with memory, as a mask of the first 64 */
	uintptr_t map_first;
	uintptr_t map_len;
	RTE_ATOMIC(uint16_t) *map;
	RTE_ATOMIC(struct fastmem_slab *) *slabs;
	struct fastmem_layout layouts[RTE_FASTMEM_NB_BINS];
	void *no_objs[1]; /* NULL, which lies below a cache without a magazine */

	alignas(RTE_CACHE_LINE_SIZE) struct fastmem_lock meta_lock;
	uint32_t nb_arenas;
	void *meta_free[FASTMEM_META_ORDERS];
	struct fastmem_arena arenas[FASTMEM_MAX_ARENAS];

	RTE_ATOMIC(uint32_t) zone_id; /* next */
	RTE_ATOMIC(uint64_t) absent_limits[FASTMEM_MAX_SOCKETS]; /* of sockets that are not there */
	RTE_ATOMIC(struct fastmem_block *) blocks;
	RTE_ATOMIC(uint64_t) refused; /* pointers given to free that are not objects */
	struct fastmem_proc procs[FASTMEM_MAX_PROCS];
	struct fastmem_cold orphans[RTE_FASTMEM_NB_BINS]; /* counts of threads without caches */
	struct fastmem_socket sockets[];
};

/* This process. */
struct fastmem_local {
	RTE_ATOMIC(struct fastmem_shared *) shared; /* NULL: not attached */
	uint32_t id; /* of this process, 0: not attached */
	RTE_ATOMIC(int32_t) pid; /* of the process that attached: a child of its has another */
	bool is_explicit; /* rte_fastmem_init() was called */
};
extern struct fastmem_local fastmem_local;

static inline struct rte_fastmem_cache *
fastmem_block_cache(struct fastmem_block *block, uint32_t socket, uint32_t bin)
{
	return &block->homes[socket].caches[bin];
}

static inline struct fastmem_cold *
fastmem_block_cold(const struct fastmem_block *block, uint32_t socket, uint32_t bin)
{
	return &block->cold[socket * RTE_FASTMEM_NB_BINS + bin];
}

/* Offset of a cache from the start of a block. */
static inline uint16_t
fastmem_cache_offset(uint32_t socket, uint32_t bin)
{
	return sizeof(struct rte_fastmem_cache) + socket * sizeof(struct rte_fastmem_home) +
		bin * sizeof(struct rte_fastmem_cache);
}

/* Bin and socket of such an offset, which is not 0. */
static inline uint32_t
fastmem_offset_bin(uint16_t offset)
{
	return (offset - sizeof(struct rte_fastmem_cache)) % sizeof(struct rte_fastmem_home) /
		sizeof(struct rte_fastmem_cache);
}

static inline uint32_t
fastmem_offset_socket(uint16_t offset)
{
	return (offset - sizeof(struct rte_fastmem_cache)) / sizeof(struct rte_fastmem_home);
}

static inline void **
fastmem_cache_base(const struct rte_fastmem_cache *cache)
{
	return rte_atomic_load_explicit(&cache->base, rte_memory_order_relaxed);
}

/* Objects in the loaded magazine, by the cache's word. */
static inline uint32_t
fastmem_cache_len_of(const struct rte_fastmem_cache *cache, uint64_t end_count)
{
	uintptr_t len = ((uintptr_t)__rte_fastmem_end(end_count) -
			(uintptr_t)fastmem_cache_base(cache)) / sizeof(void *);

	/* While magazines change, the end and the base may be of two. */
	return len > RTE_FASTMEM_MAG_OBJS ? 0 : (uint32_t)len;
}

static inline uint32_t
fastmem_cache_len(const struct rte_fastmem_cache *cache)
{
	return fastmem_cache_len_of(cache, __rte_fastmem_end_count(cache));
}

/* Room in the loaded magazine. */
static inline uint32_t
fastmem_cache_room(const struct rte_fastmem_cache *cache)
{
	return (uint32_t)(cache->limit - __rte_fastmem_end(__rte_fastmem_end_count(cache)));
}

/* Allocations counted in a cache's word. */
static inline uint32_t
fastmem_cache_counted(uint64_t end_count)
{
	return FASTMEM_COUNT_MASK - (end_count & FASTMEM_COUNT_MASK);
}

static inline void
fastmem_count(RTE_ATOMIC(uint64_t) *counter, uint64_t n)
{
	/* One writer: no atomic operation. */
	rte_atomic_store_explicit(counter,
		rte_atomic_load_explicit(counter, rte_memory_order_relaxed) + n,
		rte_memory_order_relaxed);
}

#endif /* FASTMEM_PVT_H */
