/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * Too little memory, for fastmem_stress_autotest: a limit that several threads
 * reach at once, a limit that moves, bulks that cannot be had, and all memory
 * going from one size class to the next.
 * Owns the limit while a case runs. Calls teams and objects, and the library
 * for limits and statistics.
 */

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem_stress.h"

#define MIB ((size_t)1 << 20)
#define MAX_WORKERS 64
#define PHASE_LIMIT (16 * MIB)	/* at most, where there is little memory */

/* The limit that holds from the start of a case, SIZE_MAX when it moves. */
static size_t fixed_limit;

static int
check_limit(void)
{
	struct rte_fastmem_stats st;

	if (rte_fastmem_stats(&st) != 0)
		return FMS_FAIL("statistics");
	if (st.bytes_backing > fixed_limit * RTE_MAX(fms.nb_sockets, rte_socket_count()))
		return FMS_FAIL("%" PRIu64 " bytes backing, limit %zu",
				st.bytes_backing, fixed_limit);
	return 0;
}

static int
free_half(struct fms_worker *w)
{
	unsigned int keep = w->nb_objs / 2;

	while (w->nb_objs > keep) {
		struct fms_obj o = fms_pull(w, fms_rand(&w->rng) % w->nb_objs);

		if (fms_free(w, &o) < 0)
			return -1;
	}
	return 0;
}

static void
pick_medium(struct fms_worker *w, size_t *size, size_t *align)
{
	do
		fms_pick_size(&w->rng, size, align);
	while (*size > 128 * 1024 || *align > 65536);
}

/* Allocate until there is no more, free half, again. */
static int
work_storm(struct fms_worker *w)
{
	uint64_t i, ops = fms_ops_each(w);

	for (i = 0; i < ops && !fms_time_over(); i++) {
		size_t size, align;
		struct fms_obj o;
		int ret;

		pick_medium(w, &size, &align);
		ret = fms_alloc(w, &o, size, align);
		if (ret < 0 || (ret == 0 && fms_push(w, &o) < 0))
			return -1;
		if ((ret > 0 && fms_rand(&w->rng) % 4 == 0) ||
				w->nb_objs == w->max_objs ||
				w->live > w->team->budget) {
			if (free_half(w) < 0 || check_limit() < 0)
				return -1;
			if (fms_rand(&w->rng) % 8 == 0)
				rte_fastmem_cache_flush();
		}
	}
	return 0;
}

static int
limit_run(const struct fms_plan *plan, size_t limit)
{
	struct fms_team team;
	int ret;

	fixed_limit = limit;
	if (rte_fastmem_set_limit(SOCKET_ID_ANY, limit) != 0 ||
			rte_fastmem_get_limit(fms_socket(0)) != limit)
		return FMS_FAIL("cannot set the limit");
	ret = fms_team_run_sums(plan, &team);
	printf("limit %zu MiB: %" PRIu64 " objects, %" PRIu64 " times no memory\n",
		limit / MIB, team.nb_alloc, team.nb_nomem);
	if (ret == 0 && limit != SIZE_MAX && team.nb_nomem == 0)
		ret = FMS_FAIL("the limit was never reached");
	if (ret == 0)
		ret = fms_check_empty();
	if (rte_fastmem_set_limit(SOCKET_ID_ANY, SIZE_MAX) != 0)
		return FMS_FAIL("cannot set the limit");
	return ret < 0 ? TEST_FAILED : TEST_SUCCESS;
}

/* Several threads reach the limit at once, again and again. */
int
fms_case_limit_storm(void)
{
	const struct fms_plan plan = {
		.work = work_storm,
		.nb_registered = 1,
		.nb_unregistered = 1,
	};

	if (limit_run(&plan, 8 * MIB) < 0)
		return TEST_FAILED;
	fms_case_start();
	return limit_run(&plan, 16 * MIB);
}

/* The last worker moves the limit until another has done its work. */
static int
work_limit_moves(struct fms_worker *w)
{
	static const size_t limits[] = {
		0, 2 * MIB, 4 * MIB, 6 * MIB, 16 * MIB, 32 * MIB, SIZE_MAX,
	};
	unsigned int i;

	if (w->id != w->team->nb_workers - 1)
		return work_storm(w);
	for (i = 0; i < 400 && !fms_time_over(); i++) {
		size_t limit = limits[fms_rand(&w->rng) % RTE_DIM(limits)];

		if (rte_fastmem_set_limit(SOCKET_ID_ANY, limit) != 0 ||
				rte_fastmem_get_limit(fms_socket(i)) != limit)
			return FMS_FAIL("limit is not %zu", limit);
		if (i % 16 == 0 && rte_fastmem_trim(SOCKET_ID_ANY) < 0)
			return FMS_FAIL("trim");
		rte_delay_us_sleep(1000);
	}
	/* who waits for memory gets it */
	return rte_fastmem_set_limit(SOCKET_ID_ANY, SIZE_MAX);
}

int
fms_case_limit_moves(void)
{
	const struct fms_plan plan = {
		.work = work_limit_moves,
		.nb_registered = 1,
		.nb_unregistered = 2,
	};

	return limit_run(&plan, SIZE_MAX);
}

