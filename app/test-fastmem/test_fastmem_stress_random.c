/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * Random operations from threads of all kinds, for fastmem_stress_autotest.
 * Owns the mix of operations. Calls teams and objects, and the library for
 * what is not about one object: flush, trim, statistics.
 */

#include <errno.h>

#include <rte_lcore.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "test.h"
#include "test_fastmem_stress.h"

#define NB_BOXES 64

static struct fms_box boxes[NB_BOXES];

/* What a case adds to the usual mix; set before the team starts. */
static bool with_faults;
static bool with_reset;
static bool with_misuse;

/* Handlers of misuse, and what each must be called with. */
static int first_mark, second_mark;

/* Free until n more objects of size bytes fit in. */
static int
make_room(struct fms_worker *w, unsigned int n, size_t size)
{
	while (w->nb_objs > 0 && (w->nb_objs + n > w->max_objs ||
			w->live + n * size > w->team->budget)) {
		struct fms_obj o = fms_pull(w, fms_rand(&w->rng) % w->nb_objs);

		if (fms_free(w, &o) < 0)
			return -1;
	}
	return 0;
}

static int
op_alloc(struct fms_worker *w)
{
	size_t size, align;
	struct fms_obj o;
	int ret;

	fms_pick_size(&w->rng, &size, &align);
	if (make_room(w, 1, RTE_MAX(size, align)) < 0)
		return -1;
	ret = fms_alloc(w, &o, size, align);
	return ret == 0 ? fms_push(w, &o) : RTE_MIN(ret, 0);
}

static int
op_free(struct fms_worker *w)
{
	struct fms_obj o;

	if (w->nb_objs == 0)
		return 0;
	o = fms_pull(w, fms_rand(&w->rng) % w->nb_objs);
	return fms_free(w, &o);
}

static unsigned int
pick_bulk(struct fms_worker *w, size_t size)
{
	uint64_t r = fms_rand(&w->rng);
	unsigned int n = r % 16 == 0 ? (r >> 8) % FMS_BULK : (r >> 8) % 48;

	/* a bulk takes a quarter of the budget at most */
	return RTE_MIN(n, (unsigned int)(w->team->budget / 4 / RTE_MAX(size, (size_t)1)));
}

static int
op_alloc_bulk(struct fms_worker *w)
{
	struct fms_obj objs[FMS_BULK];
	size_t size, align;
	unsigned int n, i;
	int ret;

	fms_pick_size(&w->rng, &size, &align);
	n = pick_bulk(w, RTE_MAX(size, align));
	if (make_room(w, n, RTE_MAX(size, align)) < 0)
		return -1;
	ret = fms_alloc_bulk(w, objs, n, size, align);
	if (ret != 0)
		return RTE_MIN(ret, 0);
	/* some go at once: a bulk of one class */
	i = fms_rand(&w->rng) % 3 == 0 ? n / 2 : 0;
	if (fms_free_bulk(w, objs, i) < 0)
		return -1;
	for (; i < n; i++)
		if (fms_push(w, &objs[i]) < 0)
			return -1;
	return 0;
}

static int
op_free_bulk(struct fms_worker *w)
{
	unsigned int n = RTE_MIN(pick_bulk(w, 1), w->nb_objs);
	struct fms_obj objs[FMS_BULK];
	unsigned int i;

	for (i = 0; i < n; i++)
		objs[i] = fms_pull(w, fms_rand(&w->rng) % w->nb_objs);
	return fms_free_bulk(w, objs, n);
}

static int
op_realloc(struct fms_worker *w)
{
	size_t size, align;
	struct fms_obj o;
	int ret;

	if (w->nb_objs == 0)
		return 0;
	fms_pick_size(&w->rng, &size, &align);
	/* take the size of the largest away first: old and new may live at once */
	o = fms_pull(w, fms_rand(&w->rng) % w->nb_objs);
	ret = make_room(w, 1, RTE_MAX(size, align) + o.usable);
	if (ret == 0)
		ret = fms_realloc(w, &o, size, align);
	if (ret < 0 || o.ptr == NULL)
		return ret;
	return fms_push(w, &o);
}

