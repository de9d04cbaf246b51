/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, arrays of objects: sizes of bulks, all or none, huge numbers, mixed frees.
 * Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <rte_random.h>

#include "test.h"
#include "test_fastmem.h"

#define MAX_BULK 4096

static const unsigned int bulks[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65,
	100, 127, 128, 129, 255, 256, 257, 300, 511, 512, 513, 1000, 2048, MAX_BULK };

static void *objs[MAX_BULK];

/* All different, aligned and not overlapping; sorts the array. */
static int
check_apart(void **ptrs, unsigned int n, size_t size, size_t align)
{
	unsigned int i;

	qsort(ptrs, n, sizeof(*ptrs), fm_compare_ptrs);
	for (i = 0; i < n; i++) {
		TEST_ASSERT_NOT_NULL(ptrs[i], "no object");
		TEST_ASSERT_EQUAL((uintptr_t)ptrs[i] % (align == 0 ? RTE_CACHE_LINE_SIZE : align),
				0, "%p not aligned to %zu", ptrs[i], align);
		TEST_ASSERT(i == 0 || (uintptr_t)ptrs[i] - (uintptr_t)ptrs[i - 1] >= size,
				"%u of %zu: %p and %p overlap", n, size, ptrs[i - 1], ptrs[i]);
		TEST_ASSERT(rte_fastmem_usable_size(ptrs[i]) >= size, "too small");
	}
	return 0;
}

static void
shuffle(void **ptrs, unsigned int n)
{
	unsigned int i, j;

	for (i = n; i > 1; i--) {
		void *tmp = ptrs[i - 1];

		j = rte_rand_max(i);
		ptrs[i - 1] = ptrs[j];
		ptrs[j] = tmp;
	}
}

static int
check_bulk(unsigned int n, size_t size, size_t align, unsigned int order)
{
	void *end = &objs;
	int ret;

	if (n < MAX_BULK)
		objs[n] = end;
	ret = order % 2 == 0 ? rte_fastmem_alloc_bulk(objs, n, size, align, 0) :
		rte_fastmem_alloc_bulk_socket(objs, n, size, align, 0, fm_socket());
	TEST_ASSERT_SUCCESS(ret, "%u of %zu: %s, %" PRIu64 " bytes backing", n, size,
			rte_strerror(-ret), fm_backing());
	if (n < MAX_BULK)
		TEST_ASSERT_EQUAL(objs[n], end, "written past the array");
	TEST_ASSERT_EQUAL(fm_in_use(), n, "%" PRIu64 " in use, not %u", fm_in_use(), n);
	if (order % 3 == 0 && check_apart(objs, n, size, align) != 0)
		return TEST_FAILED;
	if (order % 3 == 1)
		shuffle(objs, n);
	rte_fastmem_free_bulk(objs, n);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use after free", fm_in_use());
	return 0;
}

static int
test_bulk_sizes(void)
{
	unsigned int i, j, order;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		for (j = 0; j < RTE_DIM(bulks); j++)
			for (order = 0; order < 3; order++) {
				if ((uint64_t)bulks[j] * fm_class_size(i) > 8 * FM_MIB)
					continue;
				if (check_bulk(bulks[j], fm_class_size(i), 8, order) != 0)
					return TEST_FAILED;
			}
		rte_fastmem_cache_flush(); /* for those that run with little memory */
	}
	return TEST_SUCCESS;
}

/* Whatever the pool has, a bulk that wants more makes it grow. */
static int
test_bulk_grows(void)
{
	const size_t sizes[] = { 512, 16384, 65536, FM_MAX };
	unsigned int i, slabs, n;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		for (slabs = 1; slabs <= 4; slabs++) {
			for (n = slabs; n <= slabs + 2; n++) {
				TEST_ASSERT_SUCCESS(rte_fastmem_reserve(slabs * 2 * FM_MIB,
						fm_socket()), "reserve");
				if (n * 2 * FM_MIB / sizes[i] > MAX_BULK)
					continue;
				if (check_bulk(n * 2 * FM_MIB / sizes[i], sizes[i], 8, 1) != 0)
					return TEST_FAILED;
				rte_fastmem_cache_flush();
				TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) > 0, "trim");
			}
		}
	}
	return TEST_SUCCESS;
}

