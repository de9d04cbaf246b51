/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The floor: what the loops cost with no allocator at all. Per class a bare array of pointers to
 * objects that were laid out beforehand: the last pointer is taken, a pointer is put behind the
 * last one. Nothing is checked, neither whether the array is empty or full nor what a pointer
 * points to; it is for one size, one thread, and as many objects as the case takes. Between two
 * lcores nothing comes back: the producer goes round in more objects than can be on their way.
 */

#include <stdalign.h>
#include <string.h>

#include <rte_malloc.h>

#include "test_fastmem_bench.h"

#define CIRCLE (FMB_RING_SIZE + 2 * FMB_BURST)
#define LINE ((size_t)RTE_CACHE_LINE_SIZE)

struct stack {
	void **end;	/* behind the last pointer */
	uint64_t next;	/* in the circle */
	alignas(RTE_CACHE_LINE_SIZE) void *objs[];
};
static struct stack *stacks[FMB_MIXED_CLASSES];
static void *mems[FMB_MIXED_CLASSES];

/* As in an allocator, operations leave all in memory: the compiler must not join two of them. */
static __rte_always_inline void **
stack_end(const struct stack *s)
{
	rte_compiler_barrier();
	return s->end;
}

static __rte_always_inline int
stack_pop(struct stack *s, void **ptrs, unsigned int n)
{
	void **end = stack_end(s) - n;

	memcpy(ptrs, end, n * sizeof(*ptrs));
	s->end = end;
	return 0;
}

static __rte_always_inline void
stack_push(struct stack *s, void * const *ptrs, unsigned int n)
{
	void **end = stack_end(s);

	memcpy(end, ptrs, n * sizeof(*ptrs));
	s->end = end + n;
}

static __rte_always_inline void *
stack_pop_one(struct stack *s)
{
	void *ptr;

	stack_pop(s, &ptr, 1);
	return ptr;
}

static __rte_always_inline void *
circle_next(struct stack *s)
{
	rte_compiler_barrier();
	s->next = likely(s->next + 1 < CIRCLE) ? s->next + 1 : 0;
	return s->objs[s->next];
}

#define FMB_NAME floor
#define FMB_CTX struct stack *
#define FMB_CTX_ONE(run) stacks[0]
#define FMB_CTX_OF(run, c) stacks[c]
#define FMB_ALLOC(ctx, size) stack_pop_one(ctx)
#define FMB_FREE(ctx, ptr, size) stack_push(ctx, (void *[]){ptr}, 1)
#define FMB_ALLOC_AWAY(ctx, size) circle_next(ctx)
#define FMB_FREE_AWAY(ctx, ptr, size) RTE_SET_USED(ctx)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) stack_pop(ctx, ptrs, n)
#define FMB_FREE_BULK(ctx, ptrs, n, size) stack_push(ctx, ptrs, n)
#define FMB_BY_SIZE(body, run) body(run, (run)->size)
#define FMB_BY_BULK(body, run) FMB_BY_COUNT(body, run, (run)->size)
#include "test_fastmem_bench_loops.h"

/*
 * Makes the objects of a class; 0, or -1. An odd number of lines from one to the next spreads their
 * first lines over the sets of a CPU cache; between lcores no two are neighbours. A load may wait
 * for an earlier store at the same offset in another page: by that offset the stack goes behind the
 * array of the loop, and if there is room, objects keep out of both.
 */
int
fmb_floor_open(const struct fmb_run *run, unsigned int class, size_t size, unsigned int lcores)
{
	const unsigned int n = lcores > 1 ? CIRCLE : run->n;
	const size_t least = lcores > 1 ? RTE_MAX(size, 2 * LINE) : size;
	const size_t stride = least >= LINE ? RTE_ALIGN_CEIL(least, LINE) | LINE :
		RTE_ALIGN_CEIL(least, sizeof(uint64_t));
	const size_t array = RTE_ALIGN_CEIL(n * sizeof(void *), LINE) + LINE;
	const size_t both = sizeof(struct stack) + 2 * array;
	const size_t taken = both <= FMB_PAGE / 2 ? both : 0;
	const uintptr_t begin = RTE_ALIGN_FLOOR((uintptr_t)run->ptrs, LINE) % FMB_PAGE;
	unsigned int i;
	char *obj;

	mems[class] = rte_malloc(NULL, 2 * FMB_PAGE + both + n * (stride + taken), FMB_PAGE);
	if (mems[class] == NULL)
		return -1;
	/* classes keep out of each other's way, too */
	stacks[class] = RTE_PTR_ADD(mems[class], begin + array + class * 2 * LINE);
	stacks[class]->next = 0;
	stacks[class]->end = &stacks[class]->objs[n];
	obj = RTE_PTR_ALIGN_CEIL((char *)stacks[class]->end, LINE);
	for (i = 0; i < n; i++, obj += stride) {
		while (((uintptr_t)obj - begin) % FMB_PAGE < taken)
			obj += LINE;
		stacks[class]->objs[i] = obj;
	}
	return 0;
}

void
fmb_floor_close(void)
{
	unsigned int c;

	for (c = 0; c < FMB_MIXED_CLASSES; c++) {
		rte_free(mems[c]);
		mems[c] = NULL;
	}
}

const struct fmb_contender fmb_floor = {
	.name = "floor",
	.config = "no allocator: a bare array of pointers, nothing checked",
	.loop = FMB_LOOPS(floor),
};
