/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, where slabs lie and what frees expect of it: what can't be predicted is
 * not. Calls the public API, and looks at the predictions of the calling thread.
 */

#include <stdlib.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem.h"

#define SLAB (2 * FM_MIB)

static int
compare_addresses(const void *a, const void *b)
{
	void *const *x = a, *const *y = b;

	return (*x > *y) - (*x < *y);
}

/* --- predictions --- */

#define BIG 65536 /* few are in a magazine */
#define NB_BIG (3 * (SLAB / BIG - 1)) /* in three slabs */
#define NB_USED 48 /* of the first and the last of them */

/* Of frees of any object by this thread. */
static const struct rte_fastmem_pred *
prediction(void)
{
	return &RTE_PER_LCORE(__rte_fastmem_home)->pred;
}

/*
 * Frees of two slabs in turn can't be predicted if there is another between: that is to be
 * found out while magazines come and go, and tried more and more rarely.
 */
static int
test_prediction_gives_up(void)
{
	void *objs[NB_BIG], *used[NB_USED];
	unsigned int i, round;
	uint32_t pause;

	if (FM_IS_CHECKED)
		return fm_skip("frees are checked, not predicted");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, NB_BIG, BIG, 0, 0), "bulk");
	qsort(objs, NB_BIG, sizeof(objs[0]), compare_addresses);
	for (i = 0; i < NB_USED; i++)
		used[i] = objs[i % 2 == 0 ? i / 2 : NB_BIG - 1 - i / 2];
	rte_fastmem_free_bulk(&objs[NB_USED / 2], NB_BIG - NB_USED);
	rte_fastmem_cache_flush();
	TEST_ASSERT((uintptr_t)used[0] / SLAB + 1 < (uintptr_t)used[1] / SLAB, "neighbours");
	pause = prediction()->pause;
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < NB_USED; i++)
			rte_fastmem_free(used[i]);
		for (i = NB_USED; i-- > 0;)
			used[i] = rte_fastmem_alloc(BIG, 0, 0);
	}
	TEST_ASSERT(prediction()->pause >= 16 * pause, "tried again after %u frees",
			prediction()->pause);
	rte_fastmem_free_bulk(used, NB_USED);
	return TEST_SUCCESS;
}

struct unit_test_suite fm_near_suite = {
	.suite_name = "fastmem neighbours",
	.unit_test_cases = {
		FM_CASE(test_prediction_gives_up),
		TEST_CASES_END()
	}
};
