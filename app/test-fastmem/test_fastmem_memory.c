/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, backing memory: reserve, limits, growth, reuse of slabs by other classes,
 * giving memory back. Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem.h"

#define ZONE_MAX (128 * FM_MIB)
/* reserve is a total, not an increment, and adds one memzone to a fresh socket */
static int
test_reserve_total(void)
{
	unsigned int zones = fm_count_memzones();
	uint64_t backing;

	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(0, fm_socket()), "nothing");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "memory for nothing");
	TEST_ASSERT_EQUAL(fm_count_memzones(), zones, "memzone for nothing");

	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(10 * FM_MIB + 1, fm_socket()), "10 MiB");
	backing = fm_backing();
	TEST_ASSERT(backing >= 10 * FM_MIB + 1, "%" PRIu64 " bytes", backing);
	TEST_ASSERT(backing <= 10 * FM_MIB + 2 * FM_SLAB, "%" PRIu64 " bytes", backing);
	TEST_ASSERT_EQUAL(fm_count_memzones(), zones + 1, "not one memzone");

	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(10 * FM_MIB, fm_socket()), "again");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(1, fm_socket()), "less");
	TEST_ASSERT_EQUAL(fm_backing(), backing, "memory though there was enough");
	TEST_ASSERT_EQUAL(fm_count_memzones(), zones + 1, "memzone though there was enough");

	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(20 * FM_MIB, SOCKET_ID_ANY), "20 MiB");
	TEST_ASSERT(fm_backing() >= 20 * FM_MIB, "%" PRIu64 " bytes", fm_backing());
	TEST_ASSERT(fm_backing() <= 20 * FM_MIB + 3 * FM_SLAB, "%" PRIu64 " bytes", fm_backing());
	return TEST_SUCCESS;
}

/* What was reserved serves without another memzone. */
static int
test_reserve_serves(void)
{
	unsigned int zones, i;
	void *objs[6];

	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(8 * FM_MIB, fm_socket()), "8 MiB");
	zones = fm_count_memzones();
	for (i = 0; i < RTE_DIM(objs); i++) {
		objs[i] = rte_fastmem_alloc(FM_MAX, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "object %u", i);
	}
	TEST_ASSERT_EQUAL(fm_count_memzones(), zones, "memzone though there was enough");
	for (i = 0; i < RTE_DIM(objs); i++)
		rte_fastmem_free(objs[i]);
	return TEST_SUCCESS;
}

/* One memzone per started 128 MiB. */
static int
test_reserve_zones(void)
{
	const size_t sizes[] = { 1, ZONE_MAX - 1, ZONE_MAX, ZONE_MAX + 1, 2 * ZONE_MAX + 1 };
	unsigned int i, nb, zones;
	bool skipped = false;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		zones = fm_count_memzones();
		nb = (sizes[i] + ZONE_MAX - 1) / ZONE_MAX;
		if (!fm_have_memory(sizes[i] + (nb + 1) * 2 * FM_SLAB)) {
			skipped = true;
			continue;
		}
		TEST_ASSERT_SUCCESS(rte_fastmem_reserve(sizes[i], fm_socket()), "%zu", sizes[i]);
		TEST_ASSERT(fm_backing() >= sizes[i], "%" PRIu64 " of %zu", fm_backing(),
				sizes[i]);
		TEST_ASSERT_EQUAL(fm_count_memzones(), zones + nb, "%zu: %u zones, not %u",
				sizes[i], fm_count_memzones() - zones, nb);
		rte_fastmem_deinit();
		TEST_ASSERT_SUCCESS(rte_fastmem_init(), "no init");
	}
	return skipped ? fm_skip("less than 260 MiB of memory") : TEST_SUCCESS;
}

