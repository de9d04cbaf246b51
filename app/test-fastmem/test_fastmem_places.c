/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, places where to run a function: new threads, EAL lcores, EAL's interrupt
 * thread. Calls EAL and, to flush caches, the public API.
 */

#include <rte_alarm.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_fastmem.h"

struct thread_job {
	int (*fn)(void *arg);
	void *arg;
	bool registered;
	int ret;
};

static uint32_t
thread_main(void *arg)
{
	struct thread_job *job = arg;

	if (job->registered && rte_thread_register() != 0) {
		printf("rte_thread_register: %s\n", rte_strerror(rte_errno));
		return 0;
	}
	job->ret = job->fn(job->arg);
	if (job->registered)
		rte_thread_unregister();
	return 0;
}

int
fm_in_thread(int (*fn)(void *arg), void *arg, bool registered)
{
	struct thread_job job = {
		.fn = fn, .arg = arg, .registered = registered, .ret = TEST_FAILED,
	};
	rte_thread_t id;

	TEST_ASSERT_SUCCESS(rte_thread_create(&id, NULL, thread_main, &job), "no thread");
	TEST_ASSERT_SUCCESS(rte_thread_join(id, NULL), "no join");
	return job.ret;
}

/*
 * EAL makes its threads wait for each other by means that ThreadSanitizer knows nothing of, as
 * an installed DPDK is not built with it: so the jobs say themselves when they are given and done.
 */
struct lcore_job {
	int (*fn)(void *arg);
	void *arg;
	RTE_ATOMIC(unsigned int) nb_done;
};

static int
lcore_main(void *arg)
{
	struct lcore_job *job = arg;
	int ret = job->fn(job->arg);

	rte_atomic_fetch_add_explicit(&job->nb_done, 1, rte_memory_order_release);
	return ret;
}

static int
lcore_wait(struct lcore_job *job, unsigned int lcore, unsigned int nb_done)
{
	int ret = rte_eal_wait_lcore(lcore);

	TEST_ASSERT(rte_atomic_load_explicit(&job->nb_done, rte_memory_order_acquire) >= nb_done,
			"lcore %u is not done", lcore);
	return ret;
}

int
fm_in_lcore(int (*fn)(void *arg), void *arg, unsigned int lcore)
{
	struct lcore_job job = { .fn = fn, .arg = arg };

	TEST_ASSERT_SUCCESS(rte_eal_remote_launch(lcore_main, &job, lcore), "lcore %u busy", lcore);
	return lcore_wait(&job, lcore, 1);
}

struct control_job {
	int (*fn)(void *arg);
	void *arg;
	int ret;
	RTE_ATOMIC(bool) is_given;
	RTE_ATOMIC(bool) is_done;
};

static struct control_job control_job; /* one at a time */

static void
control_main(void *arg)
{
	struct control_job *job = arg;

	while (!rte_atomic_load_explicit(&job->is_given, rte_memory_order_acquire))
		rte_pause();
	job->ret = job->fn(job->arg);
	rte_atomic_store_explicit(&job->is_done, true, rte_memory_order_release);
}

int
fm_in_control(int (*fn)(void *arg), void *arg)
{
	struct control_job *job = &control_job;

	job->fn = fn;
	job->arg = arg;
	rte_atomic_store_explicit(&job->is_given, false, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&job->is_done, false, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_eal_alarm_set(1, control_main, job), "no alarm");
	rte_atomic_store_explicit(&job->is_given, true, rte_memory_order_release);
	while (!rte_atomic_load_explicit(&job->is_done, rte_memory_order_acquire))
		rte_delay_us_sleep(20);
	return job->ret;
}

int
fm_flush(__rte_unused void *arg)
{
	rte_fastmem_cache_flush();
	return 0;
}

int
fm_alloc_and_free(__rte_unused void *arg)
{
	rte_fastmem_free(rte_fastmem_alloc(64, 0, 0));
	return 0;
}

int
fm_flush_all(void)
{
	struct lcore_job job = { .fn = fm_flush };
	unsigned int lcore, nb_done = 0;

	rte_eal_mp_remote_launch(lcore_main, &job, SKIP_MAIN);
	RTE_LCORE_FOREACH_WORKER(lcore)
		TEST_ASSERT_SUCCESS(lcore_wait(&job, lcore, ++nb_done), "lcore %u", lcore);
	TEST_ASSERT_SUCCESS(fm_in_control(fm_flush, NULL), "no flush");
	rte_fastmem_cache_flush();
	return 0;
}
