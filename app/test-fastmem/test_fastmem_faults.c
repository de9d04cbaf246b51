/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, no memory from EAL: the first, second, third ... reservation fails in turn,
 * wherever it happens to be. Every call must return cleanly, what failed must have changed
 * nothing, and everything must work once there is memory. Calls the public API, the hooks of
 * fastmem_test.h and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem.h"

#define MAX_FAULTS 64
#define NB_OBJS 24

/* Counts a failure that is allowed, complains of any other. */
static int
check_result(const char *what, bool done, int err, unsigned int *nb_failed)
{
	if (done)
		return 0;
	TEST_ASSERT_EQUAL(err, ENOMEM, "%s: %s", what, rte_strerror(err));
	(*nb_failed)++;
	return 0;
}

/* Some of everything that may need memory; whatever was had is freed at the end. */
static int
use_everything(void *arg)
{
	unsigned int *nb_failed = arg;
	rte_fastmem_handle_t handle;
	void *objs[NB_OBJS], *bulk[300];
	unsigned int i;
	void *moved;
	int ret;

	ret = rte_fastmem_reserve(6 * FM_MIB, fm_socket());
	if (check_result("reserve", ret == 0, -ret, nb_failed) != 0)
		return TEST_FAILED;
	for (i = 0; i < NB_OBJS; i++) {
		rte_errno = 0;
		objs[i] = rte_fastmem_alloc(fm_class_size(i % FM_NB_CLASSES), 8,
				i % 2 == 0 ? RTE_FASTMEM_F_ZERO : 0);
		if (check_result("alloc", objs[i] != NULL, rte_errno, nb_failed) != 0)
			return TEST_FAILED;
	}
	memset(bulk, 0x3c, sizeof(bulk));
	ret = rte_fastmem_alloc_bulk(bulk, RTE_DIM(bulk), 16384, 0, 0);
	if (check_result("bulk", ret == 0, -ret, nb_failed) != 0)
		return TEST_FAILED;
	if (ret == 0)
		rte_fastmem_free_bulk(bulk, RTE_DIM(bulk));
	else
		TEST_ASSERT(fm_is_byte(bulk, sizeof(bulk), 0x3c), "failed bulk touched ptrs");
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(FM_MAX, 0, SOCKET_ID_ANY, &handle), "lookup");
	memset(bulk, 0x3c, sizeof(bulk));
	ret = rte_fastmem_halloc_bulk(handle, bulk, 10, 0);
	if (check_result("halloc_bulk", ret == 0, -ret, nb_failed) != 0)
		return TEST_FAILED;
	if (ret == 0)
		rte_fastmem_hfree_bulk(handle, bulk, 10);
	else
		TEST_ASSERT(fm_is_byte(bulk, sizeof(bulk), 0x3c), "failed bulk touched ptrs");
	if (objs[0] != NULL) {
		memset(objs[0], 0x77, 8);
		rte_errno = 0;
		moved = rte_fastmem_realloc(objs[0], FM_MAX, 0);
		if (check_result("realloc", moved != NULL, rte_errno, nb_failed) != 0)
			return TEST_FAILED;
		objs[0] = moved != NULL ? moved : objs[0];
		TEST_ASSERT(fm_is_byte(objs[0], 8, 0x77), "content lost");
	}
	rte_fastmem_free_bulk(objs, NB_OBJS);
	rte_fastmem_cache_flush();
	return 0;
}

/* The same with nothing failing. */
static int
use_everything_again(__rte_unused void *arg)
{
	unsigned int nb_failed = 0;

	if (use_everything(&nb_failed) != 0)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(nb_failed, 0, "%u calls failed with memory", nb_failed);
	return 0;
}

/* One life with a failing reservation; says whether any call noticed. */
static int
live_with_fault(unsigned int nth, bool registered, unsigned int *nb_failed)
{
	int ret;

	*nb_failed = 0;
	fastmem_test_fail_reserve(nth);
	ret = rte_fastmem_init();
	if (ret != 0) {
		TEST_ASSERT_EQUAL(ret, -ENOMEM, "init: %d", ret);
		TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "failed init left memzones");
		(*nb_failed)++;
		fastmem_test_fail_reserve(0);
		TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init after a failed one");
	}
	TEST_ASSERT_SUCCESS(use_everything(nb_failed), "reservation %u failing", nth);
	TEST_ASSERT_SUCCESS(fm_in_thread(use_everything, nb_failed, registered),
			"reservation %u failing, thread", nth);
	fastmem_test_fail_reserve(0);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
	TEST_ASSERT_SUCCESS(use_everything_again(NULL), "after reservation %u failed", nth);
	TEST_ASSERT_SUCCESS(fm_in_thread(use_everything_again, NULL, registered), "thread");
	TEST_ASSERT_SUCCESS(fm_check_empty(), "reservation %u failed", nth);
	rte_fastmem_deinit();
	TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "memzones left");
	return 0;
}

static int
check_faults(bool registered)
{
	unsigned int nth, nb_failed, nb_noticed = 0, nb_quiet = 0;

	/* a failure that nobody notices may be one that was made good: look a little further */
	for (nth = 1; nth <= MAX_FAULTS && nb_quiet < 4; nth++) {
		if (live_with_fault(nth, registered, &nb_failed) != 0)
			return TEST_FAILED;
		if (nb_failed > 0) {
			nb_noticed++;
			nb_quiet = 0;
		} else {
			nb_quiet++;
		}
	}
	TEST_ASSERT(nb_quiet >= 4, "still failing after %u reservations", nth);
	/* at least init's own must have been noticed */
	TEST_ASSERT(nb_noticed > 0, "no reservation could be made to fail");
	return TEST_SUCCESS;
}

static int
test_faults(void)
{
	return check_faults(false);
}

static int
test_faults_registered(void)
{
	return check_faults(true);
}

struct unit_test_suite fm_faults_suite = {
	.suite_name = "fastmem faults",
	.unit_test_cases = {
		FM_CASE_NO_INIT(test_faults),
		FM_CASE_NO_INIT(test_faults_registered),
		TEST_CASES_END()
	}
};
