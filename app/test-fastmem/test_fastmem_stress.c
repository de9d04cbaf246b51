/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * fastmem_stress_autotest: many threads, every operation, a shadow of every
 * live object, and an empty heap at the end of each case.
 * Owns the suite: settings, a fresh heap for each case and its removal.
 *
 * FASTMEM_STRESS_SEED  repeats the choices of a run, if not its timing
 * FASTMEM_STRESS_OPS   operations of a case, all threads together; then there
 *                      is no limit on time
 * FASTMEM_STRESS_MEM   MiB that the test may hold
 * FASTMEM_STRESS_CASE  run the cases whose name contains this only
 */

#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem_stress.h"

#define DEFAULT_OPS 2000000

static uint64_t
setting(const char *name, uint64_t value)
{
	const char *text = getenv(name);

	return text == NULL || *text == '\0' ? value : strtoull(text, NULL, 0);
}

/* A part of what there is, so that others can work beside the test. */
static size_t
memory_to_use(void)
{
	struct rte_malloc_socket_stats st;
	size_t sum = 0;
	unsigned int i;

	if (rte_eal_has_hugepages())
		return (size_t)128 << 20;
	for (i = 0; i < rte_socket_count(); i++)
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &st) == 0)
			sum += st.heap_freesz_bytes;
	return RTE_MIN(sum / 3, (size_t)128 << 20);
}

static int
stress_suite_setup(void)
{
	fms = (struct fms_global) {
		.seed = setting("FASTMEM_STRESS_SEED", rte_rdtsc()),
		.ops = setting("FASTMEM_STRESS_OPS", DEFAULT_OPS),
		.ops_given = setting("FASTMEM_STRESS_OPS", 0) != 0,
		.memory = setting("FASTMEM_STRESS_MEM", 0) << 20,
	};
	if (fms.memory == 0)
		fms.memory = memory_to_use();
	printf("FASTMEM_STRESS_SEED=%" PRIu64 " (%" PRIu64 " operations, %zu MiB, "
		"%u lcores)\n", fms.seed, fms.ops, fms.memory >> 20, rte_lcore_count());
	return TEST_SUCCESS;
}

static void
stress_suite_teardown(void)
{
	printf("seed was FASTMEM_STRESS_SEED=%" PRIu64 "\n", fms.seed);
	fms_shadow_fini();
}

/* A fresh heap; what a former test left is not this one's concern. */
static int
stress_setup(void)
{
	rte_atomic_store_explicit(&fms.failed, 0, rte_memory_order_relaxed);
	fms_case_start();
	fms.nb_sockets = 0;
	fms.was_reset = false;
	fms_shadow_fini();
	rte_fastmem_deinit();
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "cannot initialise");
	return TEST_SUCCESS;
}

static void
memzone_left(const struct rte_memzone *mz, void *arg)
{
	unsigned int *n = arg;

	if (strncmp(mz->name, "fastmem_", strlen("fastmem_")) == 0)
		*n += 1;
}

static void
stress_teardown(void)
{
	rte_fastmem_deinit();
}

/* Runs last: deinit, after all that went before, leaves nothing. */
static int
test_nothing_left(void)
{
	unsigned int n = 0;

	rte_fastmem_deinit();
	rte_memzone_walk(memzone_left, &n);
	TEST_ASSERT_EQUAL(n, 0, "%u memzones left after deinit", n);
	return TEST_SUCCESS;
}

/* Two sockets that the library believes in: objects freed on either. */
int
fms_case_sockets(void)
{
	int ret;

	rte_fastmem_deinit();
	if (fastmem_test_set_sockets(2) != 0)
		return TEST_SKIPPED;
	fms.nb_sockets = 2;
	ret = rte_fastmem_init();
	if (ret == 0)
		ret = fms_case_random();
	rte_fastmem_deinit();
	fms.nb_sockets = 0;
	fastmem_test_set_sockets(0);
	return ret == 0 ? TEST_SUCCESS : TEST_FAILED;
}

/* Run the case unless FASTMEM_STRESS_CASE names others. */
static int
stress_case(const char *name, int (*fn)(void))
{
	const char *only = getenv("FASTMEM_STRESS_CASE");
	uint64_t start = rte_rdtsc();
	int ret;

	if (only != NULL && strstr(name, only) == NULL)
		return TEST_SKIPPED;
	ret = fn();
	printf("%s: %" PRIu64 " ms\n", name,
		(rte_rdtsc() - start) * 1000 / rte_get_tsc_hz());
	return ret;
}

#define STRESS_CASE(name) \
static int \
test_##name(void) \
{ \
	return stress_case(#name, fms_case_##name); \
}

STRESS_CASE(random)
STRESS_CASE(random_crowd)
STRESS_CASE(random_faults)
STRESS_CASE(random_reset)
STRESS_CASE(random_misuse)
STRESS_CASE(larson)
STRESS_CASE(producers)
STRESS_CASE(reverse)
STRESS_CASE(generations)
STRESS_CASE(id_cycle)
STRESS_CASE(exit_full)
STRESS_CASE(limit_storm)
STRESS_CASE(limit_moves)
STRESS_CASE(bulk_nomem)
STRESS_CASE(phases)
STRESS_CASE(phases_lazy)
STRESS_CASE(sockets)

static struct unit_test_suite stress_suite = {
	.suite_name = "fastmem stress",
	.setup = stress_suite_setup,
	.teardown = stress_suite_teardown,
	.unit_test_cases = {
		TEST_CASE_ST(stress_setup, stress_teardown, test_random),
		TEST_CASE_ST(stress_setup, stress_teardown, test_random_crowd),
		TEST_CASE_ST(stress_setup, stress_teardown, test_random_faults),
		TEST_CASE_ST(stress_setup, stress_teardown, test_random_reset),
		TEST_CASE_ST(stress_setup, stress_teardown, test_random_misuse),
		TEST_CASE_ST(stress_setup, stress_teardown, test_larson),
		TEST_CASE_ST(stress_setup, stress_teardown, test_producers),
		TEST_CASE_ST(stress_setup, stress_teardown, test_reverse),
		TEST_CASE_ST(stress_setup, stress_teardown, test_generations),
		TEST_CASE_ST(stress_setup, stress_teardown, test_id_cycle),
		TEST_CASE_ST(stress_setup, stress_teardown, test_exit_full),
		TEST_CASE_ST(stress_setup, stress_teardown, test_limit_storm),
		TEST_CASE_ST(stress_setup, stress_teardown, test_limit_moves),
		TEST_CASE_ST(stress_setup, stress_teardown, test_bulk_nomem),
		TEST_CASE_ST(stress_setup, stress_teardown, test_phases),
		TEST_CASE_ST(stress_setup, stress_teardown, test_phases_lazy),
		TEST_CASE_ST(stress_setup, stress_teardown, test_sockets),
		TEST_CASE_ST(NULL, NULL, test_nothing_left),
		TEST_CASES_END()
	}
};

static int
test_fastmem_stress(void)
{
	return unit_test_suite_runner(&stress_suite);
}

REGISTER_STRESS_TEST(fastmem_stress_autotest, test_fastmem_stress);
