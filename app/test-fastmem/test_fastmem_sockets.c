/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, NUMA: each socket has its own slabs and limit, and an object freed on
 * the wrong socket comes home. The hook of fastmem_test.h makes several sockets of one.
 * Calls the public API, that hook and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem.h"

#define NB_SOCKETS 3
#define LIMIT (4 * FM_MIB)

/* All objects of a class that the limit of a socket allows, in the order of addresses. */
struct stock {
	void **objs;
	int n;
};

static int
sockets_setup(void)
{
	fm_setup_none();
	TEST_ASSERT_SUCCESS(fastmem_test_set_sockets(NB_SOCKETS), "no sockets");
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "no init");
	return TEST_SUCCESS;
}

static int
stock_take(struct stock *s, size_t size, int socket)
{
	const unsigned int max = LIMIT / size + 1;

	s->n = 0;
	s->objs = malloc(max * sizeof(*s->objs));
	TEST_ASSERT_NOT_NULL(s->objs, "no array");
	s->n = fm_exhaust(s->objs, max, size, 8, socket);
	TEST_ASSERT(s->n > 0, "socket %d: %d objects", socket, s->n);
	qsort(s->objs, s->n, sizeof(*s->objs), fm_compare_ptrs);
	return 0;
}

static void
stock_drop(struct stock *s)
{
	if (s->n > 0)
		rte_fastmem_free_bulk(s->objs, s->n);
	free(s->objs);
	s->objs = NULL;
	s->n = 0;
}

/* On whichever thread: half one by one, half at once. */
static int
stock_free(void *arg)
{
	struct stock *s = arg;
	int i;

	for (i = 0; i < s->n / 2; i++)
		rte_fastmem_free(s->objs[i]);
	rte_fastmem_free_bulk(&s->objs[i], s->n - i);
	rte_fastmem_cache_flush();
	return 0;
}

static bool
stock_is_same(const struct stock *a, const struct stock *b)
{
	return a->n == b->n && memcmp(a->objs, b->objs, a->n * sizeof(*a->objs)) == 0;
}

/* Objects of several sockets never lie in one slab: the sets of slabs are disjoint. */
static bool
stock_is_apart(const struct stock *a, const struct stock *b)
{
	int i, j;

	for (i = 0, j = 0; i < a->n && j < b->n;) {
		uintptr_t x = (uintptr_t)a->objs[i] / (2 * FM_MIB);
		uintptr_t y = (uintptr_t)b->objs[j] / (2 * FM_MIB);

		if (x == y)
			return false;
		if (x < y)
			i++;
		else
			j++;
	}
	return true;
}

/*
 * Takes everything of each socket, frees it in one heap on each kind of thread (all of which
 * are on one real socket, so most are on the wrong one), and takes it again: every
 * object must be back on its socket.
 */
static int
check_homecoming(size_t size)
{
	struct stock first[NB_SOCKETS], again;
	int s, t, ret = TEST_FAILED;

	memset(first, 0, sizeof(first));
	memset(&again, 0, sizeof(again));
	for (s = 0; s < NB_SOCKETS; s++)
		if (stock_take(&first[s], size, s) != 0)
			goto out;
	for (s = 0; s < NB_SOCKETS; s++)
		for (t = 0; t < s; t++)
			if (!stock_is_apart(&first[s], &first[t])) {
				printf("size %zu: sockets %d and %d share a slab\n", size, s, t);
				goto out;
			}
	for (t = 0; t < 3; t++) {
		for (s = 0; s < NB_SOCKETS; s++)
			if ((t == 0 ? stock_free(&first[s]) :
					fm_in_thread(stock_free, &first[s], t == 1)) != 0)
				goto out;
		if (fm_in_use() != 0) {
			printf("size %zu: %" PRIu64 " in use\n", size, fm_in_use());
			goto out;
		}
		for (s = 0; s < NB_SOCKETS; s++) {
			if (stock_take(&again, size, s) != 0)
				goto out;
			if (!stock_is_same(&first[s], &again)) {
				printf("size %zu socket %d: not its objects\n", size, s);
				goto out;
			}
			free(again.objs);
			memset(&again, 0, sizeof(again));
		}
	}
	ret = TEST_SUCCESS;
out:
	stock_drop(&again);
	for (s = 0; s < NB_SOCKETS; s++)
		stock_drop(&first[s]);
	rte_fastmem_cache_flush();
	return ret;
}

