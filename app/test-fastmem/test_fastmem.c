/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The functional test of lib/fastmem: its frame and helpers. Every case gets a fresh allocator;
 * after it nothing may be in use, every layer must be valid and no memzone may be left.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem.h"

const int fm_bad_sockets[] = { -2, INT_MIN, RTE_MAX_NUMA_NODES, INT_MAX };
const unsigned int fm_nb_bad_sockets = RTE_DIM(fm_bad_sockets);

/* --- memory --- */

int
fm_socket(void)
{
	unsigned int socket = rte_socket_id();

	return socket == (unsigned int)SOCKET_ID_ANY ? 0 : (int)socket;
}

bool
fm_have_memory(size_t size)
{
	const struct rte_memzone *mz;

	mz = rte_memzone_reserve("test_fm_probe", size, SOCKET_ID_ANY, 0);
	if (mz == NULL)
		return false;
	rte_memzone_free(mz);
	return true;
}

int
fm_skip(const char *why)
{
	printf("skipped: %s\n", why);
	return TEST_SKIPPED;
}

int
fm_compare_ptrs(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t
pattern(const void *obj, size_t size)
{
	return ((uintptr_t)obj ^ (uint64_t)size << 40) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

void
fm_fill(void *obj, size_t size)
{
	const uint64_t word = pattern(obj, size);
	size_t off;

	for (off = 0; off + sizeof(word) <= size; off += sizeof(word))
		memcpy((char *)obj + off, &word, sizeof(word));
	memcpy((char *)obj + off, &word, size - off);
}

bool
fm_is_filled(const void *obj, size_t size)
{
	const uint64_t word = pattern(obj, size);
	uint64_t found, wrong = 0;
	size_t off;

	for (off = 0; off + sizeof(word) <= size; off += sizeof(word)) {
		memcpy(&found, (const char *)obj + off, sizeof(found));
		wrong |= found ^ word;
	}
	return wrong == 0 && memcmp((const char *)obj + off, &word, size - off) == 0;
}

bool
fm_is_byte(const void *mem, size_t size, uint8_t byte)
{
	const uint8_t *p = mem;

	return size == 0 || (p[0] == byte && memcmp(p, p + 1, size - 1) == 0);
}

struct memzone_query {
	const void *addr;
	unsigned int nb;
	bool found;
};

static void
memzone_visit(const struct rte_memzone *mz, void *arg)
{
	struct memzone_query *q = arg;

	if (strncmp(mz->name, "fastmem_", strlen("fastmem_")) != 0)
		return;
	q->nb++;
	if (q->addr >= mz->addr && q->addr < RTE_PTR_ADD(mz->addr, mz->len))
		q->found = true;
}

unsigned int
fm_count_memzones(void)
{
	struct memzone_query q = { .addr = NULL };

	rte_memzone_walk(memzone_visit, &q);
	return q.nb;
}

bool
fm_in_memzone(const void *addr)
{
	struct memzone_query q = { .addr = addr };

	rte_memzone_walk(memzone_visit, &q);
	return q.found;
}

/* --- statistics --- */

uint64_t
fm_backing(void)
{
	struct rte_fastmem_stats s;

	return rte_fastmem_stats(&s) == 0 ? s.bytes_backing : UINT64_MAX;
}

uint64_t
fm_class_in_use(size_t class_size)
{
	struct rte_fastmem_class_stats c;

	return rte_fastmem_stats_class(class_size, &c) == 0 ? c.in_use : UINT64_MAX;
}

uint64_t
fm_in_use(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < FM_NB_CLASSES; i++)
		sum += fm_class_in_use(fm_class_size(i));
	return sum;
}

bool
fm_stats_equal(const struct rte_fastmem_stats *a, const struct rte_fastmem_stats *b)
{
	return a->bytes_backing == b->bytes_backing && a->bytes_in_use == b->bytes_in_use &&
		a->alloc_total == b->alloc_total && a->free_total == b->free_total &&
		a->alloc_nomem == b->alloc_nomem && a->n_classes == b->n_classes;
}

static void
lcore_stats_add(struct rte_fastmem_lcore_stats *sum, const struct rte_fastmem_lcore_class_stats *c)
{
	sum->alloc_cache_hits += c->alloc_cache_hits;
	sum->alloc_cache_misses += c->alloc_cache_misses;
	sum->alloc_nomem += c->alloc_nomem;
	sum->free_cache_hits += c->free_cache_hits;
	sum->free_cache_misses += c->free_cache_misses;
}

/* One class: what its lcores and the shared caches did is what the class did. */
static int
check_class_stats(const struct rte_fastmem_class_stats *c)
{
	struct rte_fastmem_lcore_class_stats lc;
	struct rte_fastmem_lcore_stats sum;
	unsigned int i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < RTE_MAX_LCORE; i++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore_class(i, c->class_size, &lc),
				"lcore %u class %zu", i, c->class_size);
		TEST_ASSERT_EQUAL(lc.class_size, c->class_size, "wrong class");
		lcore_stats_add(&sum, &lc);
	}
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_shared_class(c->class_size, &lc), "shared");
	TEST_ASSERT_EQUAL(lc.class_size, c->class_size, "wrong class");
	lcore_stats_add(&sum, &lc);
	TEST_ASSERT_EQUAL(sum.alloc_cache_hits, c->alloc_cache_hits, "class %zu", c->class_size);
	TEST_ASSERT_EQUAL(sum.alloc_cache_misses, c->alloc_cache_misses, "class %zu",
			c->class_size);
	TEST_ASSERT_EQUAL(sum.alloc_nomem, c->alloc_nomem, "class %zu", c->class_size);
	TEST_ASSERT_EQUAL(sum.free_cache_hits, c->free_cache_hits, "class %zu", c->class_size);
	TEST_ASSERT_EQUAL(sum.free_cache_misses, c->free_cache_misses, "class %zu",
			c->class_size);
	return 0;
}

