/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, single objects: sizes, alignments, zeroing, errors, realloc, free_sized,
 * order of reuse, addresses for DMA. Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem.h"

/* The class that serves a request: of the larger of both. */
static size_t
class_of(size_t size, size_t align)
{
	if (align == 0)
		align = RTE_CACHE_LINE_SIZE;
	size = RTE_MAX(size, align);
	return (size_t)rte_align64pow2(RTE_MAX(size, (size_t)8));
}

static bool
is_aligned(const void *obj, size_t align)
{
	return ((uintptr_t)obj & ((align == 0 ? RTE_CACHE_LINE_SIZE : align) - 1)) == 0;
}

/* One request, four objects at once: aligned, in the right class, usable, apart. */
static int
check_request(size_t size, size_t align)
{
	size_t cls = class_of(size, align);
	uint64_t in_use = fm_class_in_use(cls);
	size_t usable[4];
	void *objs[4];
	unsigned int i;

	for (i = 0; i < RTE_DIM(objs); i++) {
		objs[i] = rte_fastmem_alloc(size, align, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "size %zu align %zu: %s", size, align,
				rte_strerror(rte_errno));
		TEST_ASSERT(is_aligned(objs[i], align), "%p: size %zu align %zu", objs[i], size,
				align);
		usable[i] = rte_fastmem_usable_size(objs[i]);
		TEST_ASSERT(usable[i] >= size && usable[i] >= 8 && usable[i] <= cls,
				"size %zu align %zu: %zu usable", size, align, usable[i]);
		TEST_ASSERT(rte_fastmem_owns(objs[i]), "not owned");
		TEST_ASSERT(rte_fastmem_owns(RTE_PTR_ADD(objs[i], usable[i] - 1)), "not owned");
		fm_fill(objs[i], usable[i]);
	}
	TEST_ASSERT_EQUAL(fm_class_in_use(cls), in_use + 4, "size %zu align %zu not in class %zu",
			size, align, cls);
	for (i = 0; i < RTE_DIM(objs); i++)
		TEST_ASSERT(fm_is_filled(objs[i], usable[i]), "size %zu align %zu: overlap", size,
				align);
	for (i = 0; i < RTE_DIM(objs); i++)
		rte_fastmem_free(objs[i]);
	TEST_ASSERT_EQUAL(fm_class_in_use(cls), in_use, "size %zu align %zu: not freed", size,
			align);
	return 0;
}

/* Around every class boundary, with alignments that do not change the class, and 0. */
static int
test_sizes(void)
{
	const size_t aligns[] = { 0, 1, 8, RTE_CACHE_LINE_SIZE };
	unsigned int i, j;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		size_t size = fm_class_size(i);

		for (j = 0; j < RTE_DIM(aligns); j++) {
			if (check_request(size, aligns[j]) != 0 ||
					check_request(size - 1, aligns[j]) != 0 ||
					check_request(size / 2 + 1, aligns[j]) != 0)
				return TEST_FAILED;
			if (size < FM_MAX && check_request(size + 1, aligns[j]) != 0)
				return TEST_FAILED;
		}
	}
	for (i = 0; i <= 300; i++)
		if (check_request(i, 1) != 0 || check_request(i, 0) != 0)
			return TEST_FAILED;
	return TEST_SUCCESS;
}

/* All alignments with all classes. */
static int
test_alignments(void)
{
	size_t align;
	unsigned int i;

	for (align = 1; align <= FM_MAX; align *= 2)
		for (i = 0; i < FM_NB_CLASSES; i++)
			if (check_request(fm_class_size(i), align) != 0 ||
					check_request(fm_class_size(i) - 3, align) != 0)
				return TEST_FAILED;
	return check_request(0, FM_MAX);
}

static int
test_size_zero(void)
{
	void *a, *b;

	a = rte_fastmem_alloc(0, 0, 0);
	b = rte_fastmem_alloc(0, 1, RTE_FASTMEM_F_ZERO);
	TEST_ASSERT(a != NULL && b != NULL && a != b, "no two objects of size 0");
	TEST_ASSERT(is_aligned(a, 0), "not on a cache line");
	TEST_ASSERT_EQUAL(rte_fastmem_usable_size(b), 8, "not the smallest");
	fm_fill(a, 8);
	fm_fill(b, 8);
	TEST_ASSERT(fm_is_filled(a, 8) && fm_is_filled(b, 8), "overlap");
	TEST_ASSERT_EQUAL(fm_in_use(), 2, "not two in use");
	rte_fastmem_free(a);
	rte_fastmem_free(b);
	return TEST_SUCCESS;
}

