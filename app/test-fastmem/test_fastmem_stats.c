/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, statistics, cache_flush and dump: exact numbers of objects after every kind
 * of operation, per lcore, class and shared; reset; errors. Calls the public API and
 * test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_launch.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem.h"

struct snapshot {
	struct rte_fastmem_stats all;
	struct rte_fastmem_class_stats cls;
	struct rte_fastmem_lcore_stats lcore;
	struct rte_fastmem_lcore_class_stats lcore_cls;
};

static int
take(struct snapshot *s, size_t cls)
{
	memset(s, 0, sizeof(*s));
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&s->all), "stats");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(cls, &s->cls), "class");
	if (rte_lcore_id() == LCORE_ID_ANY) {
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_shared(&s->lcore), "shared");
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_shared_class(cls, &s->lcore_cls), "shared");
	} else {
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore(rte_lcore_id(), &s->lcore), "lcore");
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore_class(rte_lcore_id(), cls,
				&s->lcore_cls), "lcore class");
	}
	return 0;
}

/* The counters grew by this since the last call, in all four views, and nothing else did. */
static int
expect(struct snapshot *last, size_t cls, uint64_t allocs, uint64_t frees, uint64_t nomem)
{
	struct snapshot now;

	if (take(&now, cls) != 0)
		return TEST_FAILED;
#define GROWN(view, field) (now.view.field - last->view.field)
#define CHECK_VIEW(view) do { \
	TEST_ASSERT_EQUAL(GROWN(view, alloc_cache_hits) + GROWN(view, alloc_cache_misses), \
		allocs, #view ": %" PRIu64 " allocated, not %" PRIu64, \
		GROWN(view, alloc_cache_hits) + GROWN(view, alloc_cache_misses), allocs); \
	TEST_ASSERT_EQUAL(GROWN(view, free_cache_hits) + GROWN(view, free_cache_misses), \
		frees, #view ": %" PRIu64 " freed, not %" PRIu64, \
		GROWN(view, free_cache_hits) + GROWN(view, free_cache_misses), frees); \
	TEST_ASSERT_EQUAL(GROWN(view, alloc_nomem), nomem, \
		#view ": %" PRIu64 " without memory, not %" PRIu64, \
		GROWN(view, alloc_nomem), nomem); \
} while (0)
	CHECK_VIEW(cls);
	CHECK_VIEW(lcore);
	CHECK_VIEW(lcore_cls);
	TEST_ASSERT_EQUAL(GROWN(all, alloc_total), allocs, "%" PRIu64, GROWN(all, alloc_total));
	TEST_ASSERT_EQUAL(GROWN(all, free_total), frees, "%" PRIu64, GROWN(all, free_total));
	TEST_ASSERT_EQUAL(GROWN(all, alloc_nomem), nomem, "%" PRIu64, GROWN(all, alloc_nomem));
	TEST_ASSERT_EQUAL(GROWN(cls, in_use), allocs - frees, "in use");
	TEST_ASSERT_EQUAL(GROWN(all, bytes_in_use), (allocs - frees) * cls, "bytes in use");
	*last = now;
	return 0;
}

#define EXPECT(cls, allocs, frees, nomem) do { \
	if (expect(&s, cls, allocs, frees, nomem) != 0) { \
		printf("at line %d\n", __LINE__); \
		return TEST_FAILED; \
	} \
} while (0)

/* Every kind of operation, on whichever thread this runs. */
static int
count_operations(__rte_unused void *arg)
{
	rte_fastmem_handle_t handle;
	void *volatile obj;
	struct snapshot s;
	void *objs[300];

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(128, 0, fm_socket(), &handle), "lookup");
	if (take(&s, 128) != 0)
		return TEST_FAILED;
	obj = rte_fastmem_alloc(100, 0, 0);
	EXPECT(128, 1, 0, 0);
	obj = rte_fastmem_realloc(obj, 128, 0); /* stays */
	EXPECT(128, 0, 0, 0);
	rte_fastmem_free(obj);
	EXPECT(128, 0, 1, 0);
	rte_fastmem_free(NULL);
	EXPECT(128, 0, 0, 0);
	obj = rte_fastmem_alloc_socket(65, 1, RTE_FASTMEM_F_ZERO, SOCKET_ID_ANY);
	EXPECT(128, 1, 0, 0);
	rte_fastmem_free_sized(obj, 65, 1);
	EXPECT(128, 0, 1, 0);
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 32, 128, 0, 0), "bulk");
	EXPECT(128, 32, 0, 0);
	rte_fastmem_free_bulk(objs, 32);
	EXPECT(128, 0, 32, 0);
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 300, 128, 128, 0), "bulk");
	EXPECT(128, 300, 0, 0);
	rte_fastmem_free_bulk(objs, 299);
	EXPECT(128, 0, 299, 0);
	rte_fastmem_free(objs[299]);
	EXPECT(128, 0, 1, 0);
	obj = rte_fastmem_halloc(handle, 0);
	EXPECT(128, 1, 0, 0);
	rte_fastmem_hfree(handle, obj);
	EXPECT(128, 0, 1, 0);
	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, objs, 77, RTE_FASTMEM_F_ZERO), "bulk");
	EXPECT(128, 77, 0, 0);
	rte_fastmem_hfree_bulk(handle, objs, 77);
	EXPECT(128, 0, 77, 0);
	obj = rte_fastmem_realloc(NULL, 128, 0);
	EXPECT(128, 1, 0, 0);
	TEST_ASSERT_NULL(rte_fastmem_realloc(obj, 0, 0), "not freed");
	EXPECT(128, 0, 1, 0);
	rte_fastmem_cache_flush();
	EXPECT(128, 0, 0, 0);
	return 0;
}

