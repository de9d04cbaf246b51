/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * What the parts of fastmem_stress_autotest share. Calls go down this list:
 *
 *   test_fastmem_stress.c           the suite, set-up and tear-down
 *   test_fastmem_stress_random.c    random operations
 *   test_fastmem_stress_patterns.c  allocation patterns of real programs
 *   test_fastmem_stress_limit.c     limits, failures, memory changing class
 *   test_fastmem_stress_team.c      threads of all kinds, empty heap check
 *   test_fastmem_stress_object.c    objects with pattern and shadow
 *   test_fastmem_stress_shadow.c    who owns which 8 bytes
 *
 * All order between threads that the test itself makes is in the team
 * (barriers) and the boxes; the shadow uses relaxed atomics only, so that it
 * hides no missing order of the library from ThreadSanitizer.
 */

#ifndef TEST_FASTMEM_STRESS_H
#define TEST_FASTMEM_STRESS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_fastmem.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test_fastmem.h"

#define FMS_OBJS 2048	/* objects that one worker holds at most by default */
#define FMS_BULK 640	/* largest bulk of the random operations */
#define FMS_CLASSES 18
#define FMS_CASE_MS 1000 /* at most, unless the operations are given */

/* An object that is allocated, filled and claimed in the shadow. */
struct fms_obj {
	void *ptr;
	size_t size;	/* as asked for */
	size_t align;	/* as asked for */
	size_t usable;	/* bytes claimed in the shadow */
	size_t filled;	/* bytes that hold the pattern */
	int socket;	/* its home, SOCKET_ID_ANY when not known */
	bool named;	/* size and align name its class: sized free is right */
};

enum fms_kind {
	FMS_LCORE,	/* EAL thread */
	FMS_REGISTERED,	/* has an lcore id from rte_thread_register() */
	FMS_UNREGISTERED,
};

struct fms_team;

/* One thread of a team. Written by that thread only, while it runs. */
struct fms_worker {
	unsigned int id;
	enum fms_kind kind;
	bool registered;	/* has an lcore id now */
	uint64_t rng;
	struct fms_team *team;
	rte_thread_t thread;
	struct fms_obj *objs;	/* live objects of this worker ... */
	unsigned int nb_objs;	/* ... how many */
	unsigned int max_objs;
	size_t live;		/* their bytes */
	uint64_t nb_alloc;
	uint64_t nb_free;
	uint64_t nb_nomem;
	RTE_ATOMIC(uint32_t) done;
};

/* What a team is made of and what it does. */
struct fms_plan {
	int (*work)(struct fms_worker *w);
	void *arg;
	unsigned int nb_registered;
	unsigned int nb_unregistered;
	unsigned int max_objs;	/* 0: FMS_OBJS */
	bool no_lcores;		/* only the main lcore of the EAL threads */
	bool no_flush;		/* threads end with what they have cached */
};

struct fms_team {
	const struct fms_plan *plan;
	struct fms_worker *workers;
	unsigned int nb_workers;
	size_t budget;		/* live bytes of one worker */
	uint64_t nb_alloc;	/* sums over the workers, valid after the run */
	uint64_t nb_nomem;
	RTE_ATOMIC(uint32_t) go;
	RTE_ATOMIC(uint32_t) arrived;
	RTE_ATOMIC(uint32_t) generation;
};

/* A place where a thread leaves an object for any other. */
struct fms_box {
	RTE_ATOMIC(uint32_t) state;
	struct fms_obj obj;
};

/* Settings and the common failure flag. */
struct fms_global {
	uint64_t seed;
	uint64_t ops;		/* of all workers of a case together */
	bool ops_given;		/* then no time limit */
	size_t memory;		/* bytes the test may hold at once */
	unsigned int nb_sockets; /* that a test made up, or 0 */
	bool was_reset;		/* counters of slabs began at any time */
	uint64_t deadline;	/* of the case, in TSC cycles */
	RTE_ATOMIC(uint32_t) failed;
};

extern struct fms_global fms;

#define FMS_FAIL(fmt, ...) \
	fms_fail(__func__, __LINE__, fmt, ## __VA_ARGS__)

/* test_fastmem_stress_shadow.c */
int fms_shadow_claim(const void *ptr, size_t len);
int fms_shadow_release(const void *ptr, size_t len);
uint64_t fms_shadow_nb_claimed(void);
void fms_shadow_fini(void);

/* test_fastmem_stress_object.c */
__rte_format_printf(3, 4)
int fms_fail(const char *func, int line, const char *fmt, ...);
bool fms_failed(void);
uint64_t fms_rand(uint64_t *rng);
void fms_pick_size(uint64_t *rng, size_t *size, size_t *align);
int fms_socket(uint64_t rnd);
int fms_obj_claim(struct fms_obj *o, unsigned int flags, uint64_t rnd);
int fms_obj_check(const struct fms_obj *o);
int fms_obj_retire(const struct fms_obj *o);
int fms_alloc(struct fms_worker *w, struct fms_obj *o, size_t size, size_t align);
int fms_alloc_bulk(struct fms_worker *w, struct fms_obj *objs, unsigned int n,
		size_t size, size_t align);
int fms_realloc(struct fms_worker *w, struct fms_obj *o, size_t size, size_t align);
int fms_free(struct fms_worker *w, const struct fms_obj *o);
int fms_free_bulk(struct fms_worker *w, const struct fms_obj *objs, unsigned int n);

/* test_fastmem_stress_team.c */
int fms_team_run(const struct fms_plan *plan);
int fms_team_run_sums(const struct fms_plan *plan, struct fms_team *sums);
unsigned int fms_team_size(const struct fms_plan *plan);
void fms_barrier(struct fms_team *team);
void fms_case_start(void);
bool fms_time_over(void);
uint64_t fms_ops_each(const struct fms_worker *w);
bool fms_box_put(struct fms_box *box, const struct fms_obj *o);
bool fms_box_get(struct fms_box *box, struct fms_obj *o);
int fms_boxes_drain(struct fms_box *boxes, unsigned int n);
int fms_flush_all(void);
int fms_check_empty(void);
int fms_push(struct fms_worker *w, const struct fms_obj *o);
struct fms_obj fms_pull(struct fms_worker *w, unsigned int idx);
int fms_drain(struct fms_worker *w);

/* Cases. */
int fms_case_random(void);
int fms_case_random_crowd(void);
int fms_case_random_faults(void);
int fms_case_random_reset(void);
int fms_case_random_misuse(void);
int fms_case_larson(void);
int fms_case_producers(void);
int fms_case_reverse(void);
int fms_case_generations(void);
int fms_case_id_cycle(void);
int fms_case_exit_full(void);
int fms_case_limit_storm(void);
int fms_case_limit_moves(void);
int fms_case_bulk_nomem(void);
int fms_case_phases(void);
int fms_case_phases_lazy(void);
int fms_case_sockets(void);

#endif /* TEST_FASTMEM_STRESS_H */
