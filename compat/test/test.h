/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The interface that a test source sees, for the stand-alone build only.
 *
 * In a DPDK tree `#include "test.h"` finds app/test/test.h instead, because the
 * directory of the source is searched first. So nothing here may go beyond the
 * names, arguments and meanings of DPDK main. What it may use: libc, installed
 * EAL and cmdline headers of 22.11 and newer.
 */

#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_hexdump.h>
#include <rte_lcore.h>
#include <rte_log.h>

#define TEST_SUCCESS EXIT_SUCCESS
#define TEST_FAILED  -1
#define TEST_SKIPPED  77

/* May be defined by a source before this header, to stop at a failure. */
#ifndef TEST_TRACE_FAILURE
#define TEST_TRACE_FAILURE(file, line, func)
#endif

/* Every assertion logs where it failed and leaves the calling function with -1. */
#define TEST_ASSERT(cond, msg, ...) do { \
	if (!(cond)) { \
		RTE_LOG(ERR, EAL, "Test assert %s line %d failed: " msg "\n", \
			__func__, __LINE__, ##__VA_ARGS__); \
		TEST_TRACE_FAILURE(__FILE__, __LINE__, __func__); \
		return TEST_FAILED; \
	} \
} while (0)

#define TEST_ASSERT_EQUAL(a, b, msg, ...) TEST_ASSERT((a) == (b), msg, ##__VA_ARGS__)
#define TEST_ASSERT_NOT_EQUAL(a, b, msg, ...) TEST_ASSERT((a) != (b), msg, ##__VA_ARGS__)
#define TEST_ASSERT_SUCCESS(val, msg, ...) TEST_ASSERT((val) == 0, msg, ##__VA_ARGS__)
#define TEST_ASSERT_FAIL(val, msg, ...) TEST_ASSERT((val) != 0, msg, ##__VA_ARGS__)
#define TEST_ASSERT_NULL(val, msg, ...) TEST_ASSERT((val) == NULL, msg, ##__VA_ARGS__)
#define TEST_ASSERT_NOT_NULL(val, msg, ...) TEST_ASSERT((val) != NULL, msg, ##__VA_ARGS__)

#define TEST_ASSERT_BUFFERS_ARE_EQUAL(a, b, len, msg, ...) \
	TEST_ASSERT(memcmp((a), (b), (len)) == 0, msg, ##__VA_ARGS__)
#define TEST_ASSERT_BUFFERS_ARE_EQUAL_OFFSET(a, b, len, off, msg, ...) \
	TEST_ASSERT(memcmp((const uint8_t *)(a) + (off), (const uint8_t *)(b) + (off), \
		(len)) == 0, msg, ##__VA_ARGS__)

/* One case: setup, the test (one of the two), teardown. */
struct unit_test_case {
	int (*setup)(void);
	void (*teardown)(void);
	int (*testcase)(void);
	int (*testcase_with_data)(const void *data);
	const char *name;
	unsigned int enabled;
	const void *data;
};

#define TEST_CASE(fn) { NULL, NULL, fn, NULL, #fn, 1, NULL }
#define TEST_CASE_NAMED(name, fn) { NULL, NULL, fn, NULL, name, 1, NULL }
#define TEST_CASE_ST(setup, teardown, testcase) \
	{ setup, teardown, testcase, NULL, #testcase, 1, NULL }
#define TEST_CASE_WITH_DATA(setup, teardown, testcase, data) \
	{ setup, teardown, NULL, testcase, #testcase, 1, data }
#define TEST_CASE_NAMED_ST(name, setup, teardown, testcase) \
	{ setup, teardown, testcase, NULL, name, 1, NULL }
#define TEST_CASE_NAMED_WITH_DATA(name, setup, teardown, testcase, data) \
	{ setup, teardown, NULL, testcase, name, 1, data }
#define TEST_CASE_DISABLED(fn) { NULL, NULL, fn, NULL, #fn, 0, NULL }
#define TEST_CASE_ST_DISABLED(setup, teardown, testcase) \
	{ setup, teardown, testcase, NULL, #testcase, 0, NULL }
#define TEST_CASES_END() { NULL, NULL, NULL, NULL, NULL, 0, NULL }

/* Cases, then sub-suites; the counts are those of the last run. */
struct unit_test_suite {
	const char *suite_name;
	int (*setup)(void);
	void (*teardown)(void);
	unsigned int total;
	unsigned int executed;
	unsigned int succeeded;
	unsigned int skipped;
	unsigned int failed;
	unsigned int unsupported;
	struct unit_test_suite **unit_test_suites; /* ends with one without name */
	struct unit_test_case unit_test_cases[];
};

/*
 * Runs all cases and sub-suites and prints a summary.
 * Returns TEST_FAILED if any failed, TEST_SKIPPED if all were skipped, else TEST_SUCCESS.
 */
int unit_test_suite_runner(struct unit_test_suite *suite);
extern int last_test_result;

static inline void
debug_hexdump(FILE *file, const char *title, const void *buf, size_t len)
{
	if (rte_log_get_global_level() == RTE_LOG_DEBUG)
		rte_hexdump(file, title, buf, len);
}

/*
 * A test that starts its own binary again sets this variable in the child (process_dup() of
 * process.h does). The child's main() then runs the one action of that name and exits with its
 * return value. Here every registered test is such an action; in a DPDK tree the same name goes
 * into actions[] of do_recursive_call() in app/test/test.c.
 */
#define RECURSIVE_ENV_VAR "RTE_TEST_RECURSIVE"

extern const char *prgname; /* argv[0] */

typedef int (test_callback)(void);

TAILQ_HEAD(test_commands_list, test_command);

struct test_command {
	TAILQ_ENTRY(test_command) next;
	const char *command;
	test_callback *callback;
};

void add_test_command(struct test_command *t);
int commands_init(void);

/* Makes a function a command of the test program; use one of the macros below it. */
#define REGISTER_TEST_COMMAND(cmd, func) \
	static struct test_command test_struct_##cmd = { \
		.command = RTE_STR(cmd), \
		.callback = func, \
	}; \
	RTE_INIT(test_register_##cmd) \
	{ \
		add_test_command(&test_struct_##cmd); \
	}

#define REGISTER_PERF_TEST REGISTER_TEST_COMMAND
#define REGISTER_DRIVER_TEST REGISTER_TEST_COMMAND
#define REGISTER_STRESS_TEST REGISTER_TEST_COMMAND
#define REGISTER_ATTIC_TEST REGISTER_TEST_COMMAND

/*
 * no_huge is NOHUGE_OK or NOHUGE_SKIP, asan is ASAN_OK or ASAN_SKIP. The compiler sees neither:
 * the build reads them from the source to make the list of tests.
 */
#define REGISTER_FAST_TEST(cmd, no_huge, asan, func) REGISTER_TEST_COMMAND(cmd, func)

/* Fewer iterations on more lcores, so that a test takes about as long everywhere. */
static inline unsigned int
test_scale_iterations(unsigned int base, unsigned int min)
{
	return RTE_MAX(base / rte_lcore_count(), min);
}

#endif /* TEST_H */