static int
test_homecoming(void)
{
	const size_t sizes[] = { 64, 100, 2048, 65536, FM_MAX };
	unsigned int i;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, LIMIT), "limit");
	for (i = 0; i < RTE_DIM(sizes); i++)
		if (check_homecoming(sizes[i]) != 0)
			return TEST_FAILED;
	TEST_ASSERT(fm_backing() <= NB_SOCKETS * LIMIT, "%" PRIu64 " bytes", fm_backing());
	return TEST_SUCCESS;
}

/* The limit of one socket is no other's; an explicit socket has no fallback. */
static int
test_socket_limits(void)
{
	void *objs[NB_SOCKETS][16];
	int s, n;

	for (s = 0; s < NB_SOCKETS; s++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(s, s * LIMIT), "limit");
		TEST_ASSERT_EQUAL(rte_fastmem_get_limit(s), s * LIMIT, "limit of %d", s);
	}
	for (s = NB_SOCKETS - 1; s >= 0; s--) {
		n = fm_exhaust(objs[s], 16, FM_MAX, 0, s);
		TEST_ASSERT_EQUAL(n, 4 * s, "socket %d: %d objects", s, n);
		TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk_socket(&objs[s][n], 1, FM_MAX, 0, 0, s),
				-ENOMEM, "socket %d", s);
	}
	TEST_ASSERT_EQUAL(fm_backing(), 3 * LIMIT, "%" PRIu64 " bytes", fm_backing());
	/* all full: no fallback helps */
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_alloc_socket(FM_MAX, 0, 0, SOCKET_ID_ANY), "object");
	TEST_ASSERT_EQUAL(rte_errno, ENOMEM, "%s", rte_strerror(rte_errno));
	/* one free object on socket 2: for those who ask there or anywhere */
	rte_fastmem_free(objs[2][7]);
	TEST_ASSERT_NULL(rte_fastmem_alloc_socket(FM_MAX, 0, 0, 1), "from the wrong socket");
	objs[2][7] = rte_fastmem_alloc_socket(FM_MAX, 0, 0, SOCKET_ID_ANY);
	TEST_ASSERT_NOT_NULL(objs[2][7], "not from anywhere");
	for (s = 0; s < NB_SOCKETS; s++)
		rte_fastmem_free_bulk(objs[s], 4 * s);
	return TEST_SUCCESS;
}

/* SOCKET_ID_ANY goes to the caller's socket while that has memory, then to others. */
static int
test_any_socket(void)
{
	void *objs[4 * NB_SOCKETS + 1];
	struct rte_fastmem_stats stats;
	rte_fastmem_handle_t handle;
	int here = fm_socket(), n;
	uint64_t nb_nomem;

	if (here >= NB_SOCKETS)
		return fm_skip("runs on a socket above those pretended");
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, LIMIT), "limit");
	n = fm_exhaust(objs, 4, FM_MAX, 0, SOCKET_ID_ANY);
	TEST_ASSERT_EQUAL(n, 4, "%d objects", n);
	TEST_ASSERT_NULL(rte_fastmem_alloc_socket(FM_MAX, 0, 0, here), "caller's socket not first");
	TEST_ASSERT_NULL(rte_fastmem_alloc(FM_MAX, 0, 0), "alloc falls back");
	/* each of the others, by each function that may go there: those are no failures */
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&stats), "stats");
	nb_nomem = stats.alloc_nomem;
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk_socket(&objs[4], 2, FM_MAX, 0, 0,
			SOCKET_ID_ANY), "bulk");
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(FM_MAX, 0, SOCKET_ID_ANY, &handle), "lookup");
	objs[6] = rte_fastmem_halloc(handle, 0);
	TEST_ASSERT_NOT_NULL(objs[6], "handle");
	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, &objs[7], 1, 0), "handle bulk");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&stats), "stats");
	TEST_ASSERT_EQUAL(stats.alloc_nomem, nb_nomem, "a success counted as failure");
	n = 8 + fm_exhaust(&objs[8], 5, FM_MAX, 0, SOCKET_ID_ANY);
	TEST_ASSERT_EQUAL(n, 4 * NB_SOCKETS, "%d objects", n);
	TEST_ASSERT_EQUAL(rte_fastmem_halloc_bulk(handle, &objs[12], 1, 0), -ENOMEM, "handle");
	TEST_ASSERT_NULL(rte_fastmem_halloc(handle, 0), "handle");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&stats), "stats");
	/* fm_exhaust() had one, too */
	TEST_ASSERT_EQUAL(stats.alloc_nomem, nb_nomem + 3, "%" PRIu64 " failures counted, not 3",
			stats.alloc_nomem - nb_nomem);
	rte_fastmem_free_bulk(objs, n);
	return TEST_SUCCESS;
}

