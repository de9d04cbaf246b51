/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * Teams of threads for fastmem_stress_autotest: EAL lcores, threads that
 * register for an lcore id, and threads without one, started together, kept
 * in step by barriers, and ended with empty hands.
 * Owns the workers, the barriers and the boxes in which objects change hands;
 * also the check that the heap is empty. Calls the objects of the test, the
 * library, and fastmem_test_validate().
 */

#include <errno.h>
#include <sched.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem_stress.h"

enum {
	BOX_EMPTY,
	BOX_FILLING,
	BOX_FULL,
	BOX_TAKING,
};

/* Leave o in the box unless there is something. */
bool
fms_box_put(struct fms_box *box, const struct fms_obj *o)
{
	uint32_t state = BOX_EMPTY;

	if (!rte_atomic_compare_exchange_strong_explicit(&box->state, &state,
			BOX_FILLING, rte_memory_order_acquire,
			rte_memory_order_relaxed))
		return false;
	box->obj = *o;
	rte_atomic_store_explicit(&box->state, BOX_FULL, rte_memory_order_release);
	return true;
}

/* Take what is in the box, if anything. */
bool
fms_box_get(struct fms_box *box, struct fms_obj *o)
{
	uint32_t state = BOX_FULL;

	if (!rte_atomic_compare_exchange_strong_explicit(&box->state, &state,
			BOX_TAKING, rte_memory_order_acquire,
			rte_memory_order_relaxed))
		return false;
	*o = box->obj;
	rte_atomic_store_explicit(&box->state, BOX_EMPTY, rte_memory_order_release);
	return true;
}

/* Free all that is left in n boxes; after a failure, forget it. */
int
fms_boxes_drain(struct fms_box *boxes, unsigned int n)
{
	struct fms_worker w = { .rng = fms.seed };
	struct fms_obj o;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (fms_box_get(&boxes[i], &o) && !fms_failed())
			fms_free(&w, &o);
	return fms_failed() ? -1 : 0;
}

/* Every worker of the team comes here before any goes on. */
void
fms_barrier(struct fms_team *team)
{
	uint32_t generation = rte_atomic_load_explicit(&team->generation,
			rte_memory_order_acquire);

	if (rte_atomic_fetch_add_explicit(&team->arrived, 1,
			rte_memory_order_acq_rel) + 1 == team->nb_workers) {
		rte_atomic_store_explicit(&team->arrived, 0, rte_memory_order_relaxed);
		rte_atomic_store_explicit(&team->generation, generation + 1,
				rte_memory_order_release);
		return;
	}
	while (rte_atomic_load_explicit(&team->generation,
			rte_memory_order_acquire) == generation)
		sched_yield();
}

/* A case, or a part of one that is to have as much time, begins. */
void
fms_case_start(void)
{
	fms.deadline = rte_rdtsc() + rte_get_tsc_hz() / 1000 * FMS_CASE_MS;
}

/* The case has had its share of time, or something failed. */
bool
fms_time_over(void)
{
	return fms_failed() || (!fms.ops_given && rte_rdtsc() > fms.deadline);
}

/* Operations for one worker, at most. */
uint64_t
fms_ops_each(const struct fms_worker *w)
{
	return RTE_MAX(fms.ops / FM_SLOW / w->team->nb_workers, UINT64_C(100));
}

/* Keep o among the objects of the worker; the caller knows there is room. */
int
fms_push(struct fms_worker *w, const struct fms_obj *o)
{
	if (w->nb_objs == w->max_objs)
		return FMS_FAIL("worker %u has no room", w->id);
	w->objs[w->nb_objs++] = *o;
	w->live += o->usable;
	return 0;
}

/* Remove the object at idx from those of the worker. */
struct fms_obj
fms_pull(struct fms_worker *w, unsigned int idx)
{
	struct fms_obj o = w->objs[idx];

	w->objs[idx] = w->objs[--w->nb_objs];
	w->live -= o.usable;
	return o;
}

