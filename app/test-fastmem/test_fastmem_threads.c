/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, threads: objects that cross EAL lcores, registered and unregistered threads
 * and control threads; lcore ids that go from thread to thread; threads that end; more threads
 * than cores. Calls the public API, EAL and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_fastmem.h"

#define NB_OBJS 500

/* What one thread hands to the next. */
struct parcel {
	void *objs[NB_OBJS];
	unsigned int nb;
	unsigned int lcore; /* of the thread that had it last */
};

static size_t
parcel_size(unsigned int i)
{
	return fm_class_size(i % 12) - i % 4;
}

static int
parcel_fill(void *arg)
{
	struct parcel *p = arg;

	p->lcore = rte_lcore_id();
	for (p->nb = 0; p->nb < NB_OBJS; p->nb++) {
		void *obj = rte_fastmem_alloc(parcel_size(p->nb), 8, 0);

		TEST_ASSERT_NOT_NULL(obj, "object %u: %s", p->nb, rte_strerror(rte_errno));
		fm_fill(obj, parcel_size(p->nb));
		p->objs[p->nb] = obj;
	}
	return 0;
}

static int
parcel_free(void *arg)
{
	struct parcel *p = arg;
	unsigned int i;

	p->lcore = rte_lcore_id();
	for (i = 0; i < p->nb; i++)
		TEST_ASSERT(fm_is_filled(p->objs[i], parcel_size(i)), "object %u changed", i);
	for (i = 0; i < p->nb / 2; i++)
		rte_fastmem_free(p->objs[i]);
	rte_fastmem_free_bulk(&p->objs[i], p->nb - i);
	p->nb = 0;
	return 0;
}

static int
parcel_fill_and_free(void *arg)
{
	return parcel_fill(arg) != 0 || parcel_free(arg) != 0 ? TEST_FAILED : 0;
}

/* --- a place where to run a function: each kind of thread --- */

static int
run_in_registered(int (*fn)(void *arg), void *arg)
{
	return fm_in_thread(fn, arg, true);
}

static int
run_in_unregistered(int (*fn)(void *arg), void *arg)
{
	return fm_in_thread(fn, arg, false);
}

static int
run_in_main(int (*fn)(void *arg), void *arg)
{
	return fn(arg);
}

static int
run_in_worker(int (*fn)(void *arg), void *arg)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);

	if (lcore >= RTE_MAX_LCORE)
		return fn(arg); /* one lcore only */
	return fm_in_lcore(fn, arg, lcore);
}

static int (*const places[])(int (*fn)(void *arg), void *arg) = {
	run_in_main, run_in_worker, run_in_registered, run_in_unregistered, fm_in_control,
};

/* Allocated in each place, freed in each: content whole, nothing in use, nothing lost. */
static int
test_cross_free(void)
{
	unsigned int from, to, round;
	struct parcel p;

	for (round = 0; round < 3; round++)
		for (from = 0; from < RTE_DIM(places); from++)
			for (to = 0; to < RTE_DIM(places); to++) {
				TEST_ASSERT_SUCCESS(places[from](parcel_fill, &p), "from %u", from);
				TEST_ASSERT_EQUAL(fm_in_use(), NB_OBJS, "%" PRIu64 " in use",
						fm_in_use());
				TEST_ASSERT_SUCCESS(places[to](parcel_free, &p), "%u to %u", from,
						to);
				TEST_ASSERT_EQUAL(fm_in_use(), 0, "%u to %u: %" PRIu64 " in use",
						from, to, fm_in_use());
			}
	return fm_check_stats();
}

