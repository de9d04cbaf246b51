/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, what one layer leaves to the next: slabs that change their class while
 * they are predicted, growth that fails, what a killed process leaves, threads without caches,
 * objects that a slab refuses. Calls the public API and the library's test hooks.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem.h"

/* --- predictions --- */

#define NB_RUN 100

/* Objects of one slab, which nobody else has. */
struct run {
	void *objs[NB_RUN];
	unsigned int nb;
	size_t size;
};

static int
run_alloc(void *arg)
{
	struct run *run = arg;

	run->nb = RTE_MIN((unsigned int)NB_RUN, (unsigned int)(FM_SLAB / run->size / 2));
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(run->objs, run->nb, run->size, 8, 0), "bulk");
	return 0;
}

static int
run_free(void *arg)
{
	struct run *run = arg;

	rte_fastmem_free_bulk(run->objs, run->nb);
	rte_fastmem_cache_flush();
	return 0;
}

/* Sizes that the compiler knows have predictions of their own. */
static void
free_constant(void *obj, size_t size)
{
	switch (size) {
	case 8:
		rte_fastmem_free_sized(obj, 8, 8);
		break;
	case 64:
		rte_fastmem_free_sized(obj, 64, 8);
		break;
	case 512:
		rte_fastmem_free_sized(obj, 512, 8);
		break;
	case 4096:
		rte_fastmem_free_sized(obj, 4096, 8);
		break;
	default:
		rte_fastmem_free_sized(obj, 65536, 8);
	}
}

static void
free_some(void *obj, size_t size, bool is_constant)
{
	if (is_constant)
		free_constant(obj, size);
	else
		rte_fastmem_free(obj);
}

static int
in_thread(int (*fn)(void *arg), void *arg)
{
	return fm_in_thread(fn, arg, false);
}

/*
 * Another thread has a slab's objects. This one frees and allocates one of them, so that it
 * expects more; but its cache has none when the slab becomes another class's.
 */
static int
change_class(int (*place)(int (*fn)(void *arg), void *arg), struct run *run, struct run *other,
	bool is_constant)
{
	unsigned int i;
	size_t size;
	void *obj;

	TEST_ASSERT_SUCCESS(place(run_alloc, run), "class %zu", run->size);
	for (i = 0; i < 1000; i++) {
		obj = run->objs[0];
		free_some(obj, run->size, is_constant);
		run->objs[0] = rte_fastmem_alloc(run->size, 8, 0);
		TEST_ASSERT_EQUAL(run->objs[0], obj, "another object");
	}
	TEST_ASSERT_SUCCESS(place(run_free, run), "class %zu", run->size);
	TEST_ASSERT_SUCCESS(place(run_alloc, other), "class %zu", other->size);
	TEST_ASSERT_SUCCESS(fastmem_test_validate(stdout), "invariants");
	size = other->size;
	if (is_constant && size > run->size) {
		/* as an object that was larger once, by the size that is expected */
		size = run->size;
		for (i = 0; i < other->nb; i++)
			TEST_ASSERT_EQUAL(rte_fastmem_realloc(other->objs[i], size, 8),
					other->objs[i], "moved");
	}
	for (i = 0; i < other->nb; i++)
		free_some(other->objs[i], size, is_constant);
	TEST_ASSERT_EQUAL(fm_class_in_use(other->size), 0, "%zu to %zu: %" PRIu64 " in use",
			run->size, other->size, fm_class_in_use(other->size));
	TEST_ASSERT_EQUAL(fm_class_in_use(run->size), 0, "%zu to %zu: %" PRIu64 " in use",
			run->size, other->size, fm_class_in_use(run->size));
	TEST_ASSERT_SUCCESS(place(fm_flush, NULL), "flush");
	rte_fastmem_cache_flush();
	return fm_check_stats();
}

static int
test_predicted_slab_changes_class(void)
{
	int (*const places[])(int (*fn)(void *arg), void *arg) = { in_thread, fm_in_control };
	const size_t sizes[] = { 8, 64, 512, 4096, 65536 };
	unsigned int i, from, to, nb_same = 0;
	struct run run, other;

	for (i = 0; i < 2 * RTE_DIM(places); i++)
		for (from = 0; from < RTE_DIM(sizes); from++)
			for (to = 0; to < RTE_DIM(sizes); to++) {
				if (from == to)
					continue;
				run.size = sizes[from];
				other.size = sizes[to];
				if (change_class(places[i / 2], &run, &other, i % 2 != 0) != 0)
					return TEST_FAILED;
				nb_same += (uintptr_t)other.objs[0] / FM_SLAB ==
					(uintptr_t)run.objs[0] / FM_SLAB;
			}
	TEST_ASSERT(nb_same > 0, "no slab changed its class");
	return TEST_SUCCESS;
}

