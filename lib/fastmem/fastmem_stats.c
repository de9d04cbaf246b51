/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Statistics: sums of what the caches and bins count, for the API and for a person.
 *
 * Owns only the values at the last reset. Reads what threads count without locks: each
 * counter has one writer, and sums are exact when the writers are quiet. Takes the locks of bins
 * and pools, to count slabs, one at a time.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <eal_export.h>
#include <rte_common.h>
#include <rte_lcore.h>

#include "fastmem_lock.h"
#include "fastmem_meta.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_repair.h"
#include "fastmem_slot.h"
#include "fastmem_stats.h"

#define LCORE_EACH (LCORE_ID_ANY - 1) /* whatever their lcore id */

static uint64_t
load(const RTE_ATOMIC(uint64_t) *counter)
{
	return rte_atomic_load_explicit(counter, rte_memory_order_relaxed);
}

/* All that a cache ever counted. len: objects in it now. */
static void
cache_counters(const struct rte_fastmem_cache *cache, const struct fastmem_cold *cold,
	struct rte_fastmem_lcore_stats *c, uint64_t *len)
{
	uint64_t end_count = load(&cache->end_count);

	c->alloc_cache_hits = load(&cold->folded) + fastmem_cache_counted(end_count);
	c->alloc_cache_misses = load(&cold->alloc_misses);
	c->alloc_nomem = load(&cold->nomem);
	*len = fastmem_cache_len_of(cache, end_count);
	c->free_cache_hits = *len + c->alloc_cache_hits - load(&cold->moved);
	c->free_cache_misses = load(&cold->free_misses);
	*len += rte_atomic_load_explicit(&cold->prev_len, rte_memory_order_relaxed);
}

static void
orphan_counters(const struct fastmem_cold *cold, struct rte_fastmem_lcore_stats *c)
{
	memset(c, 0, sizeof(*c));
	c->alloc_cache_misses = load(&cold->alloc_misses);
	c->alloc_nomem = load(&cold->nomem);
	c->free_cache_misses = load(&cold->free_misses);
}

static void
counters_add(struct rte_fastmem_lcore_stats *sum, const struct rte_fastmem_lcore_stats *c)
{
	sum->alloc_cache_hits += c->alloc_cache_hits;
	sum->alloc_cache_misses += c->alloc_cache_misses;
	sum->alloc_nomem += c->alloc_nomem;
	sum->free_cache_hits += c->free_cache_hits;
	sum->free_cache_misses += c->free_cache_misses;
}

static void
counters_sub(struct rte_fastmem_lcore_stats *sum, const struct rte_fastmem_lcore_stats *c)
{
	sum->alloc_cache_hits -= c->alloc_cache_hits;
	sum->alloc_cache_misses -= c->alloc_cache_misses;
	sum->alloc_nomem -= c->alloc_nomem;
	sum->free_cache_hits -= c->free_cache_hits;
	sum->free_cache_misses -= c->free_cache_misses;
}

/* The values at the last reset: a reset may run while somebody reads. */

static void
base_set(struct fastmem_cold *cold, const struct rte_fastmem_lcore_stats *c)
{
	const uint64_t values[FASTMEM_NB_COUNTERS] = {
		c->alloc_cache_hits, c->alloc_cache_misses, c->alloc_nomem,
		c->free_cache_hits, c->free_cache_misses,
	};
	unsigned int i;

	for (i = 0; i < FASTMEM_NB_COUNTERS; i++)
		rte_atomic_store_explicit(&cold->base[i], values[i], rte_memory_order_relaxed);
}

static void
base_add(struct rte_fastmem_lcore_stats *sum, const struct fastmem_cold *cold)
{
	sum->alloc_cache_hits += load(&cold->base[0]);
	sum->alloc_cache_misses += load(&cold->base[1]);
	sum->alloc_nomem += load(&cold->base[2]);
	sum->free_cache_hits += load(&cold->base[3]);
	sum->free_cache_misses += load(&cold->base[4]);
}

/* Sum over the bins of a class (of all: -1), sockets, and blocks of an lcore id. */
struct sum {
	struct rte_fastmem_lcore_stats life; /* ever */
	struct rte_fastmem_lcore_stats reset; /* of it until the last reset */
	uint64_t cached; /* objects in caches */
};

