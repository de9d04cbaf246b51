/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The contenders rte_malloc and libc malloc. Neither has bulk calls: bulks are loops. rte_malloc
 * aligns to a cache line, malloc to 16 bytes; both do it without being asked, so they are not
 * slowed down by wishes.
 */

#include <stdlib.h>

#include <rte_malloc.h>

#include "test_fastmem_bench.h"

static __rte_always_inline int
rm_alloc_bulk(void **ptrs, unsigned int n, size_t size)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		ptrs[i] = rte_malloc(NULL, size, 0);
		if (unlikely(ptrs[i] == NULL)) {
			while (i > 0)
				rte_free(ptrs[--i]);
			return -1;
		}
	}
	return 0;
}

static __rte_always_inline void
rm_free_bulk(void **ptrs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		rte_free(ptrs[i]);
}

static __rte_always_inline int
libc_alloc_bulk(void **ptrs, unsigned int n, size_t size)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		ptrs[i] = malloc(size);
		if (unlikely(ptrs[i] == NULL)) {
			while (i > 0)
				free(ptrs[--i]);
			return -1;
		}
	}
	return 0;
}

static __rte_always_inline void
libc_free_bulk(void **ptrs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		free(ptrs[i]);
}

#define FMB_NAME rm
#define FMB_CTX int
#define FMB_CTX_ONE(run) 0
#define FMB_CTX_OF(run, c) 0
#define FMB_ALLOC(ctx, size) rte_malloc(NULL, size, 0)
#define FMB_FREE(ctx, ptr, size) rte_free(ptr)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) rm_alloc_bulk(ptrs, n, size)
#define FMB_FREE_BULK(ctx, ptrs, n, size) rm_free_bulk(ptrs, n)
#define FMB_BY_SIZE(body, run) body(run, (run)->size)
#define FMB_BY_BULK(body, run) body(run, (run)->size, (run)->n)
#include "test_fastmem_bench_loops.h"

#define FMB_NAME libc
#define FMB_CTX int
#define FMB_CTX_ONE(run) 0
#define FMB_CTX_OF(run, c) 0
#define FMB_ALLOC(ctx, size) malloc(size)
#define FMB_FREE(ctx, ptr, size) free(ptr)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) libc_alloc_bulk(ptrs, n, size)
#define FMB_FREE_BULK(ctx, ptrs, n, size) libc_free_bulk(ptrs, n)
#define FMB_BY_SIZE(body, run) body(run, (run)->size)
#define FMB_BY_BULK(body, run) body(run, (run)->size, (run)->n)
#include "test_fastmem_bench_loops.h"

const struct fmb_contender fmb_rte_malloc = {
	.name = "rte_malloc",
	.config = "rte_malloc and rte_free, align 0",
	.loop = FMB_LOOPS(rm),
};

const struct fmb_contender fmb_libc = {
	.name = "libc",
	.config = "malloc and free of the C library",
	.loop = FMB_LOOPS(libc),
};