/* Alloc in one thread, free in another, many times: the objects must find back. */
static int
test_one_way(void)
{
	unsigned int from, to, round;
	uint64_t backing = 0;
	struct parcel p;

	for (from = 0; from < RTE_DIM(places); from++) {
		to = (from + 1) % RTE_DIM(places);
		for (round = 0; round < 30; round++) {
			TEST_ASSERT_SUCCESS(places[from](parcel_fill, &p), "from %u", from);
			TEST_ASSERT_SUCCESS(places[to](parcel_free, &p), "to %u", to);
			if (from == 0 && round == 10)
				backing = fm_backing();
		}
	}
	/* 75,000 objects of all sizes went through, 500 at a time */
	TEST_ASSERT(fm_backing() <= backing * 2 + 16 * FM_MIB, "%" PRIu64 " bytes, then %" PRIu64,
			backing, fm_backing());
	return TEST_SUCCESS;
}

/* Threads that take over an lcore id, one after the other, with full caches each time. */
static int
test_lcore_id_reused(void)
{
	unsigned int i, first = LCORE_ID_ANY, nb_same = 0;
	struct parcel p, kept;
	uint64_t backing = 0;

	TEST_ASSERT_SUCCESS(run_in_registered(parcel_fill, &kept), "fill");
	for (i = 0; i < 40; i++) {
		TEST_ASSERT_SUCCESS(run_in_registered(parcel_fill_and_free, &p), "thread %u", i);
		if (i == 0)
			first = p.lcore;
		if (i == 10)
			backing = fm_backing();
		TEST_ASSERT_NOT_EQUAL(p.lcore, LCORE_ID_ANY, "not registered");
		nb_same += p.lcore == first;
		TEST_ASSERT_EQUAL(fm_in_use(), NB_OBJS, "%" PRIu64 " in use", fm_in_use());
	}
	TEST_ASSERT(nb_same > 20, "id not taken over");
	TEST_ASSERT_EQUAL(fm_backing(), backing, "grew from %" PRIu64 " to %" PRIu64 " bytes",
			backing, fm_backing());
	TEST_ASSERT_SUCCESS(run_in_registered(parcel_free, &kept), "free");
	return TEST_SUCCESS;
}

/* Unregistered threads that end leave nothing behind. */
static int
test_unregistered_end(void)
{
	uint64_t backing = 0;
	struct parcel p;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		TEST_ASSERT_SUCCESS(run_in_unregistered(parcel_fill_and_free, &p), "thread %u", i);
		TEST_ASSERT_EQUAL(p.lcore, LCORE_ID_ANY, "registered");
		if (i == 20)
			backing = fm_backing();
	}
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
	TEST_ASSERT_EQUAL(fm_backing(), backing, "grew from %" PRIu64 " to %" PRIu64 " bytes",
			backing, fm_backing());
	return TEST_SUCCESS;
}

/* Objects that the calling thread's lcore, or those without one, have allocated and freed. */
static uint64_t
count_own(void)
{
	struct rte_fastmem_lcore_stats s;

	if ((rte_lcore_id() == LCORE_ID_ANY ? rte_fastmem_stats_shared(&s) :
			rte_fastmem_stats_lcore(rte_lcore_id(), &s)) != 0)
		return 0;
	return s.alloc_cache_hits + s.alloc_cache_misses + s.free_cache_hits +
		s.free_cache_misses;
}

/*
 * A thread's registration comes and goes between its allocations and its frees; each is
 * counted where the thread is at that time.
 */
static int
change_registration(void *arg)
{
	struct parcel *p = arg;
	unsigned int i;
	uint64_t count;

	for (i = 0; i < 6; i++) {
		count = count_own();
		TEST_ASSERT_SUCCESS(parcel_fill(p), "fill %u", i);
		TEST_ASSERT_EQUAL(count_own(), count + NB_OBJS, "round %u: not counted here", i);
		if (i % 2 == 0)
			TEST_ASSERT_SUCCESS(rte_thread_register(), "%s", rte_strerror(rte_errno));
		else
			rte_thread_unregister();
		count = count_own();
		TEST_ASSERT_SUCCESS(parcel_free(p), "free %u", i);
		TEST_ASSERT_EQUAL(count_own(), count + NB_OBJS, "round %u: not counted here", i);
	}
	return 0;
}

static int
test_change_registration(void)
{
	struct parcel p;

	TEST_ASSERT_SUCCESS(fm_in_thread(change_registration, &p, false), "thread");
	return TEST_SUCCESS;
}