static bool
bin_is_of(uint32_t bin, int cls)
{
	return cls < 0 || fastmem_bin_class(bin) == (unsigned int)cls;
}

static void
sum_block(const struct fastmem_shared *sh, struct fastmem_block *block, int cls,
	struct sum *sum)
{
	struct rte_fastmem_lcore_stats c;
	const struct fastmem_cold *cold;
	uint32_t socket, bin;
	uint64_t len;

	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			if (!bin_is_of(bin, cls))
				continue;
			cold = fastmem_block_cold(block, socket, bin);
			cache_counters(fastmem_block_cache(block, socket, bin), cold, &c, &len);
			counters_add(&sum->life, &c);
			base_add(&sum->reset, cold);
			sum->cached += len;
		}
	}
}

static void
sum_counters(struct fastmem_shared *sh, uint32_t lcore, int cls, struct sum *sum)
{
	struct fastmem_block *block = rte_atomic_load_explicit(&sh->blocks,
			rte_memory_order_acquire);
	struct rte_fastmem_lcore_stats c;
	uint32_t bin;

	memset(sum, 0, sizeof(*sum));
	for (; block != NULL; block = block->next)
		if (lcore == LCORE_EACH || block->lcore == lcore)
			sum_block(sh, block, cls, sum);
	if (lcore != LCORE_EACH && lcore != LCORE_ID_ANY)
		return;
	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
		if (!bin_is_of(bin, cls))
			continue;
		orphan_counters(&sh->orphans[bin], &c);
		counters_add(&sum->life, &c);
		base_add(&sum->reset, &sh->orphans[bin]);
	}
}

static uint64_t
allocs_of(const struct rte_fastmem_lcore_stats *c)
{
	return c->alloc_cache_hits + c->alloc_cache_misses;
}

static uint64_t
frees_of(const struct rte_fastmem_lcore_stats *c)
{
	return c->free_cache_hits + c->free_cache_misses;
}

static int
class_of(size_t class_size)
{
	int cls;

	for (cls = 0; cls < RTE_FASTMEM_NB_CLASSES; cls++)
		if (fastmem_class_size(cls) == class_size)
			return cls;
	return -1;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_stats, 26.11)
int
rte_fastmem_stats(struct rte_fastmem_stats *stats)
{
	struct fastmem_shared *sh;
	uint32_t socket;
	struct sum sum;
	int cls;

	if (stats == NULL)
		return -EINVAL;
	sh = fastmem_shared();
	if (sh == NULL)
		return -ENODEV;
	memset(stats, 0, sizeof(*stats));
	stats->n_classes = RTE_FASTMEM_NB_CLASSES;
	for (socket = 0; socket < sh->nb_sockets; socket++)
		stats->bytes_backing += load(&sh->sockets[socket].backing);
	for (cls = 0; cls < RTE_FASTMEM_NB_CLASSES; cls++) {
		sum_counters(sh, LCORE_EACH, cls, &sum);
		stats->bytes_in_use += (allocs_of(&sum.life) - frees_of(&sum.life)) *
			fastmem_class_size(cls);
		counters_sub(&sum.life, &sum.reset);
		stats->alloc_total += allocs_of(&sum.life);
		stats->free_total += frees_of(&sum.life);
		stats->alloc_nomem += sum.life.alloc_nomem;
	}
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_stats_class, 26.11)
int
rte_fastmem_stats_class(size_t class_size, struct rte_fastmem_class_stats *stats)
{
	int cls = class_of(class_size);
	struct fastmem_shared *sh;
	uint32_t socket, bin;
	struct sum sum;

	if (stats == NULL || cls < 0)
		return -EINVAL;
	sh = fastmem_shared();
	if (sh == NULL)
		return -ENODEV;
	memset(stats, 0, sizeof(*stats));
	sum_counters(sh, LCORE_EACH, cls, &sum);
	stats->class_size = class_size;
	stats->in_use = allocs_of(&sum.life) - frees_of(&sum.life);
	counters_sub(&sum.life, &sum.reset);
	stats->alloc_cache_hits = sum.life.alloc_cache_hits;
	stats->alloc_cache_misses = sum.life.alloc_cache_misses;
	stats->alloc_nomem = sum.life.alloc_nomem;
	stats->free_cache_hits = sum.life.free_cache_hits;
	stats->free_cache_misses = sum.life.free_cache_misses;
	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			struct fastmem_bin *b = &sh->sockets[socket].bins[bin];

			if (!bin_is_of(bin, cls))
				continue;
			fastmem_bin_lock(sh, socket, bin, b);
			stats->slab_acquires += b->acquires - b->acquires_base;
			stats->slab_releases += b->releases - b->releases_base;
			stats->slabs_partial += b->nb_partial;
			stats->slabs_full += b->nb_full;
			fastmem_unlock(&b->lock);
		}
	}
	return 0;
}

