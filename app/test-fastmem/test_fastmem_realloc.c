/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, realloc and what can be asked about an address: usable size, ownership,
 * IO address. Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <rte_memzone.h>
#include <rte_random.h>

#include "test.h"
#include "test_fastmem.h"

/* A pattern that depends on the offset alone, so that it may move. */
static void
ramp_write(void *mem, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		((uint8_t *)mem)[i] = (uint8_t)(i * 7 + (i >> 8) + 1);
}

static bool
ramp_check(const void *mem, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (((const uint8_t *)mem)[i] != (uint8_t)(i * 7 + (i >> 8) + 1))
			return false;
	return true;
}

static int
test_realloc_null_and_zero(void)
{
	void *obj;

	obj = rte_fastmem_realloc(NULL, 100, 256);
	TEST_ASSERT_NOT_NULL(obj, "NULL does not allocate");
	TEST_ASSERT_EQUAL((uintptr_t)obj % 256, 0, "not aligned");
	TEST_ASSERT(rte_fastmem_usable_size(obj) >= 100, "too small");
	TEST_ASSERT_EQUAL(fm_in_use(), 1, "not one in use");
	TEST_ASSERT_NULL(rte_fastmem_realloc(obj, 0, 0), "size 0 returns an object");
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "size 0 does not free");
	/* both at once: whatever comes back must be an object or NULL */
	rte_fastmem_free(rte_fastmem_realloc(NULL, 0, 0));
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "NULL and 0");
	return TEST_SUCCESS;
}

/* From every size to every size: content kept, same object within a class. */
static int
test_realloc_moves(void)
{
	unsigned int i, j;
	uintptr_t old;
	size_t from, to;
	void *obj;

	for (i = 0; i < FM_NB_CLASSES; i++) {
		for (j = 0; j < FM_NB_CLASSES; j++) {
			from = fm_class_size(i) - (i % 2);
			to = fm_class_size(j) - (j % 3);
			obj = rte_fastmem_alloc(from, 8, 0);
			TEST_ASSERT_NOT_NULL(obj, "size %zu", from);
			ramp_write(obj, from);
			old = (uintptr_t)obj;
			obj = rte_fastmem_realloc(obj, to, 8);
			TEST_ASSERT_NOT_NULL(obj, "%zu to %zu: %s", from, to,
					rte_strerror(rte_errno));
			TEST_ASSERT(ramp_check(obj, RTE_MIN(from, to)), "%zu to %zu: content lost",
					from, to);
			if (i == j)
				TEST_ASSERT_EQUAL((uintptr_t)obj, old, "%zu to %zu moved", from,
						to);
			TEST_ASSERT(rte_fastmem_usable_size(obj) >= to, "%zu to %zu: too small",
					from, to);
			ramp_write(obj, to);
			TEST_ASSERT_EQUAL(fm_in_use(), 1, "%zu to %zu: %" PRIu64 " in use", from,
					to, fm_in_use());
			rte_fastmem_free(obj);
		}
	}
	return TEST_SUCCESS;
}

/* An address that fits the alignment stays, one that does not moves. */
static int
test_realloc_align(void)
{
	unsigned int i, nb_moved = 0;
	uintptr_t old;
	void *objs[8];

	for (i = 0; i < RTE_DIM(objs); i++) {
		objs[i] = rte_fastmem_alloc(120, 8, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "no object");
		ramp_write(objs[i], 120);
	}
	for (i = 0; i < RTE_DIM(objs); i++) {
		old = (uintptr_t)objs[i];
		objs[i] = rte_fastmem_realloc(objs[i], 128, 4096);
		TEST_ASSERT_NOT_NULL(objs[i], "no object");
		TEST_ASSERT_EQUAL((uintptr_t)objs[i] % 4096, 0, "not aligned");
		TEST_ASSERT(ramp_check(objs[i], 120), "content lost");
		if (old % 4096 == 0)
			TEST_ASSERT_EQUAL((uintptr_t)objs[i], old, "moved for nothing");
		else
			nb_moved++;
		old = (uintptr_t)objs[i];
		objs[i] = rte_fastmem_realloc(objs[i], rte_fastmem_usable_size(objs[i]), 64);
		TEST_ASSERT_EQUAL((uintptr_t)objs[i], old, "moved for nothing");
	}
	TEST_ASSERT(nb_moved > 0, "every object was aligned by chance");
	TEST_ASSERT_EQUAL(fm_in_use(), RTE_DIM(objs), "%" PRIu64 " in use", fm_in_use());
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	return TEST_SUCCESS;
}

