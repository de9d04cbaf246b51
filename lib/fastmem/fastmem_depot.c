/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Depots: magazines between caches and slabs.
 *
 * Owns the magazines with objects of each bin, each socket's stack of empty ones, and each
 * thread's stash of these. A bin's are in several stacks, its shards: a thread that allocates
 * again what it freed finds its own magazines, whose lines its CPU has, not those that
 * another has just given back; it takes anybody's before it goes to the slabs.
 * The stacks are lock-free and free of ABA: each change increments the tag of the head, and the
 * memory of a magazine stays one, mapped until deinit, so that reading the link of a
 * magazine that somebody else has popped is harmless; the compare-and-swap then fails
 * (model/depot.pml is a model of it). Calls the slab layer to drain what is over the limit,
 * and meta for new magazines.
 */

#include <stdio.h>

#include "fastmem_depot.h"
#include "fastmem_meta.h"
#include "fastmem_pvt.h"
#include "fastmem_slab.h"

#define REF_MASK UINT64_C(0xffffff)
#define COUNT_ONE (UINT64_C(1) << 24)
#define COUNT_MASK UINT64_C(0xffff)
#define TAG_ONE (UINT64_C(1) << 40)
#define TAG_MASK ~(TAG_ONE - 1)

#define CHAIN 8 /* empty magazines that move between a stash and its socket at once */

static uint32_t
stack_count(const struct fastmem_stack *stack)
{
	uint64_t head = rte_atomic_load_explicit(&stack->head, rte_memory_order_relaxed);

	return (head / COUNT_ONE) & COUNT_MASK;
}

static void
stack_push(struct fastmem_stack *stack, struct fastmem_mag *mag)
{
	uint64_t head = rte_atomic_load_explicit(&stack->head, rte_memory_order_relaxed);
	uint64_t next;

	do {
		rte_atomic_store_explicit(&mag->next, (uint32_t)(head & REF_MASK),
			rte_memory_order_relaxed);
		next = ((head & TAG_MASK) + TAG_ONE) |
			((head + COUNT_ONE) & (COUNT_MASK * COUNT_ONE)) | mag->ref;
		/* Release: the contents of the magazine; pairs with stack_pop(). */
	} while (!rte_atomic_compare_exchange_weak_explicit(&stack->head, &head, next,
			rte_memory_order_release, rte_memory_order_relaxed));
}

static struct fastmem_mag *
stack_pop(const struct fastmem_shared *sh, struct fastmem_stack *stack)
{
	uint64_t head = rte_atomic_load_explicit(&stack->head, rte_memory_order_acquire);
	struct fastmem_mag *mag;
	uint64_t next;

	do {
		if ((head & REF_MASK) == 0)
			return NULL;
		mag = fastmem_meta_ptr(sh, head & REF_MASK);
		/* Somebody may have popped it: then this is any value, and the tag differs. */
		next = ((head & TAG_MASK) + TAG_ONE) |
			((head - COUNT_ONE) & (COUNT_MASK * COUNT_ONE)) |
			rte_atomic_load_explicit(&mag->next, rte_memory_order_relaxed);
		/* Acquire: the contents of the magazine; pairs with stack_push(). */
	} while (!rte_atomic_compare_exchange_weak_explicit(&stack->head, &head, next,
			rte_memory_order_acquire, rte_memory_order_acquire));
	return mag;
}

static struct fastmem_stack *
shard_at(struct fastmem_shared *sh, uint32_t socket, uint32_t bin, uint32_t shard)
{
	return &sh->sockets[socket].bins[bin].depot[shard % FASTMEM_NB_SHARDS].full;
}

/*
 * The thread's own shard first, where it puts what it frees; then where it last found
 * one: a thread that allocates what another frees follows that one.
 */
struct fastmem_mag *
fastmem_depot_get(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin)
{
	struct fastmem_mag *mag = NULL;
	uint32_t first = 0, i;

	if (block != NULL) {
		mag = stack_pop(sh, shard_at(sh, socket, bin, block->shard));
		if (mag != NULL)
			return mag;
		first = block->other_shard;
	}
	for (i = 0; i < FASTMEM_NB_SHARDS; i++) {
		mag = stack_pop(sh, shard_at(sh, socket, bin, first + i));
		if (mag == NULL)
			continue;
		if (block != NULL)
			block->other_shard = (first + i) % FASTMEM_NB_SHARDS;
		return mag;
	}
	return NULL;
}

/* Whether a depot has no room for one more magazine in a shard. */
static bool
is_full(struct fastmem_shared *sh, uint32_t socket, uint32_t bin, uint32_t shard)
{
	uint32_t limit = sh->layouts[bin].depot_mags, n, i;

	/* Its share, which it has in any case: no need to read what others write. */
	n = stack_count(shard_at(sh, socket, bin, shard));
	if (n < limit / FASTMEM_NB_SHARDS)
		return false;
	for (i = 1; i < FASTMEM_NB_SHARDS; i++)
		n += stack_count(shard_at(sh, socket, bin, shard + i));
	return n >= limit;
}

