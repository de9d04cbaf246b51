/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Checks: does everything add up? And the tests' hooks.
 *
 * Owns nothing. Calls each layer's validate, when no thread is at work; has memzones fail.
 */

#include <inttypes.h>
#include <stdio.h>

#include <eal_export.h>

#include "fastmem_block.h"
#include "fastmem_depot.h"
#include "fastmem_memzone.h"
#include "fastmem_predict.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_slab.h"
#include "fastmem_stats.h"
#include "fastmem_test.h"
#include "fastmem_zone.h"

/* in use + cached + in depots + free in slabs == slots of the slabs in use. */
static unsigned int
validate_class(struct fastmem_shared *sh, int cls, FILE *f)
{
	uint64_t slots = 0, in_slabs = 0, in_depots = 0, cached, in_use;
	uint64_t nb_slots, nb_free, nb_objs;
	unsigned int nb_bad = 0;
	uint32_t socket, bin;

	cached = fastmem_stats_cached(sh, cls, &in_use);
	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (bin = 0; bin < RTE_FASTMEM_NB_BINS; bin++) {
			if (fastmem_bin_class(bin) != (unsigned int)cls)
				continue;
			nb_bad += fastmem_slab_validate(sh, socket, bin, &nb_slots, &nb_free, f);
			nb_bad += fastmem_depot_validate(sh, socket, bin, &nb_objs, f);
			slots += nb_slots;
			in_slabs += nb_free;
			in_depots += nb_objs;
		}
	}
	if (in_use + cached + in_depots + in_slabs != slots) {
		fprintf(f, "class %zu: %" PRIu64 " in use + %" PRIu64 " cached + %" PRIu64
			" in depots + %" PRIu64 " in slabs != %" PRIu64 " slots\n",
			fastmem_class_size(cls), in_use, cached, in_depots, in_slabs, slots);
		nb_bad++;
	}
	return nb_bad;
}

/* Every slab of the zones is known by its number, and none else. */
static unsigned int
validate_slabs(struct fastmem_shared *sh, FILE *f)
{
	uint64_t nb_slabs = 0, nb_known = 0;
	const struct fastmem_zone *zone;
	uint32_t socket;
	uintptr_t i;

	for (socket = 0; socket < sh->nb_sockets; socket++)
		for (zone = sh->sockets[socket].zones; zone != NULL; zone = zone->next)
			nb_slabs += zone->nb_slabs;
	for (i = 0; i < sh->map_len; i++)
		nb_known += rte_atomic_load_explicit(&sh->slabs[i], rte_memory_order_relaxed) !=
			NULL;
	if (nb_known == nb_slabs)
		return 0;
	fprintf(f, "%" PRIu64 " slabs in zones, %" PRIu64 " known\n", nb_slabs, nb_known);
	return 1;
}

static unsigned int
validate(struct fastmem_shared *sh, FILE *f)
{
	unsigned int nb_bad = fastmem_block_validate(sh, f) + fastmem_predict_validate(sh, f) +
		validate_slabs(sh, f);
	uint32_t socket;
	int cls;

	for (socket = 0; socket < sh->nb_sockets; socket++)
		nb_bad += fastmem_zone_validate(sh, socket, f);
	for (cls = 0; cls < RTE_FASTMEM_NB_CLASSES; cls++)
		nb_bad += validate_class(sh, cls, f);
	return nb_bad;
}

/*
 * Hooks.
 */

RTE_EXPORT_INTERNAL_SYMBOL(fastmem_test_set_sockets)
int
fastmem_test_set_sockets(unsigned int n)
{
	if (n >= 64 || n > FASTMEM_MAX_SOCKETS)
		return -1;
	fastmem_sockets_forced = n;
	return 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(fastmem_test_fail_reserve)
void
fastmem_test_fail_reserve(int n)
{
	rte_atomic_store_explicit(&fastmem_reserve_fails, n, rte_memory_order_relaxed);
}

RTE_EXPORT_INTERNAL_SYMBOL(fastmem_test_validate)
int
fastmem_test_validate(FILE *f)
{
	struct fastmem_shared *sh = fastmem_shared();

	return sh == NULL ? 0 : (int)validate(sh, f);
}