/* Leave an object to anybody, take one from anybody. */
static int
op_exchange(struct fms_worker *w)
{
	uint64_t r = fms_rand(&w->rng);
	struct fms_obj o;

	if (w->nb_objs > 0) {
		o = fms_pull(w, (r >> 16) % w->nb_objs);
		if (!fms_box_put(&boxes[r % NB_BOXES], &o) && fms_push(w, &o) < 0)
			return -1;
	}
	r = fms_rand(&w->rng);
	if (!fms_box_get(&boxes[r % NB_BOXES], &o))
		return 0;
	if ((r & 0x10000) != 0)
		return fms_free(w, &o);
	if (make_room(w, 1, o.usable) < 0)
		return -1;
	return fms_push(w, &o);
}

/* Read all statistics; their values are exact only when nobody works. */
static int
op_stats(struct fms_worker *w)
{
	struct rte_fastmem_lcore_class_stats lc;
	struct rte_fastmem_class_stats c;
	struct rte_fastmem_lcore_stats l;
	struct rte_fastmem_stats st;
	size_t sizes[FMS_CLASSES];
	unsigned int i, lcore = fms_rand(&w->rng) % RTE_MAX_LCORE;
	int ret;

	ret = rte_fastmem_classes(sizes) == FMS_CLASSES ? 0 : -1;
	ret |= rte_fastmem_stats(&st);
	ret |= rte_fastmem_stats_lcore(lcore, &l);
	ret |= rte_fastmem_stats_shared(&l);
	i = fms_rand(&w->rng) % FMS_CLASSES;
	ret |= rte_fastmem_stats_class(sizes[i], &c);
	ret |= rte_fastmem_stats_lcore_class(lcore, sizes[i], &lc);
	ret |= rte_fastmem_stats_shared_class(sizes[i], &lc);
	if (ret != 0 || st.n_classes != FMS_CLASSES || c.class_size != sizes[i] ||
			lc.class_size != sizes[i])
		return FMS_FAIL("statistics");
	return 0;
}

/* The id goes to whoever comes next, and this thread gets any. */
static int
op_reregister(struct fms_worker *w)
{
	if (w->kind != FMS_REGISTERED)
		return 0;
	if (w->registered)
		rte_thread_unregister();
	w->registered = false;
	if (op_alloc(w) < 0 || op_free(w) < 0)
		return -1;
	w->registered = rte_thread_register() == 0;
	return 0;
}

static void
first_handler(enum rte_fastmem_misuse kind, const void *ptr, const char *text, void *arg)
{
	if (kind != RTE_FASTMEM_MISUSE_FOREIGN || arg != &first_mark)
		FMS_FAIL("%p, %p: %s", ptr, arg, text);
}

static void
second_handler(enum rte_fastmem_misuse kind, const void *ptr, const char *text, void *arg)
{
	if (kind != RTE_FASTMEM_MISUSE_FOREIGN || arg != &second_mark)
		FMS_FAIL("%p, %p: %s", ptr, arg, text);
}

/* Set one of two handlers, have a pointer refused, or look at everything. */
static int
op_misuse(uint64_t r)
{
	static uint64_t foreign;
	void *volatile ptr = &foreign; /* the compiler would warn, rightly */
	FILE *f;

	if (r % 4 == 0)
		rte_fastmem_set_misuse_handler(first_handler, &first_mark);
	else if (r % 4 == 1)
		rte_fastmem_set_misuse_handler(second_handler, &second_mark);
	if (r % 16 != 2) {
		rte_fastmem_free(ptr);
		return 0;
	}
	f = fopen("/dev/null", "w");
	if (f == NULL)
		return FMS_FAIL("no /dev/null");
	rte_fastmem_dump(f);
	fclose(f);
	return 0;
}