static int
test_bulk_alignments(void)
{
	size_t align;
	unsigned int order = 0;

	for (align = 1; align <= FM_MAX; align *= 2, order += 3)
		if (check_bulk(align > 65536 ? 8 : 40, 24, align, order) != 0 ||
				check_bulk(align > 65536 ? 8 : 40, 8192, align, order) != 0)
			return TEST_FAILED;
	return TEST_SUCCESS;
}

static int
test_bulk_zero_objects(void)
{
	void *ptr = &ptr;

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(&ptr, 0, 64, 0, 0), "n 0");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(NULL, 0, 64, 0, 0), "n 0, NULL");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk_socket(&ptr, 0, 64, 0, 0, fm_socket()), "n 0");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk_socket(NULL, 0, 64, 0, 0, SOCKET_ID_ANY),
			"n 0, NULL");
	rte_fastmem_free_bulk(&ptr, 0);
	rte_fastmem_free_bulk(NULL, 0);
	TEST_ASSERT_EQUAL(ptr, (void *)&ptr, "array touched");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "memory for nothing");
	return TEST_SUCCESS;
}

/* The content of a bulk allocated with the flag is zero, dirty as the memory was. */
static int
test_bulk_zeroed(void)
{
	const size_t sizes[] = { 8, 60, 100, 4096, 40000 };
	unsigned int i, j, n;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		n = sizes[i] > 1000 ? 60 : 1000;
		TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, n, sizes[i], 0, 0), "no bulk");
		for (j = 0; j < n; j++)
			memset(objs[j], 0xa5, rte_fastmem_usable_size(objs[j]));
		rte_fastmem_free_bulk(objs, n);
		TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, n, sizes[i], 0,
				RTE_FASTMEM_F_ZERO), "no bulk");
		for (j = 0; j < n; j++)
			TEST_ASSERT(fm_is_byte(objs[j], sizes[i], 0), "size %zu: object %u dirty",
					sizes[i], j);
		rte_fastmem_free_bulk(objs, n);
	}
	return TEST_SUCCESS;
}

static int
test_bulk_errors(void)
{
	const struct {
		size_t size, align;
		int socket, err;
	} bad[] = {
		{ FM_MAX + 1, 0, SOCKET_ID_ANY, -E2BIG }, { SIZE_MAX, 0, SOCKET_ID_ANY, -E2BIG },
		{ 8, 2 * FM_MAX, SOCKET_ID_ANY, -E2BIG }, { 8, 3, SOCKET_ID_ANY, -EINVAL },
		{ FM_MAX, 65, SOCKET_ID_ANY, -EINVAL }, { 8, 8, -2, -EINVAL },
		{ 8, 8, INT_MIN, -EINVAL }, { 8, 8, INT_MAX, -EINVAL },
		{ 8, 8, RTE_MAX_NUMA_NODES, -EINVAL },
	};
	void *ptrs[8], *saved[8];
	unsigned int i;

	memset(ptrs, 0x3c, sizeof(ptrs));
	memcpy(saved, ptrs, sizeof(ptrs));
	for (i = 0; i < RTE_DIM(bad); i++) {
		if (bad[i].socket == SOCKET_ID_ANY)
			TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk(ptrs, 8, bad[i].size,
					bad[i].align, 0), bad[i].err, "case %u", i);
		TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk_socket(ptrs, 8, bad[i].size,
				bad[i].align, RTE_FASTMEM_F_ZERO, bad[i].socket), bad[i].err,
				"case %u", i);
		TEST_ASSERT(memcmp(ptrs, saved, sizeof(ptrs)) == 0, "case %u touched ptrs", i);
	}
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "objects in use");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "memory for nothing");
	return TEST_SUCCESS;
}

