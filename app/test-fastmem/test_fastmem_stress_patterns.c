/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * Allocation patterns of real programs, for fastmem_stress_autotest: objects
 * that outlive the thread that made them, threads that only allocate or only
 * free, frees in every order, threads that come and go.
 * Owns the patterns. Calls teams and objects.
 */

#include <sched.h>

#include <rte_lcore.h>

#include "test.h"
#include "test_fastmem_stress.h"

#define NB_BOXES 512
#define NB_SLOTS 512	/* objects in the array that a worker inherits */
#define MAX_WORKERS 64

static struct fms_box boxes[NB_BOXES];
static struct fms_obj slots[MAX_WORKERS][NB_SLOTS];
static RTE_ATOMIC(uint32_t) nb_producing;

/* Small objects for the most part, sometimes any. */
static void
pick_small(struct fms_worker *w, size_t *size, size_t *align)
{
	uint64_t r = fms_rand(&w->rng);

	if (r % 64 == 0) {
		fms_pick_size(&w->rng, size, align);
		*size = RTE_MIN(*size, (size_t)65536);
		*align = RTE_MIN(*align, (size_t)4096);
		return;
	}
	*size = 1 + (r >> 8) % 500;
	*align = (r >> 32) % 2 == 0 ? 0 : 8;
}

/*
 * Larson: replace random objects of the array, then the array goes to a
 * worker of the next generation, on another thread.
 */
static int
work_larson(struct fms_worker *w)
{
	unsigned int round = *(unsigned int *)w->team->plan->arg;
	struct fms_obj *mine = slots[(w->id + round) % w->team->nb_workers];
	uint64_t i, ops = fms_ops_each(w) / 16;

	for (i = 0; i < ops && !fms_failed(); i++) {
		struct fms_obj *o = &mine[fms_rand(&w->rng) % NB_SLOTS];
		size_t size, align;
		int ret;

		if (o->ptr != NULL && fms_free(w, o) < 0)
			return -1;
		o->ptr = NULL;
		pick_small(w, &size, &align);
		ret = fms_alloc(w, o, size, align);
		if (ret < 0)
			return -1;
		if (ret > 0)
			o->ptr = NULL;
		if (i % 64 == 0 && fms_time_over())
			break;
	}
	return 0;
}

static int
slots_free(void)
{
	struct fms_worker w = { .rng = fms.seed };
	unsigned int i, j;

	for (i = 0; i < MAX_WORKERS; i++)
		for (j = 0; j < NB_SLOTS; j++) {
			struct fms_obj *o = &slots[i][j];

			if (o->ptr != NULL && !fms_failed() && fms_free(&w, o) < 0)
				return -1;
			o->ptr = NULL;
		}
	return fms_failed() ? -1 : 0;
}

/* Lcores are launched again, other threads end and new ones start. */
int
fms_case_larson(void)
{
	unsigned int round;
	int ret = 0;
	struct fms_plan plan = {
		.work = work_larson,
		.arg = &round,
		.nb_registered = 2,
		.nb_unregistered = 1,
		.no_flush = true,
	};

	if (fms_team_size(&plan) > MAX_WORKERS)
		plan.no_lcores = true;
	for (round = 0; ret == 0 && round < 12 && !fms_time_over(); round++)
		ret = fms_team_run(&plan);
	if (slots_free() < 0)
		return TEST_FAILED;
	return fms_check_empty();
}

static int
produce(struct fms_worker *w)
{
	uint64_t i, at = fms_rand(&w->rng), ops = fms_ops_each(w);
	size_t size, align;
	struct fms_obj o;
	int ret;

	for (i = 0; i < ops && !fms_time_over(); i++) {
		pick_small(w, &size, &align);
		ret = fms_alloc(w, &o, size, align);
		if (ret < 0)
			return -1;
		while (ret == 0 && !fms_box_put(&boxes[at % NB_BOXES], &o)) {
			at++;
			if (at % NB_BOXES == 0)
				sched_yield();
			if (fms_time_over())
				return fms_free(w, &o);
		}
		at++;
	}
	return 0;
}

static int
consume(struct fms_worker *w)
{
	unsigned int empty = 0, n = 0;
	uint64_t at = fms_rand(&w->rng);
	struct fms_obj objs[32];

	/* a whole round without an object after the last producer went */
	while (!fms_failed()) {
		uint32_t producing = rte_atomic_load_explicit(&nb_producing,
				rte_memory_order_acquire);

		if (fms_box_get(&boxes[at++ % NB_BOXES], &objs[n])) {
			empty = 0;
			n++;
		} else if (++empty > NB_BOXES) {
			if (producing == 0)
				break;
			sched_yield();
			empty = 0;
		}
		if (n == RTE_DIM(objs)) {
			/* one by one, or all at once */
			while ((at & 64) != 0 && n > 0)
				if (fms_free(w, &objs[--n]) < 0)
					return -1;
			if (fms_free_bulk(w, objs, n) < 0)
				return -1;
			n = 0;
		}
	}
	return fms_free_bulk(w, objs, n);
}

static int
work_produce_consume(struct fms_worker *w)
{
	/* 0 1 1 0 0 1 1 0: threads of each kind are on both sides */
	bool producer = (w->id ^ (w->id >> 1)) % 2 == 0;
	int ret;

	if (producer)
		rte_atomic_fetch_add_explicit(&nb_producing, 1, rte_memory_order_acq_rel);
	fms_barrier(w->team);
	if (!producer)
		return consume(w);
	ret = produce(w);
	rte_atomic_fetch_sub_explicit(&nb_producing, 1, rte_memory_order_acq_rel);
	return ret;
}