/* Free all objects of the worker. */
int
fms_drain(struct fms_worker *w)
{
	while (w->nb_objs > 0 && !fms_failed()) {
		struct fms_obj o = fms_pull(w, w->nb_objs - 1);

		if (fms_free(w, &o) < 0)
			return -1;
	}
	return fms_failed() ? -1 : 0;
}

static int
worker_main(void *arg)
{
	struct fms_worker *w = arg;
	const struct fms_plan *plan = w->team->plan;

	while (rte_atomic_load_explicit(&w->team->go, rte_memory_order_acquire) == 0)
		sched_yield();
	/* refused where a secondary process has been, or when no id is free */
	if (w->kind == FMS_REGISTERED)
		w->registered = rte_thread_register() == 0;
	fms_barrier(w->team);
	plan->work(w);
	fms_barrier(w->team);
	fms_drain(w);
	fms_barrier(w->team);
	if (!plan->no_flush)
		rte_fastmem_cache_flush();
	if (w->registered)
		rte_thread_unregister();
	rte_atomic_store_explicit(&w->done, 1, rte_memory_order_release);
	return 0;
}

static uint32_t
worker_thread(void *arg)
{
	worker_main(arg);
	return 0;
}

static int
thread_start(struct fms_worker *w)
{
	rte_thread_attr_t attr;
	rte_cpuset_t all, one;
	unsigned int lcore;

	CPU_ZERO(&all);
	RTE_LCORE_FOREACH(lcore) {
		one = rte_lcore_cpuset(lcore);
		RTE_CPU_OR(&all, &all, &one);
	}
	if (rte_thread_attr_init(&attr) != 0 ||
			rte_thread_attr_set_affinity(&attr, &all) != 0)
		return -1;
	return rte_thread_create(&w->thread, &attr, worker_thread, w);
}

/* How many workers a plan makes on this machine. */
unsigned int
fms_team_size(const struct fms_plan *plan)
{
	return plan->nb_registered + plan->nb_unregistered +
			(plan->no_lcores ? 1 : rte_lcore_count());
}

static int
team_init(struct fms_team *team)
{
	const struct fms_plan *plan = team->plan;
	unsigned int lcores, i;

	team->nb_workers = fms_team_size(plan);
	lcores = team->nb_workers - plan->nb_registered - plan->nb_unregistered;
	team->budget = fms.memory / team->nb_workers;
	team->workers = calloc(team->nb_workers, sizeof(*team->workers));
	if (team->workers == NULL)
		return FMS_FAIL("no memory for the workers");
	for (i = 0; i < team->nb_workers; i++) {
		struct fms_worker *w = &team->workers[i];
		uint64_t rng = fms.seed + i;

		w->id = i;
		w->team = team;
		w->rng = fms_rand(&rng);
		w->kind = i < lcores ? FMS_LCORE :
				i < lcores + plan->nb_registered ?
				FMS_REGISTERED : FMS_UNREGISTERED;
		w->max_objs = plan->max_objs != 0 ? plan->max_objs : FMS_OBJS;
		w->objs = calloc(w->max_objs, sizeof(*w->objs));
		if (w->objs == NULL)
			return FMS_FAIL("no memory for the objects");
	}
	return 0;
}

static void
team_fini(struct fms_team *team)
{
	unsigned int i;

	for (i = 0; team->workers != NULL && i < team->nb_workers; i++)
		free(team->workers[i].objs);
	free(team->workers);
	team->workers = NULL;
}

/* Start all threads but the one of the main lcore, which is worker 0. */
static int
team_start(struct fms_team *team)
{
	unsigned int i, lcore = rte_get_main_lcore();

	for (i = 1; i < team->nb_workers; i++) {
		struct fms_worker *w = &team->workers[i];

		if (w->kind != FMS_LCORE) {
			if (thread_start(w) != 0)
				return FMS_FAIL("cannot start thread %u", i);
			continue;
		}
		lcore = rte_get_next_lcore(lcore, 1, 1);
		if (rte_eal_remote_launch(worker_main, w, lcore) != 0)
			return FMS_FAIL("cannot launch on lcore %u", lcore);
	}
	return 0;
}