/* An object stays where its address happens to suit an alignment above its class. */
static int
test_realloc_align_by_chance(void)
{
	const size_t align = 1024;
	unsigned int i, nb_stayed = 0;
	void *objs[40], *obj;

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, RTE_DIM(objs), 100, 0, 0), "bulk");
	for (i = 0; i < RTE_DIM(objs); i++) {
		obj = rte_fastmem_realloc(objs[i], 99, align);
		TEST_ASSERT_NOT_NULL(obj, "object %u: %s", i, rte_strerror(rte_errno));
		TEST_ASSERT_EQUAL((uintptr_t)obj % align, 0, "not aligned");
		nb_stayed += obj == objs[i];
		TEST_ASSERT_EQUAL(rte_fastmem_usable_size(obj), (obj == objs[i] ? 128 : align),
				"object %u", i);
		rte_fastmem_free_sized(obj, 99, align);
	}
	TEST_ASSERT(nb_stayed > 0, "no object stayed");
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
	return TEST_SUCCESS;
}

static int
test_realloc_errors(void)
{
	const struct {
		size_t size, align;
		int err;
	} bad[] = {
		{ FM_MAX + 1, 0, E2BIG }, { SIZE_MAX, 0, E2BIG }, { SIZE_MAX, 8, E2BIG },
		{ 100, 2 * FM_MAX, E2BIG }, { 100, 3, EINVAL }, { 100, 96, EINVAL },
	};
	void *obj, *hog[4];
	unsigned int i;
	int n;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), 4 * FM_MIB), "limit");
	obj = rte_fastmem_alloc(100, 0, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	ramp_write(obj, 100);
	for (i = 0; i < RTE_DIM(bad); i++) {
		rte_errno = 0;
		TEST_ASSERT_NULL(rte_fastmem_realloc(obj, bad[i].size, bad[i].align), "case %u", i);
		TEST_ASSERT_EQUAL(rte_errno, bad[i].err, "case %u: %s", i, rte_strerror(rte_errno));
		TEST_ASSERT(rte_fastmem_owns(obj) && ramp_check(obj, 100), "old object lost");
		TEST_ASSERT_EQUAL(fm_in_use(), 1, "case %u: %" PRIu64 " in use", i, fm_in_use());
	}
	n = fm_exhaust(hog, RTE_DIM(hog), FM_MAX, 0, fm_socket());
	TEST_ASSERT(n > 0, "%d objects", n);
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_realloc(obj, FM_MAX, 0), "object without memory");
	TEST_ASSERT_EQUAL(rte_errno, ENOMEM, "%s", rte_strerror(rte_errno));
	TEST_ASSERT(ramp_check(obj, 100), "old object lost");
	rte_fastmem_free_bulk(hog, n);
	obj = rte_fastmem_realloc(obj, FM_MAX, 0);
	TEST_ASSERT_NOT_NULL(obj, "still no memory");
	TEST_ASSERT(ramp_check(obj, 100), "content lost");
	rte_fastmem_free(obj);
	return TEST_SUCCESS;
}

/* The IO address of each page of an object, against EAL's own, and of inner addresses. */
static int
check_iova(const char *obj, size_t size)
{
	rte_iova_t iova = rte_fastmem_virt2iova(obj);
	size_t page = sysconf(_SC_PAGESIZE), off;

	if (rte_eal_iova_mode() == RTE_IOVA_VA) {
		TEST_ASSERT_EQUAL(iova, (uintptr_t)obj, "not the virtual address");
	} else if (rte_eal_has_hugepages() == 0) {
		TEST_ASSERT_EQUAL(iova, RTE_BAD_IOVA, "IOVA without hugepages");
		return 0;
	}
	TEST_ASSERT_NOT_EQUAL(iova, RTE_BAD_IOVA, "no IOVA");
	for (off = 0; off < size; off = RTE_ALIGN_FLOOR((uintptr_t)obj + off + page, page) -
				(uintptr_t)obj) {
		TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(obj + off), iova + off,
				"size %zu not contiguous at %zu", size, off);
		TEST_ASSERT_EQUAL(rte_mem_virt2iova(obj + off), iova + off,
				"size %zu at %zu: EAL says %" PRIx64 ", we %" PRIx64, size, off,
				rte_mem_virt2iova(obj + off), iova + off);
	}
	TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(obj + size - 1), iova + size - 1, "last byte");
	TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(obj + size / 2), iova + size / 2, "middle");
	return 0;
}

