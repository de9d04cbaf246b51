/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, life cycle: init, deinit, every function without init, init again with
 * threads alive that used the allocator before. Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_fastmem.h"

static int
test_init_twice(void)
{
	void *obj;

	obj = rte_fastmem_alloc(100, 0, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	fm_fill(obj, 100);
	TEST_ASSERT_EQUAL(rte_fastmem_init(), -EBUSY, "initialised twice");
	TEST_ASSERT(fm_is_filled(obj, 100), "second init changed an object");
	TEST_ASSERT_EQUAL(fm_in_use(), 1, "second init changed the statistics");
	rte_fastmem_free(obj);
	return TEST_SUCCESS;
}

static int
test_init_reserves_nothing(void)
{
	struct rte_fastmem_stats s;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&s), "no statistics");
	TEST_ASSERT_EQUAL(s.bytes_backing, 0, "%" PRIu64 " bytes after init", s.bytes_backing);
	TEST_ASSERT_EQUAL(s.bytes_in_use, 0, "in use after init");
	TEST_ASSERT_EQUAL(s.alloc_total, 0, "allocations after init");
	TEST_ASSERT_EQUAL(s.free_total, 0, "frees after init");
	TEST_ASSERT_EQUAL(s.alloc_nomem, 0, "failures after init");
	TEST_ASSERT_EQUAL(s.n_classes, FM_NB_CLASSES, "%u classes", s.n_classes);
	return TEST_SUCCESS;
}

static int
test_deinit_idempotent(void)
{
	unsigned int i;

	rte_fastmem_deinit();
	rte_fastmem_deinit();
	TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "memzones left");
	for (i = 0; i < 20; i++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init %u", i);
		rte_fastmem_free(rte_fastmem_alloc(1, 0, 0));
		rte_fastmem_deinit();
		TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "memzones left");
	}
	return TEST_SUCCESS;
}

/* Deinit takes back also what is in use, and a later init knows nothing of it. */
static int
test_deinit_with_objects(void)
{
	void *objs[64];
	unsigned int i;
	void *obj;

	for (i = 0; i < FM_NB_CLASSES; i++)
		TEST_ASSERT_NOT_NULL(rte_fastmem_alloc(fm_class_size(i), 8, 0), "class %u", i);
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, RTE_DIM(objs), 64, 0, 0), "no bulk");
	rte_fastmem_free_bulk(objs, 32);
	rte_fastmem_deinit();
	TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "memzones left");

	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "no init");
	if (test_init_reserves_nothing() != 0)
		return TEST_FAILED;
	TEST_ASSERT(!rte_fastmem_owns(objs[0]), "owns an object of before");
	/* none of the objects that were in the caches may come back */
	obj = rte_fastmem_alloc(64, 0, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	TEST_ASSERT(rte_fastmem_owns(obj), "an object of before");
	TEST_ASSERT_EQUAL(fm_in_use(), 1, "not one object in use");
	rte_fastmem_free(obj);
	return TEST_SUCCESS;
}

static int
test_classes(void)
{
	size_t sizes[FM_NB_CLASSES + 1];
	unsigned int i;

	memset(sizes, 0xff, sizeof(sizes));
	TEST_ASSERT_EQUAL(rte_fastmem_classes(NULL), FM_NB_CLASSES, "wrong number");
	TEST_ASSERT_EQUAL(rte_fastmem_classes(sizes), FM_NB_CLASSES, "wrong number");
	for (i = 0; i < FM_NB_CLASSES; i++)
		TEST_ASSERT_EQUAL(sizes[i], fm_class_size(i), "class %u: %zu", i, sizes[i]);
	TEST_ASSERT_EQUAL(sizes[i], SIZE_MAX, "written past the end");
	TEST_ASSERT_EQUAL(rte_fastmem_max_size(), FM_MAX, "wrong maximum");
	return TEST_SUCCESS;
}

/* Both with and without init, the constants are the same. */
static int
test_constants_without_init(void)
{
	return test_classes();
}

