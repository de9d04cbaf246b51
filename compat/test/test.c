/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The stand-alone test program: main(), the list of registered tests, the RTE>> prompt and the
 * suite runner, behaving as DPDK's app/test does. A DPDK tree brings its own and never sees this
 * file. Calls EAL and cmdline; knows no test by name.
 */

#include <unistd.h>

#include <rte_eal.h>
#include <rte_string_fns.h>

#include <cmdline_rdline.h>
#include <cmdline_parse.h>
#include <cmdline_parse_string.h>
#include <cmdline_socket.h>
#include <cmdline.h>

#include "test.h"

#define PROMPT "RTE>>"
#define MAX_EXTRA_ARGS 32
#define LINE " + ------------------------------------------------------- +\n"

#define FOREACH_CASE(i, suite) \
	for (i = 0; (suite)->unit_test_cases[i].testcase != NULL || \
			(suite)->unit_test_cases[i].testcase_with_data != NULL; i++)

#define FOREACH_SUB_SUITE(i, suite) \
	for (i = 0; (suite)->unit_test_suites != NULL && \
			(suite)->unit_test_suites[i] != NULL && \
			(suite)->unit_test_suites[i]->suite_name != NULL; i++)

const char *prgname;
int last_test_result;

static struct test_commands_list commands_list = TAILQ_HEAD_INITIALIZER(commands_list);

/* --- commands --- */

void
add_test_command(struct test_command *t)
{
	TAILQ_INSERT_TAIL(&commands_list, t, next);
}

static struct test_command *
find_test_command(const char *name)
{
	struct test_command *t;

	TAILQ_FOREACH(t, &commands_list, next)
		if (strcmp(name, t->command) == 0)
			return t;
	return NULL;
}

struct cmd_word_result {
	cmdline_fixed_string_t word;
};

static void
cmd_autotest_parsed(void *parsed_result, __rte_unused struct cmdline *cl, __rte_unused void *data)
{
	struct cmd_word_result *res = parsed_result;
	struct test_command *t = find_test_command(res->word);
	int ret = TEST_FAILED;

	if (t != NULL)
		ret = t->callback();

	last_test_result = ret;
	if (ret == TEST_SUCCESS)
		printf("Test OK\n");
	else if (ret == TEST_SKIPPED)
		printf("Test Skipped\n");
	else
		printf("Test Failed\n");
	fflush(stdout);
}

static cmdline_parse_token_string_t cmd_autotest_word =
	TOKEN_STRING_INITIALIZER(struct cmd_word_result, word, ""); /* see commands_init() */

static cmdline_parse_inst_t cmd_autotest = {
	.f = cmd_autotest_parsed,
	.help_str = "launch autotest",
	.tokens = { (void *)&cmd_autotest_word, NULL },
};

static void
cmd_help_parsed(__rte_unused void *parsed_result, struct cmdline *cl, __rte_unused void *data)
{
	struct test_command *t;

	cmdline_printf(cl, "Type the name of a test to run it, or quit. Tab completes.\n");
	TAILQ_FOREACH(t, &commands_list, next)
		cmdline_printf(cl, "  %s\n", t->command);
}

static cmdline_parse_token_string_t cmd_help_word =
	TOKEN_STRING_INITIALIZER(struct cmd_word_result, word, "help");

static cmdline_parse_inst_t cmd_help = {
	.f = cmd_help_parsed,
	.help_str = "list the tests",
	.tokens = { (void *)&cmd_help_word, NULL },
};

static void
cmd_quit_parsed(__rte_unused void *parsed_result, struct cmdline *cl, __rte_unused void *data)
{
	cmdline_quit(cl);
}

static cmdline_parse_token_string_t cmd_quit_word =
	TOKEN_STRING_INITIALIZER(struct cmd_word_result, word, "quit");

static cmdline_parse_inst_t cmd_quit = {
	.f = cmd_quit_parsed,
	.help_str = "exit application",
	.tokens = { (void *)&cmd_quit_word, NULL },
};

static cmdline_parse_ctx_t main_ctx[] = {
	&cmd_autotest,
	&cmd_help,
	&cmd_quit,
	NULL,
};

/* Makes the names of all tests the words that the prompt knows: "a#b#c". */
int
commands_init(void)
{
	struct test_command *t;
	size_t len = 1;
	char *words;

	TAILQ_FOREACH(t, &commands_list, next)
		len += strlen(t->command) + 1;
	words = calloc(len, sizeof(char));
	if (words == NULL)
		return -1;
	TAILQ_FOREACH(t, &commands_list, next) {
		strlcat(words, t->command, len);
		if (TAILQ_NEXT(t, next) != NULL)
			strlcat(words, "#", len);
	}
	cmd_autotest_word.string_data.str = words;
	return 0;
}

/* --- main --- */

/*
 * Puts the words of DPDK_TEST_PARAMS between argv[0] and the rest, where EAL takes them for
 * its own whatever follows. Never freed: EAL may keep pointers to its arguments.
 */
