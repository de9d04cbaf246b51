/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Slabs: which object is free.
 *
 * Owns the bins' lists of partial slabs and the slabs' bitmaps. Guarantees that no
 * object is given out that is not free, that what comes back is an object that was
 * given out, and that a slab all of whose objects came back leaves its bin. Objects are
 * never read nor written. Takes slabs from the pool and bitmaps from meta, has the zone layer
 * let addresses lead to a bin, and reports what was misused, without holding a lock.
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>

#include "fastmem_lock.h"
#include "fastmem_meta.h"
#include "fastmem_pool.h"
#include "fastmem_pvt.h"
#include "fastmem_record.h"
#include "fastmem_repair.h"
#include "fastmem_report.h"
#include "fastmem_san.h"
#include "fastmem_slab.h"
#include "fastmem_zone.h"

static void
list_push(struct fastmem_bin *bin, struct fastmem_slab *slab)
	__rte_exclusive_locks_required(&bin->lock)
{
	slab->prev = NULL;
	slab->next = bin->partial;
	if (bin->partial != NULL)
		bin->partial->prev = slab;
	bin->partial = slab;
	bin->nb_partial++;
}

static void
list_remove(struct fastmem_bin *bin, struct fastmem_slab *slab)
	__rte_exclusive_locks_required(&bin->lock)
{
	if (slab->prev != NULL)
		slab->prev->next = slab->next;
	else
		bin->partial = slab->next;
	if (slab->next != NULL)
		slab->next->prev = slab->prev;
	slab->next = NULL;
	slab->prev = NULL;
	bin->nb_partial--;
}

/* Give a slab from the pool the form of a bin; -1 when there is no memory for its bitmap. */
static int
slab_setup(struct fastmem_shared *sh, struct fastmem_slab *slab, uint32_t bin)
{
	const struct fastmem_layout *lay = &sh->layouts[bin];
	uint32_t nb_words;

	slab->base = RTE_ALIGN_CEIL(slab->start, (uintptr_t)lay->align);
	slab->nb_slots = fastmem_layout_slots(lay,
			(uint32_t)(slab->start + slab->len - slab->base));
	nb_words = (slab->nb_slots + 63) / 64;
	slab->nb_words = nb_words;
	slab->nb_free = slab->nb_slots;
	slab->bump = 0;
	slab->bits = fastmem_meta_alloc(sh, nb_words * sizeof(uint64_t), slab->socket);
	slab->words = fastmem_meta_alloc(sh, (nb_words + 63) / 64 * sizeof(uint64_t),
			slab->socket);
	if (FASTMEM_IS_CHECKED)
		fastmem_record_slab_init(sh, slab);
	if (slab->bits != NULL && slab->words != NULL)
		return 0;
	return -1;
}

void
fastmem_slab_reset(struct fastmem_shared *sh, struct fastmem_slab *slab)
{
	uint64_t *bits = slab->bits, *words = slab->words;

	if (FASTMEM_IS_CHECKED)
		fastmem_record_slab_fini(sh, slab);
	slab->bits = NULL;
	slab->words = NULL;
	slab->nb_slots = 0;
	/* A process that dies here leaves memory that is freed once, or not at all. */
	rte_compiler_barrier();
	fastmem_meta_free(sh, bits, slab->nb_words * sizeof(uint64_t));
	fastmem_meta_free(sh, words, (slab->nb_words + 63) / 64 * sizeof(uint64_t));
	fastmem_pool_put(sh, slab);
}

/* Take objects that came back: lowest first. */
static uint32_t
slab_take_bits(struct fastmem_slab *slab, const struct fastmem_layout *lay, void **objs,
	uint32_t n)
{
	uint32_t nb_groups = (slab->nb_words + 63) / 64;
	uint32_t got = 0, group, word;

	for (group = 0; group < nb_groups && got < n; group++) {
		while (slab->words[group] != 0 && got < n) {
			word = group * 64 + rte_ctz64(slab->words[group]);
			while (slab->bits[word] != 0 && got < n) {
				uint32_t slot = word * 64 + rte_ctz64(slab->bits[word]);

				slab->bits[word] &= slab->bits[word] - 1;
				objs[got++] = (void *)(slab->base +
						fastmem_layout_offset(lay, slot));
			}
			if (slab->bits[word] == 0)
				slab->words[group] &= ~RTE_BIT64(word % 64);
		}
	}
	return got;
}

