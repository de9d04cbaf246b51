/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, handles: look-up, single objects and arrays, use on other threads, mixing
 * with the other functions. Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_launch.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem.h"

static int
test_hlookup(void)
{
	const size_t bad_aligns[] = { 3, 6, 65, FM_MAX - 1 };
	rte_fastmem_handle_t handle;
	unsigned int i;
	size_t align;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(fm_class_size(i), 0, fm_socket(), &handle),
				"class %u", i);
		TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(fm_class_size(i), 1, SOCKET_ID_ANY,
				&handle), "class %u", i);
	}
	for (align = 1; align <= FM_MAX; align *= 2)
		TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(1, align, fm_socket(), &handle),
				"align %zu", align);
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(0, 0, fm_socket(), &handle), "size 0");

	handle = 0x12345678;
	TEST_ASSERT_EQUAL(rte_fastmem_hlookup(FM_MAX + 1, 0, fm_socket(), &handle), -E2BIG,
			"size over maximum");
	TEST_ASSERT_EQUAL(rte_fastmem_hlookup(SIZE_MAX, 0, fm_socket(), &handle), -E2BIG,
			"SIZE_MAX");
	TEST_ASSERT_EQUAL(rte_fastmem_hlookup(8, 2 * FM_MAX, fm_socket(), &handle), -E2BIG,
			"align over maximum");
	for (i = 0; i < RTE_DIM(bad_aligns); i++)
		TEST_ASSERT_EQUAL(rte_fastmem_hlookup(8, bad_aligns[i], fm_socket(), &handle),
				-EINVAL, "align %zu", bad_aligns[i]);
	for (i = 0; i < fm_nb_bad_sockets; i++)
		TEST_ASSERT_EQUAL(rte_fastmem_hlookup(8, 0, fm_bad_sockets[i], &handle), -EINVAL,
				"socket %d", fm_bad_sockets[i]);
	TEST_ASSERT_EQUAL(rte_fastmem_hlookup(8, 0, fm_socket(), NULL), -EINVAL, "NULL");
	TEST_ASSERT_EQUAL(handle, 0x12345678, "an error touched the handle");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "memory for nothing");
	return TEST_SUCCESS;
}

/* Allocates and frees by one handle, single and bulk, zeroed or not. */
static int
check_handle(rte_fastmem_handle_t handle, size_t size, size_t align)
{
	unsigned int i, n = size > 65536 ? 3 : 70;
	void *objs[70];

	for (i = 0; i < n; i++) {
		objs[i] = rte_fastmem_halloc(handle, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "size %zu: %s", size, rte_strerror(rte_errno));
		TEST_ASSERT_EQUAL((uintptr_t)objs[i] % (align == 0 ? RTE_CACHE_LINE_SIZE : align),
				0, "size %zu not aligned to %zu", size, align);
		TEST_ASSERT(rte_fastmem_usable_size(objs[i]) >= size, "size %zu", size);
		fm_fill(objs[i], rte_fastmem_usable_size(objs[i]));
	}
	for (i = 0; i < n; i++) {
		TEST_ASSERT(fm_is_filled(objs[i], rte_fastmem_usable_size(objs[i])), "overlap");
		rte_fastmem_hfree(handle, objs[i]);
	}
	objs[0] = rte_fastmem_halloc(handle, RTE_FASTMEM_F_ZERO);
	TEST_ASSERT_NOT_NULL(objs[0], "no object");
	TEST_ASSERT(fm_is_byte(objs[0], size, 0), "size %zu not zeroed", size);
	rte_fastmem_hfree(handle, objs[0]);

	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, objs, n, RTE_FASTMEM_F_ZERO),
			"no bulk");
	for (i = 0; i < n; i++) {
		TEST_ASSERT_EQUAL((uintptr_t)objs[i] % (align == 0 ? RTE_CACHE_LINE_SIZE : align),
				0, "size %zu not aligned to %zu", size, align);
		TEST_ASSERT(fm_is_byte(objs[i], size, 0), "size %zu not zeroed", size);
		fm_fill(objs[i], size);
	}
	for (i = 0; i < n; i++)
		TEST_ASSERT(fm_is_filled(objs[i], size), "overlap");
	rte_fastmem_hfree_bulk(handle, objs, n);
	return 0;
}

static int
test_handles(void)
{
	const size_t aligns[] = { 0, 1, 64, 512, 65536 };
	rte_fastmem_handle_t handle;
	unsigned int i, j;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		for (j = 0; j < RTE_DIM(aligns); j++) {
			size_t size = fm_class_size(i) - j % 3;

			TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(size, aligns[j],
					i % 2 == 0 ? fm_socket() : SOCKET_ID_ANY, &handle),
					"size %zu", size);
			if (check_handle(handle, size, aligns[j]) != 0)
				return TEST_FAILED;
			TEST_ASSERT_EQUAL(fm_in_use(), 0, "size %zu in use", size);
		}
	}
	return TEST_SUCCESS;
}