/* Some threads only allocate, others only free. */
int
fms_case_producers(void)
{
	const struct fms_plan plan = {
		.work = work_produce_consume,
		.nb_registered = 2,
		.nb_unregistered = 2,
	};

	fms_team_run(&plan);
	if (fms_boxes_drain(boxes, NB_BOXES) < 0)
		return TEST_FAILED;
	return fms_check_empty();
}

static void
shuffle(struct fms_worker *w)
{
	unsigned int i;

	for (i = w->nb_objs; i > 1; i--) {
		unsigned int j = fms_rand(&w->rng) % i;
		struct fms_obj o = w->objs[i - 1];

		w->objs[i - 1] = w->objs[j];
		w->objs[j] = o;
	}
}

/* Free the objects of w in the order that round names. */
static int
free_in_order(struct fms_worker *w, unsigned int round)
{
	unsigned int i, n = w->nb_objs, step = 1;

	if (round % 4 == 0)
		return fms_drain(w);	/* last in, first out */
	if (round % 4 == 1)
		shuffle(w);
	if (round % 4 == 2)
		step = 7;		/* every seventh, seven times */
	for (step = RTE_MIN(step, RTE_MAX(n, 1u)), i = 0; i < step; i++) {
		unsigned int j;

		for (j = i; j < n; j += step)
			if (fms_free(w, &w->objs[j]) < 0)
				return -1;
	}
	w->nb_objs = 0;
	w->live = 0;
	return 0;
}

static int
work_reverse(struct fms_worker *w)
{
	unsigned int round, rounds = fms_ops_each(w) / w->max_objs / 4 + 4;

	for (round = 0; round < rounds && !fms_time_over(); round++) {
		size_t size, align;
		struct fms_obj o;
		int ret = 0;

		pick_small(w, &size, &align);
		while (ret == 0 && w->nb_objs < w->max_objs &&
				w->live + size < w->team->budget) {
			if (round % 8 < 4)
				pick_small(w, &size, &align);
			ret = fms_alloc(w, &o, size, align);
			if (ret == 0)
				ret = fms_push(w, &o);
		}
		if (ret < 0 || free_in_order(w, round) < 0)
			return -1;
	}
	return 0;
}

/* Frees in the order of the allocations, against it, in steps, at random. */
int
fms_case_reverse(void)
{
	const struct fms_plan plan = {
		.work = work_reverse,
		.nb_registered = 1,
		.nb_unregistered = 1,
		.max_objs = 6000,
	};

	if (fms_team_run(&plan) < 0)
		return TEST_FAILED;
	return fms_check_empty();
}

/* Take over what others left in the boxes, leave as much, end. */
static int
work_generation(struct fms_worker *w)
{
	unsigned int i;

	for (i = 0; i < 400 && !fms_failed(); i++) {
		struct fms_box *box = &boxes[fms_rand(&w->rng) % NB_BOXES];
		size_t size, align;
		struct fms_obj o;
		int ret;

		if (fms_box_get(box, &o) && fms_free(w, &o) < 0)
			return -1;
		pick_small(w, &size, &align);
		ret = fms_alloc(w, &o, size, align);
		if (ret < 0)
			return -1;
		if (ret == 0 && !fms_box_put(box, &o) && fms_free(w, &o) < 0)
			return -1;
	}
	return 0;
}

static int
generations_run(const struct fms_plan *plan, unsigned int waves)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < waves && !fms_time_over(); i++)
		ret = fms_team_run(plan);
	if (fms_boxes_drain(boxes, NB_BOXES) < 0)
		return TEST_FAILED;
	return fms_check_empty();
}

/* Waves of threads of all kinds that end without a flush. */
int
fms_case_generations(void)
{
	const struct fms_plan plan = {
		.work = work_generation,
		.nb_registered = 6,
		.nb_unregistered = 6,
		.no_flush = true,
	};

	return generations_run(&plan, 24);
}

/* Ids are given up and taken over all the time. */
static int
work_id_cycle(struct fms_worker *w)
{
	unsigned int i;

	for (i = 0; i < 20 && !fms_failed(); i++) {
		if (work_generation(w) < 0)
			return -1;
		if (w->kind != FMS_REGISTERED)
			continue;
		if (w->registered)
			rte_thread_unregister();
		w->registered = rte_thread_register() == 0;
	}
	return 0;
}

int
fms_case_id_cycle(void)
{
	const struct fms_plan plan = {
		.work = work_id_cycle,
		.nb_registered = 6,
		.nb_unregistered = 1,
		.no_flush = true,
	};

	return generations_run(&plan, 3);
}

/* A thread fills its cache of every class and ends. */
static int
work_exit_full(struct fms_worker *w)
{
	unsigned int shift, i;
	struct fms_obj o;
	int ret;

	for (shift = 3; shift <= 16; shift++) {
		size_t size = (size_t)1 << shift;
		unsigned int n = RTE_MIN(w->max_objs, (unsigned int)(65536 / size) + 2);

		for (i = 0; i < n && !fms_failed(); i++) {
			ret = fms_alloc(w, &o, size, 8);
			if (ret < 0 || (ret == 0 && fms_push(w, &o) < 0))
				return -1;
		}
		if (fms_drain(w) < 0)
			return -1;
	}
	return 0;
}

int
fms_case_exit_full(void)
{
	const struct fms_plan plan = {
		.work = work_exit_full,
		.no_lcores = true,
		.nb_unregistered = 16,
		.no_flush = true,
	};

	return generations_run(&plan, 6);
}