static int
check_iovas(size_t size, size_t align)
{
	unsigned int i;
	void *objs[3];

	for (i = 0; i < RTE_DIM(objs); i++) {
		objs[i] = rte_fastmem_alloc(size, align, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "no object");
		/* touched: where there are no hugepages, the page is there only then */
		memset(objs[i], 1, rte_fastmem_usable_size(objs[i]));
	}
	for (i = 0; i < RTE_DIM(objs); i++)
		if (check_iova(objs[i], rte_fastmem_usable_size(objs[i])) != 0)
			return TEST_FAILED;
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	rte_fastmem_cache_flush(); /* for those that run with little memory */
	return 0;
}

static int
test_virt2iova(void)
{
	unsigned int i;
	int stack;

	for (i = 0; i < FM_NB_CLASSES; i++)
		if (check_iovas(fm_class_size(i), 8) != 0 ||
				check_iovas(fm_class_size(i), fm_class_size(i)) != 0)
			return TEST_FAILED;
	TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(NULL), RTE_BAD_IOVA, "NULL");
	TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(&stack), RTE_BAD_IOVA, "stack");
	TEST_ASSERT_EQUAL(rte_fastmem_virt2iova((void *)UINTPTR_MAX), RTE_BAD_IOVA, "wild");
	return TEST_SUCCESS;
}

static void
visit_edges(const struct rte_memzone *mz, void *arg)
{
	unsigned int *nb_wrong = arg;
	const char *edges[] = { (char *)mz->addr - 1, (char *)mz->addr + mz->len };
	unsigned int i;

	for (i = 0; i < RTE_DIM(edges); i++)
		if (rte_fastmem_owns(edges[i]) && strncmp(mz->name, "fastmem_", 8) == 0)
			(*nb_wrong)++; /* may still be another zone of ours: see below */
}

/* Never faults, whatever the address; outside of our memzones it is nobody of ours. */
static int
test_owns(void)
{
	unsigned int i, nb_edges = 0, nb_owned = 0;
	uintptr_t addr;
	char *obj;

	obj = rte_fastmem_alloc(FM_MAX, 0, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	for (i = 0; i < 200000; i++) {
		addr = rte_rand();
		if (i % 4 == 1)
			addr = (uintptr_t)obj + rte_rand_max(64 * FM_MIB) - 32 * FM_MIB;
		else if (i % 4 == 2)
			addr &= (UINT64_C(1) << 47) - 1;
		if (!rte_fastmem_owns((void *)addr)) {
			TEST_ASSERT_EQUAL(rte_fastmem_virt2iova((void *)addr), RTE_BAD_IOVA,
					"%" PRIxPTR, addr);
			TEST_ASSERT_EQUAL(rte_fastmem_usable_size((void *)addr), 0, "%" PRIxPTR,
					addr);
			TEST_ASSERT(addr - (uintptr_t)obj >= FM_MAX, "own object not owned");
			continue;
		}
		nb_owned++;
		/* the walk takes a lock: not for each */
		if (nb_owned % 64 == 0)
			TEST_ASSERT(fm_in_memzone((void *)addr), "%" PRIxPTR " is not ours", addr);
	}
	TEST_ASSERT(nb_owned > 0, "no address found");
	TEST_ASSERT(!rte_fastmem_owns(NULL) && !rte_fastmem_owns((void *)1) &&
			!rte_fastmem_owns((void *)UINTPTR_MAX), "wild");
	/* one zone only: what lies before and after it is not ours */
	rte_memzone_walk(visit_edges, &nb_edges);
	TEST_ASSERT_EQUAL(nb_edges, 0, "%u edges of memzones owned", nb_edges);
	rte_fastmem_free(obj);
	return TEST_SUCCESS;
}

struct unit_test_suite fm_realloc_suite = {
	.suite_name = "fastmem realloc and addresses",
	.unit_test_cases = {
		FM_CASE(test_realloc_null_and_zero),
		FM_CASE(test_realloc_moves),
		FM_CASE(test_realloc_align),
		FM_CASE(test_realloc_align_by_chance),
		FM_CASE(test_realloc_errors),
		FM_CASE(test_virt2iova),
		FM_CASE(test_owns),
		TEST_CASES_END()
	}
};