static int
test_handle_bulk_edges(void)
{
	rte_fastmem_handle_t handle;
	void *ptrs[300], *saved[300];
	unsigned int n;

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(FM_MAX, 0, fm_socket(), &handle), "hlookup");
	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, NULL, 0, 0), "n 0");
	rte_fastmem_hfree_bulk(handle, NULL, 0);
	rte_fastmem_hfree(handle, NULL);
	TEST_ASSERT_EQUAL(fm_backing(), 0, "memory for nothing");

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 4 * FM_MIB), "limit");
	memset(ptrs, 0x3c, sizeof(ptrs));
	memcpy(saved, ptrs, sizeof(ptrs));
	TEST_ASSERT_EQUAL(rte_fastmem_halloc_bulk(handle, ptrs, 5, 0), -ENOMEM, "5 of 4");
	TEST_ASSERT(memcmp(ptrs, saved, sizeof(ptrs)) == 0, "ptrs touched");
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "some were taken");
	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, ptrs, 4, 0), "4 of 4");
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_halloc(handle, 0), "fifth");
	TEST_ASSERT_EQUAL(rte_errno, ENOMEM, "%s", rte_strerror(rte_errno));
	rte_fastmem_hfree_bulk(handle, ptrs, 4);
	rte_fastmem_cache_flush();

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, fm_socket(), &handle), "hlookup");
	for (n = 1; n <= RTE_DIM(ptrs); n++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, ptrs, n, 0), "%u", n);
		TEST_ASSERT_EQUAL(fm_in_use(), n, "not %u in use", n);
		rte_fastmem_hfree_bulk(handle, ptrs, n);
		TEST_ASSERT_EQUAL(fm_in_use(), 0, "%u: not freed", n);
	}
	return TEST_SUCCESS;
}

/* An object may be freed by any function, whichever it came from. */
static int
test_handle_mixed(void)
{
	rte_fastmem_handle_t handle, any;
	void *volatile obj; /* keeps the compiler from warning of what the API allows */
	void *objs[64];
	unsigned int i;
	size_t size;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		size = fm_class_size(i);
		TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(size, 8, fm_socket(), &handle), "lookup");
		TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(size, 8, SOCKET_ID_ANY, &any), "lookup");
		obj = rte_fastmem_alloc(size, 8, 0);
		rte_fastmem_hfree(handle, obj);
		obj = rte_fastmem_alloc(size, 8, 0);
		rte_fastmem_hfree(any, obj);
		obj = rte_fastmem_halloc(handle, 0);
		rte_fastmem_free(obj);
		obj = rte_fastmem_halloc(any, 0);
		rte_fastmem_hfree(handle, obj);
		obj = rte_fastmem_halloc(any, 0);
		rte_fastmem_free_sized(obj, size, 8);
		obj = rte_fastmem_halloc(handle, 0);
		obj = rte_fastmem_realloc(obj, 1, 8);
		TEST_ASSERT_NOT_NULL(obj, "realloc");
		rte_fastmem_free(obj);
		TEST_ASSERT_EQUAL(fm_in_use(), 0, "size %zu in use", size);
	}
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(100, 0, fm_socket(), &handle), "lookup");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 64, 100, 0, 0), "bulk");
	rte_fastmem_hfree_bulk(handle, objs, 64);
	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, objs, 64, 0), "bulk");
	rte_fastmem_free_bulk(objs, 64);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "in use");
	if (FM_IS_CHECKED)
		return TEST_SUCCESS;
	/* what does not belong to the handle goes where it belongs, or is refused */
	for (i = 0; i < 64; i++) {
		objs[i] = rte_fastmem_alloc(fm_class_size(i % 14), 8, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "no object");
	}
	rte_fastmem_hfree_bulk(handle, objs, 32);
	for (i = 32; i < 64; i++)
		rte_fastmem_hfree(handle, objs[i]);
	for (i = 0; i < FM_NB_CLASSES; i++)
		TEST_ASSERT_EQUAL(fm_class_in_use(fm_class_size(i)), 0, "class %u in use", i);
	return TEST_SUCCESS;
}

/* A socket that there could be, but is not here, has no memory. */
static int
test_handle_of_absent_socket(void)
{
	rte_fastmem_handle_t handle;
	void *objs[3];
	int socket;

	for (socket = 0; socket < RTE_MAX_NUMA_NODES; socket++) {
		objs[0] = rte_fastmem_alloc_socket(64, 0, 0, socket);
		rte_fastmem_free(objs[0]);
		if (objs[0] != NULL)
			continue;
		TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, socket, &handle), "lookup");
		rte_errno = 0;
		TEST_ASSERT_NULL(rte_fastmem_halloc(handle, 0), "socket %d", socket);
		TEST_ASSERT_EQUAL(rte_errno, ENOMEM, "%s", rte_strerror(rte_errno));
		TEST_ASSERT_EQUAL(rte_fastmem_halloc_bulk(handle, objs, RTE_DIM(objs), 0), -ENOMEM,
				"socket %d", socket);
	}
	return TEST_SUCCESS;
}

static rte_fastmem_handle_t shared_handle;

static int
use_shared_handle(__rte_unused void *arg)
{
	return check_handle(shared_handle, 200, 0);
}

/* A handle looked up here serves every kind of thread. */
static int
test_handle_on_threads(void)
{
	unsigned int lcore;

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(200, 0, fm_socket(), &shared_handle), "lookup");
	TEST_ASSERT_SUCCESS(use_shared_handle(NULL), "main lcore");
	TEST_ASSERT_SUCCESS(fm_in_thread(use_shared_handle, NULL, false), "unregistered");
	TEST_ASSERT_SUCCESS(fm_in_thread(use_shared_handle, NULL, true), "registered");
	RTE_LCORE_FOREACH_WORKER(lcore)
		TEST_ASSERT_SUCCESS(fm_in_lcore(use_shared_handle, NULL, lcore), "lcore %u", lcore);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "in use");
	return TEST_SUCCESS;
}

struct unit_test_suite fm_handles_suite = {
	.suite_name = "fastmem handles",
	.unit_test_cases = {
		FM_CASE(test_hlookup),
		FM_CASE(test_handles),
		FM_CASE(test_handle_bulk_edges),
		FM_CASE(test_handle_mixed),
		FM_CASE(test_handle_of_absent_socket),
		FM_CASE(test_handle_on_threads),
		TEST_CASES_END()
	}
};
