/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Processes and threads: who owns which caches, and for how long.
 *
 * Owns the blocks of caches as wholes, the list of this process's threads that have
 * one, and their thread-local pointers. Guarantees that such a pointer leads to a
 * block of this very thread or to caches of capacity 0. Calls the cache layer to empty a
 * block, meta for a new one, fastmem_slot.c to tell dead processes from living ones.
 *
 * A block belongs to (process, lcore id); threads without an lcore id have blocks of
 * their own all the same. A thread takes one at its first slow path, and gives it back,
 * emptied, when it ends, takes or gives up an lcore id, or when deinit detaches the process.
 * Its counters stay, and go on when the next thread of that lcore id takes it.
 *
 * What a process held that died, the others take back when they flush, trim, run out of
 * memory, or attach: model/procs.pml is a model of it.
 */

#include <errno.h>
#include <unistd.h>

#include <eal_export.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_per_lcore.h>
#include <rte_thread.h>

#include "fastmem_block.h"
#include "fastmem_lock.h"
#include "fastmem_memzone.h"
#include "fastmem_meta.h"
#include "fastmem_predict.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_record.h"
#include "fastmem_repair.h"
#include "fastmem_san.h"
#include "fastmem_slot.h"

/* A thread that has a block: in the process's list, by its thread-local memory. */
struct thread {
	struct fastmem_block *block; /* NULL: none */
	struct rte_fastmem_thread *caches;
	struct thread *next;
	struct thread *prev;
	bool is_ending; /* it gets no block any more */
};

/* What every thread starts with, and falls back to. */
static void *no_objs[1];
static struct {
	struct rte_fastmem_cache none;
	struct rte_fastmem_home homes[FASTMEM_MAX_SOCKETS];
} no_caches;

/* Before anybody else: a shifted address is no constant for the linker. */
RTE_INIT_PRIO(fastmem_no_caches, LOG)
{
	uint32_t socket, bin;

	fastmem_block_init_cache(&no_caches.none, &no_objs[1]);
	for (socket = 0; socket < FASTMEM_MAX_SOCKETS; socket++)
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++)
			fastmem_block_init_cache(&no_caches.homes[socket].caches[bin], &no_objs[1]);
}

#define NO_CACHES { \
	.home = &no_caches.homes[0], \
	.block = (char *)&no_caches.none, \
	.expected = &no_caches.none, \
}
RTE_EXPORT_EXPERIMENTAL_SYMBOL(per_lcore___rte_fastmem_thread, 26.11)
RTE_DEFINE_PER_LCORE(struct rte_fastmem_thread, __rte_fastmem_thread) = NO_CACHES;
static RTE_DEFINE_PER_LCORE(struct thread, self);

/* Locks among the threads of this process, attached or not. */
static RTE_ATOMIC(uint32_t) attach_lock;
static RTE_ATOMIC(uint32_t) reap_lock;
static RTE_ATOMIC(uint32_t) threads_lock;
static RTE_ATOMIC(uint32_t) detach_lock; /* deinit waits for threads that end, and they for it */
static struct thread *threads;
static rte_thread_key thread_key;
static bool has_thread_key;
static void *lcore_callback;
/* This thread registers the callbacks, which are called for lcores that are not its own. */
static RTE_DEFINE_PER_LCORE(bool, is_registering);

/*
 * Blocks.
 */

/* Claim the block of an lcore id (or one of those without) that nobody has. */
static struct fastmem_block *
block_claim(struct fastmem_shared *sh, uint32_t lcore)
{
	struct fastmem_block *block = rte_atomic_load_explicit(&sh->blocks,
			rte_memory_order_acquire);
	uint32_t free;

	for (; block != NULL; block = block->next) {
		free = 0;
		if (block->lcore == lcore && rte_atomic_compare_exchange_strong_explicit(
				&block->owner, &free, fastmem_local.id,
				rte_memory_order_acquire, rte_memory_order_relaxed))
			return block;
	}
	return NULL;
}

static struct fastmem_block *
block_create(struct fastmem_shared *sh, uint32_t lcore, uint32_t socket)
{
	struct fastmem_block *block, *next;
	uint32_t ref;

	block = fastmem_meta_alloc_once(sh, fastmem_block_sz(sh), socket, &ref);
	if (block == NULL)
		return NULL;
	block->lcore = lcore;
	block->owner = fastmem_local.id;
	fastmem_block_init(sh, block);
	/*
	 * Acquire: the shard of the one before; pairs with the release of who listed it.
	 * Sequentially consistent: fastmem_predict_forget() misses no prediction in it.
	 */
	next = rte_atomic_load_explicit(&sh->blocks, rte_memory_order_acquire);
	do {
		block->next = next;
		block->shard = next == NULL ? 0 : (next->shard + 1) % FASTMEM_NB_SHARDS;
	} while (!rte_atomic_compare_exchange_weak_explicit(&sh->blocks, &next, block,
			rte_memory_order_seq_cst, rte_memory_order_acquire));
	return block;
}