static uint32_t
slab_take(struct fastmem_slab *slab, const struct fastmem_layout *lay, void **objs, uint32_t n)
{
	uint32_t got = 0;

	if (slab->nb_free > slab->nb_slots - slab->bump)
		got = slab_take_bits(slab, lay, objs, n);
	while (got < n && slab->bump < slab->nb_slots)
		objs[got++] = (void *)(slab->base + fastmem_layout_offset(lay, slab->bump++));
	slab->nb_free -= got;
	return got;
}

/* Take an object back, unless it is none. */
static bool
slab_put(struct fastmem_slab *slab, const struct fastmem_layout *lay, const void *obj,
	enum rte_fastmem_misuse *misuse)
{
	uintptr_t offset = (uintptr_t)obj - slab->base;
	uint32_t slot, inner;

	*misuse = RTE_FASTMEM_MISUSE_INTERIOR;
	if (offset >= FASTMEM_SLAB_SZ) /* in front of the first object */
		return false;
	slot = fastmem_layout_slot(lay, (uint32_t)offset, &inner);
	if (inner != 0 || slot >= slab->bump)
		return false;
	*misuse = RTE_FASTMEM_MISUSE_DOUBLE_FREE;
	if ((slab->bits[slot / 64] & RTE_BIT64(slot % 64)) != 0)
		return false;
	slab->bits[slot / 64] |= RTE_BIT64(slot % 64);
	slab->words[slot / 64 / 64] |= RTE_BIT64(slot / 64 % 64);
	slab->nb_free++;
	return true;
}

static uint32_t
bin_take(struct fastmem_bin *bin, const struct fastmem_layout *lay, void **objs, uint32_t n)
	__rte_exclusive_locks_required(&bin->lock)
{
	struct fastmem_slab *slab;
	uint32_t got = 0;

	while (got < n && (slab = bin->partial) != NULL) {
		got += slab_take(slab, lay, &objs[got], n - got);
		if (slab->nb_free == 0) {
			list_remove(bin, slab);
			bin->nb_full++;
		}
	}
	return got;
}

uint32_t
fastmem_slab_fill(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id, void **objs,
	uint32_t n)
{
	struct fastmem_bin *bin = &sh->sockets[socket].bins[bin_id];
	const struct fastmem_layout *lay = &sh->layouts[bin_id];
	struct fastmem_slab *slab;
	uintptr_t near;
	uint32_t got;

	fastmem_bin_lock(sh, socket, bin_id, bin);
	got = bin_take(bin, lay, objs, n);
	near = bin->near;
	fastmem_unlock(&bin->lock);
	if (got != 0)
		return got;

	slab = fastmem_pool_get(sh, socket, bin_id, near);
	if (slab == NULL)
		return 0;
	if (slab_setup(sh, slab, bin_id) != 0) {
		fastmem_slab_reset(sh, slab);
		return 0;
	}
	fastmem_bin_lock(sh, socket, bin_id, bin);
	/* Before anybody gets an object of it. */
	rte_atomic_store_explicit(&slab->bin, bin_id + 1, rte_memory_order_relaxed);
	fastmem_zone_map_slab(sh, slab, fastmem_cache_offset(socket, bin_id));
	list_push(bin, slab);
	bin->near = slab->start;
	bin->acquires++;
	/* Release: from here on it is the bin's, should this process die. */
	rte_atomic_store_explicit(&slab->holder, 0, rte_memory_order_release);
	rte_compiler_barrier();
	got = bin_take(bin, lay, objs, n);
	fastmem_unlock(&bin->lock);
	return got;
}