void
fastmem_depot_put(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin, struct fastmem_mag *mag)
{
	struct fastmem_stack *full = shard_at(sh, socket, bin, block->shard);

	mag->giver = block;
	/* Over the limit, but not by waiting: whoever has the lock may be preempted. */
	if (is_full(sh, socket, bin, block->shard) && fastmem_slab_drain(sh, mag->objs,
				mag->len, stack_count(full) < COUNT_MASK / 2) != 0)
		fastmem_depot_put_empty(sh, block, mag);
	else
		stack_push(full, mag);
}

/*
 * Empty magazines. In a stash they are linked by `chain`; in a socket's stack
 * lie chains, the first of each with the number of magazines in len.
 */

static struct fastmem_mag *
stash_pop(const struct fastmem_shared *sh, struct fastmem_block *block)
{
	struct fastmem_mag *mag = fastmem_meta_ptr(sh, block->stash);

	block->stash = mag->chain;
	block->nb_stash--;
	return mag;
}

static void
stash_push(struct fastmem_block *block, struct fastmem_mag *mag)
{
	mag->chain = block->stash;
	rte_compiler_barrier(); /* the stash is whole, should this process die */
	block->stash = mag->ref;
	block->nb_stash++;
}

/* Move up to n magazines from the stash to its socket. */
static void
stash_drop(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t n)
{
	struct fastmem_mag *first = NULL, *mag;
	uint32_t len = 0;

	for (; len < n && block->stash != 0; len++) {
		mag = stash_pop(sh, block);
		mag->chain = first == NULL ? 0 : first->ref;
		first = mag;
	}
	if (first == NULL)
		return;
	first->len = len;
	stack_push(&sh->sockets[block->socket].empty, first);
}

struct fastmem_mag *
fastmem_depot_get_empty(struct fastmem_shared *sh, struct fastmem_block *block)
{
	struct fastmem_mag *mag;
	uint32_t ref;

	if (block->stash != 0)
		return stash_pop(sh, block);
	mag = stack_pop(sh, &sh->sockets[block->socket].empty);
	if (mag != NULL) {
		block->stash = mag->chain;
		block->nb_stash = mag->len - 1;
		return mag;
	}
	mag = fastmem_meta_alloc_once(sh, sizeof(*mag), block->socket, &ref);
	if (mag != NULL)
		mag->ref = ref;
	return mag;
}

void
fastmem_depot_put_empty(struct fastmem_shared *sh, struct fastmem_block *block,
	struct fastmem_mag *mag)
{
	if (block == NULL) {
		mag->chain = 0;
		mag->len = 1;
		stack_push(&sh->sockets[0].empty, mag);
		return;
	}
	stash_push(block, mag);
	if (block->nb_stash >= 2 * CHAIN)
		stash_drop(sh, block, CHAIN);
}

void
fastmem_depot_drop_stash(struct fastmem_shared *sh, struct fastmem_block *block)
{
	stash_drop(sh, block, UINT32_MAX);
}

uint64_t
fastmem_depot_drain(struct fastmem_shared *sh, struct fastmem_block *block, uint32_t socket,
	uint32_t bin)
{
	struct fastmem_mag *mag;
	uint64_t n = 0;

	while ((mag = fastmem_depot_get(sh, block, socket, bin)) != NULL) {
		n += fastmem_slab_drain(sh, mag->objs, mag->len, false);
		fastmem_depot_put_empty(sh, block, mag);
	}
	return n;
}

/* When no thread is at work. */
static unsigned int
validate_shard(struct fastmem_shared *sh, uint32_t socket, uint32_t bin, uint32_t shard,
	uint64_t *nb_objs, FILE *f)
{
	struct fastmem_stack *full = shard_at(sh, socket, bin, shard);
	uint32_t ref = full->head & REF_MASK, n = 0;
	const struct fastmem_mag *mag;
	unsigned int nb_bad = 0;

	for (; ref != 0 && n <= COUNT_MASK; ref = mag->next, n++) {
		mag = fastmem_meta_ptr(sh, ref);
		*nb_objs += mag->len;
		if (mag->ref != ref || mag->len == 0 || mag->len > sh->layouts[bin].cap) {
			fprintf(f, "socket %u bin %u: bad magazine %#x of %u objects\n", socket,
				bin, ref, mag->len);
			nb_bad++;
		}
	}
	if (n != stack_count(full)) {
		fprintf(f, "socket %u bin %u: %u magazines, %u counted\n", socket, bin, n,
			stack_count(full));
		nb_bad++;
	}
	return nb_bad;
}

unsigned int
fastmem_depot_validate(struct fastmem_shared *sh, uint32_t socket, uint32_t bin,
	uint64_t *nb_objs, FILE *f)
{
	unsigned int nb_bad = 0;
	uint32_t i;

	*nb_objs = 0;
	for (i = 0; i < FASTMEM_NB_SHARDS; i++)
		nb_bad += validate_shard(sh, socket, bin, i, nb_objs, f);
	return nb_bad;
}