/*
 * Run a team to its end. Each worker calls plan->work() and then frees the
 * objects it holds; unless the plan says otherwise its thread flushes last.
 */
int
fms_team_run_sums(const struct fms_plan *plan, struct fms_team *team)
{
	unsigned int i;

	*team = (struct fms_team) { .plan = plan };
	/* threads that started already cannot be called back */
	if (team_init(team) < 0 || team_start(team) < 0)
		return -1;
	rte_atomic_store_explicit(&team->go, 1, rte_memory_order_release);
	worker_main(&team->workers[0]);
	for (i = 0; i < team->nb_workers; i++) {
		struct fms_worker *w = &team->workers[i];

		while (rte_atomic_load_explicit(&w->done, rte_memory_order_acquire) == 0)
			sched_yield();
		if (i > 0 && w->kind != FMS_LCORE)
			rte_thread_join(w->thread, NULL);
		team->nb_alloc += w->nb_alloc;
		team->nb_nomem += w->nb_nomem;
	}
	rte_eal_mp_wait_lcore();
	team_fini(team);
	return fms_failed() ? -1 : 0;
}

int
fms_team_run(const struct fms_plan *plan)
{
	struct fms_team team;

	return fms_team_run_sums(plan, &team);
}

static int
work_nothing(struct fms_worker *w)
{
	RTE_SET_USED(w);
	return 0;
}

/* Flush on every lcore and on a thread without an id. */
int
fms_flush_all(void)
{
	const struct fms_plan plan = {
		.work = work_nothing,
		.nb_unregistered = 1,
	};

	return fms_team_run(&plan);
}

static int
check_class(size_t size)
{
	struct rte_fastmem_class_stats st;
	int ret = rte_fastmem_stats_class(size, &st);

	if (ret != 0)
		return FMS_FAIL("stats of class %zu: %d", size, ret);
	if (st.in_use == 0 && st.slabs_partial == 0 && st.slabs_full == 0 &&
			(fms.was_reset || st.slab_acquires == st.slab_releases))
		return 0;
	return FMS_FAIL("class %zu: in use %" PRIu64 ", slabs acquired %" PRIu64
			" released %" PRIu64 ", partial %u full %u", size, st.in_use,
			st.slab_acquires, st.slab_releases, st.slabs_partial,
			st.slabs_full);
}

/*
 * Everything was freed: after a flush by every thread that has a cache all
 * slabs are free, and a trim gives all memory back.
 */
int
fms_check_empty(void)
{
	struct rte_fastmem_stats st;
	size_t sizes[FMS_CLASSES];
	unsigned int i;

	if (fms_failed() || fms_flush_all() < 0)
		return -1;
	if (fms_shadow_nb_claimed() != 0)
		return FMS_FAIL("the test holds objects: not the library's fault");
	if (rte_fastmem_classes(sizes) != FMS_CLASSES)
		return FMS_FAIL("not %u classes", FMS_CLASSES);
	for (i = 0; i < FMS_CLASSES; i++)
		if (check_class(sizes[i]) < 0)
			rte_fastmem_dump(stdout);
	if (fastmem_test_validate(stdout) != 0)
		return FMS_FAIL("validate");
	if (rte_fastmem_stats(&st) != 0 || st.bytes_in_use != 0)
		return FMS_FAIL("%" PRIu64 " bytes in use", st.bytes_in_use);
	if (rte_fastmem_trim(SOCKET_ID_ANY) < 0)
		return FMS_FAIL("trim");
	if (rte_fastmem_stats(&st) != 0 || st.bytes_backing != 0)
		return FMS_FAIL("%" PRIu64 " bytes backing after trim", st.bytes_backing);
	if (fastmem_test_validate(stdout) != 0)
		return FMS_FAIL("validate after trim");
	return fms_failed() ? -1 : 0;
}
