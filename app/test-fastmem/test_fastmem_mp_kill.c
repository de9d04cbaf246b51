/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * fastmem_mp_autotest: processes that are killed at any moment, while others
 * go on. Owns that case. Calls the processes and objects of the test, and the
 * library.
 *
 * EAL itself does not survive that a process dies while it reserves memory, so
 * all memory is there beforehand, and the limit keeps the victims from asking.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem_mp.h"

#define MEMORY ((size_t)96 << 20)
#define SURVIVOR 7
/* A magazine on its way between two owners, and a bulk not yet told of. */
#define MAX_LOST (2 * 256 + 32)

/* Free what the dead process was known to hold. */
static int
inherit(struct fmp_link *link)
{
	unsigned int i;

	for (i = 0; i < FMP_HELD; i++) {
		void *ptr = rte_atomic_exchange_explicit(&link->held[i], NULL,
				rte_memory_order_acq_rel);

		if (ptr == NULL)
			continue;
		FMP_CHECK(rte_fastmem_usable_size(ptr) != 0, "%p is no object", ptr);
		rte_fastmem_free(ptr);
	}
	return 0;
}

/* The survivor goes on. */
static int
check_alive(struct fmp_child *survivor)
{
	struct fmp_link *link = &fmp_shared->links[survivor->idx];
	uint64_t before = rte_atomic_load_explicit(&link->progress, rte_memory_order_relaxed);
	uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * FMP_TIMEOUT_MS;

	while (rte_atomic_load_explicit(&link->progress, rte_memory_order_relaxed) < before + 2) {
		FMP_CHECK(rte_rdtsc() < end, "the survivor hangs");
		rte_delay_us_sleep(200);
	}
	return 0;
}

static int
kill_one(unsigned int round, struct fmp_child *survivor, uint64_t *rng)
{
	struct fmp_child victim;

	if (fmp_start(&victim, round % SURVIVOR, "victim") < 0 ||
			fmp_reach(&victim, FMP_FIRST) < 0)
		return -1;
	rte_delay_us_sleep(fmp_rand(rng) % 5000);
	fmp_kill(&victim);
	if (inherit(&fmp_shared->links[victim.idx]) < 0 || fmp_fill_caches() < 0)
		return -1;
	return check_alive(survivor);
}

/* Objects that are nobody's, by the statistics and by the slabs. */
static int
check_lost(unsigned int kills)
{
	struct rte_fastmem_class_stats c;
	size_t sizes[FMP_CLASSES];
	int64_t sum = 0;
	unsigned int i, slabs = 0;

	rte_fastmem_cache_flush();
	rte_fastmem_classes(sizes);
	for (i = 0; i < FMP_CLASSES; i++) {
		FMP_CHECK(rte_fastmem_stats_class(sizes[i], &c) == 0, "class stats");
		slabs += c.slabs_partial + c.slabs_full;
		sum += llabs((int64_t)c.in_use);
		if (c.in_use != 0)
			printf("class %zu: %" PRId64 " objects in use, slabs %u\n", sizes[i],
				(int64_t)c.in_use, c.slabs_partial + c.slabs_full);
	}
	printf("%u kills: %" PRId64 " objects lost, %u slabs held by them\n", kills, sum, slabs);
	FMP_CHECK(sum <= (int64_t)MAX_LOST * kills, "more is lost than was held");
	return 0;
}

/*
 * What is in no cache, depot or slab, and not in use either, was on its way when its process
 * was killed: that may be. Anything else that is not as it should be may not.
 */
static int
check_whole(unsigned int kills)
{
	uint64_t in_use, cached, depots, slabs, slots, lost = 0;
	FILE *report = tmpfile();
	char line[256];
	size_t size;
	int ret = 0;

	FMP_CHECK(report != NULL, "no file for a report");
	fastmem_test_validate(report);
	rewind(report);
	while (fgets(line, sizeof(line), report) != NULL) {
		printf("%s", line);
		if (sscanf(line, "class %zu: %" SCNu64 " in use + %" SCNu64 " cached + %" SCNu64
				" in depots + %" SCNu64 " in slabs != %" SCNu64 " slots", &size,
				&in_use, &cached, &depots, &slabs, &slots) != 6 ||
				in_use + cached + depots + slabs > slots)
			ret = -1;
		else
			lost += slots - in_use - cached - depots - slabs;
	}
	fclose(report);
	FMP_CHECK(ret == 0, "validate");
	printf("%" PRIu64 " objects lost on their way\n", lost);
	FMP_CHECK(lost <= (uint64_t)MAX_LOST * kills, "more is lost than was held");
	return 0;
}

/* The memory is as good as before, but for the slabs of lost objects: no object twice. */
static int
check_usable(void)
{
	static void *ptrs[MEMORY >> 12];
	unsigned int i, n = 0;
	size_t size = 4096;

	while (n < RTE_DIM(ptrs)) {
		ptrs[n] = rte_fastmem_alloc(size, 8, 0);
		if (ptrs[n] == NULL)
			break;
		memcpy(ptrs[n], &n, sizeof(n));
		n++;
	}
	FMP_CHECK(n >= RTE_DIM(ptrs) / 2, "only %u of %zu objects can be had", n, RTE_DIM(ptrs));
	for (i = 0; i < n; i++)
		FMP_CHECK(memcmp(ptrs[i], &i, sizeof(i)) == 0, "%p was given twice", ptrs[i]);
	rte_fastmem_free_bulk(ptrs, n);
	return 0;
}

int
fmp_case_kill(void)
{
	const char *text = getenv("FASTMEM_MP_KILLS");
	unsigned int i, kills = text != NULL ? atoi(text) : 8;
	uint64_t rng = rte_rdtsc();
	struct fmp_child survivor;
	int ret;

	FMP_CHECK(rte_fastmem_reserve(MEMORY, SOCKET_ID_ANY) == 0, "no memory");
	FMP_CHECK(rte_fastmem_set_limit(SOCKET_ID_ANY, MEMORY) == 0, "limit");
	if (fmp_start(&survivor, SURVIVOR, "survivor") < 0 ||
			fmp_reach(&survivor, FMP_FIRST) < 0)
		return -1;
	printf("seed %" PRIu64 "\n", rng);
	for (i = 0; i < kills; i++)
		if (kill_one(i, &survivor, &rng) < 0)
			return -1;
	fmp_let(&survivor, FMP_DONE);
	ret = fmp_finish(&survivor);
	for (i = 0; i < FMP_OBJS; i++)
		rte_fastmem_free(rte_atomic_exchange_explicit(&fmp_shared->boxes[i], NULL,
				rte_memory_order_acq_rel));
	if (ret < 0 || check_lost(kills) < 0 || check_whole(kills) < 0)
		return -1;
	return check_usable();
}