/* A bulk from anywhere may be larger than what one socket has. */
static int
test_any_bulk_spans(void)
{
	void *objs[4 * NB_SOCKETS], *saved[4 * NB_SOCKETS];
	unsigned int round;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, LIMIT), "limit");
	for (round = 0; round < 3; round++) {
		TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk_socket(objs, 5, FM_MAX, 0, 0, 1), -ENOMEM,
				"5 of 4");
		TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk_socket(objs, 4 * NB_SOCKETS, FM_MAX, 0,
				0, SOCKET_ID_ANY), "all that there is");
		memset(saved, 0x3c, sizeof(saved));
		memcpy(&saved[1], &saved[0], sizeof(saved[0]));
		TEST_ASSERT_EQUAL(rte_fastmem_alloc_bulk_socket(&saved[0], 1, FM_MAX, 0, 0,
				SOCKET_ID_ANY), -ENOMEM, "more than there is");
		TEST_ASSERT_EQUAL(saved[0], saved[1], "ptrs touched");
		rte_fastmem_free_bulk(objs, 4 * NB_SOCKETS);
		rte_fastmem_cache_flush();
	}
	return TEST_SUCCESS;
}

/* From as many sockets as it takes: no slab of the others joins the class. */
static int
test_any_bulk_spans_some(void)
{
	struct rte_fastmem_class_stats stats;
	void *objs[4 + 2];

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, LIMIT), "limit");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk_socket(objs, RTE_DIM(objs), FM_MAX, 0, 0,
			SOCKET_ID_ANY), "bulk");
	TEST_ASSERT_EQUAL(fastmem_test_validate(stdout), 0, "validate");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(FM_MAX, &stats), "stats");
	TEST_ASSERT_EQUAL(stats.slab_acquires, 3, "%" PRIu64 " slabs for 6 MiB",
			stats.slab_acquires);
	TEST_ASSERT_EQUAL(fm_backing(), 6 * FM_MIB, "%" PRIu64 " bytes for 6 MiB", fm_backing());
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	rte_fastmem_cache_flush();
	TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) >= 0, "trim");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes left", fm_backing());
	return TEST_SUCCESS;
}

/* Handles of several sockets, on threads of one: each serves its own. */
static int
test_socket_handles(void)
{
	rte_fastmem_handle_t handles[NB_SOCKETS];
	void *objs[NB_SOCKETS][4];
	int s;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, LIMIT), "limit");
	for (s = 0; s < NB_SOCKETS; s++)
		TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(FM_MAX, 0, s, &handles[s]), "lookup");
	for (s = 0; s < NB_SOCKETS; s++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handles[s], objs[s], 4, 0), "bulk");
		TEST_ASSERT_NULL(rte_fastmem_halloc(handles[s], 0), "from another socket");
	}
	for (s = 0; s < NB_SOCKETS; s++) {
		/* by the handle of another socket: it goes home all the same, or is refused */
		rte_fastmem_hfree(handles[(s + !FM_IS_CHECKED) % NB_SOCKETS], objs[s][3]);
		TEST_ASSERT_NULL(rte_fastmem_halloc(handles[(s + 1) % NB_SOCKETS], 0),
				"socket %d has an object of %d", (s + 1) % NB_SOCKETS, s);
		objs[s][3] = rte_fastmem_halloc(handles[s], RTE_FASTMEM_F_ZERO);
		TEST_ASSERT_NOT_NULL(objs[s][3], "object did not come home to %d", s);
	}
	for (s = 0; s < NB_SOCKETS; s++)
		rte_fastmem_hfree_bulk(handles[FM_IS_CHECKED ? s : 0], objs[s], 4);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
	return TEST_SUCCESS;
}