/* One lcore, or the shared caches (LCORE_ID_ANY): the sum of its classes. */
static int
check_lcore_stats(unsigned int lcore)
{
	struct rte_fastmem_lcore_class_stats lc;
	struct rte_fastmem_lcore_stats l, sum;
	unsigned int i;
	int ret;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < FM_NB_CLASSES; i++) {
		ret = lcore == LCORE_ID_ANY ?
				rte_fastmem_stats_shared_class(fm_class_size(i), &lc) :
				rte_fastmem_stats_lcore_class(lcore, fm_class_size(i), &lc);
		TEST_ASSERT_SUCCESS(ret, "lcore %u", lcore);
		lcore_stats_add(&sum, &lc);
	}
	ret = lcore == LCORE_ID_ANY ? rte_fastmem_stats_shared(&l) :
			rte_fastmem_stats_lcore(lcore, &l);
	TEST_ASSERT_SUCCESS(ret, "lcore %u", lcore);
	TEST_ASSERT_EQUAL(l.alloc_cache_hits, sum.alloc_cache_hits, "lcore %u", lcore);
	TEST_ASSERT_EQUAL(l.alloc_cache_misses, sum.alloc_cache_misses, "lcore %u", lcore);
	TEST_ASSERT_EQUAL(l.alloc_nomem, sum.alloc_nomem, "lcore %u", lcore);
	TEST_ASSERT_EQUAL(l.free_cache_hits, sum.free_cache_hits, "lcore %u", lcore);
	TEST_ASSERT_EQUAL(l.free_cache_misses, sum.free_cache_misses, "lcore %u", lcore);
	return 0;
}

int
fm_check_stats(void)
{
	uint64_t allocs = 0, frees = 0, nomem = 0, bytes = 0;
	struct rte_fastmem_class_stats c;
	struct rte_fastmem_stats s;
	unsigned int i;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(fm_class_size(i), &c), "class %u", i);
		TEST_ASSERT_EQUAL(c.class_size, fm_class_size(i), "wrong class");
		if (check_class_stats(&c) != 0)
			return TEST_FAILED;
		allocs += c.alloc_cache_hits + c.alloc_cache_misses;
		frees += c.free_cache_hits + c.free_cache_misses;
		nomem += c.alloc_nomem;
		bytes += c.in_use * c.class_size;
	}
	for (i = 0; i < RTE_MAX_LCORE; i++)
		if (check_lcore_stats(i) != 0)
			return TEST_FAILED;
	if (check_lcore_stats(LCORE_ID_ANY) != 0)
		return TEST_FAILED;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&s), "no statistics");
	TEST_ASSERT_EQUAL(s.alloc_total, allocs, "%" PRIu64 " allocations, classes say %" PRIu64,
			s.alloc_total, allocs);
	TEST_ASSERT_EQUAL(s.free_total, frees, "%" PRIu64 " frees, classes say %" PRIu64,
			s.free_total, frees);
	TEST_ASSERT_EQUAL(s.alloc_nomem, nomem, "%" PRIu64 " without memory, classes say %" PRIu64,
			s.alloc_nomem, nomem);
	TEST_ASSERT_EQUAL(s.bytes_in_use, bytes, "%" PRIu64 " bytes in use, classes say %" PRIu64,
			s.bytes_in_use, bytes);
	TEST_ASSERT(s.bytes_backing >= s.bytes_in_use, "more in use than there is");
	TEST_ASSERT_EQUAL(s.n_classes, FM_NB_CLASSES, "%u classes", s.n_classes);
	return 0;
}