static int
test_reserve_errors(void)
{
	unsigned int i;

	for (i = 0; i < fm_nb_bad_sockets; i++)
		TEST_ASSERT_EQUAL(rte_fastmem_reserve(FM_MIB, fm_bad_sockets[i]), -EINVAL,
				"socket %d", fm_bad_sockets[i]);
	TEST_ASSERT_EQUAL(fm_backing(), 0, "memory");

	/* under a limit, so that it does not take the machine's memory meanwhile */
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 8 * FM_MIB), "limit");
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(SIZE_MAX, fm_socket()), -ENOMEM, "SIZE_MAX");
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(SIZE_MAX, SOCKET_ID_ANY), -ENOMEM, "SIZE_MAX");
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(SIZE_MAX - FM_SLAB + 2, fm_socket()), -ENOMEM, "huge");
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(9 * FM_MIB, fm_socket()), -ENOMEM, "over limit");
	TEST_ASSERT(fm_backing() <= 8 * FM_MIB, "limit exceeded");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(8 * FM_MIB, fm_socket()), "at the limit");
	TEST_ASSERT_EQUAL(fm_backing(), 8 * FM_MIB, "limit exceeded");
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(SIZE_MAX, SOCKET_ID_ANY), -ENOMEM, "too much");
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(9 * FM_MIB, SOCKET_ID_ANY), -ENOMEM, "too much");
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(9 * FM_MIB, fm_socket()), -ENOMEM, "too much");
	TEST_ASSERT_EQUAL(fm_backing(), 8 * FM_MIB, "a failure took away what was reserved");

	if (rte_eal_has_hugepages() == 0) {
		/* bounded by -m */
		TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, SIZE_MAX), "limit");
		TEST_ASSERT_EQUAL(rte_fastmem_reserve(SIZE_MAX, fm_socket()), -ENOMEM,
				"SIZE_MAX without limit");
		/* 1 TiB on a 64-bit CPU */
		TEST_ASSERT_EQUAL(rte_fastmem_reserve((size_t)RTE_MIN(UINT64_C(1) << 40,
						SIZE_MAX / 2), fm_socket()), -ENOMEM,
				"too much without limit");
	}
	rte_fastmem_free(rte_fastmem_alloc(8, 8, 0));
	return TEST_SUCCESS;
}

static int
test_limit_api(void)
{
	int socket = fm_socket();
	unsigned int i;

	TEST_ASSERT_EQUAL(rte_fastmem_get_limit(socket), SIZE_MAX, "default");
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(socket, 12345678), "set");
	TEST_ASSERT_EQUAL(rte_fastmem_get_limit(socket), 12345678, "get");
	TEST_ASSERT_EQUAL(rte_fastmem_get_limit((socket + 1) % RTE_MAX_NUMA_NODES),
			SIZE_MAX, "another socket's");
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(socket, 0), "set 0");
	TEST_ASSERT_EQUAL(rte_fastmem_get_limit(socket), 0, "get 0");
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 42 * FM_MIB), "set all");
	for (i = 0; i < RTE_MAX_NUMA_NODES; i++)
		TEST_ASSERT_EQUAL(rte_fastmem_get_limit(i), 42 * FM_MIB, "socket %u", i);
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, SIZE_MAX), "unset all");
	TEST_ASSERT_EQUAL(rte_fastmem_get_limit(socket), SIZE_MAX, "unset");

	for (i = 0; i < fm_nb_bad_sockets; i++) {
		TEST_ASSERT_EQUAL(rte_fastmem_set_limit(fm_bad_sockets[i], FM_MIB), -EINVAL,
				"socket %d", fm_bad_sockets[i]);
		rte_fastmem_get_limit(fm_bad_sockets[i]);
	}
	TEST_ASSERT_EQUAL(rte_fastmem_get_limit(socket), SIZE_MAX, "set by a bad socket");
	return TEST_SUCCESS;
}

/* The ceiling holds exactly; below it the memory is used. */
static int
test_limit_holds(void)
{
	const size_t limits[] = { 0, 1, FM_MIB, FM_SLAB - 1, FM_SLAB, FM_SLAB + 1, 7 * FM_MIB,
		12 * FM_MIB };
	unsigned int i, zones;
	void *objs[16];
	int n;

	for (i = 0; i < RTE_DIM(limits); i++) {
		zones = fm_count_memzones();
		TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), limits[i]), "limit");
		n = fm_exhaust(objs, RTE_DIM(objs), FM_MAX, 0, fm_socket());
		TEST_ASSERT(n >= 0 && (size_t)n == limits[i] / FM_SLAB * 2, "limit %zu: %d objects",
				limits[i], n);
		TEST_ASSERT_EQUAL(fm_backing(), limits[i] / FM_SLAB * FM_SLAB, "limit %zu: %" PRIu64,
				limits[i], fm_backing());
		if (limits[i] < FM_SLAB)
			TEST_ASSERT_EQUAL(fm_count_memzones(), zones, "memzone for nothing");
		rte_fastmem_free_bulk(objs, n);
	}
	return TEST_SUCCESS;
}