/* --- growth that fails --- */

/* All or nothing, also of what takes more than one zone. */
static int
test_growth_fails(void)
{
	const size_t much = 160 * FM_MIB;
	void *objs[160];
	int nth;

	if (!fm_have_memory(much))
		return fm_skip("needs 160 MiB");
	for (nth = 1; nth <= 2; nth++) {
		fastmem_test_fail_reserve(-nth);
		TEST_ASSERT_EQUAL(rte_fastmem_reserve(much, fm_socket()), -ENOMEM, "reserved");
		TEST_ASSERT_EQUAL(fm_backing(), 0, "%d: %" PRIu64 " bytes kept", nth,
				fm_backing());
		TEST_ASSERT_SUCCESS(fastmem_test_validate(stdout), "%d: invariants", nth);
		fastmem_test_fail_reserve(-nth);
		TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk_socket(objs, RTE_DIM(objs), FM_MAX, 0, 0,
				fm_socket()), -ENOMEM, "allocated");
		rte_fastmem_cache_flush();
		TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
		TEST_ASSERT_SUCCESS(fastmem_test_validate(stdout), "%d: invariants", nth);
		fastmem_test_fail_reserve(0);
		rte_fastmem_trim(SOCKET_ID_ANY);
		TEST_ASSERT_EQUAL(fm_backing(), 0, "%d: %" PRIu64 " bytes kept", nth,
				fm_backing());
	}
	return TEST_SUCCESS;
}

/* --- what a process leaves that is killed --- */

#define NB_WRECKED 60

/* Of 64 KiB, of which a slab has not half as many, the first half stay. */
static bool
is_freed(unsigned int i)
{
	return i > NB_WRECKED / 2 + 4 && i % 4 == 0;
}

/* Some slabs full, some partial, some free; then all is wrecked. */
static int
wreck(void **objs, size_t size)
{
	unsigned int i;

	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(16 * FM_MIB, fm_socket()), "reserve");
	TEST_ASSERT_SUCCESS(fm_in_thread(fm_alloc_and_free, NULL, false), "thread");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, NB_WRECKED, size, 0, 0), "bulk");
	for (i = 0; i < NB_WRECKED; i++)
		fm_fill(objs[i], size);
	for (i = 0; i < NB_WRECKED; i++)
		if (is_freed(i))
			rte_fastmem_free(objs[i]);
	rte_fastmem_cache_flush();
	return fastmem_test_wreck();
}

/* Whoever comes finds it, and makes it good: nothing is lost that somebody has. */
static int
test_wreck(void)
{
	const size_t sizes[] = { 8, 1000, 65536, 65536, FM_MAX };
	void *objs[NB_WRECKED], *more[NB_WRECKED];
	unsigned int i, j;
	int ret;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		ret = wreck(objs, RTE_MIN(sizes[i], (size_t)65536));
		if (ret == -ENOTSUP)
			return fm_skip("no process is known to be dead here");
		TEST_ASSERT_SUCCESS(ret, "wreck");
		/* either a thread waits for a lock, or one looks for the dead */
		if (i % 2 == 0)
			rte_fastmem_cache_flush();
		TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(more, 4, sizes[i], 0, 0), "bulk");
		TEST_ASSERT_SUCCESS(fm_in_thread(fm_alloc_and_free, NULL, false), "thread");
		rte_fastmem_cache_flush();
		TEST_ASSERT_SUCCESS(fastmem_test_validate(stdout), "%u: invariants", i);
		for (j = 0; j < NB_WRECKED; j++) {
			if (is_freed(j))
				continue;
			TEST_ASSERT(fm_is_filled(objs[j], RTE_MIN(sizes[i], (size_t)65536)),
					"object %u changed", j);
			rte_fastmem_free(objs[j]);
		}
		rte_fastmem_free_bulk(more, 4);
		TEST_ASSERT_SUCCESS(fm_check_empty(), "%u", i);
		TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) > 0, "no zone");
		TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes lost", fm_backing());
	}
	return TEST_SUCCESS;
}

/* --- threads for whose caches there is no memory --- */

#define NB_NESTED 16

struct nested {
	unsigned int depth;
	unsigned int nb_uncached;
};

