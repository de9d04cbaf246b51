/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Checks: reports of misuse, validation of all layers, and the tests' hooks.
 *
 * Owns the wording of what is reported and how often. Calls each layer's validate.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <eal_export.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include "fastmem_pvt.h"
#include "fastmem_test.h"

/* A report a second at the most, and the first one at once. */
static bool
report_is_due(void)
{
	static RTE_ATOMIC(uint64_t) next;
	uint64_t now = rte_rdtsc();
	uint64_t due = rte_atomic_load_explicit(&next, rte_memory_order_relaxed);

	return now >= due && rte_atomic_compare_exchange_strong_explicit(&next, &due,
			now + rte_get_tsc_hz(), rte_memory_order_relaxed,
			rte_memory_order_relaxed);
}

void
fastmem_check_report(struct fastmem_shared *sh, enum fastmem_misuse kind, const void *ptr)
{
	static const char * const what[] = {
		[FASTMEM_MISUSE_FOREIGN] = "it is not fastmem's",
		[FASTMEM_MISUSE_INNER] = "it is not the start of an object",
		[FASTMEM_MISUSE_DOUBLE] = "it is free already",
	};

	if (sh != NULL)
		rte_atomic_fetch_add_explicit(&sh->refused, 1, rte_memory_order_relaxed);
	if (report_is_due())
		FASTMEM_LOG(ERR, "free of %p refused: %s", ptr, sh == NULL ?
			"fastmem is not initialised" : what[kind]);
}

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

unsigned int
fastmem_check_validate(struct fastmem_shared *sh, FILE *f)
{
	unsigned int nb_bad = 0;
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

static RTE_ATOMIC(int) nb_until_failure;
static const struct fastmem_zone_ops *real_ops;

static const struct rte_memzone *
test_reserve(const char *name, size_t len, int socket_id, unsigned int flags, unsigned int align)
{
	if (rte_atomic_load_explicit(&nb_until_failure, rte_memory_order_relaxed) > 0 &&
			rte_atomic_fetch_sub_explicit(&nb_until_failure, 1,
				rte_memory_order_relaxed) == 1) {
		rte_errno = ENOMEM;
		return NULL;
	}
	if (fastmem_sockets_forced != 0)
		socket_id = SOCKET_ID_ANY;
	return real_ops->reserve(name, len, socket_id, flags, align);
}

static int
test_free(const struct rte_memzone *mz)
{
	return real_ops->free(mz);
}

static const struct fastmem_zone_ops test_ops = {
	.reserve = test_reserve,
	.free = test_free,
};

static void
hook(void)
{
	if (fastmem_zone_ops == &test_ops)
		return;
	real_ops = fastmem_zone_ops;
	fastmem_zone_ops = &test_ops;
}

RTE_EXPORT_INTERNAL_SYMBOL(fastmem_test_set_sockets)
int
fastmem_test_set_sockets(unsigned int n)
{
	if (n >= 64 || n > FASTMEM_MAX_SOCKETS)
		return -1;
	hook();
	fastmem_sockets_forced = n;
	return 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(fastmem_test_fail_reserve)
void
fastmem_test_fail_reserve(int n)
{
	hook();
	rte_atomic_store_explicit(&nb_until_failure, n, rte_memory_order_relaxed);
}

RTE_EXPORT_INTERNAL_SYMBOL(fastmem_test_validate)
int
fastmem_test_validate(FILE *f)
{
	struct fastmem_shared *sh = fastmem_shared();

	return sh == NULL ? 0 : (int)fastmem_check_validate(sh, f);
}