/* A limit below what there is takes nothing away; raised, the allocator grows again. */
static int
test_limit_below_use(void)
{
	void *objs[9];
	uint64_t backing;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		objs[i] = rte_fastmem_alloc(FM_MAX, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "object %u", i);
		fm_fill(objs[i], FM_MAX);
	}
	backing = fm_backing();
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), FM_SLAB), "limit");
	TEST_ASSERT_EQUAL(fm_backing(), backing, "backing changed");
	for (i = 0; i < 8; i++)
		TEST_ASSERT(fm_is_filled(objs[i], FM_MAX), "object %u changed", i);
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(backing + 1, fm_socket()), -ENOMEM, "reserve");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(backing, fm_socket()), "reserve what there is");
	/* what is there may be used again */
	rte_fastmem_free(objs[7]);
	objs[7] = rte_fastmem_alloc(FM_MAX, 0, 0);
	TEST_ASSERT_NOT_NULL(objs[7], "no object though there is memory");

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), backing + 2 * FM_SLAB), "limit");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(backing + 1, fm_socket()), "reserve");
	objs[8] = rte_fastmem_alloc(FM_MAX, 0, 0);
	TEST_ASSERT_NOT_NULL(objs[8], "no growth after raising the limit");
	rte_fastmem_free_bulk(objs, 9);
	return TEST_SUCCESS;
}

/* Under a limit every class gets, in turn, what the class before has freed. */
static int
test_slabs_change_class(void)
{
	const size_t limit = 3 * FM_SLAB;
	const unsigned int max = limit / 8;
	unsigned int i, round;
	void **objs;
	size_t size;
	int n, ret = TEST_FAILED;

	objs = malloc(max * sizeof(*objs));
	TEST_ASSERT_NOT_NULL(objs, "no array");
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), limit), "limit");
	for (round = 0; round < 2; round++) {
		for (i = 0; i < FM_NB_CLASSES; i++) {
			size = fm_class_size(round == 0 ? i : FM_NB_CLASSES - 1 - i);
			n = fm_exhaust(objs, max, size, size, fm_socket());
			/* not one slab less than the limit allows; some slots lost to spreading
			 * and one to the place of each zone
			 */
			if (n < 0 || (size_t)n * size < limit - limit / 8 - 3 * size ||
					fm_backing() > limit) {
				printf("class %zu: %d objects, %" PRIu64 " bytes backing\n", size,
					n, fm_backing());
				goto out;
			}
			rte_fastmem_free_bulk(objs, n);
			rte_fastmem_cache_flush();
		}
	}
	ret = TEST_SUCCESS;
out:
	free(objs);
	return ret;
}

/*
 * What the caller and the depots keep of other classes is found before an allocation fails,
 * without a flush by the application.
 */
static int
test_cached_memory_is_found(void)
{
	const size_t limit = 2 * FM_SLAB, size = 1024;
	void *objs[2 * FM_SLAB / 1024], *big[2];
	unsigned int round;
	int n;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), limit), "limit");
	for (round = 0; round < 4; round++) {
		n = fm_exhaust(objs, RTE_DIM(objs), size, 0, fm_socket());
		TEST_ASSERT(n > (int)(limit / size / 2), "%d objects", n);
		if (round % 2 == 0)
			rte_fastmem_free_bulk(objs, n);
		else
			while (n > 0)
				rte_fastmem_free(objs[--n]);
		if (round < 2) {
			big[0] = rte_fastmem_alloc(FM_MAX, 0, 0);
			big[1] = rte_fastmem_alloc_socket(FM_MAX, 0, 0, fm_socket());
			TEST_ASSERT(big[0] != NULL && big[1] != NULL, "cached memory not found");
		} else {
			TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(big, 2, FM_MAX, 0, 0),
					"cached memory not found");
		}
		rte_fastmem_free_bulk(big, 2);
	}
	return TEST_SUCCESS;
}