/* One more than there is gives none; what there is can be had; n objects count as n. */
static int
test_bulk_all_or_none(void)
{
	const size_t sizes[] = { 64, 1000, 5000, 65536, FM_MAX };
	unsigned int i, max, round;
	struct rte_fastmem_class_stats before, after;
	void *saved[MAX_BULK + 1];
	size_t cls;
	int n;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), 2 * FM_MIB), "limit");
	for (i = 0; i < RTE_DIM(sizes); i++) {
		/* how many are there? */
		cls = rte_align64pow2(sizes[i]);
		max = 2 * FM_MIB / cls > MAX_BULK ? MAX_BULK : 2 * FM_MIB / cls;
		n = fm_exhaust(objs, max, sizes[i], 8, fm_socket());
		TEST_ASSERT(n > 0, "%d objects", n);
		rte_fastmem_free_bulk(objs, n);
		rte_fastmem_cache_flush();
		if (cls == 64)
			continue; /* more than the array holds */

		for (round = 0; round < 3; round++) {
			memset(objs, 0x3c, sizeof(objs));
			memcpy(saved, objs, sizeof(objs));
			TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(cls, &before), "stats");
			TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk(objs, n + 1, sizes[i], 8, 0),
					-ENOMEM, "%d + 1 of %zu", n, sizes[i]);
			TEST_ASSERT(memcmp(objs, saved, sizeof(objs)) == 0, "ptrs touched");
			TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(cls, &after), "stats");
			TEST_ASSERT_EQUAL(after.in_use, before.in_use, "some were taken");
			TEST_ASSERT_EQUAL(after.alloc_nomem - before.alloc_nomem,
					(unsigned int)n + 1, "%" PRIu64 " failures counted",
					after.alloc_nomem - before.alloc_nomem);
			TEST_ASSERT_EQUAL(after.alloc_cache_hits + after.alloc_cache_misses,
					before.alloc_cache_hits + before.alloc_cache_misses,
					"failures counted as allocations");
			TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, n, sizes[i], 8, 0),
					"%d of %zu", n, sizes[i]);
			TEST_ASSERT_SUCCESS(check_apart(objs, n, sizes[i], 8), "overlap");
			rte_fastmem_free_bulk(objs, n);
		}
		rte_fastmem_cache_flush();
	}
	return TEST_SUCCESS;
}

/* As many as an unsigned int holds: the array is real, but has no memory behind it yet. */
static int
test_bulk_huge(void)
{
	const size_t len = ((size_t)UINT_MAX + 1) * sizeof(void *), probe = 8 * FM_MIB;
	rte_fastmem_handle_t handle;
	unsigned int n, i;
	void **ptrs;
	int ret = TEST_FAILED;

	ptrs = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ptrs == MAP_FAILED)
		return fm_skip("no 32 GiB of address space");
	memset(ptrs, 0x3c, probe);
	if (rte_fastmem_set_limit(SOCKET_ID_ANY, 4 * FM_MIB) != 0 ||
			rte_fastmem_hlookup(8, 8, fm_socket(), &handle) != 0)
		goto out;
	for (i = 0; i < 4; i++) {
		n = i % 2 == 0 ? UINT_MAX : (unsigned int)INT_MAX + 1;
		if (rte_fastmem_alloc_bulk(ptrs, n, 8, 8, 0) != -ENOMEM ||
				rte_fastmem_alloc_bulk(ptrs, n, FM_MAX, 0,
					RTE_FASTMEM_F_ZERO) != -ENOMEM ||
				rte_fastmem_alloc_bulk_socket(ptrs, n, 8, 8, 0,
					SOCKET_ID_ANY) != -ENOMEM ||
				rte_fastmem_halloc_bulk(handle, ptrs, n, 0) != -ENOMEM) {
			printf("not ENOMEM for %u objects\n", n);
			goto out;
		}
		if (!fm_is_byte(ptrs, probe, 0x3c)) {
			printf("ptrs touched\n");
			goto out;
		}
	}
	if (fm_in_use() == 0)
		ret = TEST_SUCCESS;