/* Empty a block and give it up. */
static void
block_drop(struct fastmem_shared *sh, struct fastmem_block *block)
{
	fastmem_block_drain(sh, block);
	rte_atomic_store_explicit(&block->owner, 0, rte_memory_order_release);
}

/*
 * Take back what processes held that had a slot, whose byte the caller has locked, and
 * died; one that died while it took back from others holds their blocks.
 */
static void
slot_reap(struct fastmem_shared *sh, uint32_t slot)
{
	struct fastmem_block *block = rte_atomic_load_explicit(&sh->blocks,
			rte_memory_order_acquire);
	uint32_t nb_blocks = 0, owner;

	fastmem_repair_reap(sh, slot);
	for (; block != NULL; block = block->next) {
		owner = rte_atomic_load_explicit(&block->owner, rte_memory_order_relaxed);
		if (owner == 0 || owner == fastmem_local.id || fastmem_id_slot(owner) != slot ||
				!rte_atomic_compare_exchange_strong_explicit(&block->owner, &owner,
				fastmem_local.id, rte_memory_order_acquire,
				rte_memory_order_relaxed))
			continue;
		block_drop(sh, block);
		nb_blocks++;
	}
	if (nb_blocks > 0)
		FASTMEM_LOG(INFO, "a process ended without detaching: took back the caches of %u threads",
			nb_blocks);
}

void
fastmem_proc_reap(struct fastmem_shared *sh)
{
	const uint32_t self = fastmem_id_slot(fastmem_local.id);
	uint32_t slot;

	/* A process's own locks do not keep its other threads out. */
	if (!sh->has_lock_file || !fastmem_local_trylock(&reap_lock))
		return;
	for (slot = 0; slot < FASTMEM_MAX_PROCS; slot++) {
		if (slot == self || fastmem_slot_id(sh, slot) == 0 ||
				fastmem_slot_trylock(slot) != 1)
			continue;
		/* It may have ended in peace meanwhile; dying here leaves it as it was. */
		if (fastmem_slot_id(sh, slot) != 0) {
			slot_reap(sh, slot);
			rte_atomic_store_explicit(&sh->procs[slot].id, 0,
				rte_memory_order_release);
		}
		fastmem_slot_unlock(slot);
	}
	fastmem_local_unlock(&reap_lock);
}

/*
 * Threads.
 */

uint32_t
fastmem_proc_home(const struct fastmem_shared *sh)
{
	unsigned int socket = rte_socket_id();

	/* A socket without memory, or a thread without a socket: the first one that has some. */
	if (socket >= sh->nb_sockets || (sh->has_memory & RTE_BIT64(socket)) == 0)
		socket = sh->has_memory == 0 ? 0 : rte_ctz64(sh->has_memory);
	return socket;
}

static void
thread_list(struct thread *t)
{
	fastmem_local_lock(&threads_lock);
	t->prev = NULL;
	t->next = threads;
	if (threads != NULL)
		threads->prev = t;
	threads = t;
	fastmem_local_unlock(&threads_lock);
}

/* Take a thread off the list; its block is the caller's then. */
static struct fastmem_block *
thread_unlist(struct thread *t)
{
	struct fastmem_block *block;

	fastmem_local_lock(&threads_lock);
	block = t->block;
	if (block != NULL) {
		if (t->prev != NULL)
			t->prev->next = t->next;
		else
			threads = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		t->block = NULL;
		*t->caches = (struct rte_fastmem_thread)NO_CACHES;
	}
	fastmem_local_unlock(&threads_lock);
	return block;
}

/* The calling thread ends, or its lcore id changes. */
static void
thread_detach(struct thread *t)
{
	struct fastmem_block *block;
	struct fastmem_shared *sh;

	/* The child of a fork() has nothing of its own here, nor a lock that somebody gives back. */
	if (getpid() != rte_atomic_load_explicit(&fastmem_local.pid, rte_memory_order_relaxed))
		return;
	fastmem_local_lock(&detach_lock);
	sh = rte_atomic_load_explicit(&fastmem_local.shared, rte_memory_order_acquire);
	block = thread_unlist(t);
	if (block != NULL && sh != NULL)
		block_drop(sh, block);
	fastmem_local_unlock(&detach_lock);
}

/* Destructors of other keys may come after this one, and the last of them unseen. */
static void
thread_end(void *arg)
{
	struct thread *t = arg;

	t->is_ending = true;
	thread_detach(t);
}

/* In the registering thread, before it has its lcore id. */
static int
lcore_init(unsigned int lcore_id __rte_unused, void *arg __rte_unused)
{
	if (!RTE_PER_LCORE(is_registering))
		thread_detach(&RTE_PER_LCORE(self));
	return 0;
}

/* In the thread that gives its lcore id up: the id's next owner must find the block. */
static void
lcore_uninit(unsigned int lcore_id __rte_unused, void *arg __rte_unused)
{
	if (!RTE_PER_LCORE(is_registering))
		thread_detach(&RTE_PER_LCORE(self));
}

