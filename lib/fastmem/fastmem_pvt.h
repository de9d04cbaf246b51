/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_PVT_H
#define FASTMEM_PVT_H

/*
 * Architecture. Calls go down only, and one layer at a time:
 *
 *   application
 *      |  one object, or an array      fastmem_object.c, inline part in rte_fastmem_core.h
 *   cache     per thread and bin       two magazines; no lock, no atomic operation
 *      |  a magazine                   fastmem_cache.c; threads: fastmem_proc.c, _slot.c
 *   depot     per socket and bin       lock-free stacks of magazines; fastmem_depot.c
 *      |  a batch of objects
 *   slab      per socket and bin       2 MiB; knows which object is free; fastmem_slab.c
 *      |  a slab
 *   zone      per socket               one memzone; address -> slab; fastmem_zone.c
 *                                      the pool of free slabs; fastmem_pool.c
 *   meta      per socket               memory for records, magazines, caches; fastmem_meta.c
 *   memzones                           what EAL reserves and frees; fastmem_memzone.c
 *
 * Beside the layers: fastmem_stats.c adds up what they count; fastmem_report.c says what was
 * misused; fastmem_check.c asks each layer whether it adds up; fastmem_slot.c tells dead
 * processes from living ones, fastmem_lock.c takes over the locks of dead ones, and
 * fastmem_repair.c mends the lists that they leave; fastmem_predict.c tells the fast path which
 * slabs to expect.
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
 *   5. the entry point grows the pool by a zone, holding nothing, and tries again;
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
#include <rte_lcore.h>
#include <rte_lock_annotations.h>
#include <rte_log.h>
#include <rte_memory.h>
#include <rte_pause.h>
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
#define FASTMEM_ZONE_SLABS 64 /* at most: 128 MiB */
#define FASTMEM_MAX_ARENAS 512
#define FASTMEM_NB_SHARDS 8 /* of a depot */
#define FASTMEM_META_ORDERS 12 /* 64 B to 128 KiB */
#define FASTMEM_ZONE_NAME "fastmem_%u_%u" /* of its memzone: socket, id */
/*
 * At most so much of a slab's ends is not ours: room for a header of EAL's, of 16 pointers, but
 * for no memory of others behind it. Nobody frees an address in a header; it would be noticed no
 * sooner than one within an object.
 */
#define FASTMEM_ZONE_SLACK (32 * sizeof(void *))
#define FASTMEM_WHOLE_BIN (RTE_FASTMEM_NB_CLASSES - 1) /* 1 MiB: wants whole slabs */
#define FASTMEM_SOCKET_HOME (-2) /* the caller's, no other */

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

/* What names a process in locks and blocks: generation, slot + 1. 0: none. */
#define FASTMEM_ID_SHIFT 8
static_assert(FASTMEM_MAX_PROCS < 1 << FASTMEM_ID_SHIFT, "an id holds its slot");

static inline uint32_t
fastmem_id_slot(uint32_t id)
{
	return (id & ((1u << FASTMEM_ID_SHIFT) - 1)) - 1;
}

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
	bool is_explicit; /* rte_fastmem_init() was called */
};
extern struct fastmem_local fastmem_local;

/* Set by tests only: the n-th reservation from now fails; so many sockets; 0: neither. */
extern RTE_ATOMIC(int) fastmem_reserve_fails;
extern unsigned int fastmem_sockets_forced;

/* What is left of the shared memzone; zeroed. */
struct fastmem_spare {
	char *base;
	size_t len;
	uint32_t socket;
};

/*
 * fastmem_meta.c: metadata. Memory is zeroed, in lines; blocks until it has the lock;
 * may reserve a memzone, so the caller holds no lock.
 */
