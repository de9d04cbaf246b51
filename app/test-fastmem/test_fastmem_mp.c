/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * fastmem_mp_autotest: several processes on one heap.
 * Owns the suite: this process is the primary, starts secondaries in their
 * roles, and checks what they leave behind. Calls the parts listed in
 * test_fastmem_mp.h, and the library.
 *
 * FASTMEM_MP_KILLS  how many processes the kill case kills
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem_mp.h"

#define SUITE_TIMEOUT_S (180 * FM_SLOW)

/* Everything was freed: nothing may be left in any process's caches. */
int
fmp_check_empty(void)
{
	struct rte_fastmem_class_stats c;
	size_t sizes[FMP_CLASSES];
	struct rte_fastmem_stats st;
	unsigned int i;

	rte_fastmem_cache_flush();
	rte_fastmem_classes(sizes);
	for (i = 0; i < FMP_CLASSES; i++) {
		FMP_CHECK(rte_fastmem_stats_class(sizes[i], &c) == 0, "class stats");
		FMP_CHECK(c.in_use == 0 && c.slabs_partial == 0 && c.slabs_full == 0 &&
				c.slab_acquires == c.slab_releases,
				"class %zu: in use %" PRIu64 ", partial %u full %u",
				sizes[i], c.in_use, c.slabs_partial, c.slabs_full);
	}
	FMP_CHECK(fastmem_test_validate(stdout) == 0, "validate");
	FMP_CHECK(rte_fastmem_trim(SOCKET_ID_ANY) >= 0, "trim");
	FMP_CHECK(rte_fastmem_stats(&st) == 0 && st.bytes_in_use == 0 && st.bytes_backing == 0,
			"after trim: %" PRIu64 " bytes in use, %" PRIu64 " backing",
			st.bytes_in_use, st.bytes_backing);
	return 0;
}

/* Secondaries may come before the library is there. */
static int
test_early(void)
{
	struct fmp_child child;

	rte_fastmem_deinit();
	if (fmp_start(&child, 0, "early") < 0 || fmp_reach(&child, FMP_FIRST) < 0)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init");
	fmp_let(&child, FMP_FIRST + 1);
	if (fmp_finish(&child) < 0)
		return TEST_FAILED;
	return fmp_check_empty();
}

/* Whatever a secondary calls first attaches it. */
static int
test_first_use(void)
{
	unsigned int i;

	if (fmp_objs_make(fmp_shared->objs, FMP_CHILDREN, 1) < 0 ||
			fmp_run_many("first_use", FMP_CHILDREN) < 0)
		return TEST_FAILED;
	/* 1, 4 and 7 freed theirs */
	for (i = 0; i < FMP_CHILDREN; i++)
		if (i % 3 != 1 && fmp_objs_free(&fmp_shared->objs[i], 1) < 0)
			return TEST_FAILED;
	return fmp_check_empty();
}

/* Each checks and frees what the other made. */
static int
test_objects(void)
{
	if (fmp_objs_make(fmp_shared->objs, FMP_OBJS, 0x1234) < 0 ||
			fmp_run("objects") < 0 ||
			fmp_objs_free(fmp_shared->links[0].objs, FMP_OBJS) < 0)
		return TEST_FAILED;
	return fmp_check_empty();
}

/* Each sees the memory that the other adds. */
static int
test_grow(void)
{
	struct rte_fastmem_stats before, after;
	struct fmp_child child;
	unsigned int i;

	if (fmp_start(&child, 0, "grow") < 0 || fmp_reach(&child, FMP_FIRST) < 0 ||
			fmp_objs_check(fmp_shared->links[0].objs, 24) < 0)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	TEST_ASSERT(before.bytes_in_use >= (24 << 20), "in use: %" PRIu64, before.bytes_in_use);
	for (i = 0; i < 24; i++)
		if (fmp_obj_make(&fmp_shared->objs[i], (1u << 20) - i, 0, i) < 0)
			return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(after.bytes_backing > before.bytes_backing, "backing did not grow");
	fmp_let(&child, FMP_FIRST + 1);
	if (fmp_finish(&child) < 0 || fmp_objs_free(fmp_shared->links[0].objs, 24) < 0)
		return TEST_FAILED;
	return fmp_check_empty();
}

static int
test_end(void)
{
	return fmp_run_many("end", 3) < 0 ? TEST_FAILED : fmp_check_empty();
}

static int
test_end_deinit(void)
{
	return fmp_run_many("end_deinit", 3) < 0 ? TEST_FAILED : fmp_check_empty();
}

static int
test_end_exit(void)
{
	return fmp_run_many("end_exit", 3) < 0 ? TEST_FAILED : fmp_check_empty();
}

static int
test_end_quick(void)
{
	return fmp_run_many("end_quick", 3) < 0 ? TEST_FAILED : fmp_check_empty();
}

static int
test_attach(void)
{
	return fmp_run_many("attach", 2) < 0 ? TEST_FAILED : fmp_check_empty();
}

static int
test_reuse(void)
{
	return fmp_run_many("reuse", 2) < 0 ? TEST_FAILED : fmp_check_empty();
}