/* Put one object into its slab; a slab that is empty then is put before *empty. */
static bool
bin_put(struct fastmem_shared *sh, struct fastmem_bin *bin, struct fastmem_slab *slab,
	uint32_t bin_id, void *obj, struct fastmem_slab **empty, enum rte_fastmem_misuse *misuse)
	__rte_exclusive_locks_required(&bin->lock)
{
	bool was_full = slab->nb_free == 0;

	if (!slab_put(slab, &sh->layouts[bin_id], obj, misuse))
		return false;
	if (was_full) {
		bin->nb_full--;
		list_push(bin, slab);
	}
	if (slab->nb_free == slab->nb_slots) {
		rte_atomic_store_explicit(&slab->holder, fastmem_local.id,
				rte_memory_order_relaxed);
		rte_compiler_barrier();
		list_remove(bin, slab);
		if (slab->start == bin->near && bin->partial != NULL)
			bin->near = bin->partial->start;
		bin->releases++;
		/* All its objects are here: nobody may free one. */
		fastmem_zone_map_slab(sh, slab, 0);
		rte_atomic_store_explicit(&slab->bin, 0, rte_memory_order_relaxed);
		slab->next = *empty;
		*empty = slab;
	}
	return true;
}

static bool
bin_trylock(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id,
	struct fastmem_bin *bin)
	__rte_exclusive_trylock_function(true, &bin->lock)
	__rte_no_thread_safety_analysis
{
	if (!fastmem_trylock(&bin->lock))
		return false;
	if (unlikely(rte_atomic_load_explicit(&bin->lock.is_broken, rte_memory_order_relaxed)))
		fastmem_repair_bin(sh, socket, bin_id);
	return true;
}

/*
 * Drain the leading objects that are in one bin; the number of them. 0 when
 * it is trying and the lock is taken. A pointer that is refused is a run of its own.
 */
static uint32_t
drain_run(struct fastmem_shared *sh, void **objs, uint32_t n, bool is_trying,
	uint32_t *nb_refused)
{
	struct fastmem_slab *slab = fastmem_zone_slab(sh, objs[0]), *first = slab;
	enum rte_fastmem_misuse misuse = RTE_FASTMEM_MISUSE_FOREIGN;
	struct fastmem_slab *empty = NULL;
	struct fastmem_bin *bin;
	uint32_t bin_id = fastmem_zone_slab_bin(sh, slab), i = 0;

	if (bin_id-- == 0) {
		fastmem_report_refused(sh, misuse, objs[0]);
		(*nb_refused)++;
		return 1;
	}
	misuse = RTE_FASTMEM_MISUSE_DOUBLE_FREE;
	bin = &sh->sockets[slab->socket].bins[bin_id];
	if (!is_trying)
		fastmem_bin_lock(sh, slab->socket, bin_id, bin);
	else if (!bin_trylock(sh, slab->socket, bin_id, bin))
		return 0;
	/* Also of the first one: if it was free already, its slab may have left the bin. */
	while (i < n && slab != NULL && slab->socket == first->socket &&
			rte_atomic_load_explicit(&slab->bin, rte_memory_order_relaxed) ==
			bin_id + 1 && bin_put(sh, bin, slab, bin_id, objs[i], &empty, &misuse))
		if (++i < n)
			slab = fastmem_zone_slab(sh, objs[i]);
	fastmem_unlock(&bin->lock);
	while ((slab = empty) != NULL) {
		empty = slab->next;
		fastmem_slab_reset(sh, slab);
	}
	if (i == 0) {
		fastmem_report_refused(sh, misuse, objs[i++]);
		(*nb_refused)++;
	}
	return i;
}

uint32_t
fastmem_slab_drain(struct fastmem_shared *sh, void **objs, uint32_t n, bool is_trying)
{
	uint32_t done = 0, nb_refused = 0, run;

	if (FASTMEM_IS_CHECKED)
		fastmem_record_drained(sh, objs, n);
	while (done < n) {
		run = drain_run(sh, &objs[done], n - done, is_trying && done == 0, &nb_refused);
		if (run == 0)
			return 0;
		done += run;
	}
	return done;
}

uint32_t
fastmem_slab_free(struct fastmem_shared *sh, void **objs, uint32_t n)
{
	uint32_t done = 0, nb_refused = 0;

	while (done < n)
		done += drain_run(sh, &objs[done], n - done, false, &nb_refused);
	return n - nb_refused;
}