static int
lcore_class_stats(uint32_t lcore, int cls, struct rte_fastmem_lcore_stats *stats)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct sum sum;

	if (sh == NULL)
		return -ENODEV;
	sum_counters(sh, lcore, cls, &sum);
	counters_sub(&sum.life, &sum.reset);
	*stats = sum.life;
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_stats_lcore, 26.11)
int
rte_fastmem_stats_lcore(unsigned int lcore_id, struct rte_fastmem_lcore_stats *stats)
{
	if (stats == NULL || lcore_id >= RTE_MAX_LCORE)
		return -EINVAL;
	return lcore_class_stats(lcore_id, -1, stats);
}

static int
class_stats(uint32_t lcore, size_t class_size, struct rte_fastmem_lcore_class_stats *stats)
{
	struct rte_fastmem_lcore_stats c;
	int cls = class_of(class_size);
	int ret;

	if (stats == NULL || cls < 0)
		return -EINVAL;
	ret = lcore_class_stats(lcore, cls, &c);
	if (ret != 0)
		return ret;
	stats->class_size = class_size;
	stats->alloc_cache_hits = c.alloc_cache_hits;
	stats->alloc_cache_misses = c.alloc_cache_misses;
	stats->alloc_nomem = c.alloc_nomem;
	stats->free_cache_hits = c.free_cache_hits;
	stats->free_cache_misses = c.free_cache_misses;
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_stats_lcore_class, 26.11)
int
rte_fastmem_stats_lcore_class(unsigned int lcore_id, size_t class_size,
	struct rte_fastmem_lcore_class_stats *stats)
{
	if (lcore_id >= RTE_MAX_LCORE)
		return -EINVAL;
	return class_stats(lcore_id, class_size, stats);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_stats_shared, 26.11)
int
rte_fastmem_stats_shared(struct rte_fastmem_lcore_stats *stats)
{
	if (stats == NULL)
		return -EINVAL;
	return lcore_class_stats(LCORE_ID_ANY, -1, stats);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_stats_shared_class, 26.11)
int
rte_fastmem_stats_shared_class(size_t class_size, struct rte_fastmem_lcore_class_stats *stats)
{
	return class_stats(LCORE_ID_ANY, class_size, stats);
}

static void
reset_block(const struct fastmem_shared *sh, struct fastmem_block *block)
{
	struct rte_fastmem_lcore_stats c;
	struct fastmem_cold *cold;
	uint32_t socket, bin;
	uint64_t len;

	for (socket = 0; socket < sh->nb_sockets; socket++)
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			cold = fastmem_block_cold(block, socket, bin);
			cache_counters(fastmem_block_cache(block, socket, bin), cold, &c, &len);
			base_set(cold, &c);
		}
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_stats_reset, 26.11)
void
rte_fastmem_stats_reset(void)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct rte_fastmem_lcore_stats c;
	struct fastmem_block *block;
	uint32_t socket, bin;

	if (sh == NULL)
		return;
	/* The counters go on: what they show now is taken off from now on. */
	block = rte_atomic_load_explicit(&sh->blocks, rte_memory_order_acquire);
	for (; block != NULL; block = block->next)
		reset_block(sh, block);
	for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
		orphan_counters(&sh->orphans[bin], &c);
		base_set(&sh->orphans[bin], &c);
	}
	for (socket = 0; socket < sh->nb_sockets; socket++)
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			struct fastmem_bin *b = &sh->sockets[socket].bins[bin];

			fastmem_bin_lock(sh, socket, bin, b);
			b->acquires_base = b->acquires;
			b->releases_base = b->releases;
			fastmem_unlock(&b->lock);
		}
}

uint64_t
fastmem_stats_cached(struct fastmem_shared *sh, int cls, uint64_t *in_use)
{
	struct sum sum;

	sum_counters(sh, LCORE_EACH, cls, &sum);
	*in_use = allocs_of(&sum.life) - frees_of(&sum.life);
	return sum.cached;
}