static int
test_counts(void)
{
	unsigned int lcore;

	TEST_ASSERT_SUCCESS(count_operations(NULL), "main lcore");
	TEST_ASSERT_SUCCESS(fm_in_thread(count_operations, NULL, false), "unregistered thread");
	TEST_ASSERT_SUCCESS(fm_in_thread(count_operations, NULL, true), "registered thread");
	RTE_LCORE_FOREACH_WORKER(lcore)
		TEST_ASSERT_SUCCESS(fm_in_lcore(count_operations, NULL, lcore), "lcore %u", lcore);
	return TEST_SUCCESS;
}

/* A realloc that moves is an allocation in one class and a free in another. */
static int
test_count_realloc(void)
{
	struct rte_fastmem_stats before, after;
	void *obj;

	obj = rte_fastmem_alloc(64, 0, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	obj = rte_fastmem_realloc(obj, 4096, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT_EQUAL(after.alloc_total, before.alloc_total + 1, "not one allocation");
	TEST_ASSERT_EQUAL(after.free_total, before.free_total + 1, "not one free");
	TEST_ASSERT_EQUAL(after.bytes_in_use, 4096, "%" PRIu64 " bytes", after.bytes_in_use);
	TEST_ASSERT_EQUAL(fm_class_in_use(64), 0, "old in use");
	TEST_ASSERT_EQUAL(fm_class_in_use(4096), 1, "new not in use");
	rte_fastmem_free(obj);
	return TEST_SUCCESS;
}

/* The first object of a lcore goes past its cache; one just freed comes from it. */
static int
test_hits(void)
{
	struct rte_fastmem_lcore_class_stats s, last;
	unsigned int i, lcore = rte_lcore_id();
	void *objs[1000];

	TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore_class(lcore, 256, &s), "stats");
	TEST_ASSERT(s.alloc_cache_hits == 0 && s.alloc_cache_misses == 0, "not fresh");
	objs[0] = rte_fastmem_alloc(256, 0, 0);
	TEST_ASSERT_NOT_NULL(objs[0], "no object");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore_class(lcore, 256, &s), "stats");
	TEST_ASSERT(s.alloc_cache_hits == 0 && s.alloc_cache_misses == 1,
			"%" PRIu64 " hits, %" PRIu64 " misses", s.alloc_cache_hits,
			s.alloc_cache_misses);
	for (i = 0; i < 100; i++) {
		last = s;
		rte_fastmem_free(objs[0]);
		objs[0] = rte_fastmem_alloc(256, 0, 0);
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore_class(lcore, 256, &s), "stats");
		TEST_ASSERT_EQUAL(s.alloc_cache_hits, last.alloc_cache_hits + 1, "not a hit");
		TEST_ASSERT_EQUAL(s.alloc_cache_misses, last.alloc_cache_misses, "a miss");
		TEST_ASSERT_EQUAL(s.free_cache_hits, last.free_cache_hits + 1, "not a hit");
		TEST_ASSERT_EQUAL(s.free_cache_misses, last.free_cache_misses, "a miss");
	}
	/* from an empty cache to a full one and back: hits and misses, both ways */
	last = s;
	for (i = 1; i < RTE_DIM(objs); i++) {
		objs[i] = rte_fastmem_alloc(256, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "no object");
	}
	for (i = 0; i < RTE_DIM(objs); i++)
		rte_fastmem_free(objs[i]);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore_class(lcore, 256, &s), "stats");
	TEST_ASSERT(s.alloc_cache_misses > last.alloc_cache_misses, "999 objects, no miss");
	TEST_ASSERT(s.alloc_cache_hits > s.alloc_cache_misses, "more misses than hits");
	TEST_ASSERT(s.free_cache_misses > last.free_cache_misses, "1000 objects, no miss");
	TEST_ASSERT(s.free_cache_hits > s.free_cache_misses, "more misses than hits");
	return TEST_SUCCESS;
}