out:
	munmap(ptrs, len);
	return ret;
}

/* One array with objects of all sizes and alignments and some NULL, in any order. */
static int
test_free_bulk_mixed(void)
{
	unsigned int round, i, n, nb_null;
	size_t size, align;

	for (round = 0; round < 20; round++) {
		nb_null = 0;
		n = round < 4 ? round : rte_rand_max(600);
		for (i = 0; i < n; i++) {
			size = fm_class_size(rte_rand_max(round % 2 == 0 ? 13 : 3));
			align = (size_t)1 << rte_rand_max(13);
			if (i % 50 == 49) {
				objs[i] = NULL;
				nb_null++;
				continue;
			}
			objs[i] = i % 3 == 0 ? rte_fastmem_alloc(size, align, 0) :
				rte_fastmem_alloc_socket(size, align, 0, fm_socket());
			TEST_ASSERT_NOT_NULL(objs[i], "size %zu align %zu", size, align);
		}
		if (round % 3 == 0)
			shuffle(objs, n);
		TEST_ASSERT_EQUAL(fm_in_use(), n - nb_null, "wrong number in use");
		rte_fastmem_free_bulk(objs, n);
		TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " of %u not freed", fm_in_use(), n);
	}
	return TEST_SUCCESS;
}

/* What other classes have comes back, and what is missing then is reserved. */
static int
test_bulk_takes_back_and_grows(void)
{
	const size_t size = 128 * 1024;
	struct rte_fastmem_class_stats stats;
	unsigned int i, per_slab, n;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 150 * FM_MIB), "limit");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 16, size, 0, 0), "16 of %zu", size);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(size, &stats), "stats");
	per_slab = stats.slabs_partial + stats.slabs_full > 1 ? 15 : 16;
	rte_fastmem_free_bulk(objs, 16);
	rte_fastmem_cache_flush();
	TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) >= 0, "trim");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes left", fm_backing());

	for (i = 0; i < MAX_BULK; i++) {
		objs[i] = rte_fastmem_alloc(4096, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "object %u", i);
	}
	rte_fastmem_free_bulk(objs, MAX_BULK);
	/* all that the limit allows, but for a slab */
	n = (150 / 2 - 1) * per_slab;
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, n, size, 0, 0), "%u of %zu", n, size);
	TEST_ASSERT(fm_backing() <= 150 * FM_MIB, "%" PRIu64 " bytes", fm_backing());
	rte_fastmem_free_bulk(objs, n);
	return TEST_SUCCESS;
}

/* What is reserved for a bulk that cannot be served is given back. */
static int
test_bulk_leaves_nothing(void)
{
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 20 * FM_MIB), "limit");
	TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk(objs, 30, FM_MAX, 0, 0), -ENOMEM, "30 of 20");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes kept", fm_backing());
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 16, FM_MAX, 0, 0), "16 of 20");
	TEST_ASSERT_EQUAL(fm_backing(), 16 * FM_MIB, "%" PRIu64 " bytes for 16 MiB",
			fm_backing());
	rte_fastmem_free_bulk(objs, 16);
	return TEST_SUCCESS;
}

struct unit_test_suite fm_bulk_suite = {
	.suite_name = "fastmem bulk",
	.unit_test_cases = {
		FM_CASE(test_bulk_sizes),
		FM_CASE(test_bulk_grows),
		FM_CASE(test_bulk_alignments),
		FM_CASE(test_bulk_zero_objects),
		FM_CASE(test_bulk_zeroed),
		FM_CASE(test_bulk_errors),
		FM_CASE(test_bulk_all_or_none),
		FM_CASE(test_bulk_takes_back_and_grows),
		FM_CASE(test_bulk_leaves_nothing),
		FM_CASE(test_bulk_huge),
		FM_CASE(test_free_bulk_mixed),
		TEST_CASES_END()
	}
};
