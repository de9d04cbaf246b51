/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * What the parts of fastmem_mp_autotest share. Calls go down this list:
 *
 *   test_fastmem_mp.c        the suite: what the primary process does
 *   test_fastmem_mp_kill.c   the case in which processes are killed
 *   test_fastmem_mp_role.c   what the secondary processes do
 *   test_fastmem_mp_object.c objects that all processes know
 *   test_fastmem_mp_proc.c   starting, waiting for, and ending processes
 *
 * The test runs its own program again as a secondary process, in which the
 * same test name leads to the role that the environment tells. So it needs no
 * line in the program that dispatches tests.
 */

#ifndef TEST_FASTMEM_MP_H
#define TEST_FASTMEM_MP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <rte_fastmem.h>
#include <rte_stdatomic.h>

#include "test_fastmem.h"

#define FMP_TEST_NAME "fastmem_mp_autotest"
#define FMP_CLASSES 18
#define FMP_CHILDREN 8
#define FMP_OBJS 128	/* objects that processes show each other */
#define FMP_HELD 512	/* objects that a process about to be killed holds */

#define FMP_TIMEOUT_MS (20000 * FM_SLOW)

/*
 * Stages of each secondary. EAL waits in vain for the answer of a process that is just
 * starting or ending when another one adds memory: so all wait until all are there.
 */
enum {
	FMP_READY = 1,	/* it is there, and waits for */
	FMP_GO,		/* to play its role; between the two are */
	FMP_FIRST,	/* the stages of the role */
	FMP_DONE = 100,	/* it has played it, and waits for */
	FMP_END,
};

/* An object, and what its process knows of it. */
struct fmp_obj {
	RTE_ATOMIC(void *) ptr;	/* NULL: none */
	size_t size;
	size_t align;
	size_t usable;
	uint64_t iova;
	uint64_t tag;		/* of the pattern */
	rte_fastmem_handle_t handle;
};

/* How the primary and one secondary keep in step. */
struct fmp_link {
	RTE_ATOMIC(uint32_t) stage;	/* that the secondary has reached */
	RTE_ATOMIC(uint32_t) command;	/* up to which stage it may go */
	RTE_ATOMIC(uint64_t) progress;	/* operations, while it works freely */
	RTE_ATOMIC(void *) held[FMP_HELD];
	struct fmp_obj objs[FMP_OBJS];
};

/* In a memzone. */
struct fmp_shared {
	struct fmp_obj objs[FMP_OBJS];	/* the primary's */
	RTE_ATOMIC(void *) boxes[FMP_OBJS]; /* where objects change hands */
	struct fmp_link links[FMP_CHILDREN];
};

/* A secondary process, as the primary sees it. */
struct fmp_child {
	pid_t pid;		/* 0: none */
	unsigned int idx;	/* of its link */
	int output;		/* file with what it printed */
	char role[32];
};

extern struct fmp_shared *fmp_shared;

#define FMP_CHECK(cond, fmt, ...) do { \
	if (!(cond)) { \
		printf("%s() line %d: " fmt "\n", __func__, __LINE__, ## __VA_ARGS__); \
		return -1; \
	} \
} while (0)

/* test_fastmem_mp_proc.c, in the primary */
const char *fmp_cannot(void);
int fmp_shared_create(void);
void fmp_shared_destroy(void);
int fmp_spawn(struct fmp_child *child, unsigned int idx, const char *role);
int fmp_spawn_ready(struct fmp_child *child, unsigned int idx, const char *role);
int fmp_reach_or_end(struct fmp_child *child, uint32_t stage);
int fmp_reach(struct fmp_child *child, uint32_t stage);
void fmp_let(struct fmp_child *child, uint32_t stage);
int fmp_start(struct fmp_child *child, unsigned int idx, const char *role);
int fmp_finish(struct fmp_child *child);
int fmp_join(struct fmp_child *child);
void fmp_kill(struct fmp_child *child);
void fmp_kill_all(void);
void fmp_output_show(struct fmp_child *child);
bool fmp_output_has(struct fmp_child *child, const char *text);
int fmp_run(const char *role);
int fmp_run_many(const char *role, unsigned int n);

/* test_fastmem_mp_proc.c, in either */
int fmp_shared_find(void);
void fmp_at(unsigned int idx, uint32_t stage);
int fmp_wait(unsigned int idx, uint32_t stage);
int fmp_pass(unsigned int idx, uint32_t stage);
void fmp_link_init(unsigned int idx);

/* test_fastmem_mp_role.c */
int fmp_role_run(const char *role, unsigned int idx);

/* test_fastmem_mp_object.c */
bool fmp_pattern_is(const void *ptr, size_t len, uint64_t tag);
size_t fmp_size(uint64_t r);
int fmp_obj_make(struct fmp_obj *o, size_t size, size_t align, uint64_t tag);
int fmp_obj_check(const struct fmp_obj *o);
int fmp_objs_make(struct fmp_obj *objs, unsigned int n, uint64_t tag);
int fmp_objs_check(const struct fmp_obj *objs, unsigned int n);
int fmp_objs_free(struct fmp_obj *objs, unsigned int n);
int fmp_fill_caches(void);
int fmp_work(uint64_t seed, uint64_t ops, RTE_ATOMIC(uint64_t) *progress);
uint64_t fmp_rand(uint64_t *rng);

/* test_fastmem_mp.c */
int fmp_check_empty(void);

/* test_fastmem_mp_kill.c */
int fmp_case_kill(void);

#endif /* TEST_FASTMEM_MP_H */