/* Memory that was used before comes back zeroed, as far as it was asked for. */
static int
test_zero(void)
{
	void *objs[8];
	unsigned int i, j;
	size_t size;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		size = fm_class_size(i) - (i % 2) * 5;
		for (j = 0; j < RTE_DIM(objs); j++) {
			objs[j] = rte_fastmem_alloc(size, 8, 0);
			TEST_ASSERT_NOT_NULL(objs[j], "size %zu", size);
			memset(objs[j], 0xa5, rte_fastmem_usable_size(objs[j]));
		}
		rte_fastmem_free_bulk(objs, RTE_DIM(objs));
		for (j = 0; j < RTE_DIM(objs); j++) {
			objs[j] = j % 2 == 0 ? rte_fastmem_alloc(size, 8, RTE_FASTMEM_F_ZERO) :
				rte_fastmem_alloc_socket(size, 8, RTE_FASTMEM_F_ZERO, fm_socket());
			TEST_ASSERT_NOT_NULL(objs[j], "size %zu", size);
			TEST_ASSERT(fm_is_byte(objs[j], size, 0), "size %zu not zeroed", size);
		}
		for (j = 0; j < RTE_DIM(objs); j++)
			rte_fastmem_free(objs[j]);
	}
	return TEST_SUCCESS;
}

static int
check_error(size_t size, size_t align, int err)
{
	struct rte_fastmem_stats before, after;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_alloc(size, align, 0), "size %zu align %zu", size, align);
	TEST_ASSERT_EQUAL(rte_errno, err, "size %zu align %zu: %s", size, align,
			rte_strerror(rte_errno));
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_alloc(size, align, RTE_FASTMEM_F_ZERO), "size %zu align %zu",
			size, align);
	TEST_ASSERT_EQUAL(rte_errno, err, "zeroed, size %zu align %zu: %s", size, align,
			rte_strerror(rte_errno));
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_alloc_socket(size, align, 0, SOCKET_ID_ANY),
			"size %zu align %zu", size, align);
	TEST_ASSERT_EQUAL(rte_errno, err, "any socket, size %zu align %zu: %s", size, align,
			rte_strerror(rte_errno));
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_realloc(NULL, size, align), "size %zu align %zu", size,
			align);
	TEST_ASSERT_EQUAL(rte_errno, err, "realloc, size %zu align %zu: %s", size, align,
			rte_strerror(rte_errno));
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(fm_stats_equal(&before, &after), "an error changed statistics");
	return 0;
}

static int
test_alloc_errors(void)
{
	const size_t too_big[] = { FM_MAX + 1, 2 * FM_MAX,
#ifdef RTE_ARCH_64
		(size_t)1 << 32, ((size_t)1 << 32) + 8,
#endif
		SIZE_MAX / 2 + 1, SIZE_MAX - 63, SIZE_MAX };
	const size_t no_power[] = { 3, 5, 6, 7, 24, 63, 65, 96, 4095, 4097, FM_MAX - 1 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(too_big); i++)
		if (check_error(too_big[i], 0, E2BIG) != 0 ||
				check_error(too_big[i], 8, E2BIG) != 0)
			return TEST_FAILED;
	for (i = 0; i < RTE_DIM(no_power); i++)
		if (check_error(8, no_power[i], EINVAL) != 0 ||
				check_error(FM_MAX, no_power[i], EINVAL) != 0)
			return TEST_FAILED;
	if (check_error(8, 2 * FM_MAX, E2BIG) != 0 || check_error(8, SIZE_MAX / 2 + 1, E2BIG) != 0)
		return TEST_FAILED;
	for (i = 0; i < fm_nb_bad_sockets; i++) {
		rte_errno = 0;
		TEST_ASSERT_NULL(rte_fastmem_alloc_socket(8, 0, 0, fm_bad_sockets[i]),
				"socket %d", fm_bad_sockets[i]);
		TEST_ASSERT_EQUAL(rte_errno, EINVAL, "socket %d: %s", fm_bad_sockets[i],
				rte_strerror(rte_errno));
	}
	TEST_ASSERT_EQUAL(fm_backing(), 0, "an error reserved memory");
	rte_fastmem_free(NULL);
	rte_fastmem_free_sized(NULL, 8, 8);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "NULL was freed");
	return TEST_SUCCESS;
}