/* The first is in what is left of the shared memzone. */
void fastmem_meta_init(struct fastmem_shared *sh, const struct fastmem_spare *spare);
void *fastmem_meta_alloc(struct fastmem_shared *sh, size_t len, uint32_t socket);
void *fastmem_meta_alloc_once(struct fastmem_shared *sh, size_t len, uint32_t socket,
	uint32_t *ref);
void fastmem_meta_free(struct fastmem_shared *sh, void *ptr, size_t len);
void fastmem_meta_fini(struct fastmem_shared *sh);
uint64_t fastmem_meta_bytes(struct fastmem_shared *sh);

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

/* Memory of a reference. */
static inline void *
fastmem_meta_ptr(const struct fastmem_shared *sh, uint32_t ref)
{
	return sh->arenas[ref >> 15].base + (size_t)(ref & 0x7fff) * 64;
}

/*
 * fastmem_memzone.c: memzones, the shared one among them. The caller holds no lock.
 */
struct fastmem_shared *fastmem_zone_create_shared(struct fastmem_spare *spare);
void fastmem_zone_publish_shared(struct fastmem_shared *sh);
struct fastmem_shared *fastmem_zone_find_shared(void);
void fastmem_zone_destroy_shared(struct fastmem_shared *sh);
const struct rte_memzone *fastmem_zone_reserve(const char *name, size_t len, int socket,
	unsigned int flags, unsigned int align);
void fastmem_zone_release(const char *name);
unsigned int fastmem_zone_nb_sockets(void);

/* fastmem_pool.c: the free slabs of each socket. */

/* One for a bin, beside its slabs around an address if there is one, or NULL. */
struct fastmem_slab *fastmem_pool_get(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uintptr_t near);
void fastmem_pool_put(struct fastmem_shared *sh, struct fastmem_slab *slab);
/* Whether any slab of a zone can hold an object of the largest class. */
bool fastmem_pool_holds_largest(const struct fastmem_zone *zone);
/* How many (whole) slabs it has. */
uint32_t fastmem_pool_count(struct fastmem_socket *sk, bool is_whole);
/* Put a slab that this process holds into the pool; take one out, to hold it. */
void fastmem_pool_push(struct fastmem_socket *sk, struct fastmem_slab *slab)
	__rte_exclusive_locks_required(&sk->lock);
void fastmem_pool_remove(struct fastmem_socket *sk, struct fastmem_slab *slab)
	__rte_exclusive_locks_required(&sk->lock);

/*
 * fastmem_zone.c: zones, addresses. Growing and trimming call EAL: the caller holds no lock.
 */

/* Until the pool has so many (whole) slabs, or -ENOMEM. */
int fastmem_zone_grow(struct fastmem_shared *sh, uint32_t socket, uint32_t nb_slabs,
	bool is_whole);
int fastmem_zone_reserve_total(struct fastmem_shared *sh, uint32_t socket, size_t size);
/* As many slabs more as there is memory for, up to nb_slabs; how many. */
uint64_t fastmem_zone_reserve_more(struct fastmem_shared *sh, uint32_t socket, uint64_t nb_slabs,
	bool is_whole);
int fastmem_zone_trim(struct fastmem_shared *sh, uint32_t socket);
/* Only zones that the largest class can make no use of. */
int fastmem_zone_trim_cut(struct fastmem_shared *sh, uint32_t socket);
/* Give back the free zones with an id from first_id on. */
int fastmem_zone_trim_since(struct fastmem_shared *sh, uint32_t socket, uint32_t first_id);
/* Let an address of the slab lead to a cache; 0: to none, and no thread predict it. */
void fastmem_zone_map_slab(struct fastmem_shared *sh, struct fastmem_slab *slab, uint16_t offset);
void fastmem_zone_fini(struct fastmem_shared *sh, uint32_t socket);
unsigned int fastmem_zone_validate(struct fastmem_shared *sh, uint32_t socket, FILE *f);

