/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, misuse that only a build with RTE_FASTMEM_DEBUG promises to find: pointers
 * into an object, beside one, and objects that are free already. Calls the public API and
 * test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem.h"

static int
debug_setup(void)
{
#ifdef RTE_FASTMEM_DEBUG
	return fm_setup();
#else
	return fm_skip("needs a build with RTE_FASTMEM_DEBUG");
#endif
}

/* All functions that free, with a pointer that each must refuse. */
static int
expect_refused(void *bad, size_t size)
{
	struct rte_fastmem_stats before, after;
	rte_fastmem_handle_t handle;
	void *volatile ptr = bad;
	void *array[3] = { NULL, bad, NULL };
	int type = rte_log_register("lib.fastmem");
	int level;

	TEST_ASSERT(type >= 0, "no log type");
	level = rte_log_get_level(type);
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(size, 8, fm_socket(), &handle), "lookup");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	rte_log_set_level(type, RTE_LOG_EMERG);
	rte_fastmem_free(ptr);
	rte_fastmem_free_sized(ptr, size, 8);
	rte_fastmem_free_bulk(array, 3);
	rte_fastmem_free_bulk(&array[1], 1);
	rte_fastmem_hfree(handle, ptr);
	rte_fastmem_hfree_bulk(handle, array, 3);
	rte_log_set_level(type, level);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(fm_stats_equal(&before, &after), "%p of size %zu: %" PRIu64 " freed", bad,
			size, after.free_total - before.free_total);
	return 0;
}

static int
test_interior(void)
{
	const size_t offsets[] = { 1, 4, 7 };
	unsigned int i, j;
	size_t size;
	char *obj;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		size = fm_class_size(i);
		obj = rte_fastmem_alloc(size, 8, 0);
		TEST_ASSERT_NOT_NULL(obj, "size %zu", size);
		memset(obj, 0x42, size);
		for (j = 0; j < RTE_DIM(offsets); j++)
			if (expect_refused(obj + offsets[j], size) != 0)
				return TEST_FAILED;
		if (size > 8 && (expect_refused(obj + 8, size) != 0 ||
				expect_refused(obj + size / 2, size) != 0 ||
				expect_refused(obj + size - 1, size) != 0))
			return TEST_FAILED;
		TEST_ASSERT(fm_is_byte(obj, size, 0x42), "size %zu: content changed", size);
		rte_fastmem_free(obj);
	}
	return TEST_SUCCESS;
}

/* Freed twice, at once or after others: the second time nothing happens. */
static int
test_double_free(void)
{
	unsigned int i, j;
	void *objs[8] = { NULL }, *again[8];
	size_t size;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		size = fm_class_size(i);
		TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 4, size, 8, 0), "bulk");
		memcpy(again, objs, sizeof(again));
		for (j = 0; j < 4; j++) {
			rte_fastmem_free(objs[j]);
			if (expect_refused(again[j], size) != 0 ||
					expect_refused(again[0], size) != 0)
				return TEST_FAILED;
		}
		rte_fastmem_cache_flush();
		if (expect_refused(again[2], size) != 0)
			return TEST_FAILED;
		/* and none is handed out twice */
		TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 8, size, 8, 0), "bulk");
		for (j = 0; j < 8; j++)
			fm_fill(objs[j], size);
		for (j = 0; j < 8; j++)
			TEST_ASSERT(fm_is_filled(objs[j], size),
					"size %zu: handed out twice", size);
		rte_fastmem_free_bulk(objs, 8);
	}
	return TEST_SUCCESS;
}

#define DEBUG_CASE(fn) \
	TEST_CASE_NAMED_WITH_DATA(#fn, debug_setup, fm_teardown, fm_run, \
		&(const struct fm_case){ fn })

struct unit_test_suite fm_debug_suite = {
	.suite_name = "fastmem debug build",
	.unit_test_cases = {
		DEBUG_CASE(test_interior),
		DEBUG_CASE(test_double_free),
		TEST_CASES_END()
	}
};
