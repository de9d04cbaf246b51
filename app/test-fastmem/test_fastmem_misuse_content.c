/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Misuse that leaves a trace: bytes written that are not the writer's, found when the object is
 * freed, comes back or at the end; objects that nobody freed. Calls test_fastmem_misuse.h.
 */

#include <string.h>

#include <rte_common.h>

#include "test.h"
#include "test_fastmem_misuse.h"

int
fmm_setup_content(void)
{
	if (!FMM_LOOKS_AT_CONTENT)
		return fm_skip("needs a build with RTE_FASTMEM_DEBUG");
	return fmm_setup();
}

static int
expect_overflow(const void *obj, size_t class_size, size_t size, size_t at)
{
	return fmm_expect(RTE_FASTMEM_MISUSE_OVERFLOW, obj, FMM_ALLOCATED,
		"object %p of class %zu has %zu bytes, and byte %zu was written: found on %s",
		obj, class_size, size, at, fmm_on());
}

/* A byte past those asked for. */
static int
check_overflow(size_t size, size_t at, size_t class_size)
{
	char *obj = rte_fastmem_alloc(size, 8, 0);
	volatile char *past = (char *)fmm_hide(obj) + at;

	*past = 1;
	fmm_free(obj);
	return expect_overflow(obj, class_size, size, at);
}

static int
test_overflow_by_1(void)
{
	return check_overflow(100, 100, 128);
}

static int
test_overflow_of_8(void)
{
	return check_overflow(7, 7, 8);
}

static int
test_overflow_by_64(void)
{
	return check_overflow(1000 - 64, 1000, 1024);
}

static int
test_overflow_at_end(void)
{
	return check_overflow(FM_MAX / 2 + 1, FM_MAX - 1, FM_MAX);
}

static int
test_overflow_in_bulk(void)
{
	void *objs[4];

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 4, 50, 0, RTE_FASTMEM_F_ZERO), "bulk");
	*((volatile char *)fmm_hide(objs[2]) + 50) = 1;
	rte_fastmem_free_bulk(objs, 4);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "in use");
	return expect_overflow(objs[2], 64, 50, 50);
}

static int
test_overflow_then_realloc(void)
{
	char *obj = rte_fastmem_alloc(100, 0, 0), *old = fmm_hide(obj);

	*(volatile char *)(old + 120) = 1;
	obj = rte_fastmem_realloc(obj, 110, 0);
	TEST_ASSERT_EQUAL(obj, old, "moved");
	if (expect_overflow(obj, 128, 100, 120) != 0)
		return TEST_FAILED;
	fmm_free(obj);
	return 0;
}

static int
test_overflow_after_shrinking(void)
{
	char *obj = rte_fastmem_alloc(100, 0, 0);

	obj = rte_fastmem_realloc(obj, 80, 0);
	*((volatile char *)fmm_hide(obj) + 90) = 1;
	fmm_free(obj);
	return expect_overflow(obj, 128, 80, 90);
}

/* Who asks how much may be used may use it. */
static int
test_usable_size(void)
{
	char *obj = rte_fastmem_alloc(100, 0, 0);
	size_t size = rte_fastmem_usable_size(obj);

	TEST_ASSERT_EQUAL(size, 128, "size %zu", size);
	memset(fmm_hide(obj), 1, size);
	fmm_free(obj);
	return 0;
}

static int
expect_late(const void *obj, size_t class_size, size_t at)
{
	return fmm_expect(RTE_FASTMEM_MISUSE_WRITE_AFTER_FREE, obj, FMM_FREED,
		"object %p of class %zu is free, and byte %zu was written: found on %s",
		obj, class_size, at, fmm_on());
}

/* A free object that was written, and one of its slab that is not free. */
static void *
written_object(size_t size, size_t at, void **live)
{
	char *obj = fmm_hide(rte_fastmem_alloc(size, 0, 0));

	*live = rte_fastmem_alloc(size, 0, 0);
	fmm_free(obj);
	*(volatile char *)fmm_hide(obj + at) = 1;
	return obj;
}

/* It comes back after the others that its cache has. */
static int
test_written_comes_back(void)
{
	void *objs[600], *live, *obj = written_object(200, 17, &live);
	unsigned int i = 0;

	do {
		objs[i] = rte_fastmem_alloc(200, 0, 0);
	} while (objs[i] != obj && ++i < RTE_DIM(objs) - 1);
	TEST_ASSERT(i > 8 && objs[i] == obj, "came back after %u others", i);
	rte_fastmem_free_bulk(objs, i + 1);
	fmm_free(live);
	return expect_late(obj, 256, 17);
}

