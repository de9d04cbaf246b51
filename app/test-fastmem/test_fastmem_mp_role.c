/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * What the secondary processes of fastmem_mp_autotest do.
 * Owns nothing that outlives a role. Calls the library, and the primary
 * through the shared memzone.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_memory.h>
#include <rte_thread.h>

#include "test.h"
#include "test_fastmem_mp.h"

/* The primary has not initialised the library, then it does. */
static int
role_early(unsigned int idx)
{
	struct rte_fastmem_stats st;
	void *ptr;

	rte_errno = 0;
	FMP_CHECK(rte_fastmem_alloc(64, 0, 0) == NULL && rte_errno == ENODEV, "alloc");
	FMP_CHECK(rte_fastmem_alloc_bulk(&ptr, 1, 64, 0, 0) == -ENODEV, "alloc_bulk");
	FMP_CHECK(rte_fastmem_stats(&st) == -ENODEV, "stats");
	FMP_CHECK(rte_fastmem_init() == -ENODEV, "init");
	FMP_CHECK(!rte_fastmem_owns(&st), "owns");
	rte_fastmem_free(NULL);
	rte_fastmem_cache_flush();
	rte_fastmem_deinit();
	if (fmp_pass(idx, FMP_FIRST) < 0)
		return -1;
	ptr = rte_fastmem_alloc(64, 0, 0);
	FMP_CHECK(ptr != NULL, "alloc: %s", rte_strerror(rte_errno));
	rte_fastmem_free(ptr);
	return 0;
}

/* The first call of a process may be any. The index says which. */
static int
role_first_use(unsigned int idx)
{
	struct fmp_obj *o = &fmp_shared->objs[idx];
	rte_fastmem_handle_t handle;
	struct rte_fastmem_stats st;
	void *ptr = NULL;

	switch (idx) {
	case 0:
		ptr = rte_fastmem_alloc(100, 0, RTE_FASTMEM_F_ZERO);
		break;
	case 1:
		rte_fastmem_free(o->ptr);
		return 0;
	case 2:
		FMP_CHECK(rte_fastmem_hlookup(100, 0, SOCKET_ID_ANY, &handle) == 0, "hlookup");
		ptr = rte_fastmem_halloc(handle, 0);
		break;
	case 3:
		FMP_CHECK(rte_fastmem_alloc_bulk(&ptr, 1, 100, 0, 0) == 0, "alloc_bulk");
		break;
	case 4:
		ptr = rte_fastmem_realloc(o->ptr, o->size * 4, 0);
		FMP_CHECK(ptr != NULL && fmp_pattern_is(ptr, o->size, o->tag), "realloc");
		break;
	case 5:
		FMP_CHECK(rte_fastmem_stats(&st) == 0 && st.bytes_in_use != 0, "stats");
		return 0;
	case 6:
		return fmp_obj_check(o);
	default:
		rte_fastmem_hfree(o->handle, o->ptr);
		return 0;
	}
	FMP_CHECK(ptr != NULL, "alloc: %s", rte_strerror(rte_errno));
	rte_fastmem_free(ptr);
	return 0;
}

/* Check and free the primary's objects, leave as many behind. */
static int
role_objects(unsigned int idx)
{
	struct fmp_link *link = &fmp_shared->links[idx];
	struct rte_fastmem_class_stats c;
	struct rte_fastmem_stats st;

	FMP_CHECK(rte_fastmem_stats(&st) == 0 && st.bytes_in_use != 0, "stats");
	FMP_CHECK(rte_fastmem_stats_class(1024, &c) == 0 && c.in_use != 0, "class stats");
	if (fmp_objs_free(fmp_shared->objs, FMP_OBJS) < 0)
		return -1;
	FMP_CHECK(rte_fastmem_stats(&st) == 0 && st.bytes_in_use == 0,
			"%" PRIu64 " bytes in use", st.bytes_in_use);
	return fmp_objs_make(link->objs, FMP_OBJS, 0xabcdef);
}

/* Memory that one process adds is there for the other. */
static int
role_grow(unsigned int idx)
{
	struct fmp_link *link = &fmp_shared->links[idx];
	struct rte_fastmem_stats before, after;
	unsigned int i;

	FMP_CHECK(rte_fastmem_stats(&before) == 0, "stats");
	for (i = 0; i < 24; i++)
		if (fmp_obj_make(&link->objs[i], (1u << 20) - i, 0, i) < 0)
			return -1;
	FMP_CHECK(rte_fastmem_stats(&after) == 0 && after.bytes_backing > before.bytes_backing,
			"backing did not grow");
	if (fmp_pass(idx, FMP_FIRST) < 0)
		return -1;
	/* now the primary has grown it by its own objects */
	return fmp_objs_free(fmp_shared->objs, 24);
}

static uint32_t
fill_thread(void *arg)
{
	*(int *)arg = fmp_fill_caches();
	return 0;
}

/* Have full caches, in two threads. */
static int
fill_two(void)
{
	rte_thread_t thread;
	int ret = -1;

	FMP_CHECK(rte_thread_create(&thread, NULL, fill_thread, &ret) == 0, "no thread");
	rte_thread_join(thread, NULL);
	return ret < 0 ? ret : fmp_fill_caches();
}

/* Ends as a program without care for the library does. */
static int
role_end(unsigned int idx)
{
	RTE_SET_USED(idx);
	return fill_two();
}

static int
role_end_deinit(unsigned int idx)
{
	RTE_SET_USED(idx);
	if (fill_two() < 0)
		return -1;
	rte_fastmem_deinit();
	return 0;
}