/* Several secondaries with the same lcore ids, and the primary, all at work. */
static int
test_work(void)
{
	RTE_ATOMIC(uint64_t) progress;
	struct fmp_child some[4];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < RTE_DIM(some) && ret == 0; i++)
		ret = fmp_spawn_ready(&some[i], i, "work");
	for (i = 0; i < RTE_DIM(some) && ret == 0; i++)
		fmp_let(&some[i], FMP_GO);
	if (ret == 0)
		ret = fmp_work(99, 100000 / FM_SLOW, &progress);
	for (i = 0; i < RTE_DIM(some) && ret == 0; i++)
		ret = fmp_reach(&some[i], FMP_DONE);
	for (i = 0; i < RTE_DIM(some) && ret == 0; i++)
		ret = fmp_finish(&some[i]);
	if (ret < 0)
		return TEST_FAILED;
	for (i = 0; i < FMP_OBJS; i++)
		rte_fastmem_free(rte_atomic_exchange_explicit(&fmp_shared->boxes[i], NULL,
				rte_memory_order_acq_rel));
	return fmp_check_empty();
}

/* A secondary that is detached does not mind that the primary starts afresh. */
static int
test_fresh(void)
{
	struct fmp_child child;
	unsigned int i;

	if (fmp_start(&child, 0, "fresh") < 0)
		return TEST_FAILED;
	for (i = 0; i < 4; i++) {
		if (fmp_reach(&child, FMP_FIRST + 2 * i) < 0)
			return TEST_FAILED;
		rte_fastmem_deinit();
		TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init");
		fmp_let(&child, FMP_FIRST + 2 * i + 1);
	}
	return fmp_finish(&child) < 0 ? TEST_FAILED : fmp_check_empty();
}

static int
test_kill(void)
{
	return fmp_case_kill() < 0 ? TEST_FAILED : TEST_SUCCESS;
}

/* A secondary that can't start for what EAL is or did is no failure. */
static int
probe(void)
{
	struct fmp_child child;
	int ret = TEST_SUCCESS;

	if (fmp_spawn(&child, 0, "attach") < 0)
		return TEST_FAILED;
	if (fmp_reach_or_end(&child, FMP_READY) == 0) {
		fmp_kill(&child);
		return TEST_SUCCESS;
	}
	if (fmp_output_has(&child, "refused secondary attachment")) {
		printf("skipped: a thread was registered: no secondary may attach any more\n");
		ret = TEST_SKIPPED;
	} else if (FM_SLOW > 1 && fmp_output_has(&child, "Error with EAL")) {
		printf("skipped: a secondary can't have the same addresses in this build\n");
		ret = TEST_SKIPPED;
	} else {
		fmp_output_show(&child);
		ret = TEST_FAILED;
	}
	fmp_kill(&child);
	return ret;
}

static void
mp_suite_teardown(void)
{
	alarm(0);
	fmp_kill_all();
	if (fmp_shared != NULL)
		fmp_shared_destroy();
}

static int
mp_suite_setup(void)
{
	const char *reason = fmp_cannot();
	int ret;

	if (reason != NULL) {
		printf("skipped: %s\n", reason);
		return TEST_SKIPPED;
	}
	/* a lock that is never released must not stop the machine's tests */
	alarm(SUITE_TIMEOUT_S);
	if (fmp_shared_create() < 0)
		return TEST_FAILED;
	ret = probe();
	if (ret != TEST_SUCCESS)
		mp_suite_teardown();
	return ret;
}

static int
mp_setup(void)
{
	memset(fmp_shared, 0, sizeof(*fmp_shared));
	rte_fastmem_deinit();
	return rte_fastmem_init() == 0 ? TEST_SUCCESS : TEST_FAILED;
}

static void
mp_teardown(void)
{
	fmp_kill_all();
	rte_fastmem_deinit();
}

static struct unit_test_suite mp_suite = {
	.suite_name = "fastmem multi-process",
	.setup = mp_suite_setup,
	.teardown = mp_suite_teardown,
	.unit_test_cases = {
		TEST_CASE_ST(mp_setup, mp_teardown, test_early),
		TEST_CASE_ST(mp_setup, mp_teardown, test_first_use),
		TEST_CASE_ST(mp_setup, mp_teardown, test_objects),
		TEST_CASE_ST(mp_setup, mp_teardown, test_grow),
		TEST_CASE_ST(mp_setup, mp_teardown, test_end),
		TEST_CASE_ST(mp_setup, mp_teardown, test_end_deinit),
		TEST_CASE_ST(mp_setup, mp_teardown, test_end_exit),
		TEST_CASE_ST(mp_setup, mp_teardown, test_end_quick),
		TEST_CASE_ST(mp_setup, mp_teardown, test_attach),
		TEST_CASE_ST(mp_setup, mp_teardown, test_reuse),
		TEST_CASE_ST(mp_setup, mp_teardown, test_work),
		TEST_CASE_ST(mp_setup, mp_teardown, test_fresh),
		TEST_CASE_ST(mp_setup, mp_teardown, test_kill),
		TEST_CASES_END()
	}
};

static int
test_fastmem_mp(void)
{
	const char *role = getenv("FASTMEM_MP_ROLE");
	const char *idx = getenv("FASTMEM_MP_INDEX");

	if (rte_eal_process_type() != RTE_PROC_SECONDARY)
		return unit_test_suite_runner(&mp_suite);
	if (role == NULL || idx == NULL) {
		printf("skipped: to be started in the primary process\n");
		return TEST_SKIPPED;
	}
	return fmp_role_run(role, atoi(idx) % FMP_CHILDREN) < 0 ? TEST_FAILED : TEST_SUCCESS;
}

REGISTER_FAST_TEST(fastmem_mp_autotest, NOHUGE_SKIP, ASAN_SKIP, test_fastmem_mp);