/* A thread that ends without unregistering keeps its id, and must not keep objects in use. */
static uint32_t
end_registered(void *arg)
{
	if (rte_thread_register() != 0)
		return 1;
	return parcel_fill_and_free(arg) != 0;
}

static int
test_end_without_unregister(void)
{
	struct rte_fastmem_lcore_stats s;
	struct parcel p;
	rte_thread_t id;
	uint32_t ret;

	TEST_ASSERT_SUCCESS(rte_thread_create(&id, NULL, end_registered, &p), "no thread");
	TEST_ASSERT_SUCCESS(rte_thread_join(id, &ret), "no join");
	TEST_ASSERT_EQUAL(ret, 0, "thread failed");
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
	TEST_ASSERT_SUCCESS(rte_fastmem_stats_lcore(p.lcore, &s), "stats");
	TEST_ASSERT_EQUAL(s.alloc_cache_hits + s.alloc_cache_misses, NB_OBJS, "not counted");
	TEST_ASSERT_EQUAL(s.free_cache_hits + s.free_cache_misses, NB_OBJS, "not counted");
	return TEST_SUCCESS;
}

/* --- more threads than cores, all at once, objects going from each to each --- */

#define NB_THREADS 8
#define NB_ROUNDS 4000
#define NB_SLOTS 64

/* Whoever puts a message into a slot frees the one that was there: nobody ever waits. */
struct exchange {
	RTE_ATOMIC(uintptr_t) slots[NB_SLOTS];
	RTE_ATOMIC(unsigned int) nb_failed;
	RTE_ATOMIC(unsigned int) nb_thread;
};

/* A message: its first word is its size, the rest a pattern of address and size. */
static bool
message_is_whole(uint64_t *msg)
{
	return msg[0] >= 2 * sizeof(*msg) && msg[0] <= 4096 &&
		fm_is_filled(msg + 1, msg[0] - sizeof(*msg));
}

static uint64_t *
message_new(unsigned int i)
{
	size_t size = 16 + (i * 37) % 2000;
	uint64_t *msg;

	msg = rte_fastmem_alloc(size, 8, 0);
	if (msg == NULL)
		return NULL;
	msg[0] = size;
	fm_fill(msg + 1, size - sizeof(*msg));
	return msg;
}

/* Takes what is in a slot and frees it; false when it is not whole. */
static bool
message_exchange(struct exchange *x, unsigned int slot, uint64_t *msg)
{
	uint64_t *old = (uint64_t *)rte_atomic_exchange_explicit(&x->slots[slot], (uintptr_t)msg,
			rte_memory_order_acq_rel);
	bool is_whole = old == NULL || message_is_whole(old);

	rte_fastmem_free(old);
	return is_whole;
}

static uint32_t
exchange_main(void *arg)
{
	unsigned int i, id, failed = 0;
	struct exchange *x = arg;
	bool registered = false;
	uint64_t *msg;

	/* half of them registered */
	id = rte_atomic_fetch_add_explicit(&x->nb_thread, 1, rte_memory_order_relaxed);
	if (id % 2 == 0)
		registered = rte_thread_register() == 0;
	for (i = 0; i < NB_ROUNDS; i++) {
		msg = message_new(i);
		if (msg == NULL || !message_exchange(x, (i * 7 + id) % NB_SLOTS, msg))
			failed++;
		if (i % 64 == 0)
			sched_yield();
	}
	rte_atomic_fetch_add_explicit(&x->nb_failed, failed, rte_memory_order_relaxed);
	if (registered)
		rte_thread_unregister();
	return 0;
}