/* The first object of 8 bytes costs at most 4 MiB, by our count and by EAL's. */
static int
test_first_object(void)
{
	struct rte_malloc_socket_stats before, after;
	void *obj;

	TEST_ASSERT_SUCCESS(rte_malloc_get_socket_stats(fm_socket(), &before), "EAL");
	obj = rte_fastmem_alloc(8, 8, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	TEST_ASSERT_SUCCESS(rte_malloc_get_socket_stats(fm_socket(), &after), "EAL");
	TEST_ASSERT(fm_backing() <= 4 * FM_MIB, "%" PRIu64 " bytes", fm_backing());
	TEST_ASSERT(after.heap_totalsz_bytes - before.heap_totalsz_bytes <= 4 * FM_MIB,
			"EAL heap grew by %zu",
			after.heap_totalsz_bytes - before.heap_totalsz_bytes);
	rte_fastmem_free(obj);
	return TEST_SUCCESS;
}

/* Two objects of 1 MiB in a slab, and memory grows with what is asked for. */
static int
test_growth(void)
{
	struct rte_fastmem_class_stats c;
	unsigned int i, n = 20;
	void *objs[20];

	for (i = 0; i < n; i++) {
		objs[i] = rte_fastmem_alloc(FM_MAX, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "object %u", i);
		TEST_ASSERT(fm_backing() <= (i + 1) * FM_MIB * 3 / 2 + 2 * FM_SLAB,
				"%u objects: %" PRIu64 " bytes", i + 1, fm_backing());
	}
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(FM_MAX, &c), "stats");
	/* the cache may hold two more */
	TEST_ASSERT(c.slabs_full + c.slabs_partial <= n / 2 + 1, "%u full, %u partial",
			c.slabs_full, c.slabs_partial);
	TEST_ASSERT((c.slabs_full + c.slabs_partial) * 2 >= n, "%u full, %u partial",
			c.slabs_full, c.slabs_partial);
	TEST_ASSERT(c.slabs_full >= n / 2 - 1, "%u full", c.slabs_full);
	rte_fastmem_free_bulk(objs, n);
	return TEST_SUCCESS;
}

/*
 * An application that writes over everything it has freed harms itself only: no link and
 * no count of the allocator is there. What is allocated next is as good as before.
 */
static int
test_scribble(void)
{
	enum { EACH = 24 };
	static void *objs[FM_NB_CLASSES][EACH], *again[FM_NB_CLASSES][EACH];
	size_t sizes[FM_NB_CLASSES];
	unsigned int i, j, round;

	if (FM_IS_CHECKED)
		return TEST_SKIPPED; /* writing over freed memory is what these builds report */
	rte_fastmem_classes(sizes);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < FM_NB_CLASSES; i++)
			TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs[i], EACH, sizes[i], 8, 0),
					"%zu", sizes[i]);
		for (i = 0; i < FM_NB_CLASSES; i++)
			rte_fastmem_free_bulk(objs[i], EACH);
		/* in caches, then in depots and slabs */
		if (round > 0)
			rte_fastmem_cache_flush();
		for (i = 0; i < FM_NB_CLASSES; i++)
			for (j = 0; j < EACH; j++)
				memset(objs[i][j], round == 1 ? 0 : 0xff, sizes[i]);
		TEST_ASSERT_EQUAL(fastmem_test_validate(stdout), 0, "damaged in round %u", round);
		for (i = 0; i < FM_NB_CLASSES; i++) {
			TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(again[i], EACH, sizes[i], 8, 0),
					"%zu after scribbling", sizes[i]);
			for (j = 0; j < EACH; j++)
				memset(again[i][j], i + 1, sizes[i]);
		}
		for (i = 0; i < FM_NB_CLASSES; i++)
			for (j = 0; j < EACH; j++) {
				const unsigned char *obj = again[i][j];

				TEST_ASSERT(obj[0] == i + 1 && obj[sizes[i] - 1] == i + 1,
						"two objects overlap");
				rte_fastmem_free(again[i][j]);
			}
	}
	return TEST_SUCCESS;
}