int
fm_check_empty(void)
{
	struct rte_fastmem_class_stats c;
	unsigned int i;

	if (fm_flush_all() != 0 || fm_check_stats() != 0)
		return TEST_FAILED;
	for (i = 0; i < FM_NB_CLASSES; i++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(fm_class_size(i), &c), "class %u", i);
		TEST_ASSERT_EQUAL(c.in_use, 0, "class %zu: %" PRIu64 " in use", c.class_size,
				c.in_use);
		TEST_ASSERT(c.slabs_partial == 0 && c.slabs_full == 0,
				"class %zu: %u partial, %u full slabs held", c.class_size,
				c.slabs_partial, c.slabs_full);
		TEST_ASSERT_EQUAL(c.slab_acquires, c.slab_releases,
				"class %zu: %" PRIu64 " slabs taken, %" PRIu64 " given back",
				c.class_size, c.slab_acquires, c.slab_releases);
	}
	TEST_ASSERT_SUCCESS(fastmem_test_validate(stdout), "invariants violated");
	return 0;
}

int
fm_exhaust(void **objs, unsigned int max, size_t size, size_t align, int socket)
{
	unsigned int n;

	for (n = 0; n < max; n++) {
		rte_errno = 0;
		objs[n] = rte_fastmem_alloc_socket(size, align, 0, socket);
		if (objs[n] == NULL) {
			TEST_ASSERT_EQUAL(rte_errno, ENOMEM, "%s after %u objects of %zu",
					rte_strerror(rte_errno), n, size);
			break;
		}
	}
	return n;
}

/* --- frame --- */

int
fm_setup_none(void)
{
	rte_fastmem_deinit(); /* in case a test before this one left it */
	fastmem_test_fail_reserve(0);
	return TEST_SUCCESS;
}

int
fm_setup(void)
{
	fm_setup_none();
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "no init");
	return TEST_SUCCESS;
}

void
fm_teardown(void)
{
	fastmem_test_fail_reserve(0);
	rte_fastmem_deinit();
	fastmem_test_set_sockets(0);
}

int
fm_run(const void *data)
{
	const struct fm_case *c = data;
	struct rte_fastmem_stats s;
	int ret;

	ret = c->fn();
	if (ret != TEST_SUCCESS)
		return ret;
	if (rte_fastmem_stats(&s) == 0 && fm_check_empty() != 0)
		return TEST_FAILED;
	rte_fastmem_deinit();
	TEST_ASSERT_EQUAL(fm_count_memzones(), 0, "%u memzones left", fm_count_memzones());
	return TEST_SUCCESS;
}

static struct unit_test_suite end_suite = {
	.suite_name = NULL,
};

static struct unit_test_suite *fastmem_suites[] = {
	&fm_lifecycle_suite,
	&fm_memory_suite,
	&fm_objects_suite,
	&fm_realloc_suite,
	&fm_bulk_suite,
	&fm_handles_suite,
	&fm_stats_suite,
	&fm_telemetry_suite,
	&fm_contexts_suite,
	&fm_foreign_suite,
	&fm_debug_suite,
	&fm_threads_suite,
	&fm_sockets_suite,
	&fm_depot_suite,
	&fm_layers_suite,
	&fm_near_suite,
	&fm_faults_suite,
	&end_suite,
};

static struct unit_test_suite fastmem_suite = {
	.suite_name = "fastmem",
	.unit_test_suites = fastmem_suites,
	.unit_test_cases = {
		TEST_CASES_END()
	}
};

static int
test_fastmem(void)
{
	return unit_test_suite_runner(&fastmem_suite);
}

static int
test_fastmem_hugepage(void)
{
	if (rte_eal_has_hugepages() == 0)
		return fm_skip("no hugepages");
	return test_fastmem();
}

REGISTER_FAST_TEST(fastmem_autotest, NOHUGE_OK, ASAN_OK, test_fastmem)
REGISTER_FAST_TEST(fastmem_hugepage_autotest, NOHUGE_SKIP, ASAN_OK, test_fastmem_hugepage)