static int
test_socket_reserve_and_trim(void)
{
	unsigned int zones = fm_count_memzones();
	int s;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, LIMIT), "limit");
	for (s = 0; s < NB_SOCKETS; s++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_reserve(LIMIT, s), "socket %d", s);
		TEST_ASSERT_EQUAL(fm_backing(), (s + 1) * LIMIT, "%" PRIu64 " bytes", fm_backing());
		TEST_ASSERT_EQUAL(fm_count_memzones(), zones + s + 1, "not one memzone each");
		TEST_ASSERT_EQUAL(rte_fastmem_reserve(LIMIT + 1, s), -ENOMEM, "over the limit");
	}
	for (s = 0; s < NB_SOCKETS; s++) {
		TEST_ASSERT_EQUAL(rte_fastmem_trim(s), 1, "socket %d", s);
		TEST_ASSERT_EQUAL(rte_fastmem_trim(s), 0, "socket %d again", s);
		TEST_ASSERT_EQUAL(fm_backing(), (NB_SOCKETS - 1 - s) * LIMIT, "%" PRIu64,
				fm_backing());
	}
	/* the caller's socket first, then the others; more than all is too much */
	TEST_ASSERT_EQUAL(rte_fastmem_reserve(NB_SOCKETS * LIMIT + 1, SOCKET_ID_ANY), -ENOMEM,
			"more than all limits");
	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(2 * LIMIT, SOCKET_ID_ANY), "two sockets");
	TEST_ASSERT(fm_backing() >= 2 * LIMIT, "%" PRIu64 " bytes", fm_backing());
	TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) > 0, "trim");
	TEST_ASSERT_EQUAL(fm_backing(), 0, "%" PRIu64 " bytes", fm_backing());
	return TEST_SUCCESS;
}

/* realloc leaves the object on its socket where it can, and never fails for that. */
static int
test_socket_realloc(void)
{
	void *obj;
	int s;

	for (s = 0; s < NB_SOCKETS; s++) {
		obj = rte_fastmem_alloc_socket(100, 0, 0, s);
		TEST_ASSERT_NOT_NULL(obj, "socket %d", s);
		memset(obj, 0x11, 100);
		obj = rte_fastmem_realloc(obj, 5000, 0);
		TEST_ASSERT_NOT_NULL(obj, "socket %d", s);
		TEST_ASSERT(fm_is_byte(obj, 100, 0x11), "content lost");
		rte_fastmem_free(obj);
	}
	return TEST_SUCCESS;
}

#define SOCKETS_CASE(fn) \
	TEST_CASE_NAMED_WITH_DATA(#fn, sockets_setup, fm_teardown, fm_run, \
		&(const struct fm_case){ fn })

struct unit_test_suite fm_sockets_suite = {
	.suite_name = "fastmem sockets",
	.unit_test_cases = {
		SOCKETS_CASE(test_homecoming),
		SOCKETS_CASE(test_socket_limits),
		SOCKETS_CASE(test_any_socket),
		SOCKETS_CASE(test_any_bulk_spans),
		SOCKETS_CASE(test_any_bulk_spans_some),
		SOCKETS_CASE(test_socket_handles),
		SOCKETS_CASE(test_socket_reserve_and_trim),
		SOCKETS_CASE(test_socket_realloc),
		TEST_CASES_END()
	}
};