struct fastmem_block *
fastmem_proc_block(struct fastmem_shared *sh)
{
	struct thread *t = &RTE_PER_LCORE(self);
	struct fastmem_block *block = t->block;
	uint32_t lcore = rte_lcore_id(), socket = fastmem_proc_home(sh);

	if (likely(block != NULL)) {
		/* A thread may have been given other CPUs. */
		if (unlikely(socket != block->socket)) {
			block->socket = socket;
			t->caches->home = &block->homes[socket];
		}
		return block;
	}
	if (t->is_ending)
		return NULL;
	if (lcore >= RTE_MAX_LCORE)
		lcore = LCORE_ID_ANY;
	block = block_claim(sh, lcore);
	if (block == NULL)
		block = block_create(sh, lcore, socket);
	if (block == NULL)
		return NULL;
	if (!has_thread_key || rte_thread_value_set(thread_key, t) != 0) {
		/* The end of the thread would go unnoticed. */
		block_drop(sh, block);
		return NULL;
	}
	block->socket = socket;
	t->block = block;
	t->caches = &RTE_PER_LCORE(__rte_fastmem_thread);
	t->caches->home = &block->homes[socket];
	t->caches->block = (char *)&block->none;
	t->caches->expected = &block->none;
	fastmem_predict_init(&t->caches->trust);
	t->caches->map_first = sh->map_first;
	t->caches->map_len = sh->map_len;
	t->caches->map = sh->map;
	thread_list(t);
	return block;
}

/*
 * The process.
 */

static void
detach_threads(struct fastmem_shared *sh, bool is_draining)
{
	struct fastmem_block *block;

	while (threads != NULL) {
		block = thread_unlist(threads);
		if (is_draining)
			block_drop(sh, block);
	}
}

/* The process has a slot: it takes part. */
static void
join(struct fastmem_shared *sh, bool is_primary)
{
	if (!has_thread_key)
		has_thread_key = rte_thread_key_create(&thread_key, thread_end) == 0;
	/* A secondary registers no threads, and its first use may be where EAL's lock is held. */
	if (is_primary) {
		RTE_PER_LCORE(is_registering) = true;
		lcore_callback = rte_lcore_callback_register("fastmem", lcore_init, lcore_uninit,
				NULL);
		RTE_PER_LCORE(is_registering) = false;
		if (lcore_callback == NULL)
			FASTMEM_LOG(WARNING, "registered threads keep their caches until they end");
	}
	rte_atomic_store_explicit(&fastmem_local.pid, getpid(), rte_memory_order_relaxed);
	rte_atomic_store_explicit(&fastmem_local.shared, sh, rte_memory_order_release);
	/* From here on this process counts: only now it may lock what others share. */
	slot_reap(sh, fastmem_id_slot(fastmem_local.id));
	fastmem_proc_reap(sh);
	if (FASTMEM_IS_CHECKED)
		fastmem_record_init();
}

int
fastmem_proc_init(struct fastmem_shared *sh)
{
	if (fastmem_slot_init(sh, true) != 0)
		return -1;
	join(sh, true);
	return 0;
}

/* EAL's lock on memzones is held. */
static int
take_slot(struct fastmem_shared *sh)
{
	return fastmem_slot_init(sh, false);
}

/* With the primary's memory go all caches; a secondary's are given back. */
void
fastmem_proc_fini(void)
{
	struct fastmem_shared *sh = rte_atomic_load_explicit(&fastmem_local.shared,
			rte_memory_order_relaxed);
	bool is_primary = rte_eal_process_type() == RTE_PROC_PRIMARY;
	uint32_t slot, id;

	RTE_PER_LCORE(is_registering) = true;
	if (lcore_callback != NULL)
		rte_lcore_callback_unregister(lcore_callback);
	lcore_callback = NULL;
	RTE_PER_LCORE(is_registering) = false;
	fastmem_local_lock(&detach_lock);
	if (FASTMEM_IS_CHECKED && is_primary)
		fastmem_record_fini(sh);
	detach_threads(sh, !is_primary);
	for (slot = 0; is_primary && slot < FASTMEM_MAX_PROCS; slot++) {
		id = fastmem_slot_id(sh, slot);
		if (id != 0 && id != fastmem_local.id && !fastmem_slot_is_dead(sh, id))
			FASTMEM_LOG(ERR, "process %d is still attached: it will crash",
				fastmem_slot_pid(sh, slot));
	}
	rte_atomic_store_explicit(&fastmem_local.shared, NULL, rte_memory_order_release);
	fastmem_local_unlock(&detach_lock);
	fastmem_slot_fini(sh, is_primary);
	fastmem_local.is_explicit = false;
}

struct fastmem_shared *
fastmem_proc_attach(void)
{
	struct fastmem_shared *sh;

	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		fastmem_local_lock(&attach_lock);
		sh = rte_atomic_load_explicit(&fastmem_local.shared, rte_memory_order_acquire);
		if (sh == NULL) {
			sh = fastmem_memzone_find_shared(take_slot);
			if (sh != NULL)
				join(sh, false);
		}
		fastmem_local_unlock(&attach_lock);
		if (sh != NULL)
			return sh;
	}
	rte_errno = ENODEV;
	return NULL;
}
