/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * What the files of fastmem_misuse_autotest share: a record of what was reported, compared with
 * what must have been. Owned by test_fastmem_misuse.c.
 */

#ifndef TEST_FASTMEM_MISUSE_H
#define TEST_FASTMEM_MISUSE_H

#include "test_fastmem.h"

/* What a report says of the past of an object, in builds that record it. */
enum fmm_history {
	FMM_NOTHING, /* no object, or this build records none */
	FMM_NEVER, /* never allocated */
	FMM_ALLOCATED, /* where and on which lcore */
	FMM_FREED, /* and where it was freed */
};

/* The next report must be of this kind and pointer, and say exactly this and that history. */
int fmm_expect(enum rte_fastmem_misuse kind, const void *ptr, enum fmm_history history,
	const char *format, ...) __rte_format_printf(4, 5);

/* There must be no other report. */
int fmm_expect_no_more(void);

/* " on lcore 0", of the calling thread. */
const char *fmm_on(void);

/* A pointer of which the compiler knows nothing. */
void *fmm_hide(const void *ptr);

/* rte_fastmem_free(), of which the compiler knows nothing: else it would warn, rightly. */
void fmm_free(void *ptr);

/* The name a refusal has for a call: production builds know only that it was a free. */
#define FMM_CALL(call) (FM_IS_CHECKED ? call : "free")

/* Builds that fill objects and look at what is written beside them. */
#if defined(RTE_FASTMEM_DEBUG)
#define FMM_LOOKS_AT_CONTENT 1
#else
#define FMM_LOOKS_AT_CONTENT 0
#endif

int fmm_setup(void);
int fmm_setup_checked(void);
int fmm_setup_content(void);
int fmm_setup_asan(void);
void fmm_teardown(void);
int fmm_run(const void *data);

#define FMM_CASE(setup, fn) \
	TEST_CASE_NAMED_WITH_DATA(#fn, setup, fmm_teardown, fmm_run, \
		&(const struct fm_case){ fn })

extern struct unit_test_suite fmm_foreign_suite;
extern struct unit_test_suite fmm_object_suite;
extern struct unit_test_suite fmm_content_suite;
extern struct unit_test_suite fmm_asan_suite;

#endif /* TEST_FASTMEM_MISUSE_H */