static int
work_bulk_nomem(struct fms_worker *w)
{
	uint64_t i, ops = fms_ops_each(w) / 128 + 16;
	struct fms_obj objs[FMS_BULK];

	for (i = 0; i < ops && !fms_time_over(); i++) {
		uint64_t r = fms_rand(&w->rng);
		size_t size = (size_t)1 << (6 + r % 12);
		unsigned int n = (r >> 8) % FMS_BULK, j;
		int ret = 1;

		if (w->nb_objs + n <= w->max_objs)
			ret = fms_alloc_bulk(w, objs, n, size, (r >> 32) % 2 * 8);
		if (ret < 0)
			return -1;
		for (j = 0; ret == 0 && j < n; j++)
			if (fms_push(w, &objs[j]) < 0)
				return -1;
		if (ret > 0 && (free_half(w) < 0 || check_limit() < 0))
			return -1;
	}
	return 0;
}

/* Memory ends in the middle of a bulk: nothing of it may stay taken. */
int
fms_case_bulk_nomem(void)
{
	const struct fms_plan plan = {
		.work = work_bulk_nomem,
		.nb_registered = 1,
		.nb_unregistered = 1,
		.max_objs = 4096,
	};

	return limit_run(&plan, 12 * MIB);
}

/* What a worker of the phases holds: objects of one class, with a stamp. */
struct hoard {
	void **ptrs;
	unsigned int nb;
	size_t size;
};

static struct hoard hoards[MAX_WORKERS];
static size_t phase_limit;
static RTE_ATOMIC(uint64_t) hoarded;

static uint64_t
hoard_stamp(const struct hoard *h, unsigned int i)
{
	return (uintptr_t)h->ptrs[i] ^ ((uint64_t)i << 48) ^
			((uint64_t)(h - hoards) << 40) ^ fms.seed;
}

static int
hoard_fill(struct fms_worker *w, struct hoard *h, size_t size)
{
	unsigned int max = phase_limit / 8;
	uint64_t stamp;

	h->size = size;
	for (h->nb = 0; h->nb < max && !fms_failed(); h->nb++) {
		void *p = rte_fastmem_alloc(size, 8, 0);

		if (p == NULL)
			break;
		h->ptrs[h->nb] = p;
		stamp = hoard_stamp(h, h->nb);
		memcpy(p, &stamp, sizeof(stamp));
	}
	w->nb_alloc += h->nb;
	rte_atomic_fetch_add_explicit(&hoarded, (uint64_t)h->nb * size,
			rte_memory_order_relaxed);
	return 0;
}

static int
hoard_free(struct hoard *h)
{
	uint64_t stamp, have;
	unsigned int i;

	for (i = 0; i < h->nb && !fms_failed(); i++) {
		stamp = hoard_stamp(h, i);
		memcpy(&have, h->ptrs[i], sizeof(have));
		if (have != stamp)
			return FMS_FAIL("%p of %zu was overwritten", h->ptrs[i], h->size);
		rte_fastmem_free(h->ptrs[i]);
	}
	h->nb = 0;
	return 0;
}

/* Up through the classes, then at random. */
static size_t
phase_size(unsigned int phase)
{
	uint64_t r = fms.seed + phase;

	return (size_t)8 << (phase < FMS_CLASSES ? phase : fms_rand(&r) % FMS_CLASSES);
}

/* All memory goes to one class, and back by another thread than took it. */
static int
work_phases(struct fms_worker *w)
{
	const bool *lazy = w->team->plan->arg;
	struct hoard *mine = &hoards[w->id];
	struct hoard *other = &hoards[(w->id + 1) % w->team->nb_workers];
	unsigned int phase, phases = FMS_CLASSES + 12 / FM_SLOW;

	for (phase = 0; phase < phases; phase++) {
		size_t size = phase_size(phase);
		uint64_t sum;

		fms_barrier(w->team);
		hoard_fill(w, mine, size);
		fms_barrier(w->team);
		sum = rte_atomic_load_explicit(&hoarded, rte_memory_order_relaxed);
		if (sum < phase_limit / 4)
			FMS_FAIL("phase %u: only %" PRIu64 " bytes in class %zu",
					phase, sum, size);
		hoard_free(other);
		if (!*lazy)
			rte_fastmem_cache_flush();
		fms_barrier(w->team);
		rte_atomic_store_explicit(&hoarded, 0, rte_memory_order_relaxed);
	}
	return 0;
}

static int
phases_run(const struct fms_plan *plan)
{
	unsigned int i, n = fms_team_size(plan);
	int ret = 0;

	phase_limit = RTE_MIN(PHASE_LIMIT, fms.memory);
	for (i = 0; i < n; i++) {
		hoards[i].ptrs = calloc(phase_limit / 8, sizeof(void *));
		if (hoards[i].ptrs == NULL)
			ret = FMS_FAIL("no memory for pointers");
	}
	if (ret == 0)
		ret = rte_fastmem_set_limit(SOCKET_ID_ANY, phase_limit);
	if (ret == 0)
		ret = fms_team_run(plan);
	for (i = 0; i < n; i++)
		free(hoards[i].ptrs);
	if (rte_fastmem_set_limit(SOCKET_ID_ANY, SIZE_MAX) != 0)
		ret = FMS_FAIL("cannot set the limit");
	return ret != 0 ? TEST_FAILED : fms_check_empty();
}

/* Under a limit, empty slabs of one class have to serve the next. */
int
fms_case_phases(void)
{
	static bool lazy;
	struct fms_plan plan = {
		.work = work_phases,
		.arg = &lazy,
		.nb_unregistered = 1,
	};

	if (fms_team_size(&plan) > MAX_WORKERS)
		plan.no_lcores = true;
	return phases_run(&plan);
}

/* The same by a thread alone that never flushes. */
int
fms_case_phases_lazy(void)
{
	static bool lazy = true;
	const struct fms_plan plan = {
		.work = work_phases,
		.arg = &lazy,
		.no_lcores = true,
	};

	return phases_run(&plan);
}