static int
test_nomem(void)
{
	struct rte_fastmem_class_stats c;
	void *objs[4];
	int n;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), 2 * FM_MIB), "limit");
	n = fm_exhaust(objs, RTE_DIM(objs), FM_MAX, 0, fm_socket());
	TEST_ASSERT_EQUAL(n, 2, "%d objects", n);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(FM_MAX, &c), "stats");
	TEST_ASSERT_EQUAL(c.alloc_nomem, 1, "%" PRIu64 " counted", c.alloc_nomem);
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_alloc(8, 8, RTE_FASTMEM_F_ZERO), "object without memory");
	TEST_ASSERT_EQUAL(rte_errno, ENOMEM, "%s", rte_strerror(rte_errno));
	rte_fastmem_free(objs[0]);
	objs[0] = rte_fastmem_alloc(FM_MAX, 0, 0);
	TEST_ASSERT_NOT_NULL(objs[0], "freed memory not found again");
	rte_fastmem_free(objs[0]);
	rte_fastmem_free(objs[1]);
	return TEST_SUCCESS;
}

/* What an lcore frees last it gets first. */
static int
test_lifo(void)
{
	const size_t sizes[] = { 8, 64, 200, 4096 };
	uintptr_t freed[16];
	void *objs[16];
	unsigned int i, j;

	if (FM_IS_CHECKED)
		return fm_skip("this build brings back last what is freed last");
	for (i = 0; i < RTE_DIM(sizes); i++) {
		for (j = 0; j < RTE_DIM(objs); j++) {
			objs[j] = rte_fastmem_alloc(sizes[i], 8, 0);
			TEST_ASSERT_NOT_NULL(objs[j], "size %zu", sizes[i]);
		}
		for (j = 0; j < RTE_DIM(objs); j++) {
			freed[j] = (uintptr_t)objs[j];
			rte_fastmem_free(objs[j]);
		}
		for (j = 0; j < RTE_DIM(objs); j++) {
			objs[j] = rte_fastmem_alloc(sizes[i], 8, 0);
			TEST_ASSERT_EQUAL((uintptr_t)objs[j], freed[RTE_DIM(objs) - 1 - j],
					"size %zu: object %u is another", sizes[i], j);
		}
		rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	}
	return TEST_SUCCESS;
}

/* A free object's content is not the allocator's to touch. */
static int
test_free_leaves_content(void)
{
	size_t size;
	unsigned int i;
	void *obj;

	if (FM_IS_CHECKED)
		return fm_skip("this build fills free objects");
	for (i = 0; i < FM_NB_CLASSES; i++) {
		size = fm_class_size(i);
		obj = rte_fastmem_alloc(size, 8, 0);
		TEST_ASSERT_NOT_NULL(obj, "size %zu", size);
		fm_fill(obj, size);
		rte_fastmem_free(obj);
		obj = rte_fastmem_alloc(size, 8, 0);
		TEST_ASSERT(fm_is_filled(obj, size), "size %zu: content changed", size);
		rte_fastmem_free(obj);
	}
	return TEST_SUCCESS;
}

static int
test_free_sized(void)
{
	unsigned int i, j;
	void *objs[40];
	size_t size, align;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		for (align = 1; align <= 4096; align *= 64) {
			unsigned int n = fm_class_size(i) > 65536 ? 4 : RTE_DIM(objs);

			size = fm_class_size(i) - i % 3;
			for (j = 0; j < n; j++) {
				objs[j] = rte_fastmem_alloc(size, align, 0);
				TEST_ASSERT_NOT_NULL(objs[j], "size %zu", size);
			}
			for (j = 0; j < n; j++)
				rte_fastmem_free_sized(objs[j], size, align);
			TEST_ASSERT_EQUAL(fm_in_use(), 0, "size %zu not freed", size);
		}
	}
	/* sizes known when compiling */
	for (i = 0; i < 3; i++) {
		objs[0] = rte_fastmem_alloc(48, 16, 0);
		objs[1] = rte_fastmem_alloc(1000, 0, 0);
		TEST_ASSERT(objs[0] != NULL && objs[1] != NULL, "no objects");
		fm_fill(objs[0], 48);
		fm_fill(objs[1], 1000);
		TEST_ASSERT(fm_is_filled(objs[0], 48) && fm_is_filled(objs[1], 1000), "overlap");
		rte_fastmem_free_sized(objs[0], 48, 16);
		rte_fastmem_free_sized(objs[1], 1000, 0);
		TEST_ASSERT_EQUAL(fm_in_use(), 0, "not freed");
	}
	return TEST_SUCCESS;
}

struct unit_test_suite fm_objects_suite = {
	.suite_name = "fastmem objects",
	.unit_test_cases = {
		FM_CASE(test_sizes),
		FM_CASE(test_alignments),
		FM_CASE(test_size_zero),
		FM_CASE(test_zero),
		FM_CASE(test_alloc_errors),
		FM_CASE(test_nomem),
		FM_CASE(test_lifo),
		FM_CASE(test_free_leaves_content),
		FM_CASE(test_free_sized),
		TEST_CASES_END()
	}
};
