/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Misuse, one case per mistake, with the exact sentence that is expected: the frame, and what
 * every build refuses, pointers that are not the allocator's. Each case gets a fresh allocator;
 * all reports it caused must have been expected. Calls the public API.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include "test.h"
#include "test_fastmem_misuse.h"

/* --- frame --- */

#define MAX_REPORTS 32

static struct {
	enum rte_fastmem_misuse kind;
	const void *ptr;
	char text[512];
} reports[MAX_REPORTS];
static unsigned int nb_reports, nb_expected;

static void
on_misuse(enum rte_fastmem_misuse kind, const void *ptr, const char *text, void *arg)
{
	if (arg != &reports || nb_reports == MAX_REPORTS)
		return;
	reports[nb_reports].kind = kind;
	reports[nb_reports].ptr = ptr;
	snprintf(reports[nb_reports].text, sizeof(reports[0].text), "%s", text);
	nb_reports++;
}

/* "; allocated at 0x55.. (test+0x12) on lcore 0[, freed at 0x55.. (...) on lcore 0]" */
static bool
is_history(const char *text, enum fmm_history history)
{
	const char *alloc = strstr(text, "; allocated at 0x");
	const char *freed = strstr(text, ", freed at 0x");

	if (!FM_IS_CHECKED || history == FMM_NOTHING)
		return *text == '\0';
	if (history == FMM_NEVER)
		return strcmp(text, "; it was never allocated") == 0;
	return alloc == text && (strstr(text, " on lcore ") != NULL ||
		strstr(text, " on no lcore") != NULL) && (freed != NULL) == (history == FMM_FREED);
}

int
fmm_expect(enum rte_fastmem_misuse kind, const void *ptr, enum fmm_history history,
	const char *format, ...)
{
	unsigned int i = nb_expected++;
	char want[512];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(want, sizeof(want), format, ap);
	va_end(ap);
	TEST_ASSERT(i < nb_reports, "no report, but: %s", want);
	TEST_ASSERT(strncmp(reports[i].text, want, len) == 0 &&
			is_history(&reports[i].text[len], history),
			"report:   %s\nexpected: %s", reports[i].text, want);
	TEST_ASSERT_EQUAL(reports[i].kind, kind, "kind %d of: %s", reports[i].kind, want);
	TEST_ASSERT_EQUAL(reports[i].ptr, ptr, "pointer %p in: %s", reports[i].ptr, want);
	return 0;
}

int
fmm_expect_no_more(void)
{
	TEST_ASSERT(nb_expected >= nb_reports, "report too many: %s", reports[nb_expected].text);
	return 0;
}

const char *
fmm_on(void)
{
	static __thread char on[32];

	if (rte_lcore_id() == LCORE_ID_ANY)
		return "no lcore";
	snprintf(on, sizeof(on), "lcore %u", rte_lcore_id());
	return on;
}

void *
fmm_hide(const void *ptr)
{
	static const void *volatile hidden;

	hidden = ptr;
	return (void *)(uintptr_t)hidden;
}

void
fmm_free(void *ptr)
{
	/* by a pointer that may change at any moment */
	static void (*volatile function)(void *ptr) = rte_fastmem_free;

	function(ptr);
}

int
fmm_setup(void)
{
	nb_reports = 0;
	nb_expected = 0;
	rte_fastmem_set_misuse_handler(on_misuse, &reports);
	return fm_setup();
}

int
fmm_setup_checked(void)
{
	if (!FM_IS_CHECKED)
		return fm_skip("needs a build that checks every object");
	return fmm_setup();
}

void
fmm_teardown(void)
{
	fm_teardown();
	rte_fastmem_set_misuse_handler(NULL, NULL);
}

int
fmm_run(const void *data)
{
	const struct fm_case *c = data;
	int ret = c->fn();

	return ret == TEST_SUCCESS ? fmm_expect_no_more() : ret;
}

/* --- pointers that are not the allocator's --- */