/*
 * For a person.
 */

static void
dump_classes(struct fastmem_shared *sh, FILE *f)
{
	struct rte_fastmem_class_stats c;
	uint64_t cached, in_use;
	int cls;

	fprintf(f, "%9s %12s %12s %14s %12s %14s %12s %8s %8s %8s\n", "class", "in use", "cached",
		"alloc hits", "misses", "free hits", "misses", "no mem", "partial", "full");
	for (cls = 0; cls < RTE_FASTMEM_NB_CLASSES; cls++) {
		if (rte_fastmem_stats_class(fastmem_class_size(cls), &c) != 0)
			return;
		cached = fastmem_stats_cached(sh, cls, &in_use);
		if (c.alloc_cache_hits + c.alloc_cache_misses + c.in_use + cached +
				c.alloc_nomem + c.slabs_partial + c.slabs_full == 0)
			continue;
		fprintf(f, "%9zu %12" PRIu64 " %12" PRIu64 " %14" PRIu64 " %12" PRIu64 " %14" PRIu64
			" %12" PRIu64 " %8" PRIu64 " %8u %8u\n", c.class_size, c.in_use, cached,
			c.alloc_cache_hits, c.alloc_cache_misses, c.free_cache_hits,
			c.free_cache_misses, c.alloc_nomem, c.slabs_partial, c.slabs_full);
	}
}

static void
dump_threads(struct fastmem_shared *sh, FILE *f)
{
	struct fastmem_block *block = rte_atomic_load_explicit(&sh->blocks,
			rte_memory_order_acquire);
	struct sum sum;
	uint32_t owner;

	for (; block != NULL; block = block->next) {
		memset(&sum, 0, sizeof(sum));
		sum_block(sh, block, -1, &sum);
		counters_sub(&sum.life, &sum.reset);
		owner = rte_atomic_load_explicit(&block->owner, rte_memory_order_relaxed);
		if (block->lcore == LCORE_ID_ANY)
			fprintf(f, "thread without lcore id");
		else
			fprintf(f, "lcore %u", block->lcore);
		if (owner == 0)
			fprintf(f, " (ended)");
		else
			fprintf(f, " of process %d", fastmem_slot_pid(sh, fastmem_id_slot(owner)));
		fprintf(f, ": %" PRIu64 " allocated, %" PRIu64 " freed, %" PRIu64 " cached\n",
			allocs_of(&sum.life), frees_of(&sum.life), sum.cached);
	}
}

static void
dump_socket(struct fastmem_shared *sh, uint32_t socket, FILE *f)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	uint64_t limit = load(&sk->limit);
	uint32_t nb_zones, nb_free;

	fastmem_pool_lock(sk);
	nb_zones = sk->nb_zones;
	nb_free = sk->nb_pool[0] + sk->nb_pool[1];
	fastmem_unlock(&sk->lock);
	fprintf(f, "socket %u: %" PRIu64 " bytes in %u zones, %u slabs free", socket,
		load(&sk->backing), nb_zones, nb_free);
	if (limit != UINT64_MAX)
		fprintf(f, ", limit %" PRIu64, limit);
	fprintf(f, "\n");
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_dump, 26.11)
void
rte_fastmem_dump(FILE *f)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct rte_fastmem_stats stats;
	uint32_t socket;

	if (f == NULL)
		return;
	if (sh == NULL || rte_fastmem_stats(&stats) != 0) {
		fprintf(f, "fastmem is not initialised\n");
		return;
	}
	fprintf(f, "fastmem: %" PRIu64 " bytes of backing memory, %" PRIu64 " in use, %" PRIu64
		" of metadata\n", stats.bytes_backing, stats.bytes_in_use,
		fastmem_meta_bytes(sh));
	fprintf(f, "%" PRIu64 " objects allocated, %" PRIu64 " freed, %" PRIu64
		" refused for lack of memory, %" PRIu64 " pointers refused\n", stats.alloc_total,
		stats.free_total, stats.alloc_nomem, load(&sh->refused));
	for (socket = 0; socket < sh->nb_sockets; socket++)
		dump_socket(sh, socket, f);
	dump_classes(sh, f);
	dump_threads(sh, f);
}
