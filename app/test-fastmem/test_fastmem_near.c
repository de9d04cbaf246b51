/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, where slabs lie and what frees expect of it: the slabs of a class are
 * neighbours, no zone is used without need, what can't be predicted is not. Calls the public API,
 * and looks at the predictions of the calling thread.
 */

#include <stdlib.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem.h"

/* --- places --- */

#define NB_GROWING 4 /* classes */
#define NB_STEPS 100
#define NB_AT_ONCE 8
#define OBJ_SZ 32768 /* of the first class */

struct growing {
	void *objs[NB_STEPS * NB_AT_ONCE];
	unsigned int nb;
	size_t size;
};

static int
grow(struct growing *g, unsigned int n)
{
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(&g->objs[g->nb], n, g->size, 0, 0),
			"class %zu", g->size);
	g->nb += n;
	return 0;
}

/* In how many runs of neighbouring slabs the objects are; and in how many slabs. */
static unsigned int
count_runs(struct growing *g, unsigned int *nb_slabs)
{
	unsigned int nb_runs = 0, i;
	uintptr_t last = 0, slab;

	*nb_slabs = 0;
	qsort(g->objs, g->nb, sizeof(g->objs[0]), fm_compare_ptrs);
	for (i = 0; i < g->nb; i++) {
		slab = (uintptr_t)g->objs[i] / FM_SLAB;
		if (slab == last)
			continue;
		(*nb_slabs)++;
		nb_runs += slab != last + 1;
		last = slab;
	}
	return nb_runs;
}

/* Classes that grow in turn each have their slabs side by side, if there is room. */
static int
test_classes_grow_apart(void)
{
	static struct growing growing[NB_GROWING];
	unsigned int step, i, nb_runs, nb_slabs;

	if (!fm_have_memory(128 * FM_MIB))
		return fm_skip("needs 128 MiB");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(128 * FM_MIB, fm_socket()), "reserve");
	for (i = 0; i < NB_GROWING; i++) {
		growing[i].size = OBJ_SZ >> i;
		growing[i].nb = 0;
	}
	/* slabs of the larger objects are full before those of the smaller ones */
	for (step = 0; step < NB_STEPS; step++)
		for (i = 0; i < NB_GROWING; i++)
			TEST_ASSERT_SUCCESS(grow(&growing[i], NB_AT_ONCE), "step %u", step);
	for (i = 0; i < NB_GROWING; i++) {
		nb_runs = count_runs(&growing[i], &nb_slabs);
		TEST_ASSERT_EQUAL(nb_runs, 1, "class %zu: %u slabs in %u places", growing[i].size,
				nb_slabs, nb_runs);
		rte_fastmem_free_bulk(growing[i].objs, growing[i].nb);
	}
	TEST_ASSERT(nb_slabs > 1, "one slab");
	return TEST_SUCCESS;
}

/* Classes share a zone that has room, so that the others can be given back. */
static int
test_classes_share_zones(void)
{
	const size_t zone = 4 * FM_SLAB;
	void *objs[4];
	unsigned int i;

	for (i = 1; i <= 4; i++)
		TEST_ASSERT_SUCCESS(rte_fastmem_reserve(i * zone, fm_socket()), "reserve");
	for (i = 0; i < RTE_DIM(objs); i++) {
		objs[i] = rte_fastmem_alloc(64 << i, 8, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "object %u", i);
	}
	TEST_ASSERT_EQUAL(rte_fastmem_trim(fm_socket()), 3, "other zones given back");
	TEST_ASSERT_EQUAL(fm_backing(), zone, "backing %zu", (size_t)fm_backing());
	for (i = 0; i < RTE_DIM(objs); i++)
		rte_fastmem_free(objs[i]);
	return TEST_SUCCESS;
}

/* --- predictions --- */

#define BIG 65536 /* few are in a magazine */
#define NB_BIG (3 * (FM_SLAB / BIG - 1)) /* in three slabs */
#define NB_USED 48 /* of the first and the last of them */