static int
add_params(int *argc, char ***argv)
{
	const char *params = getenv("DPDK_TEST_PARAMS");
	char *extra[MAX_EXTRA_ARGS];
	char **all;
	char *copy;
	int i, nb_extra;

	if (params == NULL || params[0] == '\0')
		return 0;
	copy = strdup(params);
	all = calloc(*argc + MAX_EXTRA_ARGS + 1, sizeof(*all));
	if (copy == NULL || all == NULL) {
		free(copy);
		free(all);
		return -1;
	}
	RTE_LOG(INFO, USER1, "Using additional DPDK_TEST_PARAMS: '%s'\n", params);
	nb_extra = RTE_MAX(rte_strsplit(copy, strlen(params), extra, MAX_EXTRA_ARGS, ' '), 0);
	all[0] = (*argv)[0];
	for (i = 0; i < nb_extra; i++)
		all[1 + i] = extra[i];
	for (i = 1; i < *argc; i++)
		all[nb_extra + i] = (*argv)[i];
	*argv = all;
	*argc += nb_extra;
	return 0;
}

/* Is this name in the list of DPDK_TEST_SKIP? */
static bool
is_skipped(const char *name)
{
	const char *list = getenv("DPDK_TEST_SKIP");
	size_t len = strlen(name);

	while (list != NULL && list[0] != '\0') {
		const char *end = list + strcspn(list, ",");

		if ((size_t)(end - list) == len && strncmp(list, name, len) == 0)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

/* Runs these tests up to the first failure; the result of the last one run. */
static int
run_tests(char **names, int nb_names)
{
	struct cmdline *cl;
	char buf[1024];
	int i, ret = 0;

	cl = cmdline_new(main_ctx, PROMPT, STDIN_FILENO, STDOUT_FILENO);
	if (cl == NULL)
		return -1;
	for (i = 0; i < nb_names; i++) {
		snprintf(buf, sizeof(buf), "%s\n", names[i]);
		if (is_skipped(names[i])) {
			fprintf(stderr, "Skipping %s [DPDK_TEST_SKIP]\n", names[i]);
			ret = TEST_SKIPPED;
		} else if (cmdline_parse_check(cl, buf) < 0) {
			printf("Error: invalid test command: '%s'\n", names[i]);
			ret = -1;
		} else if (cmdline_in(cl, buf, strlen(buf)) < 0) {
			printf("error on cmdline input\n");
			ret = -1;
		} else {
			ret = last_test_result;
		}
		if (ret != TEST_SUCCESS && ret != TEST_SKIPPED)
			break;
	}
	cmdline_free(cl);
	return ret;
}

static int
run_prompt(void)
{
	struct cmdline *cl;

	cl = cmdline_stdin_new(main_ctx, PROMPT);
	if (cl == NULL)
		return -1;
	cmdline_interact(cl);
	cmdline_stdin_exit(cl);
	return 0;
}

/* The child of a test that started its own binary again. */
static int
run_recursive(const char *name)
{
	struct test_command *t = find_test_command(name);
	int ret;

	if (t == NULL) {
		printf("ERROR - missing action to take for %s\n", name);
		return -1;
	}
	printf("Calling recursive action for %s\n", name);
	ret = t->callback();
	printf("Returned from recursive action for %s with %d\n", name, ret);
	return ret;
}

int
main(int argc, char **argv)
{
	const char *recursive = getenv(RECURSIVE_ENV_VAR);
	char *dpdk_test = getenv("DPDK_TEST");
	char **names;
	int nb_names = 0;
	int i, ret;

	prgname = argv[0];
	ret = add_params(&argc, &argv);
	if (ret == 0)
		ret = rte_eal_init(argc, argv);
	if (ret < 0) {
		printf("Error with EAL initialization, ret = %d\n", ret);
		return -1;
	}
	argv += ret;
	argc -= ret;

	names = calloc(argc + 1, sizeof(*names));
	if (names == NULL || commands_init() < 0) {
		ret = -1;
		goto out;
	}
	if (dpdk_test != NULL && dpdk_test[0] != '\0')
		names[nb_names++] = dpdk_test;
	for (i = 1; i < argc; i++)
		names[nb_names++] = argv[i];

	if (recursive != NULL)
		ret = run_recursive(recursive);
	else if (nb_names > 0)
		ret = run_tests(names, nb_names);
	else
		ret = run_prompt();
out:
	free(names);
	rte_eal_cleanup();
	if (recursive != NULL)
		printf("%s recursive instance returning %d\n", prgname, ret);
	return ret;
}

/* --- suites --- */

static void
suite_reset(struct unit_test_suite *suite)
{
	unsigned int i;

	FOREACH_SUB_SUITE(i, suite)
		suite_reset(suite->unit_test_suites[i]);
	suite->total = 0;
	suite->executed = 0;
	suite->succeeded = 0;
	suite->skipped = 0;
	suite->failed = 0;
	suite->unsupported = 0;
}

static void
suite_add(struct unit_test_suite *suite, const struct unit_test_suite *sub)
{
	suite->total += sub->total;
	suite->executed += sub->executed;
	suite->succeeded += sub->succeeded;
	suite->skipped += sub->skipped;
	suite->failed += sub->failed;
	suite->unsupported += sub->unsupported;
}

/* A setup that did not pass: nothing runs, everything enabled is skipped or failed. */
static void
suite_setup_failed(struct unit_test_suite *suite, int result)
{
	unsigned int i;

	FOREACH_SUB_SUITE(i, suite) {
		suite_setup_failed(suite->unit_test_suites[i], result);
		suite_add(suite, suite->unit_test_suites[i]);
	}
	FOREACH_CASE(i, suite) {
		suite->total++;
		if (suite->unit_test_cases[i].enabled == 0 || result == TEST_SKIPPED)
			suite->skipped++;
		else
			suite->failed++;
	}
}

/* Runs one enabled case and counts it. */
static void
run_case(struct unit_test_suite *suite, const struct unit_test_case *tc)
{
	int ret = TEST_SUCCESS;
	bool ran = false;
	const char *status;

	if (tc->setup != NULL)
		ret = tc->setup();
	if (ret == TEST_SUCCESS) {
		ran = true;
		ret = tc->testcase != NULL ? tc->testcase() : tc->testcase_with_data(tc->data);
	}

	if (ret == TEST_SUCCESS) {
		suite->succeeded++;
		status = "succeeded";
	} else if (ret == TEST_SKIPPED) {
		suite->skipped++;
		status = "skipped";
	} else if (ret == -ENOTSUP) {
		suite->unsupported++;
		status = "unsupported";
	} else {
		suite->failed++;
		status = "failed";
	}
	if (!(ran && (ret == TEST_SKIPPED || ret == -ENOTSUP)))
		suite->executed++;

	if (tc->teardown != NULL)
		tc->teardown();
	printf(" + TestCase [%2u] : %s %s\n", suite->total, tc->name, status);
	fflush(stdout);
}

static void
suite_summary(struct unit_test_suite *suite)
{
	unsigned int sub_total = 0, sub_skipped = 0, sub_passed = 0, sub_failed = 0;
	unsigned int i;

	printf(LINE " + Test Suite Summary : %s\n" LINE, suite->suite_name);
	FOREACH_SUB_SUITE(i, suite) {
		const struct unit_test_suite *ts = suite->unit_test_suites[i];

		printf(" + %s : %u/%u passed, %u/%u skipped, %u/%u failed, %u/%u unsupported\n",
			ts->suite_name, ts->succeeded, ts->total, ts->skipped, ts->total,
			ts->failed, ts->total, ts->unsupported, ts->total);
		sub_total++;
		if (ts->failed != 0)
			sub_failed++;
		else if (ts->total == ts->skipped)
			sub_skipped++;
		else
			sub_passed++;
	}
	if (suite->unit_test_suites != NULL) {
		printf(LINE);
		printf(" + Sub Testsuites Total :     %2u\n", sub_total);
		printf(" + Sub Testsuites Skipped :   %2u\n", sub_skipped);
		printf(" + Sub Testsuites Passed :    %2u\n", sub_passed);
		printf(" + Sub Testsuites Failed :    %2u\n", sub_failed);
		printf(LINE);
	}
	printf(" + Tests Total :       %2u\n", suite->total);
	printf(" + Tests Skipped :     %2u\n", suite->skipped);
	printf(" + Tests Executed :    %2u\n", suite->executed);
	printf(" + Tests Unsupported:  %2u\n", suite->unsupported);
	printf(" + Tests Passed :      %2u\n", suite->succeeded);
	printf(" + Tests Failed :      %2u\n", suite->failed);
	printf(LINE);
	fflush(stdout);
}

int
unit_test_suite_runner(struct unit_test_suite *suite)
{
	int ret = 0;
	unsigned int i;

	suite_reset(suite);
	if (suite->suite_name != NULL)
		printf(LINE " + Test Suite : %s\n", suite->suite_name);

	if (suite->setup != NULL)
		ret = suite->setup();
	if (ret != 0) {
		suite_setup_failed(suite, ret);
	} else {
		printf(LINE);
		FOREACH_CASE(i, suite) {
			const struct unit_test_case *tc = &suite->unit_test_cases[i];

			if (tc->enabled != 0)
				run_case(suite, tc);
			else
				suite->skipped++;
			suite->total++;
		}
		FOREACH_SUB_SUITE(i, suite) {
			unit_test_suite_runner(suite->unit_test_suites[i]);
			suite_add(suite, suite->unit_test_suites[i]);
		}
		if (suite->teardown != NULL)
			suite->teardown();
	}
	suite_summary(suite);

	last_test_result = suite->failed;
	if (suite->failed != 0)
		return TEST_FAILED;
	if (suite->total == suite->skipped)
		return TEST_SKIPPED;
	return TEST_SUCCESS;
}