static int
use_objects(void)
{
	void *objs[20];
	unsigned int i;

	for (i = 0; i < 20; i++) {
		objs[i] = rte_fastmem_alloc(1000, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "object %u: %s", i, rte_strerror(rte_errno));
		fm_fill(objs[i], 1000);
	}
	for (i = 0; i < 10; i++) {
		TEST_ASSERT(fm_is_filled(objs[i], 1000), "object shared");
		rte_fastmem_free(objs[i]);
	}
	rte_fastmem_free_bulk(&objs[10], 10);
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 20, 1000, 0, 0), "bulk");
	rte_fastmem_free_bulk(objs, 20);
	return 0;
}

/* Each thread lives until those after it are done. */
static int
nest(void *arg)
{
	struct rte_fastmem_lcore_stats before, after;
	struct nested *nested = arg;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats_shared(&before), "stats");
	TEST_ASSERT_SUCCESS(use_objects(), "thread %u", nested->depth);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_shared(&after), "stats");
	TEST_ASSERT_EQUAL(after.alloc_cache_hits + after.alloc_cache_misses,
			before.alloc_cache_hits + before.alloc_cache_misses + 40, "allocations");
	TEST_ASSERT_EQUAL(after.free_cache_hits + after.free_cache_misses,
			before.free_cache_hits + before.free_cache_misses + 40, "frees");
	nested->nb_uncached += after.alloc_cache_hits == before.alloc_cache_hits;
	TEST_ASSERT_SUCCESS(fm_check_stats(), "thread %u", nested->depth);
	if (++nested->depth < NB_NESTED)
		return fm_in_thread(nest, nested, false);
	return 0;
}

static int
test_threads_without_caches(void)
{
	struct nested nested = { .depth = 0 };
	unsigned int nb_sockets = 32;

	/* caches for all of these take much metadata */
	while (fastmem_test_set_sockets(nb_sockets) != 0)
		nb_sockets /= 2;
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "no init");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(8 * FM_MIB, 0), "no memory");
	fastmem_test_fail_reserve(-1);
	TEST_ASSERT_SUCCESS(fm_in_thread(nest, &nested, false), "threads");
	fastmem_test_fail_reserve(0);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
	if (nb_sockets == 32)
		TEST_ASSERT(nested.nb_uncached > 0, "all had caches");
	return TEST_SUCCESS;
}

/* --- what a slab refuses --- */

static void
count_misuse(__rte_unused enum rte_fastmem_misuse kind, __rte_unused const void *ptr,
	__rte_unused const char *text, void *arg)
{
	(*(unsigned int *)arg)++;
}

/*
 * Without checks it is only seen when it comes back to the slab: what was freed before, or
 * never allocated. The statistics have counted it.
 */
static int
test_slab_refuses(void)
{
	unsigned int nb_refused = 0;
	char *objs[2], *never;
	void *twice[2];

	if (FM_IS_CHECKED)
		return fm_skip("refused at once");
	objs[0] = rte_fastmem_alloc(65536, 0, 0);
	objs[1] = rte_fastmem_alloc(65536, 0, 0);
	TEST_ASSERT(objs[0] != NULL && objs[1] != NULL, "no objects");
	/* the last object of the slab */
	never = (char *)RTE_ALIGN_FLOOR((uintptr_t)objs[1], FM_SLAB) + FM_SLAB - 2 * 65536;
	rte_fastmem_set_misuse_handler(count_misuse, &nb_refused);
	rte_fastmem_free(never);
	rte_fastmem_cache_flush();
	TEST_ASSERT_EQUAL(nb_refused, 1, "never allocated: %u refused", nb_refused);
	twice[0] = objs[0];
	twice[1] = objs[0];
	rte_fastmem_free_bulk(twice, 2);
	rte_fastmem_cache_flush();
	TEST_ASSERT_EQUAL(nb_refused, 2, "freed before: %u refused", nb_refused);
	rte_fastmem_set_misuse_handler(NULL, NULL);
	rte_fastmem_deinit();
	return TEST_SUCCESS;
}

struct unit_test_suite fm_layers_suite = {
	.suite_name = "fastmem layers",
	.unit_test_cases = {
		FM_CASE(test_predicted_slab_changes_class),
		FM_CASE(test_growth_fails),
		FM_CASE(test_wreck),
		FM_CASE_NO_INIT(test_threads_without_caches),
		FM_CASE(test_slab_refuses),
		TEST_CASES_END()
	}
};
