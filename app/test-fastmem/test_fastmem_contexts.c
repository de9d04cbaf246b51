/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, contexts that an application does not think of: other programs in the same
 * runtime directory; a deinit after a process died; threads that end in the child of a fork.
 * Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem.h"

#define PATIENCE_MS 20000
#define NB_OBJS 100

static int
no_action(const struct rte_mp_msg *msg __rte_unused, const void *peer __rte_unused)
{
	return -1;
}

/* Was EAL told to share nothing with other processes? */
static bool
is_alone(void)
{
	if (rte_mp_action_register("fastmem_test", no_action) != 0)
		return rte_errno == ENOTSUP;
	rte_mp_action_unregister("fastmem_test");
	return false;
}

/*
 * The file of locks is there while the allocator is, for secondary processes. Without these it
 * would be that of another program, and must stay as it is.
 */
static int
test_lock_file(void)
{
	const bool is_others = is_alone();
	struct stat before, during, after;
	char path[PATH_MAX];
	bool is_during, is_after;
	int fd;

	snprintf(path, sizeof(path), "%s/fastmem_procs", rte_eal_get_runtime_dir());
	if (is_others) {
		fd = open(path, O_RDWR | O_CREAT, 0600);
		TEST_ASSERT(fd >= 0 && fstat(fd, &before) == 0, "%s: %s", path, strerror(errno));
		close(fd);
	}
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init");
	is_during = stat(path, &during) == 0;
	rte_fastmem_deinit();
	is_after = stat(path, &after) == 0;
	if (is_others) {
		unlink(path);
		TEST_ASSERT(is_during && is_after && before.st_ino == during.st_ino &&
			before.st_ino == after.st_ino, "another's file is gone");
	} else {
		TEST_ASSERT(is_during, "no file: %s", path);
		TEST_ASSERT(!is_after, "the file is left: %s", path);
	}
	return TEST_SUCCESS;
}

/* What a dead process left is nothing to wait for. */
static int
test_deinit_after_death(void)
{
	void *objs[NB_OBJS];
	int ret;

	TEST_ASSERT_SUCCESS(rte_fastmem_reserve(16 * FM_MIB, fm_socket()), "reserve");
	TEST_ASSERT_SUCCESS(fm_in_thread(fm_alloc_and_free, NULL, false), "thread");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, NB_OBJS, 64, 0, 0), "bulk");
	rte_fastmem_free_bulk(objs, NB_OBJS);
	rte_fastmem_cache_flush();
	ret = fastmem_test_wreck();
	rte_fastmem_deinit();
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "init");
	if (ret == -ENOTSUP)
		return fm_skip("no process is known to be dead here");
	TEST_ASSERT_SUCCESS(ret, "nothing was wrecked");
	return TEST_SUCCESS;
}

/* Two threads at the same time. */
struct pair {
	void *freed; /* by the second one, which has it in its cache */
	RTE_ATOMIC(uint32_t) is_freed;
	RTE_ATOMIC(uint32_t) is_over;
};

static uint32_t
free_and_wait(void *arg)
{
	struct pair *pair = arg;

	pair->freed = rte_fastmem_alloc(64, 0, 0);
	rte_fastmem_free(pair->freed);
	rte_atomic_store_explicit(&pair->is_freed, 1, rte_memory_order_release);
	while (rte_atomic_load_explicit(&pair->is_over, rte_memory_order_acquire) == 0)
		sched_yield();
	return 0;
}

/* Is the caller's cache its own still? */
static int
check_own_cache(void)
{
	struct pair pair = { .freed = NULL };
	rte_thread_t thread;
	void *obj;

	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, free_and_wait, &pair), "thread");
	while (rte_atomic_load_explicit(&pair.is_freed, rte_memory_order_acquire) == 0)
		sched_yield();
	obj = rte_fastmem_alloc(64, 0, 0);
	rte_atomic_store_explicit(&pair.is_over, 1, rte_memory_order_release);
	rte_thread_join(thread, NULL);
	rte_fastmem_free(obj);
	TEST_ASSERT(obj != NULL && pair.freed != NULL, "no object");
	TEST_ASSERT(obj != pair.freed, "it is in the caches of two threads");
	return 0;
}

static int
wait_for(pid_t pid)
{
	unsigned int ms;
	int status;

	for (ms = 0; ms < PATIENCE_MS; ms++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
		usleep(1000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

/* In a thread that is not the main one: it ends in the child as it would in its parent. */
static int
fork_in_thread(void *arg)
{
	void *objs[NB_OBJS];
	pid_t pid;
	int ret;

	RTE_SET_USED(arg);
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, NB_OBJS, 64, 0, 0), "bulk");
	rte_fastmem_free_bulk(objs, NB_OBJS / 2);
	fflush(NULL); /* or the child, when it ends, prints once more what waits there */
	pid = fork();
	if (pid == 0)
		pthread_exit(NULL);
	ret = pid < 0 ? TEST_SKIPPED : wait_for(pid);
	if (ret == 0)
		ret = check_own_cache();
	rte_fastmem_free_bulk(&objs[NB_OBJS / 2], NB_OBJS / 2);
	return ret;
}

static int
test_fork(void)
{
	int ret;

	/* Their own threads and checks. */
	if (FM_SLOW > 1)
		return fm_skip("a sanitizer does not live through a fork");
	ret = fm_in_thread(fork_in_thread, NULL, false);
	return ret == TEST_SKIPPED ? fm_skip("no fork") : ret;
}

struct unit_test_suite fm_contexts_suite = {
	.suite_name = "fastmem contexts",
	.unit_test_cases = {
		FM_CASE_NO_INIT(test_lock_file),
		FM_CASE(test_deinit_after_death),
		FM_CASE(test_fork),
		TEST_CASES_END()
	}
};