/* Slab of an address in a zone, else NULL. */
static inline struct fastmem_slab *
fastmem_zone_slab(const struct fastmem_shared *sh, const void *ptr)
{
	uintptr_t number = ((uintptr_t)ptr >> RTE_FASTMEM_SLAB_SHIFT) - sh->map_first;
	struct fastmem_slab *slab;

	if (number >= sh->map_len)
		return NULL;
	slab = rte_atomic_load_explicit(&sh->slabs[number], rte_memory_order_acquire);
	if (slab == NULL || (uintptr_t)ptr - slab->start >= slab->len)
		return NULL;
	return slab;
}

/* Whether a socket id is in range; SOCKET_ID_ANY is. */
static inline bool
fastmem_socket_is_valid(int socket_id)
{
	return socket_id == SOCKET_ID_ANY ||
		(socket_id >= 0 && socket_id < FASTMEM_MAX_SOCKETS);
}

/* The i-th socket to try: the home, then the others in turn. */
static inline uint32_t
fastmem_socket_nth(const struct fastmem_shared *sh, uint32_t home, uint32_t i)
{
	return (home + i) % sh->nb_sockets;
}

static inline uint64_t
fastmem_zone_backing(const struct fastmem_shared *sh, uint32_t socket)
{
	return rte_atomic_load_explicit(&sh->sockets[socket].backing, rte_memory_order_relaxed);
}

/* fastmem_slab.c: objects from and to slabs. */

/* Fill up to n objects; the number filled, 0 when the pool must grow first. */
uint32_t fastmem_slab_fill(struct fastmem_shared *sh, uint32_t socket, uint32_t bin, void **objs,
	uint32_t n);
/*
 * Drain n objects, of any bin; is_trying: 0 when a lock is taken, else
 * the number drained. A pointer that is no allocated object is reported and left.
 */
uint32_t fastmem_slab_drain(struct fastmem_shared *sh, void **objs, uint32_t n, bool is_trying);
/* The same at the application's request: how many were not refused. */
uint32_t fastmem_slab_free(struct fastmem_shared *sh, void **objs, uint32_t n);
/* Slabs that the pool must have for n objects, beyond those of the bin; 0: it has enough. */
uint32_t fastmem_slab_needed(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uint32_t n);
unsigned int fastmem_slab_validate(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uint64_t *nb_slots, uint64_t *nb_free, FILE *f);

/* All objects are back, and the slab is on no list: free its bitmap, put it into the pool. */
void fastmem_slab_reset(struct fastmem_shared *sh, struct fastmem_slab *slab);

/*
 * fastmem_repair.c: lists whose lock was taken over from a dead process. The
 * caller holds that lock.
 */
void fastmem_repair_bin(struct fastmem_shared *sh, uint32_t socket, uint32_t bin);
void fastmem_repair_pool(struct fastmem_socket *sk);
/* Release the locks of the process that died in a slot; put the slabs it held into the pool. */
void fastmem_repair_reap(struct fastmem_shared *sh, uint32_t slot);

/* fastmem_depot.c: magazines. */
/* A magazine of objects, or NULL. block == NULL: a thread without caches. */
struct fastmem_mag *fastmem_depot_get(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin);
/* Take a magazine of objects; above the limit it is drained, and kept in the stash. */
void fastmem_depot_put(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, struct fastmem_mag *mag);
/* An empty magazine: the thread's stash, the socket's chains, new; or NULL. block: not NULL. */
struct fastmem_mag *fastmem_depot_get_empty(struct fastmem_shared *sh, struct fastmem_block *block);
/* block == NULL: to a socket's chains. */
void fastmem_depot_put_empty(struct fastmem_shared *sh, struct fastmem_block *block,
	struct fastmem_mag *mag);
/* Drain all magazines of a bin; the number of objects. */
uint64_t fastmem_depot_drain(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin);
/* Give a stash back. */
void fastmem_depot_drop_stash(struct fastmem_shared *sh, struct fastmem_block *block);
unsigned int fastmem_depot_validate(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uint64_t *nb_objs, FILE *f);

