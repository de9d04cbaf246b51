/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Misuse that AddressSanitizer reports where it happens. Each case does it in a child process,
 * whose report must have the kind and name the function here that did it. Calls
 * test_fastmem_misuse.h.
 */

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_atomic.h>
#include <rte_common.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "test.h"
#include "test_fastmem_misuse.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifndef HAS_ASAN
#define HAS_ASAN 0
#endif

int
fmm_setup_asan(void)
{
	if (!HAS_ASAN)
		return fm_skip("needs a build with AddressSanitizer");
	return fmm_setup();
}

/* A child that does it; what it printed. */
static void
run_child(void (*culprit)(char *obj), char *obj, char *text, size_t len)
{
	int fds[2], status = 0;
	size_t got = 0;
	ssize_t n;
	pid_t pid;

	text[0] = '\0';
	if (pipe(fds) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		rte_fastmem_set_misuse_handler(NULL, NULL);
		culprit(obj);
		_exit(0);
	}
	close(fds[1]);
	while (got < len - 1 && (n = read(fds[0], text + got, len - 1 - got)) > 0)
		got += n;
	text[got] = '\0';
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || (WIFEXITED(status) &&
			WEXITSTATUS(status) == 0))
		text[0] = '\0'; /* it lived on */
}

/* The report, the function in its stack, and what fastmem adds. */
static int
check_child(void (*culprit)(char *obj), const char *name, char *obj, const char *past)
{
	static char text[16384];

	run_child(culprit, obj, text, sizeof(text));
	TEST_ASSERT(strstr(text, "ERROR: AddressSanitizer: use-after-poison") != NULL,
			"%s: no report: %s", name, text);
	TEST_ASSERT(strstr(text, name) != NULL, "%s is not named: %s", name, text);
	TEST_ASSERT(strstr(text, past) != NULL, "%s: no \"%s\": %s", name, past, text);
	return 0;
}

#define CHECK_CHILD(culprit, obj, past) check_child(culprit, #culprit, obj, past)

static void __rte_noinline
read_first(char *obj)
{
	(void)*(volatile char *)obj;
}

static void __rte_noinline
write_first(char *obj)
{
	*(volatile char *)obj = 1;
}

static void __rte_noinline
read_byte_100(char *obj)
{
	(void)*(volatile char *)(obj + 100);
}

static void __rte_noinline
write_byte_100(char *obj)
{
	*(volatile char *)(obj + 100) = 1;
}

static void __rte_noinline
write_byte_8(char *obj)
{
	*(volatile char *)(obj + 8) = 1;
}

static void __rte_noinline
clear_101(char *obj)
{
	memset(fmm_hide(obj), 0, 101);
	rte_compiler_barrier(); /* no tail call */
}

static void __rte_noinline
free_again(char *obj)
{
	fmm_free(fmm_hide(obj));
	write_first(obj + 1); /* not reached, and no tail call */
}

static int
on_freed(void (*culprit)(char *obj), const char *name)
{
	char *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0));

	fmm_free(obj);
	return check_child(culprit, name, obj, ", freed at");
}

/* For stacks: who allocates, who frees, and a caller of both. */
static void * __rte_noinline
make_it(size_t size)
{
	void *obj = rte_fastmem_alloc(size, 0, 0);

	rte_compiler_barrier(); /* no tail call */
	return obj;
}

static void * __rte_noinline
make_many(size_t size)
{
	void *objs[4];

	if (rte_fastmem_alloc_bulk(objs, RTE_DIM(objs), size, 0, 0) != 0)
		return NULL;
	rte_fastmem_free_bulk(&objs[1], RTE_DIM(objs) - 1);
	return objs[0];
}

static void __rte_noinline
drop_it(void *obj)
{
	fmm_free(fmm_hide(obj));
	rte_compiler_barrier();
}

/* The functions are in what follows a word of the report, before the next empty line. */
static int
check_stack(const char *report, const char *what, const char *inner, const char *outer)
{
	const char *start = strstr(report, what), *end, *first, *second;

	TEST_ASSERT(start != NULL, "no \"%s\": %s", what, report);
	end = strstr(start, "\n\n");
	TEST_ASSERT(end != NULL, "no end of \"%s\": %s", what, start);
	first = strstr(start, inner);
	TEST_ASSERT(first != NULL && first < end, "no %s: %s", inner, start);
	second = strstr(first, outer);
	TEST_ASSERT(second != NULL && second < end, "%s is not below %s: %s", inner, outer, start);
	return 0;
}

static int
test_stacks_freed(void)
{
	static char text[16384];
	char *obj = make_it(100);

	TEST_ASSERT_NOT_NULL(obj, "no object");
	drop_it(obj);
	run_child(read_first, obj, text, sizeof(text));
	if (check_stack(text, "freed by thread T0 here:", "in drop_it",
			"in test_stacks_freed") != 0)
		return TEST_FAILED;
	return check_stack(text, "allocated by thread T0 here:", "in make_it",
			"in test_stacks_freed");
}

static int
test_stacks_live(void)
{
	static char text[16384];
	char *obj = make_many(100);
	int ret;

	TEST_ASSERT_NOT_NULL(obj, "no object");
	run_child(write_byte_100, obj, text, sizeof(text));
	ret = check_stack(text, "allocated by thread T0 here:", "in make_many",
			"in test_stacks_live");
	if (ret == 0 && strstr(text, "freed by") != NULL) {
		printf("freed: %s\n", text);
		ret = TEST_FAILED;
	}
	fmm_free(obj);
	return ret;
}