/* Slabs that the pool must have for so many objects; 0 when it has enough. */
static uint32_t
pool_needed(struct fastmem_socket *sk, const struct fastmem_layout *lay, uint64_t n,
	bool is_whole)
{
	const uint32_t whole = fastmem_layout_slots(lay, FASTMEM_SLAB_SZ);
	/* Of a slab both ends of which are cut, as is one of a zone. */
	const uint32_t cut = fastmem_layout_slots(lay, FASTMEM_SLAB_SZ - 512 - lay->align);
	uint64_t nb_pool[2], have, lack;

	fastmem_pool_lock(sk);
	nb_pool[0] = sk->nb_pool[0];
	nb_pool[1] = is_whole ? 0 : sk->nb_pool[1];
	fastmem_unlock(&sk->lock);
	have = nb_pool[0] * whole + nb_pool[1] * cut;
	if (have >= n)
		return 0;
	lack = n - have;
	if (!is_whole)
		lack += (lack / whole / FASTMEM_ZONE_SLABS + 1) * (whole - cut);
	return RTE_MIN(nb_pool[0] + nb_pool[1] + (lack + whole - 1) / whole,
			(uint64_t)UINT32_MAX);
}

uint32_t
fastmem_slab_needed(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id, uint32_t n)
{
	struct fastmem_bin *bin = &sh->sockets[socket].bins[bin_id];
	struct fastmem_slab *slab;
	uint64_t have = 0;

	fastmem_bin_lock(sh, socket, bin_id, bin);
	for (slab = bin->partial; slab != NULL && have < n; slab = slab->next)
		have += slab->nb_free;
	fastmem_unlock(&bin->lock);
	return have >= n ? 0 : pool_needed(&sh->sockets[socket], &sh->layouts[bin_id], n - have,
			bin_id == FASTMEM_WHOLE_BIN);
}

/* The equations of a slab in a bin. */
static bool
slab_is_valid(const struct fastmem_slab *slab)
{
	uint32_t nb = 0, word;

	for (word = 0; word < slab->nb_words; word++) {
		bool has = (slab->words[word / 64] & RTE_BIT64(word % 64)) != 0;

		if (has != (slab->bits[word] != 0))
			return false;
		nb += rte_popcount64(slab->bits[word]);
	}
	return nb + slab->nb_slots - slab->bump == slab->nb_free && slab->bump <= slab->nb_slots;
}

unsigned int
fastmem_slab_validate(struct fastmem_shared *sh, uint32_t socket, uint32_t bin_id,
	uint64_t *nb_slots, uint64_t *nb_free, FILE *f)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	struct fastmem_bin *bin = &sk->bins[bin_id];
	uint32_t nb_partial = 0, nb_full = 0, nb_listed = 0, i;
	struct fastmem_slab *slab;
	struct fastmem_zone *zone;
	unsigned int nb_bad = 0;

	*nb_slots = 0;
	*nb_free = 0;
	if (bin->lock.owner != 0 || bin->lock.is_broken != 0) {
		fprintf(f, "socket %u bin %u: its lock is taken, or broken\n", socket, bin_id);
		nb_bad++;
	}
	for (zone = sk->zones; zone != NULL; zone = zone->next) {
		for (i = 0; i < zone->nb_slabs; i++) {
			slab = &zone->slabs[i];
			if (slab->bin != bin_id + 1)
				continue;
			*nb_slots += slab->nb_slots;
			*nb_free += slab->nb_free;
			nb_partial += slab->nb_free > 0;
			nb_full += slab->nb_free == 0;
			if (!slab_is_valid(slab) || slab->nb_free == slab->nb_slots) {
				fprintf(f, "socket %u bin %u: slab %#" PRIxPTR
					" does not add up\n", socket, bin_id, slab->start);
				nb_bad++;
			}
		}
	}
	for (slab = bin->partial; slab != NULL; slab = slab->next)
		nb_listed++;
	if (nb_partial != bin->nb_partial || nb_full != bin->nb_full || nb_listed != nb_partial ||
			bin->acquires - bin->releases != (uint64_t)nb_partial + nb_full) {
		fprintf(f, "socket %u bin %u: %u partial and %u full slabs, %u listed; "
			"counted %u and %u, %" PRIu64 " came and %" PRIu64 " left\n",
			socket, bin_id, nb_partial, nb_full, nb_listed, bin->nb_partial,
			bin->nb_full, bin->acquires, bin->releases);
		nb_bad++;
	}
	return nb_bad;
}