/* A quiet allocator gives everything back, and works afterwards. */
static int
test_trim(void)
{
	unsigned int zones = fm_count_memzones();
	unsigned int i, j, before;
	void *objs[16];
	int ret;

	TEST_ASSERT_EQUAL(rte_fastmem_trim(SOCKET_ID_ANY), 0, "zones of a fresh allocator");
	for (i = 0; i < fm_nb_bad_sockets; i++)
		TEST_ASSERT_EQUAL(rte_fastmem_trim(fm_bad_sockets[i]), -EINVAL, "socket %d",
				fm_bad_sockets[i]);

	for (i = 0; i < 2; i++) {
		TEST_ASSERT_EQUAL(fm_exhaust(objs, RTE_DIM(objs), FM_MAX, 0, fm_socket()),
				(int)RTE_DIM(objs), "no objects");
		before = fm_count_memzones();
		TEST_ASSERT(before > zones, "no memzone for objects");
		rte_fastmem_free_bulk(objs, RTE_DIM(objs));
		rte_fastmem_cache_flush();
		ret = rte_fastmem_trim(i == 0 ? SOCKET_ID_ANY : fm_socket());
		TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes kept", fm_backing());
		TEST_ASSERT(ret > 0 && (unsigned int)ret == before - fm_count_memzones(),
				"%d zones, %u memzones", ret, before - fm_count_memzones());
		TEST_ASSERT_EQUAL(fm_count_memzones(), zones, "memzones kept");
		for (j = 0; j < RTE_DIM(objs); j++) {
			TEST_ASSERT(!rte_fastmem_owns(objs[j]), "owns what it gave back");
			TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(objs[j]), RTE_BAD_IOVA, "IOVA");
		}
		TEST_ASSERT_EQUAL(rte_fastmem_trim(SOCKET_ID_ANY), 0, "trimmed twice");
	}
	return TEST_SUCCESS;
}

/* Zones with an object in use stay, with the object as it is. */
static int
test_trim_keeps_used(void)
{
	void *small, *objs[16];
	uint64_t backing;
	size_t limit;
	int ret;

	small = rte_fastmem_alloc(100, 0, 0);
	TEST_ASSERT_NOT_NULL(small, "no object");
	fm_fill(small, 100);
	TEST_ASSERT_EQUAL(fm_exhaust(objs, RTE_DIM(objs), FM_MAX, 0, fm_socket()),
			(int)RTE_DIM(objs), "no objects");
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	rte_fastmem_cache_flush();
	backing = fm_backing();
	ret = rte_fastmem_trim(SOCKET_ID_ANY);
	TEST_ASSERT(ret > 0, "no zones: %d", ret);
	TEST_ASSERT(fm_backing() < backing && fm_backing() >= FM_SLAB, "%" PRIu64 " of %" PRIu64,
			fm_backing(), backing);
	TEST_ASSERT(rte_fastmem_owns(small) && fm_is_filled(small, 100), "object lost");
	/* the limit has room again for what was given back */
	limit = fm_backing() + 2 * FM_SLAB;
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(fm_socket(), limit), "limit");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(limit, fm_socket()), "no room");
	rte_fastmem_free(small);
	rte_fastmem_cache_flush();
	TEST_ASSERT(rte_fastmem_trim(fm_socket()) > 0, "no zones");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes kept", fm_backing());
	return TEST_SUCCESS;
}

/* A reserve above 4 slabs then trim; objects of all classes in between, several rounds. */
static int
test_trim_rounds(void)
{
	void *objs[FM_NB_CLASSES];
	unsigned int round, i;

	for (round = 0; round < 5; round++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_reserve((round + 1) * 2 * FM_SLAB, fm_socket()),
				"reserve");
		for (i = 0; i < FM_NB_CLASSES; i++) {
			objs[i] = rte_fastmem_alloc(fm_class_size(i), fm_class_size(i), 0);
			TEST_ASSERT_NOT_NULL(objs[i], "class %u", i);
			fm_fill(objs[i], fm_class_size(i));
		}
		TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) >= 0, "trim");
		for (i = 0; i < FM_NB_CLASSES; i++)
			TEST_ASSERT(fm_is_filled(objs[i], fm_class_size(i)), "class %u", i);
		rte_fastmem_free_bulk(objs, FM_NB_CLASSES);
		rte_fastmem_cache_flush();
		TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) > 0, "trim");
		TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes kept", fm_backing());
	}
	return TEST_SUCCESS;
}

struct unit_test_suite fm_memory_suite = {
	.suite_name = "fastmem memory",
	.unit_test_cases = {
		FM_CASE(test_reserve_total),
		FM_CASE(test_reserve_serves),
		FM_CASE(test_reserve_zones),
		FM_CASE(test_reserve_errors),
		FM_CASE(test_limit_api),
		FM_CASE(test_limit_holds),
		FM_CASE(test_limit_below_use),
		FM_CASE(test_slabs_change_class),
		FM_CASE(test_cached_memory_is_found),
		FM_CASE(test_first_object),
		FM_CASE(test_growth),
		FM_CASE(test_scribble),
		FM_CASE(test_trim),
		FM_CASE(test_trim_keeps_used),
		FM_CASE(test_trim_rounds),
		TEST_CASES_END()
	}
};