/* The stacks are of the last one who had the memory. */
static int
test_stacks_reused(void)
{
	static char text[16384];
	char *obj = make_many(100), *saved = fmm_hide(obj);
	static void *objs[4096];
	unsigned int n = 0;

	TEST_ASSERT_NOT_NULL(obj, "no object");
	fmm_free(obj);
	/* A freed object comes back after the others. */
	do {
		objs[n] = make_it(100);
	} while (objs[n++] != saved && n < RTE_DIM(objs));
	if (objs[n - 1] == saved)
		run_child(write_byte_100, saved, text, sizeof(text));
	rte_fastmem_free_bulk(objs, n);
	TEST_ASSERT(objs[n - 1] == saved, "it does not come back");
	return check_stack(text, "allocated by thread T0 here:", "in make_it",
			"in test_stacks_reused");
}

static int
stacks_thread(void *arg)
{
	drop_it(arg);
	return 0;
}

static int
test_stacks_thread(void)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	static char text[16384];
	char *obj = make_it(100);

	TEST_ASSERT_NOT_NULL(obj, "no object");
	if (lcore >= RTE_MAX_LCORE) {
		fmm_free(obj);
		return fm_skip("needs 2 lcores");
	}
	TEST_ASSERT_SUCCESS(rte_eal_remote_launch(stacks_thread, obj, lcore), "launch");
	rte_eal_wait_lcore(lcore);
	run_child(read_first, obj, text, sizeof(text));
	TEST_ASSERT(strstr(text, "freed by thread T0") == NULL, "%s", text);
	return check_stack(text, "freed by thread T", "in drop_it", "in stacks_thread");
}

static int
test_read_after_free(void)
{
	return on_freed(read_first, "read_first");
}

static int
test_write_after_free(void)
{
	return on_freed(write_first, "write_first");
}

static int
test_free_after_free(void)
{
	return on_freed(free_again, "free_again");
}

static int
test_read_after_reuse(void)
{
	char *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0)), *next;
	int ret;

	fmm_free(obj);
	next = rte_fastmem_alloc(100, 0, 0);
	ret = CHECK_CHILD(read_first, obj, ", freed at");
	fmm_free(next);
	return ret;
}

static int
on_live(void (*culprit)(char *obj), const char *name)
{
	char *obj = rte_fastmem_alloc(100, 0, 0);
	int ret = check_child(culprit, name, obj, "100 bytes; allocated at");

	fmm_free(obj);
	return ret;
}

static int
test_read_past(void)
{
	return on_live(read_byte_100, "read_byte_100");
}

static int
test_write_past(void)
{
	return on_live(write_byte_100, "write_byte_100");
}

static int
test_clear_past(void)
{
	return on_live(clear_101, "clear_101");
}

static int
test_write_past_shrunk(void)
{
	char *obj = rte_fastmem_realloc(rte_fastmem_alloc(128, 0, 0), 100, 0);
	int ret = CHECK_CHILD(write_byte_100, obj, "100 bytes; allocated at");

	fmm_free(obj);
	return ret;
}

static int
test_write_moved(void)
{
	char *old = rte_fastmem_alloc(100, 0, 0), *saved = fmm_hide(old);
	char *obj = rte_fastmem_realloc(old, 200, 0);
	int ret = CHECK_CHILD(write_first, saved, ", freed at");

	fmm_free(obj);
	return ret;
}

/* Nothing asked for gives the smallest object; beside it there is none. */
static int
test_write_past_nothing(void)
{
	volatile size_t nothing = 0; /* gcc warns of a constant 0 */
	char *obj = rte_fastmem_alloc(nothing, 8, 0);
	int ret = CHECK_CHILD(write_byte_8, obj, "never allocated");

	fmm_free(obj);
	return ret;
}

static int
test_read_after_flush(void)
{
	char *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0)), *live = rte_fastmem_alloc(100, 0, 0);
	int ret;

	fmm_free(obj);
	rte_fastmem_cache_flush();
	ret = CHECK_CHILD(read_first, obj, ", freed at");
	fmm_free(live);
	return ret;
}

static int
test_read_after_free_bulk(void)
{
	void *objs[4];

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 4, 100, 0, 0), "bulk");
	rte_fastmem_free_bulk(objs, 4);
	return CHECK_CHILD(read_first, fmm_hide(objs[2]), ", freed at");
}

struct unit_test_suite fmm_asan_suite = {
	.suite_name = "fastmem misuse: AddressSanitizer",
	.unit_test_cases = {
		FMM_CASE(fmm_setup_asan, test_read_after_free),
		FMM_CASE(fmm_setup_asan, test_write_after_free),
		FMM_CASE(fmm_setup_asan, test_free_after_free),
		FMM_CASE(fmm_setup_asan, test_read_after_reuse),
		FMM_CASE(fmm_setup_asan, test_read_past),
		FMM_CASE(fmm_setup_asan, test_write_past),
		FMM_CASE(fmm_setup_asan, test_clear_past),
		FMM_CASE(fmm_setup_asan, test_write_past_shrunk),
		FMM_CASE(fmm_setup_asan, test_write_moved),
		FMM_CASE(fmm_setup_asan, test_write_past_nothing),
		FMM_CASE(fmm_setup_asan, test_read_after_flush),
		FMM_CASE(fmm_setup_asan, test_read_after_free_bulk),
		FMM_CASE(fmm_setup_asan, test_stacks_freed),
		FMM_CASE(fmm_setup_asan, test_stacks_live),
		FMM_CASE(fmm_setup_asan, test_stacks_reused),
		FMM_CASE(fmm_setup_asan, test_stacks_thread),
		TEST_CASES_END()
	}
};