static int
test_many_threads(void)
{
	static struct exchange x;
	rte_thread_t ids[NB_THREADS];
	unsigned int i, failed;

	memset(&x, 0, sizeof(x));
	for (i = 0; i < NB_THREADS; i++)
		if (rte_thread_create(&ids[i], NULL, exchange_main, &x) != 0)
			break;
	failed = NB_THREADS - i;
	while (i > 0)
		rte_thread_join(ids[--i], NULL);
	for (i = 0; i < NB_SLOTS; i++)
		if (!message_exchange(&x, i, NULL))
			failed++;
	failed += rte_atomic_load_explicit(&x.nb_failed, rte_memory_order_relaxed);
	TEST_ASSERT_EQUAL(failed, 0, "%u failures", failed);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "%" PRIu64 " in use", fm_in_use());
	return fm_check_stats();
}

/*
 * What one lcore has freed and flushed another may use: under a limit there is no other memory.
 * What sits in the cache of a busy lcore is not to be had.
 */
static int
hog_and_free(void *arg)
{
	void **objs = arg;
	int n;

	n = fm_exhaust(objs, 4, FM_MAX, 0, fm_socket());
	TEST_ASSERT_EQUAL(n, 4, "%d objects", n);
	rte_fastmem_free_bulk(objs, n);
	rte_fastmem_cache_flush();
	return 0;
}

static int
test_flush_serves_others(void)
{
	void *objs[4];
	unsigned int i;
	int n;

	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 4 * FM_MIB), "limit");
	for (i = 0; i < RTE_DIM(places); i++) {
		TEST_ASSERT_SUCCESS(places[i](hog_and_free, objs), "place %u", i);
		n = fm_exhaust(objs, 4, 65536, 0, fm_socket());
		TEST_ASSERT_EQUAL(n, 4, "after place %u: %d objects", i, n);
		rte_fastmem_free_bulk(objs, n);
		rte_fastmem_cache_flush();
	}
	return TEST_SUCCESS;
}

/* --- threads that get their first caches at the same time --- */

#define NB_TOGETHER 100

static RTE_ATOMIC(uint32_t) nb_waiting;

/* Not on the CPU of who started it. */
static uint32_t
free_one(void *arg)
{
	rte_cpuset_t *cpus = arg;

	rte_thread_set_affinity(cpus);
	rte_atomic_fetch_sub_explicit(&nb_waiting, 1, rte_memory_order_relaxed);
	while (rte_atomic_load_explicit(&nb_waiting, rte_memory_order_relaxed) != 0)
		sched_yield();
	rte_fastmem_free(rte_fastmem_alloc(64, 0, 0));
	return 0;
}

/* Each looks at the caches that another has just made. */
static int
test_start_together(void)
{
	rte_thread_t ids[NB_TOGETHER];
	rte_cpuset_t cpus[2];
	unsigned int worker = rte_get_next_lcore(-1, 1, 0), i, n;

	cpus[0] = rte_lcore_cpuset(rte_lcore_id());
	cpus[1] = worker < RTE_MAX_LCORE ? rte_lcore_cpuset(worker) : cpus[0];

	rte_atomic_store_explicit(&nb_waiting, NB_TOGETHER, rte_memory_order_relaxed);
	for (n = 0; n < NB_TOGETHER; n++)
		if (rte_thread_create(&ids[n], NULL, free_one, &cpus[n % 2]) != 0)
			break;
	rte_atomic_fetch_sub_explicit(&nb_waiting, NB_TOGETHER - n, rte_memory_order_relaxed);
	for (i = 0; i < n; i++)
		rte_thread_join(ids[i], NULL);
	TEST_ASSERT_EQUAL(n, NB_TOGETHER, "%u threads", n);
	return fm_check_stats();
}

struct unit_test_suite fm_threads_suite = {
	.suite_name = "fastmem threads",
	.unit_test_cases = {
		FM_CASE(test_cross_free),
		FM_CASE(test_one_way),
		FM_CASE(test_lcore_id_reused),
		FM_CASE(test_unregistered_end),
		FM_CASE(test_change_registration),
		FM_CASE(test_end_without_unregister),
		FM_CASE(test_many_threads),
		FM_CASE(test_start_together),
		FM_CASE(test_flush_serves_others),
		TEST_CASES_END()
	}
};