static int
expect_foreign(const char *call, const void *ptr)
{
	return fmm_expect(RTE_FASTMEM_MISUSE_FOREIGN, ptr, FMM_NOTHING,
		"%s of %p on %s refused: it is not fastmem's", call, ptr, fmm_on());
}

static int
free_foreign(const void *ptr)
{
	fmm_free(fmm_hide(ptr));
	return expect_foreign("free", ptr);
}

static int
test_stack(void)
{
	char mem[64] = "";

	return free_foreign(mem);
}

static int
test_static(void)
{
	return free_foreign(reports);
}

static int
test_code(void)
{
	return free_foreign((void *)(uintptr_t)fmm_run);
}

static int
test_libc(void)
{
	void *mem = calloc(1, 100);
	int ret = free_foreign(mem);

	free(mem);
	return ret;
}

static int
test_rte_malloc(void)
{
	void *mem = rte_malloc(NULL, 100, 0);
	int ret = free_foreign(mem);

	rte_free(mem);
	return ret;
}

static int
test_low(void)
{
	return free_foreign((void *)8);
}

static int
test_high(void)
{
	return free_foreign((void *)(UINTPTR_MAX - 7));
}

static int
test_not_canonical(void)
{
#ifdef RTE_ARCH_64
	return free_foreign((void *)(UINTPTR_MAX / 2 + 1));
#else
	return fm_skip("32-bit addresses are canonical");
#endif
}

static int
test_odd(void)
{
	return free_foreign((void *)1);
}

static int
test_metadata(void)
{
	const struct rte_memzone *mz = rte_memzone_lookup("fastmem_shared");

	TEST_ASSERT_NOT_NULL(mz, "no memzone");
	return free_foreign(RTE_PTR_ADD(mz->addr, 64));
}

static int
test_sized(void)
{
	char mem[64] = "";

	rte_fastmem_free_sized(fmm_hide(mem), 64, 0);
	return expect_foreign(FMM_CALL("free_sized"), mem);
}

static int
test_handle(void)
{
	rte_fastmem_handle_t handle;
	char mem[64] = "";

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, SOCKET_ID_ANY, &handle), "lookup");
	rte_fastmem_hfree(handle, fmm_hide(mem));
	return expect_foreign(FMM_CALL("hfree"), mem);
}

/* One bad pointer among good ones: they are freed, it is refused. */
static int
test_in_bulk(void)
{
	void *objs[9];
	char mem[64] = "";

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 9, 64, 0, 0), "bulk");
	fmm_free(objs[4]);
	objs[4] = fmm_hide(mem);
	rte_fastmem_free_bulk(objs, 9);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "in use");
	return expect_foreign(FMM_CALL("free_bulk"), mem);
}

static int
test_in_handle_bulk(void)
{
	rte_fastmem_handle_t handle;
	void *objs[3];
	char mem[64] = "";

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, fm_socket(), &handle), "lookup");
	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, objs, 2, 0), "bulk");
	objs[2] = fmm_hide(mem);
	rte_fastmem_hfree_bulk(handle, objs, 3);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "in use");
	return expect_foreign(FMM_CALL("hfree_bulk"), mem);
}

static int
test_realloc(void)
{
	char mem[64] = "";

	TEST_ASSERT_NULL(rte_fastmem_realloc(fmm_hide(mem), 0, 0), "object");
	if (expect_foreign("free", mem) != 0)
		return TEST_FAILED;
	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_realloc(fmm_hide(mem), 100, 0), "object");
	TEST_ASSERT_EQUAL(rte_errno, EINVAL, "%s", rte_strerror(rte_errno));
	return 0;
}

static int
test_without_init(void)
{
	char mem[64] = "";

	rte_fastmem_deinit();
	fmm_free(fmm_hide(mem));
	return fmm_expect(RTE_FASTMEM_MISUSE_FOREIGN, mem, FMM_NOTHING,
		"free of %p on %s refused: fastmem is not initialised", mem, fmm_on());
}