/* Without init: everything that allocates says so. */
static int
alloc_without_init(void)
{
	void *objs[4] = { NULL, (void *)1, (void *)2, (void *)3 };
	void *ptrs[4];
	rte_fastmem_handle_t handle;

	memcpy(ptrs, objs, sizeof(ptrs));
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_alloc(8, 0, 0), "object without init");
	TEST_ASSERT_EQUAL(rte_errno, ENODEV, "alloc: %s", rte_strerror(rte_errno));
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_alloc_socket(8, 0, 0, SOCKET_ID_ANY), "object without init");
	TEST_ASSERT_EQUAL(rte_errno, ENODEV, "alloc_socket: %s", rte_strerror(rte_errno));
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_realloc(NULL, 8, 0), "object without init");
	TEST_ASSERT_EQUAL(rte_errno, ENODEV, "realloc: %s", rte_strerror(rte_errno));
	TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk(ptrs, 4, 8, 0, 0), -ENODEV, "bulk");
	TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk_socket(ptrs, 4, 8, 0, 0, fm_socket()), -ENODEV,
			"bulk on a socket");
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(8, 0, SOCKET_ID_ANY, &handle), "hlookup");
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_halloc(handle, 0), "object without init");
	TEST_ASSERT_EQUAL(rte_errno, ENODEV, "halloc: %s", rte_strerror(rte_errno));
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_halloc(handle, RTE_FASTMEM_F_ZERO), "object without init");
	TEST_ASSERT_EQUAL(rte_errno, ENODEV, "halloc: %s", rte_strerror(rte_errno));
	TEST_ASSERT_EQUAL(rte_fastmem_halloc_bulk(handle, ptrs, 4, 0), -ENODEV, "halloc_bulk");
	TEST_ASSERT(memcmp(ptrs, objs, sizeof(ptrs)) == 0, "failed bulk touched the array");
	return TEST_SUCCESS;
}

/* Without init: everything that frees leaves what it is given alone. */
static int
free_without_init(void)
{
	uint8_t bytes[256];
	void *volatile mem = bytes; /* the compiler would warn, rightly */
	void *ptrs[2] = { bytes, bytes + 64 };
	rte_fastmem_handle_t handle;

	memset(bytes, 0x5a, sizeof(bytes));
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, SOCKET_ID_ANY, &handle), "hlookup");
	rte_fastmem_free(NULL);
	rte_fastmem_free(mem);
	rte_fastmem_free_bulk(ptrs, 2);
	rte_fastmem_free_bulk(NULL, 0);
	rte_fastmem_free_sized(NULL, 64, 0);
	rte_fastmem_free_sized(mem, 64, 0);
	rte_fastmem_hfree(handle, NULL);
	rte_fastmem_hfree(handle, mem);
	rte_fastmem_hfree_bulk(handle, ptrs, 2);
	TEST_ASSERT_NULL(rte_fastmem_realloc(mem, 0, 0), "realloc to 0");
	TEST_ASSERT_NULL(rte_fastmem_realloc(mem, 16, 0), "realloc without init");
	TEST_ASSERT(fm_is_byte(bytes, sizeof(bytes), 0x5a), "foreign memory changed");
	return TEST_SUCCESS;
}