/* Far more than the word of a cache has room to count: none is lost, and each is a hit. */
static int
test_count_many(void)
{
	const unsigned int nb = 3 << 16;
	struct snapshot s;
	void *objs[7];
	unsigned int i;
	uint64_t misses;

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, RTE_DIM(objs), 128, 0, 0), "bulk");
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	if (take(&s, 128) != 0)
		return TEST_FAILED;
	misses = s.lcore_cls.alloc_cache_misses;
	for (i = 0; i < nb; i++) {
		objs[0] = rte_fastmem_alloc(128, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[0], "no object");
		rte_fastmem_free(objs[0]);
	}
	EXPECT(128, nb, nb, 0);
	for (i = 0; i < nb / 4; i++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, RTE_DIM(objs), 128, 0, 0), "bulk");
		rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	}
	EXPECT(128, nb / 4 * RTE_DIM(objs), nb / 4 * RTE_DIM(objs), 0);
	TEST_ASSERT_EQUAL(s.lcore_cls.alloc_cache_misses, misses, "misses");
	return TEST_SUCCESS;
}

static int
test_count_nomem(void)
{
	struct snapshot s;
	void *objs[5];

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 4 * FM_MIB), "limit");
	if (take(&s, FM_MAX) != 0)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 4, FM_MAX, 0, 0), "bulk");
	EXPECT(FM_MAX, 4, 0, 0);
	TEST_ASSERT_NULL(rte_fastmem_alloc(FM_MAX, 0, 0), "fifth");
	EXPECT(FM_MAX, 0, 0, 1);
	TEST_ASSERT_NULL(rte_fastmem_alloc_socket(FM_MAX, 0, 0, SOCKET_ID_ANY), "fifth");
	EXPECT(FM_MAX, 0, 0, 1);
	TEST_ASSERT(rte_fastmem_alloc_bulk(&objs[4], 1, FM_MAX, 0, 0) == -ENOMEM, "fifth");
	EXPECT(FM_MAX, 0, 0, 1);
	rte_fastmem_free_bulk(objs, 4);
	EXPECT(FM_MAX, 0, 4, 0);
	return TEST_SUCCESS;
}

/* All counters to 0; what is in use, and memory, stays. */
static int
test_reset(void)
{
	struct rte_fastmem_class_stats c, before;
	struct rte_fastmem_stats s, s_before;
	struct rte_fastmem_lcore_stats l;
	void *objs[100];

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 100, 512, 0, 0), "bulk");
	rte_fastmem_free_bulk(objs, 40);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&s_before), "stats");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(512, &before), "stats");
	rte_fastmem_stats_reset();
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&s), "stats");
	TEST_ASSERT(s.alloc_total == 0 && s.free_total == 0 && s.alloc_nomem == 0, "not reset");
	TEST_ASSERT_EQUAL(s.bytes_in_use, 60 * 512, "%" PRIu64 " bytes in use", s.bytes_in_use);
	TEST_ASSERT_EQUAL(s.bytes_backing, s_before.bytes_backing, "backing changed");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(512, &c), "stats");
	TEST_ASSERT_EQUAL(c.in_use, 60, "%" PRIu64 " in use", c.in_use);
	TEST_ASSERT(c.alloc_cache_hits == 0 && c.alloc_cache_misses == 0 && c.alloc_nomem == 0 &&
			c.free_cache_hits == 0 && c.free_cache_misses == 0, "class not reset");
	TEST_ASSERT(c.slab_acquires == 0 && c.slab_releases == 0, "slab counters not reset");
	TEST_ASSERT(c.slabs_partial == before.slabs_partial && c.slabs_full == before.slabs_full,
			"numbers of slabs changed");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore(rte_lcore_id(), &l), "stats");
	TEST_ASSERT(l.alloc_cache_hits == 0 && l.alloc_cache_misses == 0 &&
			l.free_cache_hits == 0 && l.free_cache_misses == 0, "lcore not reset");
	TEST_ASSERT_SUCCESS(fm_check_stats(), "equations");

	rte_fastmem_free_bulk(&objs[40], 60);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&s), "stats");
	TEST_ASSERT(s.alloc_total == 0 && s.free_total == 60 && s.bytes_in_use == 0,
			"%" PRIu64 " allocated, %" PRIu64 " freed, %" PRIu64 " bytes in use",
			s.alloc_total, s.free_total, s.bytes_in_use);
	/* the slabs taken before the reset go back after it: make the sums even again */
	rte_fastmem_cache_flush();
	rte_fastmem_stats_reset();
	return TEST_SUCCESS;
}