/* fastmem_cache.c: the slow half of a thread's caches. block == NULL: a thread without. */
void *fastmem_cache_get(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin);
void fastmem_cache_put(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, void *obj);
/* All n objects or 0. */
uint32_t fastmem_cache_get_bulk(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, void **objs, uint32_t n);
void fastmem_cache_put_bulk(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, void **objs, uint32_t n);
/* Objects that the caller took from slabs; that were refused. */
void fastmem_cache_count_allocs(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, uint32_t n);
void fastmem_cache_count_nomem(struct fastmem_shared *sh, struct fastmem_block *block,
	uint32_t socket, uint32_t bin, uint32_t n);
/* Empty all caches of a block into the slabs. */
void fastmem_cache_drain(struct fastmem_shared *sh, struct fastmem_block *block);
/* As rte_fastmem_cache_flush(): this block, if not NULL, and all depots of a socket or all. */
void fastmem_cache_flush(struct fastmem_shared *sh, struct fastmem_block *block, int socket);
/* Without a magazine: it begins and ends at none, below which lies a NULL. */
void fastmem_cache_init(struct rte_fastmem_cache *cache, void **none);
void fastmem_cache_init_block(struct fastmem_shared *sh, struct fastmem_block *block);
size_t fastmem_cache_block_sz(const struct fastmem_shared *sh);
unsigned int fastmem_cache_validate(struct fastmem_shared *sh, FILE *f);

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

/* fastmem_predict.c: predictions of the slabs of frees. */
void fastmem_predict_init(struct rte_fastmem_trust *trust);
/* A cache is to know no slabs. */
void fastmem_predict_clear(struct rte_fastmem_cache *cache);
/* A free past the fast path: perhaps its slab is worth predicting. */
void fastmem_predict(const void *ptr, uint16_t offset);
/* The map does not lead to the slab's cache any more: no thread is to predict it. */
void fastmem_predict_forget(struct fastmem_shared *sh, const struct fastmem_slab *slab);
/* When no thread is at work. */
unsigned int fastmem_predict_validate(struct fastmem_shared *sh, FILE *f);

/* fastmem_proc.c: this process and its threads. */

/* The shared memory, after attaching if need be; NULL with rte_errno ENODEV. */
struct fastmem_shared *fastmem_proc_attach(void);
int fastmem_proc_init(struct fastmem_shared *sh);
void fastmem_proc_fini(void);
/* The caller's caches, or NULL when it can have none. */
struct fastmem_block *fastmem_proc_block(struct fastmem_shared *sh);
/* Take back what processes held that are dead. */
void fastmem_proc_reap(struct fastmem_shared *sh);
uint32_t fastmem_proc_home(const struct fastmem_shared *sh);

/* fastmem_slot.c: which processes there are, and which of them are alive. */

/* Give this process a slot and an id; 0 or -1. What was held under the slot is to be reaped. */
int fastmem_slot_init(struct fastmem_shared *sh, bool is_primary);
void fastmem_slot_fini(struct fastmem_shared *sh, bool is_primary);
/* A lock, block or ticket has an owner: whether it is dead. */
bool fastmem_slot_is_dead(struct fastmem_shared *sh, uint32_t owner);
/* Lock the byte of a slot: 1; 0 when another process has it; -1: errno. */
int fastmem_slot_trylock(uint32_t slot);
void fastmem_slot_unlock(uint32_t slot);

/* Id of the process that has a slot; 0: none. */
static inline uint32_t
fastmem_slot_id(struct fastmem_shared *sh, uint32_t slot)
{
	return rte_atomic_load_explicit(&sh->procs[slot].id, rte_memory_order_acquire);
}

/* Its process id as the system has it. */
static inline int32_t
fastmem_slot_pid(struct fastmem_shared *sh, uint32_t slot)
{
	return rte_atomic_load_explicit(&sh->procs[slot].pid, rte_memory_order_relaxed);
}