static int
rest_without_init(void)
{
	struct rte_fastmem_lcore_class_stats lcs;
	struct rte_fastmem_class_stats cs;
	struct rte_fastmem_lcore_stats ls;
	struct rte_fastmem_stats s;
	int stack;

	TEST_ASSERT(rte_fastmem_reserve(FM_MIB, fm_socket()) < 0, "reserve without init");
	TEST_ASSERT(rte_fastmem_set_limit(fm_socket(), FM_MIB) < 0, "set_limit without init");
	rte_fastmem_get_limit(fm_socket());
	TEST_ASSERT_EQUAL(rte_fastmem_trim(SOCKET_ID_ANY), -ENODEV, "trim without init");
	TEST_ASSERT_EQUAL(rte_fastmem_stats(&s), -ENODEV, "stats");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_class(8, &cs), -ENODEV, "stats_class");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_lcore(0, &ls), -ENODEV, "stats_lcore");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_lcore_class(0, 8, &lcs), -ENODEV, "stats_lcore_class");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_shared(&ls), -ENODEV, "stats_shared");
	TEST_ASSERT_EQUAL(rte_fastmem_stats_shared_class(8, &lcs), -ENODEV, "stats_shared_class");
	rte_fastmem_stats_reset();
	rte_fastmem_cache_flush();
	rte_fastmem_dump(stdout);
	TEST_ASSERT(!rte_fastmem_owns(&stack), "owns the stack");
	TEST_ASSERT(!rte_fastmem_owns(NULL), "owns NULL");
	TEST_ASSERT_EQUAL(rte_fastmem_usable_size(&stack), 0, "stack has a size");
	TEST_ASSERT_EQUAL(rte_fastmem_usable_size(NULL), 0, "NULL has a size");
	TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(&stack), RTE_BAD_IOVA, "stack has an IOVA");
	TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "memzone without init");
	return TEST_SUCCESS;
}

static int
all_without_init(__rte_unused void *arg)
{
	if (alloc_without_init() != 0 || free_without_init() != 0 || rest_without_init() != 0)
		return TEST_FAILED;
	return TEST_SUCCESS;
}

/* Before init and after deinit, on this thread and on others. */
static int
test_without_init(void)
{
	TEST_ASSERT_SUCCESS(all_without_init(NULL), "before init");
	TEST_ASSERT_SUCCESS(fm_in_thread(all_without_init, NULL, false), "unregistered thread");

	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "no init");
	rte_fastmem_free(rte_fastmem_alloc(64, 0, 0));
	rte_fastmem_deinit();
	TEST_ASSERT_SUCCESS(all_without_init(NULL), "after deinit");
	TEST_ASSERT_SUCCESS(fm_in_thread(all_without_init, NULL, false), "unregistered thread");
	return TEST_SUCCESS;
}

/*
 * Threads that stay alive over several lives of the allocator. The main thread steps through
 * phases; in each, every thread does its part and counts itself done.
 */
#define NB_LIVES 4
#define NB_OBJS 40

struct veteran {
	RTE_ATOMIC(unsigned int) phase;
	RTE_ATOMIC(unsigned int) nb_done;
	RTE_ATOMIC(unsigned int) nb_failed;
	RTE_ATOMIC(bool) is_lcore_done;
};

static int
veteran_phase(unsigned int phase)
{
	void *objs[NB_OBJS];
	unsigned int i;

	if (phase % 2 == 0) /* without allocator */
		return all_without_init(NULL);
	for (i = 0; i < NB_OBJS; i++) {
		objs[i] = rte_fastmem_alloc(fm_class_size(i % 12), 8, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "no object in phase %u", phase);
		TEST_ASSERT(rte_fastmem_owns(objs[i]), "object of another life");
		fm_fill(objs[i], fm_class_size(i % 12));
	}
	for (i = 0; i < NB_OBJS; i++)
		TEST_ASSERT(fm_is_filled(objs[i], fm_class_size(i % 12)), "object shared");
	/* hot objects stay in the cache, so that deinit meets them there */
	for (i = 0; i < NB_OBJS; i++)
		rte_fastmem_free(objs[i]);
	return 0;
}

static uint32_t
veteran_main(void *arg)
{
	unsigned int phase, seen = 0;
	struct veteran *v = arg;

	for (;;) {
		phase = rte_atomic_load_explicit(&v->phase, rte_memory_order_acquire);
		if (phase == seen) {
			sched_yield();
			continue;
		}
		seen = phase;
		if (phase == UINT_MAX)
			return 0;
		if (veteran_phase(phase) != 0)
			rte_atomic_fetch_add_explicit(&v->nb_failed, 1, rte_memory_order_relaxed);
		rte_atomic_fetch_add_explicit(&v->nb_done, 1, rte_memory_order_release);
	}
}