static int
role_end_exit(unsigned int idx)
{
	if (fill_two() < 0 || fmp_pass(idx, FMP_DONE) < 0)
		return -1;
	exit(0);
}

static int
role_end_quick(unsigned int idx)
{
	if (fill_two() < 0 || fmp_pass(idx, FMP_DONE) < 0)
		return -1;
	_exit(0);
}

static int
role_attach(unsigned int idx)
{
	RTE_SET_USED(idx);
	FMP_CHECK(rte_fastmem_init() == 0, "init");
	FMP_CHECK(rte_fastmem_init() == -EBUSY, "init twice");
	return 0;
}

static int
role_work(unsigned int idx)
{
	return fmp_work(idx + 1, 100000 / FM_SLOW, &fmp_shared->links[idx].progress);
}

/* Detach and attach; objects do not care. */
static int
role_reuse(unsigned int idx)
{
	struct fmp_link *link = &fmp_shared->links[idx];
	unsigned int i;

	for (i = 0; i < 50; i++) {
		if (i % 3 == 0)
			FMP_CHECK(rte_fastmem_init() == 0, "init, round %u", i);
		if (fmp_objs_make(link->objs, FMP_OBJS, i) < 0)
			return -1;
		rte_fastmem_deinit();
		if (i % 3 == 1)
			FMP_CHECK(rte_fastmem_init() == 0, "init again, round %u", i);
		if (fmp_objs_free(link->objs, FMP_OBJS) < 0)
			return -1;
		rte_fastmem_deinit();
		rte_fastmem_deinit();
	}
	return 0;
}

/* The primary starts afresh while this process is detached. */
static int
role_fresh(unsigned int idx)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (fmp_fill_caches() < 0)
			return -1;
		rte_fastmem_deinit();
		if (fmp_pass(idx, FMP_FIRST + 2 * i) < 0)
			return -1;
	}
	return 0;
}

/* Works until it is told to stop. */
static int
role_survivor(unsigned int idx)
{
	struct fmp_link *link = &fmp_shared->links[idx];
	uint64_t rounds = 0;

	fmp_at(idx, FMP_FIRST);
	while (rte_atomic_load_explicit(&link->command, rte_memory_order_acquire) < FMP_DONE) {
		RTE_ATOMIC(uint64_t) progress;

		if (fmp_work(++rounds, 500, &progress) < 0)
			return -1;
		rte_atomic_store_explicit(&link->progress, rounds, rte_memory_order_relaxed);
	}
	return 0;
}

/*
 * To be killed at any moment. What it holds is in the link: an object is there
 * after its allocation is complete, and not any more when its free begins.
 */
static int
role_victim(unsigned int idx)
{
	struct fmp_link *link = &fmp_shared->links[idx];
	uint64_t rng = getpid(), i;
	void *bulk[32];

	for (i = 0; ; i++) {
		uint64_t r = fmp_rand(&rng);
		unsigned int at = (r >> 8) % (FMP_HELD - RTE_DIM(bulk));
		unsigned int j, n = 1, nb = 0;
		void *ptr;

		if (i == 20000)
			fmp_at(idx, FMP_FIRST);
		rte_atomic_store_explicit(&link->progress, i, rte_memory_order_relaxed);
		if (r % 8 == 0)
			n = 1 + (r >> 40) % RTE_DIM(bulk);
		for (j = 0; j < n; j++) {
			ptr = rte_atomic_exchange_explicit(&link->held[at + j], NULL,
					rte_memory_order_acq_rel);
			if (n == 1)
				rte_fastmem_free(ptr);
			else if (ptr != NULL)
				bulk[nb++] = ptr;
		}
		rte_fastmem_free_bulk(bulk, nb);
		if (n == 1) {
			ptr = rte_fastmem_alloc(fmp_size(r >> 3), 8, 0);
			rte_atomic_store_explicit(&link->held[at], ptr, rte_memory_order_release);
		} else if (rte_fastmem_alloc_bulk(bulk, n, fmp_size(r >> 3), 8, 0) == 0) {
			for (j = 0; j < n; j++)
				rte_atomic_store_explicit(&link->held[at + j], bulk[j],
						rte_memory_order_release);
		}
		if (r % 512 == 1)
			rte_fastmem_cache_flush();
	}
	return 0;
}

static const struct {
	const char *name;
	int (*run)(unsigned int idx);
} roles[] = {
	{ "early", role_early },
	{ "first_use", role_first_use },
	{ "objects", role_objects },
	{ "grow", role_grow },
	{ "end", role_end },
	{ "end_deinit", role_end_deinit },
	{ "end_exit", role_end_exit },
	{ "end_quick", role_end_quick },
	{ "attach", role_attach },
	{ "work", role_work },
	{ "reuse", role_reuse },
	{ "fresh", role_fresh },
	{ "survivor", role_survivor },
	{ "victim", role_victim },
};

int
fmp_role_run(const char *role, unsigned int idx)
{
	unsigned int i;

	if (fmp_shared_find() < 0)
		return -1;
	for (i = 0; i < RTE_DIM(roles); i++)
		if (strcmp(roles[i].name, role) == 0)
			break;
	FMP_CHECK(i < RTE_DIM(roles), "no role %s", role);
	if (fmp_pass(idx, FMP_READY) < 0 || roles[i].run(idx) < 0)
		return -1;
	return fmp_pass(idx, FMP_DONE);
}
