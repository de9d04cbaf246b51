/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, depots and metadata: magazines and metadata that come back, what a depot
 * keeps, and whose objects it gives. Calls the public API.
 */

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem.h"

#define NB_OBJS 2560
#define NB_ROUNDS 300

static int
free_objs(void *arg)
{
	rte_fastmem_free_bulk(arg, NB_OBJS);
	return 0;
}

/* After some rounds, others need no memzones more. */
static int
come_back(int (*one_round)(unsigned int round))
{
	unsigned int round, nb_zones = 0;

	for (round = 0; round < NB_ROUNDS; round++) {
		TEST_ASSERT_SUCCESS(one_round(round), "round %u", round);
		if (round == 10)
			nb_zones = fm_count_memzones();
	}
	TEST_ASSERT_EQUAL(fm_count_memzones(), nb_zones, "%u memzones, then %u", nb_zones,
			fm_count_memzones());
	return TEST_SUCCESS;
}

static int
use_magazines(unsigned int round)
{
	static void *objs[NB_OBJS];

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, NB_OBJS, 64, 0, 0), "bulk");
	TEST_ASSERT_SUCCESS(fm_in_control(free_objs, objs), "free");
	if (round % 2 == 0)
		TEST_ASSERT_SUCCESS(fm_in_thread(fm_flush, NULL, false), "flush");
	return TEST_SUCCESS;
}

/* Magazines that one thread fills and another empties; and those that a third one flushes. */
static int
test_magazines_come_back(void)
{
	return come_back(use_magazines);
}

static int
use_metadata(unsigned int round)
{
	void *obj = rte_fastmem_alloc(8, 8, 0);

	TEST_ASSERT_NOT_NULL(obj, "no object");
	rte_fastmem_free(obj);
	rte_fastmem_cache_flush();
	if (round % 20 == 0)
		TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) > 0, "no zone");
	return TEST_SUCCESS;
}

/* Bitmaps of slabs, records of zones. */
static int
test_metadata_comes_back(void)
{
	return come_back(use_metadata);
}

#define SIZE_MANY 2048
#define NB_MANY (64 * FM_MIB / SIZE_MANY)

static int
alloc_many(void *arg)
{
	return rte_fastmem_alloc_bulk(arg, NB_MANY, SIZE_MANY, 0, 0);
}

static int
free_many(void *arg)
{
	rte_fastmem_free_bulk(arg, NB_MANY);
	return TEST_SUCCESS;
}

/*
 * Most of what is freed goes back to its slabs without a flush: 16 MiB may stay, 2 MiB more for
 * another thread, and what their caches hold; but not twice 16.
 */
static int
test_depot_keeps_little(void)
{
	static void *objs[2][NB_MANY];
	struct rte_fastmem_class_stats c;

	TEST_ASSERT_SUCCESS(alloc_many(objs[0]), "bulk");
	TEST_ASSERT_SUCCESS(fm_in_control(alloc_many, objs[1]), "bulk");
	free_many(objs[0]);
	TEST_ASSERT_SUCCESS(fm_in_control(free_many, objs[1]), "free");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(SIZE_MANY, &c), "stats");
	TEST_ASSERT(c.slabs_partial + c.slabs_full <= 30 * FM_MIB / FM_SLAB, "%u + %u slabs",
			c.slabs_partial, c.slabs_full);
	return TEST_SUCCESS;
}

#define NB_OWN 4096
#define NB_CACHED 512	/* of them are in no depot but in the cache of who freed them */

static void *own[2][NB_OWN];

static int
alloc_own(void *arg)
{
	return rte_fastmem_alloc_bulk(arg, NB_OWN, 256, 0, 0);
}

static int
free_own(void *arg)
{
	rte_fastmem_free_bulk(arg, NB_OWN);
	return TEST_SUCCESS;
}

/* How many of the objects are not among those of the others. */
static unsigned int
count_strange(void **objs, void **others)
{
	unsigned int i, n = 0;

	qsort(others, NB_OWN, sizeof(others[0]), fm_compare_ptrs);
	for (i = 0; i < NB_OWN; i++)
		n += bsearch(&objs[i], others, NB_OWN, sizeof(others[0]), fm_compare_ptrs) == NULL;
	return n;
}

/*
 * What a thread frees it gets again, though another freed as much after it; and then what
 * the other one freed.
 */
static int
test_depot_gives_own_first(void)
{
	static void *again[2][NB_OWN];
	unsigned int nb_strange;

	TEST_ASSERT_SUCCESS(alloc_own(own[0]), "bulk");
	TEST_ASSERT_SUCCESS(fm_in_control(alloc_own, own[1]), "bulk");
	free_own(own[0]);
	TEST_ASSERT_SUCCESS(fm_in_control(free_own, own[1]), "free");
	TEST_ASSERT_SUCCESS(alloc_own(again[0]), "bulk");
	nb_strange = count_strange(again[0], own[0]);
	TEST_ASSERT_EQUAL(nb_strange, 0, "%u objects of another thread", nb_strange);
	TEST_ASSERT_SUCCESS(alloc_own(again[1]), "bulk");
	nb_strange = count_strange(again[1], own[1]);
	TEST_ASSERT(nb_strange <= NB_CACHED, "%u objects from elsewhere", nb_strange);
	free_own(again[0]);
	free_own(again[1]);
	return TEST_SUCCESS;
}

struct unit_test_suite fm_depot_suite = {
	.suite_name = "fastmem depots",
	.unit_test_cases = {
		FM_CASE(test_magazines_come_back),
		FM_CASE(test_metadata_comes_back),
		FM_CASE(test_depot_keeps_little),
		FM_CASE(test_depot_gives_own_first),
		TEST_CASES_END()
	}
};
