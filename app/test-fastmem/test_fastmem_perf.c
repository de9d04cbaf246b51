/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * fastmem_perf_autotest: the benchmark of test_fastmem_bench.h in short, as a command of
 * dpdk-test. It prints the tables; it fails if a contender that should always work, fastmem
 * itself, could not be measured.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_fastmem.h>

#include "test.h"
#include "test_fastmem_bench.h"

/* Points of the case that a short run with these lcores has. */
static unsigned int
points_expected(const struct fmb_case *c)
{
	unsigned int i, n = 0;

	for (i = 0; i < c->nb_points; i++)
		if (c->points[i].quick && (c->points[i].lcores <= 1 ||
				c->points[i].lcores <= fmb_nb_lcores()))
			n += c->nb_metrics;
	return n;
}

static unsigned int
points_measured(const struct fmb_bench *b, const struct fmb_case *c)
{
	unsigned int i, n = 0;

	for (i = 0; i < b->nb_records; i++)
		if (b->records[i].cas == c && b->records[i].who == FMB_FM)
			n++;
	return n;
}

static int
test_fastmem_perf(void)
{
	struct fmb_bench b = {
		.reps = 5,
		.sample_us = 500,
		.quick = true,
		.out = stdout,
	};
	const struct fmb_case *c;
	unsigned int i, expected, measured;
	int ret = TEST_SUCCESS;

	if (rte_eal_has_hugepages() == 0)
		printf("no hugepages: figures are not comparable with those with hugepages\n");
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init failed");
	if (fmb_run_all(&b) != 0)
		ret = TEST_FAILED;
	for (i = 0; (c = fmb_case_at(i)) != NULL; i++) {
		expected = points_expected(c);
		measured = points_measured(&b, c);
		if (measured == expected)
			continue;
		printf("%s: %u figures of fastmem, not %u\n", c->name, measured, expected);
		ret = TEST_FAILED;
	}
	free(b.records);
	rte_fastmem_deinit();
	return ret;
}

REGISTER_PERF_TEST(fastmem_perf_autotest, test_fastmem_perf);