static int
veteran_lcore(void *arg)
{
	struct veteran *v = arg;

	veteran_main(v);
	rte_atomic_store_explicit(&v->is_lcore_done, true, rte_memory_order_release);
	return 0;
}

static uint32_t
veteran_registered(void *arg)
{
	struct veteran *v = arg;
	uint32_t ret;

	if (rte_thread_register() != 0)
		rte_atomic_fetch_add_explicit(&v->nb_failed, 1, rte_memory_order_relaxed);
	ret = veteran_main(arg);
	rte_thread_unregister();
	return ret;
}

static void
veterans_step(struct veteran *v, unsigned int phase, unsigned int nb_threads)
{
	rte_atomic_store_explicit(&v->nb_done, 0, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&v->phase, phase, rte_memory_order_release);
	while (rte_atomic_load_explicit(&v->nb_done, rte_memory_order_acquire) != nb_threads)
		sched_yield();
}

static int
veterans_live(struct veteran *v, unsigned int nb_threads)
{
	unsigned int i;

	for (i = 0; i < NB_LIVES; i++) {
		veterans_step(v, 2 * i + 2, nb_threads); /* not initialised */
		TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init %u", i);
		veterans_step(v, 2 * i + 3, nb_threads);
		TEST_ASSERT_EQUAL(fm_in_use(), 0, "life %u: objects in use", i);
		TEST_ASSERT_SUCCESS(fm_check_stats(), "statistics");
		if (i % 2 == 0) /* the threads' objects in this one's cache as well */
			TEST_ASSERT_SUCCESS(veteran_phase(1), "main thread");
		rte_fastmem_deinit();
		TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "memzones left");
	}
	return TEST_SUCCESS;
}

static int
test_reinit_with_threads(void)
{
	rte_thread_func mains[] = { veteran_main, veteran_registered };
	unsigned int nb_threads = RTE_DIM(mains);
	rte_thread_t ids[RTE_DIM(mains)];
	struct veteran v = { 0 };
	bool has_lcore = false;
	unsigned int i, lcore;
	int ret;

	for (i = 0; i < RTE_DIM(mains); i++)
		TEST_ASSERT_SUCCESS(rte_thread_create(&ids[i], NULL, mains[i], &v), "no thread");
	lcore = rte_get_next_lcore(-1, 1, 0);
	if (lcore < RTE_MAX_LCORE)
		has_lcore = rte_eal_remote_launch(veteran_lcore, &v, lcore) == 0;
	nb_threads += has_lcore;

	ret = veterans_live(&v, nb_threads);

	rte_atomic_store_explicit(&v.phase, UINT_MAX, rte_memory_order_release);
	for (i = 0; i < RTE_DIM(mains); i++)
		rte_thread_join(ids[i], NULL);
	while (has_lcore && !rte_atomic_load_explicit(&v.is_lcore_done, rte_memory_order_acquire))
		sched_yield();
	rte_eal_mp_wait_lcore();
	TEST_ASSERT_EQUAL(rte_atomic_load_explicit(&v.nb_failed, rte_memory_order_relaxed), 0,
			"threads failed");
	return ret;
}

struct unit_test_suite fm_lifecycle_suite = {
	.suite_name = "fastmem life cycle",
	.unit_test_cases = {
		FM_CASE(test_init_twice),
		FM_CASE(test_init_reserves_nothing),
		FM_CASE(test_deinit_idempotent),
		FM_CASE(test_deinit_with_objects),
		FM_CASE(test_classes),
		FM_CASE_NO_INIT(test_constants_without_init),
		FM_CASE_NO_INIT(test_without_init),
		FM_CASE_NO_INIT(test_reinit_with_threads),
		TEST_CASES_END()
	}
};