/* The shared memory when this process is attached, else as fastmem_proc_attach(). */
static inline struct fastmem_shared *
fastmem_shared(void)
{
	struct fastmem_shared *sh = rte_atomic_load_explicit(&fastmem_local.shared,
			rte_memory_order_acquire);

	return likely(sh != NULL) ? sh : fastmem_proc_attach();
}

/* fastmem_stats.c: sums. cls < 0: all classes. */
uint64_t fastmem_stats_cached(struct fastmem_shared *sh, int cls, uint64_t *in_use);

/* fastmem_report.c: misuse. sh == NULL: not attached. */

/* What a report says, as far as it is known. */
struct fastmem_misuse {
	enum rte_fastmem_misuse kind;
	const char *call; /* which refused it; NULL: none did */
	const void *ptr;
	size_t class_size; /* 0: unknown */
	size_t inner; /* offset of ptr in its object, or of the byte written */
	size_t size; /* asked for */
	size_t named; /* size or class that the caller took it for */
};
void fastmem_report_misuse(struct fastmem_shared *sh, const struct fastmem_misuse *misuse);
/* A free that was refused. */
void fastmem_report_refused(struct fastmem_shared *sh, enum rte_fastmem_misuse kind,
	const void *ptr);

/* fastmem_check.c: validation. */
unsigned int fastmem_check_validate(struct fastmem_shared *sh, FILE *f);

/* fastmem_lock.c: locks. */

void fastmem_lock_wait(struct fastmem_lock *lock);
/* Those among the threads of this process, attached or not: 0 when free. */
void fastmem_local_lock(RTE_ATOMIC(uint32_t) *lock);

static inline bool
fastmem_local_trylock(RTE_ATOMIC(uint32_t) *lock)
{
	return rte_atomic_exchange_explicit(lock, 1, rte_memory_order_acquire) == 0;
}

static inline void
fastmem_local_unlock(RTE_ATOMIC(uint32_t) *lock)
{
	rte_atomic_store_explicit(lock, 0, rte_memory_order_release);
}

static inline bool
fastmem_trylock(struct fastmem_lock *lock)
	__rte_exclusive_trylock_function(true, lock)
	__rte_no_thread_safety_analysis
{
	uint32_t free = 0;

	return rte_atomic_compare_exchange_strong_explicit(&lock->owner, &free,
			fastmem_local.id, rte_memory_order_acquire,
			rte_memory_order_relaxed);
}

static inline void
fastmem_lock(struct fastmem_lock *lock)
	__rte_exclusive_lock_function(lock)
	__rte_no_thread_safety_analysis
{
	if (unlikely(!fastmem_trylock(lock)))
		fastmem_lock_wait(lock);
}

static inline void
fastmem_unlock(struct fastmem_lock *lock)
	__rte_unlock_function(lock)
	__rte_no_thread_safety_analysis
{
	rte_atomic_store_explicit(&lock->owner, 0, rte_memory_order_release);
}

/* The lock of a bin, which is that bin of the socket. */
static inline void
fastmem_bin_lock(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id,
	struct fastmem_bin *bin)
	__rte_exclusive_lock_function(&bin->lock)
	__rte_no_thread_safety_analysis
{
	fastmem_lock(&bin->lock);
	if (unlikely(rte_atomic_load_explicit(&bin->lock.is_broken, rte_memory_order_relaxed)))
		fastmem_repair_bin(sh, socket, bin_id);
}

static inline void
fastmem_pool_lock(struct fastmem_socket *sk)
	__rte_exclusive_lock_function(&sk->lock)
	__rte_no_thread_safety_analysis
{
	fastmem_lock(&sk->lock);
	if (unlikely(rte_atomic_load_explicit(&sk->lock.is_broken, rte_memory_order_relaxed)))
		fastmem_repair_pool(sk);
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