static int
test_after_deinit(void)
{
	void *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0));

	fmm_free(obj);
	rte_fastmem_deinit();
	fmm_free(obj);
	return fmm_expect(RTE_FASTMEM_MISUSE_FOREIGN, obj, FMM_NOTHING,
		"free of %p on %s refused: fastmem is not initialised", obj, fmm_on());
}

static int
test_after_trim(void)
{
	void *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0));

	fmm_free(obj);
	TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) > 0, "nothing to trim");
	return free_foreign(obj);
}

/* All objects of its slab came back: it has none until it serves a class again. */
static int
test_free_slab(void)
{
	void *obj = fmm_hide(rte_fastmem_alloc(100, 0, 0));

	fmm_free(obj);
	rte_fastmem_cache_flush();
	return free_foreign(obj);
}

static int
free_on_thread(void *arg)
{
	return free_foreign(arg);
}

static int
test_on_thread(void)
{
	char mem[64] = "";

	return fm_in_thread(free_on_thread, mem, false);
}

/* Without a handler it is logged. */
static int
test_default(void)
{
	void *mem = fmm_hide(reports);
	char want[128], *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	TEST_ASSERT_NOT_NULL(f, "no stream");
	rte_fastmem_set_misuse_handler(NULL, NULL);
	rte_delay_ms(1100); /* a production build logs once a second */
	rte_openlog_stream(f);
	fmm_free(mem);
	rte_openlog_stream(NULL);
	fclose(f);
	snprintf(want, sizeof(want), "FASTMEM: free of %p on %s refused: it is not fastmem's\n",
		mem, fmm_on());
	TEST_ASSERT(text != NULL && strcmp(text, want) == 0, "log: %s", text);
	free(text);
	return 0;
}

struct unit_test_suite fmm_foreign_suite = {
	.suite_name = "fastmem misuse: foreign pointers",
	.unit_test_cases = {
		FMM_CASE(fmm_setup, test_stack),
		FMM_CASE(fmm_setup, test_static),
		FMM_CASE(fmm_setup, test_code),
		FMM_CASE(fmm_setup, test_libc),
		FMM_CASE(fmm_setup, test_rte_malloc),
		FMM_CASE(fmm_setup, test_low),
		FMM_CASE(fmm_setup, test_high),
		FMM_CASE(fmm_setup, test_not_canonical),
		FMM_CASE(fmm_setup, test_odd),
		FMM_CASE(fmm_setup, test_metadata),
		FMM_CASE(fmm_setup, test_sized),
		FMM_CASE(fmm_setup, test_handle),
		FMM_CASE(fmm_setup, test_in_bulk),
		FMM_CASE(fmm_setup, test_in_handle_bulk),
		FMM_CASE(fmm_setup, test_realloc),
		FMM_CASE(fmm_setup, test_without_init),
		FMM_CASE(fmm_setup, test_after_deinit),
		FMM_CASE(fmm_setup, test_after_trim),
		FMM_CASE(fmm_setup, test_free_slab),
		FMM_CASE(fmm_setup, test_on_thread),
		FMM_CASE(fmm_setup, test_default),
		TEST_CASES_END()
	}
};

static struct unit_test_suite end_suite = {
	.suite_name = NULL,
};

static struct unit_test_suite *misuse_suites[] = {
	&fmm_foreign_suite,
	&fmm_object_suite,
	&fmm_content_suite,
	&fmm_asan_suite,
	&end_suite,
};

static struct unit_test_suite misuse_suite = {
	.suite_name = "fastmem misuse",
	.unit_test_suites = misuse_suites,
	.unit_test_cases = {
		TEST_CASES_END()
	}
};

static int
test_fastmem_misuse(void)
{
	return unit_test_suite_runner(&misuse_suite);
}

REGISTER_FAST_TEST(fastmem_misuse_autotest, NOHUGE_OK, ASAN_OK, test_fastmem_misuse)
