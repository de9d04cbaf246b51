/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * What the files of the functional test share: the frame that runs every case on a fresh
 * allocator and checks an empty one afterwards, and helpers. Owned by test_fastmem.c.
 * The files call the public API, the hooks of fastmem_test.h and EAL, not one another.
 */

#ifndef TEST_FASTMEM_H
#define TEST_FASTMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_fastmem.h>

#include "test.h"

/*
 * Builds that check every object: what is free is filled or out of bounds and comes back
 * last, and a sized free or a handle must be the right one.
 */
#if defined(RTE_FASTMEM_DEBUG) || defined(RTE_FASTMEM_VALGRIND) || defined(__SANITIZE_ADDRESS__)
#define FM_IS_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FM_IS_CHECKED 1
#endif
#endif
#ifndef FM_IS_CHECKED
#define FM_IS_CHECKED 0
#endif

/* An instrumented build does this much less. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FM_SLOW 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FM_SLOW 8
#endif
#endif
#ifndef FM_SLOW
#define FM_SLOW 1
#endif

#define FM_NB_CLASSES 18
#define FM_MIB ((size_t)1 << 20)
#define FM_MAX FM_MIB /* the largest class */
#define FM_SLAB (2 * FM_MIB)

/* Socket ids that no machine has. SOCKET_ID_ANY (-1) is not among them. */
extern const int fm_bad_sockets[];
extern const unsigned int fm_nb_bad_sockets;

/* The socket on which the allocator serves this thread. */
int fm_socket(void);

/* --- frame --- */

struct fm_case {
	int (*fn)(void);
};

int fm_setup(void); /* a fresh allocator */
int fm_setup_none(void); /* no allocator */
void fm_teardown(void);
int fm_run(const void *data); /* the case; then nothing in use, all valid, no memzone left */

#define FM_CASE(fn) \
	TEST_CASE_NAMED_WITH_DATA(#fn, fm_setup, fm_teardown, fm_run, \
		&(const struct fm_case){ fn })
#define FM_CASE_NO_INIT(fn) \
	TEST_CASE_NAMED_WITH_DATA(#fn, fm_setup_none, fm_teardown, fm_run, \
		&(const struct fm_case){ fn })

extern struct unit_test_suite fm_lifecycle_suite;
extern struct unit_test_suite fm_memory_suite;
extern struct unit_test_suite fm_objects_suite;
extern struct unit_test_suite fm_realloc_suite;
extern struct unit_test_suite fm_bulk_suite;
extern struct unit_test_suite fm_handles_suite;
extern struct unit_test_suite fm_stats_suite;
extern struct unit_test_suite fm_telemetry_suite;
extern struct unit_test_suite fm_contexts_suite;
extern struct unit_test_suite fm_foreign_suite;
extern struct unit_test_suite fm_debug_suite;
extern struct unit_test_suite fm_threads_suite;
extern struct unit_test_suite fm_sockets_suite;
extern struct unit_test_suite fm_depot_suite;
extern struct unit_test_suite fm_layers_suite;
extern struct unit_test_suite fm_near_suite;
extern struct unit_test_suite fm_faults_suite;

/* --- helpers --- */

/* The class sizes: fm_class_size(0) is 8, fm_class_size(17) is 1 MiB. */
static inline size_t
fm_class_size(unsigned int i)
{
	return (size_t)8 << i;
}

/* Can EAL give this many bytes in one piece now? Asked where a case needs much. */
bool fm_have_memory(size_t size);

/* Prints why a case is not run; returns TEST_SKIPPED. */
int fm_skip(const char *why);

/* Fills an object with a pattern made of its address and size; checks it. */
void fm_fill(void *obj, size_t size);
bool fm_is_filled(const void *obj, size_t size);

bool fm_is_byte(const void *mem, size_t size, uint8_t byte);

/* Number of memzones whose name begins with "fastmem_". */
unsigned int fm_count_memzones(void);

/* Is this address in one of them? */
bool fm_in_memzone(const void *addr);

/* For qsort() and bsearch() of arrays of pointers. */
int fm_compare_ptrs(const void *a, const void *b);

/* Flushes the caller's cache; to be run anywhere. */
int fm_flush(void *arg);

/* Allocates an object of 64 bytes and frees it; to be run anywhere. */
int fm_alloc_and_free(void *arg);

/* Flushes the caches of all EAL lcores (idle now), of the control thread, and of the caller. */
int fm_flush_all(void);

/* Runs a function in a new thread, registered with EAL or not; its result or TEST_FAILED. */
int fm_in_thread(int (*fn)(void *arg), void *arg, bool registered);

/* Runs a function on an EAL lcore, which is idle. */
int fm_in_lcore(int (*fn)(void *arg), void *arg, unsigned int lcore);

/* Runs a function in EAL's interrupt thread, a control thread. */
int fm_in_control(int (*fn)(void *arg), void *arg);

/* Bytes of backing memory; objects in use, of all classes or one. */
uint64_t fm_backing(void);
uint64_t fm_in_use(void);
uint64_t fm_class_in_use(size_t class_size);

bool fm_stats_equal(const struct rte_fastmem_stats *a, const struct rte_fastmem_stats *b);

/* The equations that hold between all statistics of a quiet allocator. */
int fm_check_stats(void);

/* Nothing in use or cached, all slabs back in the pool, every layer valid. */
int fm_check_empty(void);

/*
 * Takes objects until there is no memory, at most max, into objs. Returns their number,
 * negative when it ended by anything but ENOMEM.
 */
int fm_exhaust(void **objs, unsigned int max, size_t size, size_t align, int socket);

#endif /* TEST_FASTMEM_H */