static int
op_rare(struct fms_worker *w)
{
	uint64_t r = fms_rand(&w->rng);

	switch (r % 16) {
	case 0:
	case 1:
	case 2:
		rte_fastmem_cache_flush();
		return 0;
	case 3:
		if ((r >> 8) % 8 == 0 && rte_fastmem_trim(SOCKET_ID_ANY) < 0)
			return FMS_FAIL("trim");
		return 0;
	case 4:
	case 5:
		return op_stats(w);
	case 6:
	case 7:
		return (r >> 8) % 4 == 0 ? op_reregister(w) : 0;
	case 8:
		if (with_faults)
			fastmem_test_fail_reserve(1 + (r >> 8) % 3);
		return 0;
	case 9:
		if (with_reset)
			rte_fastmem_stats_reset();
		return 0;
	case 10:
	case 11:
		if (with_misuse)
			return op_misuse(r >> 8);
		return 0;
	default:
		if (w->nb_objs == 0)
			return 0;
		return fms_obj_check(&w->objs[(r >> 8) % w->nb_objs]);
	}
}

static int
step(struct fms_worker *w)
{
	unsigned int op = fms_rand(&w->rng) % 100;

	if (op < 34)
		return op_alloc(w);
	if (op < 60)
		return op_free(w);
	if (op < 66)
		return op_alloc_bulk(w);
	if (op < 74)
		return op_free_bulk(w);
	if (op < 82)
		return op_realloc(w);
	if (op < 96)
		return op_exchange(w);
	return op_rare(w);
}

static int
work_random(struct fms_worker *w)
{
	uint64_t i, ops = fms_ops_each(w);

	for (i = 0; i < ops && !fms_failed(); i++) {
		if (step(w) < 0)
			return -1;
		if (i % 64 == 0 && fms_time_over())
			break;
	}
	return 0;
}

/* Every class was in use, unless there was too little memory or time. */
static int
check_classes_hit(const struct fms_team *team)
{
	struct rte_fastmem_class_stats st;
	size_t sizes[FMS_CLASSES];
	unsigned int i;

	if (team->nb_nomem != 0 || team->nb_alloc < 50000)
		return 0;
	rte_fastmem_classes(sizes);
	for (i = 0; i < FMS_CLASSES; i++)
		if (rte_fastmem_stats_class(sizes[i], &st) != 0 ||
				st.alloc_cache_hits + st.alloc_cache_misses == 0)
			return FMS_FAIL("class %zu never used", sizes[i]);
	return 0;
}

static int
random_run(unsigned int nb_registered, unsigned int nb_unregistered)
{
	const struct fms_plan plan = {
		.work = work_random,
		.nb_registered = nb_registered,
		.nb_unregistered = nb_unregistered,
	};
	struct fms_team team;
	int ret;

	ret = fms_team_run_sums(&plan, &team);
	printf("%u threads, %" PRIu64 " objects, %" PRIu64 " times no memory\n",
		team.nb_workers, team.nb_alloc, team.nb_nomem);
	if (ret == 0 && !with_reset)
		ret = check_classes_hit(&team);
	return fms_boxes_drain(boxes, NB_BOXES) < 0 ? -1 : ret;
}

int
fms_case_random(void)
{
	return random_run(2, 2) < 0 ? TEST_FAILED : fms_check_empty();
}

/* Many more threads than CPUs: preemption at any point. */
int
fms_case_random_crowd(void)
{
	return random_run(8, 8) < 0 ? TEST_FAILED : fms_check_empty();
}

/* Reservations fail now and then: nothing may get lost by it. */
int
fms_case_random_faults(void)
{
	int ret;

	with_faults = true;
	ret = random_run(2, 1);
	with_faults = false;
	fastmem_test_fail_reserve(0);
	return ret < 0 ? TEST_FAILED : fms_check_empty();
}

/* Counters are reset at any time: what is in use stays exact. */
int
fms_case_random_reset(void)
{
	int ret;

	with_reset = true;
	fms.was_reset = true;
	ret = random_run(2, 1);
	with_reset = false;
	return ret < 0 ? TEST_FAILED : fms_check_empty();
}

/* Pointers are refused, handlers change, and somebody looks, at any time. */
int
fms_case_random_misuse(void)
{
	int ret;

	rte_fastmem_set_misuse_handler(first_handler, &first_mark);
	with_misuse = true;
	ret = random_run(2, 1);
	with_misuse = false;
	rte_fastmem_set_misuse_handler(NULL, NULL);
	return ret < 0 ? TEST_FAILED : fms_check_empty();
}