static int
test_written_then_flush(void)
{
	void *live, *obj = written_object(64, 0, &live);

	rte_fastmem_cache_flush();
	fmm_free(live);
	return expect_late(obj, 64, 0);
}

static int
test_written_then_deinit(void)
{
	void *live, *obj = written_object(64, 63, &live);

	fmm_free(live);
	rte_fastmem_deinit();
	return expect_late(obj, 64, 63);
}

static int
test_written_last_byte(void)
{
	void *live, *obj = written_object(FM_MAX, FM_MAX - 1, &live);

	fmm_free(live);
	rte_fastmem_deinit();
	return expect_late(obj, FM_MAX, FM_MAX - 1);
}

/* After its slab has it: the slab is looked at when it ends. */
static int
test_written_in_slab(void)
{
	char *obj = fmm_hide(rte_fastmem_alloc(64, 0, 0)), *live = rte_fastmem_alloc(64, 0, 0);

	fmm_free(obj);
	rte_fastmem_cache_flush();
	*(volatile char *)(obj + 5) = 1;
	fmm_free(live);
	rte_fastmem_deinit();
	return expect_late(obj, 64, 5);
}

static int
expect_leak(const void *obj, size_t class_size, size_t size)
{
	return fmm_expect(RTE_FASTMEM_MISUSE_LEAK, obj, FMM_ALLOCATED,
		"object %p of class %zu, of %zu bytes, was not freed before deinit on %s", obj,
		class_size, size, fmm_on());
}

static int
test_leak(void)
{
	void *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0));

	rte_fastmem_deinit();
	return expect_leak(obj, 128, 100);
}

static int
test_leak_by_handle(void)
{
	rte_fastmem_handle_t handle;
	void *obj;

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(5000, 0, fm_socket(), &handle), "lookup");
	obj = fmm_hide(rte_fastmem_halloc(handle, 0));
	rte_fastmem_deinit();
	return expect_leak(obj, 8192, 8192);
}

static int
test_leak_of_bulk(void)
{
	void *objs[5];

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 5, 24, 8, 0), "bulk");
	rte_fastmem_free_bulk(objs, 3);
	rte_fastmem_deinit();
	/* in the order of their addresses */
	return expect_leak(RTE_MIN(objs[3], objs[4]), 32, 24) == 0 &&
		expect_leak(RTE_MAX(objs[3], objs[4]), 32, 24) == 0 ? 0 : TEST_FAILED;
}

static int
test_leak_of_realloc(void)
{
	void *obj = rte_fastmem_realloc(NULL, 10, 8);

	obj = fmm_hide(rte_fastmem_realloc(obj, 100, 8));
	rte_fastmem_deinit();
	return expect_leak(obj, 128, 100);
}

static int
test_leak_overflown(void)
{
	char *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0));

	*(volatile char *)(obj + 100) = 1;
	rte_fastmem_deinit();
	return expect_overflow(obj, 128, 100, 100) == 0 && expect_leak(obj, 128, 100) == 0 ?
		0 : TEST_FAILED;
}

struct unit_test_suite fmm_content_suite = {
	.suite_name = "fastmem misuse: contents and leaks",
	.unit_test_cases = {
		FMM_CASE(fmm_setup_content, test_overflow_by_1),
		FMM_CASE(fmm_setup_content, test_overflow_of_8),
		FMM_CASE(fmm_setup_content, test_overflow_by_64),
		FMM_CASE(fmm_setup_content, test_overflow_at_end),
		FMM_CASE(fmm_setup_content, test_overflow_in_bulk),
		FMM_CASE(fmm_setup_content, test_overflow_then_realloc),
		FMM_CASE(fmm_setup_content, test_overflow_after_shrinking),
		FMM_CASE(fmm_setup, test_usable_size),
		FMM_CASE(fmm_setup_content, test_written_comes_back),
		FMM_CASE(fmm_setup_content, test_written_then_flush),
		FMM_CASE(fmm_setup_content, test_written_then_deinit),
		FMM_CASE(fmm_setup_content, test_written_last_byte),
		FMM_CASE(fmm_setup_content, test_written_in_slab),
		FMM_CASE(fmm_setup_checked, test_leak),
		FMM_CASE(fmm_setup_checked, test_leak_by_handle),
		FMM_CASE(fmm_setup_checked, test_leak_of_bulk),
		FMM_CASE(fmm_setup_checked, test_leak_of_realloc),
		FMM_CASE(fmm_setup_content, test_leak_overflown),
		TEST_CASES_END()
	}
};