static int
test_stats_errors(void)
{
	const size_t no_class[] = { 0, 1, 7, 9, 12, 65, FM_MAX - 1, FM_MAX + 1, 2 * FM_MAX,
		SIZE_MAX };
	const unsigned int no_lcore[] = { RTE_MAX_LCORE, RTE_MAX_LCORE + 1, INT32_MAX,
		LCORE_ID_ANY };
	struct rte_fastmem_lcore_class_stats lcs;
	struct rte_fastmem_lcore_stats ls;
	struct rte_fastmem_class_stats cs;
	unsigned int i;

	TEST_ASSERT_EQUAL(rte_fastmem_stats(NULL), -EINVAL, "NULL");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_class(8, NULL), -EINVAL, "NULL");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_lcore(0, NULL), -EINVAL, "NULL");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_lcore_class(0, 8, NULL), -EINVAL, "NULL");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_shared(NULL), -EINVAL, "NULL");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_shared_class(8, NULL), -EINVAL, "NULL");
	for (i = 0; i < RTE_DIM(no_class); i++) {
		TEST_ASSERT_EQUAL(rte_fastmem_stats_class(no_class[i], &cs), -EINVAL, "class %zu",
				no_class[i]);
		TEST_ASSERT_EQUAL(rte_fastmem_stats_lcore_class(0, no_class[i], &lcs), -EINVAL,
				"class %zu", no_class[i]);
		TEST_ASSERT_EQUAL(rte_fastmem_stats_shared_class(no_class[i], &lcs), -EINVAL,
				"class %zu", no_class[i]);
	}
	for (i = 0; i < RTE_DIM(no_lcore); i++) {
		TEST_ASSERT_EQUAL(rte_fastmem_stats_lcore(no_lcore[i], &ls), -EINVAL, "lcore %u",
				no_lcore[i]);
		TEST_ASSERT_EQUAL(rte_fastmem_stats_lcore_class(no_lcore[i], 8, &lcs), -EINVAL,
				"lcore %u", no_lcore[i]);
	}
	return TEST_SUCCESS;
}

/* Gives the slabs back, changes no counter, may be called again and by anybody. */
static int
test_flush(void)
{
	struct rte_fastmem_class_stats c, after;
	void *objs[100];

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 100, 64, 8, 0), "bulk");
	rte_fastmem_free_bulk(objs, 100);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(64, &c), "stats");
	TEST_ASSERT(c.slabs_partial + c.slabs_full > 0, "nothing cached");
	rte_fastmem_cache_flush();
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(64, &after), "stats");
	TEST_ASSERT_EQUAL(after.slabs_partial + after.slabs_full, 0, "slabs kept");
	TEST_ASSERT_EQUAL(after.slab_releases, after.slab_acquires, "slabs kept");
	TEST_ASSERT(after.alloc_cache_hits == c.alloc_cache_hits &&
			after.alloc_cache_misses == c.alloc_cache_misses &&
			after.free_cache_hits == c.free_cache_hits &&
			after.free_cache_misses == c.free_cache_misses &&
			after.in_use == c.in_use, "counters changed");
	rte_fastmem_cache_flush();
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(64, &c), "stats");
	TEST_ASSERT(memcmp(&c, &after, sizeof(c)) == 0, "second flush changed something");
	return TEST_SUCCESS;
}

/* The dump has the figures: an odd number of objects and their bytes, and every class used. */
static int
test_dump(void)
{
	static char text[65536];
	void *objs[1237];
	size_t len;
	FILE *f;

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, RTE_DIM(objs), 256, 0, 0), "bulk");
	f = tmpfile();
	TEST_ASSERT_NOT_NULL(f, "no temporary file");
	rte_fastmem_dump(f);
	rewind(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	TEST_ASSERT(len > 0, "empty");
	TEST_ASSERT(strstr(text, "1237") != NULL, "number of objects is not in:\n%s", text);
	TEST_ASSERT(strstr(text, "256") != NULL, "class is not in:\n%s", text);
	rte_fastmem_dump(NULL);
	return TEST_SUCCESS;
}

struct unit_test_suite fm_stats_suite = {
	.suite_name = "fastmem statistics",
	.unit_test_cases = {
		FM_CASE(test_counts),
		FM_CASE(test_count_realloc),
		FM_CASE(test_hits),
		FM_CASE(test_count_many),
		FM_CASE(test_count_nomem),
		FM_CASE(test_reset),
		FM_CASE(test_stats_errors),
		FM_CASE(test_flush),
		FM_CASE(test_dump),
		TEST_CASES_END()
	}
};