/* In predictions of frees of any object by this thread. */
static const struct rte_fastmem_trust *
trust(void)
{
	return &RTE_PER_LCORE(__rte_fastmem_thread).trust;
}

/*
 * Frees of two slabs in turn can't be predicted if there is another between: that is to be
 * found out while magazines come and go, and tried more and more rarely.
 */
static int
test_prediction_gives_up(void)
{
	void *objs[NB_BIG], *used[NB_USED];
	unsigned int i, round;
	uint32_t pause;

	if (FM_IS_CHECKED)
		return fm_skip("frees are checked, not predicted");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, NB_BIG, BIG, 0, 0), "bulk");
	qsort(objs, NB_BIG, sizeof(objs[0]), fm_compare_ptrs);
	for (i = 0; i < NB_USED; i++)
		used[i] = objs[i % 2 == 0 ? i / 2 : NB_BIG - 1 - i / 2];
	rte_fastmem_free_bulk(&objs[NB_USED / 2], NB_BIG - NB_USED);
	rte_fastmem_cache_flush();
	TEST_ASSERT((uintptr_t)used[0] / FM_SLAB + 1 < (uintptr_t)used[1] / FM_SLAB, "neighbours");
	pause = trust()->pause;
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < NB_USED; i++)
			rte_fastmem_free(used[i]);
		for (i = NB_USED; i-- > 0;)
			used[i] = rte_fastmem_alloc(BIG, 0, 0);
	}
	TEST_ASSERT(trust()->pause >= 16 * pause, "tried again after %u frees", trust()->pause);
	rte_fastmem_free_bulk(used, NB_USED);
	return TEST_SUCCESS;
}

static bool
is_predicted(const void *obj)
{
	const struct rte_fastmem_cache *expected = RTE_PER_LCORE(__rte_fastmem_thread).expected;

	return (uintptr_t)obj - expected->known_start < expected->known_len;
}

/* Until frees of a class are predicted. */
static int
expect(void **obj, size_t size)
{
	unsigned int i;

	for (i = 0; i < 1000000 && !is_predicted(*obj); i++) {
		rte_fastmem_free(*obj);
		*obj = rte_fastmem_alloc(size, 8, 0);
	}
	TEST_ASSERT(is_predicted(*obj), "class %zu is not predicted", size);
	return 0;
}

/* An array of what is predicted and one object of another class, in a slab below or above. */
static int
free_with_other(size_t size, size_t other_size)
{
	void *objs[4];
	unsigned int i;

	for (i = 0; i < RTE_DIM(objs); i++)
		objs[i] = rte_fastmem_alloc(i == 2 ? other_size : size, 8, 0);
	TEST_ASSERT_SUCCESS(expect(&objs[0], size), "no prediction");
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	TEST_ASSERT_EQUAL(fm_class_in_use(size), 1, "class %zu", size);
	TEST_ASSERT_EQUAL(fm_class_in_use(other_size), 1, "class %zu", other_size);
	return 0;
}

static int
test_prediction_of_some(void)
{
	void *objs[5];
	unsigned int i, j;

	if (FM_IS_CHECKED)
		return fm_skip("frees are checked, not predicted");
	/* they keep their slabs */
	for (i = 0; i < RTE_DIM(objs); i++)
		objs[i] = rte_fastmem_alloc(64 << i, 8, 0);
	for (i = 0; i < RTE_DIM(objs); i++)
		for (j = 0; j < RTE_DIM(objs); j++)
			if (i != j)
				TEST_ASSERT_SUCCESS(free_with_other(64 << i, 64 << j), "lost");
	for (i = 0; i < RTE_DIM(objs); i++)
		rte_fastmem_free(objs[i]);
	return TEST_SUCCESS;
}

struct unit_test_suite fm_near_suite = {
	.suite_name = "fastmem neighbours",
	.unit_test_cases = {
		FM_CASE(test_classes_grow_apart),
		FM_CASE(test_classes_share_zones),
		FM_CASE(test_prediction_gives_up),
		FM_CASE(test_prediction_of_some),
		TEST_CASES_END()
	}
};
