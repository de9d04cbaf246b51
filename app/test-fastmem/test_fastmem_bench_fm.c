/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The contenders that are fastmem: plain calls and sized free with sizes the compiler knows, calls
 * by handle, and plain calls with a size it does not know.
 */

#include "test_fastmem_bench.h"

/* One call per size: within it the size is a constant, as it is in most applications. */
#define BY_SIZE(body, run) \
	((run)->size == 8 ? body(run, 8) : \
	 (run)->size == 16 ? body(run, 16) : \
	 (run)->size == 32 ? body(run, 32) : \
	 (run)->size == 64 ? body(run, 64) : \
	 (run)->size == 100 ? body(run, 100) : \
	 (run)->size == 128 ? body(run, 128) : \
	 (run)->size == 256 ? body(run, 256) : \
	 (run)->size == 512 ? body(run, 512) : \
	 (run)->size == 1000 ? body(run, 1000) : \
	 (run)->size == 1024 ? body(run, 1024) : \
	 (run)->size == 1500 ? body(run, 1500) : \
	 (run)->size == 2048 ? body(run, 2048) : \
	 (run)->size == 4096 ? body(run, 4096) : \
	 body(run, (run)->size))

#define BY_BULK(body, run) \
	((run)->size == 64 ? FMB_BY_COUNT(body, run, 64) : \
	 (run)->size == 256 ? FMB_BY_COUNT(body, run, 256) : \
	 (run)->size == 2048 ? FMB_BY_COUNT(body, run, 2048) : \
	 FMB_BY_COUNT(body, run, (run)->size))

/* rte_fastmem_alloc, rte_fastmem_free */
#define FMB_NAME fm
#define FMB_CTX int
#define FMB_CTX_ONE(run) 0
#define FMB_CTX_OF(run, c) 0
#define FMB_ALLOC(ctx, size) rte_fastmem_alloc(size, 0, 0)
#define FMB_FREE(ctx, ptr, size) rte_fastmem_free(ptr)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) rte_fastmem_alloc_bulk(ptrs, n, size, 0, 0)
#define FMB_FREE_BULK(ctx, ptrs, n, size) rte_fastmem_free_bulk(ptrs, n)
#define FMB_BY_SIZE(body, run) BY_SIZE(body, run)
#define FMB_BY_BULK(body, run) BY_BULK(body, run)
#include "test_fastmem_bench_loops.h"

/* rte_fastmem_alloc, rte_fastmem_free_sized; there is no bulk free that is told the size */
#define FMB_NAME fm_sized
#define FMB_CTX int
#define FMB_CTX_ONE(run) 0
#define FMB_CTX_OF(run, c) 0
#define FMB_ALLOC(ctx, size) rte_fastmem_alloc(size, 0, 0)
#define FMB_FREE(ctx, ptr, size) rte_fastmem_free_sized(ptr, size, 0)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) rte_fastmem_alloc_bulk(ptrs, n, size, 0, 0)
#define FMB_FREE_BULK(ctx, ptrs, n, size) rte_fastmem_free_bulk(ptrs, n)
#define FMB_BY_SIZE(body, run) BY_SIZE(body, run)
#define FMB_BY_BULK(body, run) BY_BULK(body, run)
#include "test_fastmem_bench_loops.h"

/* rte_fastmem_halloc, rte_fastmem_hfree */
#define FMB_NAME fm_handle
#define FMB_CTX rte_fastmem_handle_t
#define FMB_CTX_ONE(run) ((run)->res->handle[0])
#define FMB_CTX_OF(run, c) ((run)->res->handle[c])
#define FMB_ALLOC(ctx, size) rte_fastmem_halloc(ctx, 0)
#define FMB_FREE(ctx, ptr, size) rte_fastmem_hfree(ctx, ptr)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) rte_fastmem_halloc_bulk(ctx, ptrs, n, 0)
#define FMB_FREE_BULK(ctx, ptrs, n, size) rte_fastmem_hfree_bulk(ctx, ptrs, n)
#define FMB_BY_SIZE(body, run) body(run, (run)->size)
#define FMB_BY_BULK(body, run) FMB_BY_COUNT(body, run, (run)->size)
#include "test_fastmem_bench_loops.h"

/* rte_fastmem_alloc, rte_fastmem_free, nothing constant */
#define FMB_NAME fm_var
#define FMB_CTX int
#define FMB_CTX_ONE(run) 0
#define FMB_CTX_OF(run, c) 0
#define FMB_ALLOC(ctx, size) rte_fastmem_alloc(size, 0, 0)
#define FMB_FREE(ctx, ptr, size) rte_fastmem_free(ptr)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) rte_fastmem_alloc_bulk(ptrs, n, size, 0, 0)
#define FMB_FREE_BULK(ctx, ptrs, n, size) rte_fastmem_free_bulk(ptrs, n)
#define FMB_BY_SIZE(body, run) body(run, fmb_unknown((run)->size))
#define FMB_BY_BULK(body, run) body(run, fmb_unknown((run)->size), (run)->n)
#include "test_fastmem_bench_loops.h"

const struct fmb_contender fmb_fm = {
	.name = "fastmem",
	.config = "rte_fastmem_alloc and _free, sizes constant where the case has one size, align 0",
	.loop = FMB_LOOPS(fm),
};

const struct fmb_contender fmb_fm_sized = {
	.name = "fastmem_sized",
	.config = "rte_fastmem_alloc and _free_sized",
	.loop = FMB_LOOPS(fm_sized),
};

const struct fmb_contender fmb_fm_handle = {
	.name = "fastmem_handle",
	.config = "rte_fastmem_halloc and _hfree, a handle per size class",
	.loop = FMB_LOOPS(fm_handle),
};

const struct fmb_contender fmb_fm_var = {
	.name = "fastmem_var",
	.config = "rte_fastmem_alloc and _free, sizes unknown to the compiler",
	.loop = FMB_LOOPS(fm_var),
};
