/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The contenders that are fastmem: plain calls and sized free with sizes the compiler knows, calls by handle,
 * and plain calls with a size it does not know.
 */

#include "test_fastmem_bench.h"

/* One call per size: within it the size is a constant, as it is in most applications. */
#define SIZE_CASE(body, run, size) \
	case size: \
		return body(run, size)
#define BY_SIZE(body, run) do { \
	switch ((run)->size) { \
	SIZE_CASE(body, run, 8); \
	SIZE_CASE(body, run, 16); \
	SIZE_CASE(body, run, 32); \
	SIZE_CASE(body, run, 64); \
	SIZE_CASE(body, run, 100); \
	SIZE_CASE(body, run, 128); \
	SIZE_CASE(body, run, 256); \
	SIZE_CASE(body, run, 512); \
	SIZE_CASE(body, run, 1000); \
	SIZE_CASE(body, run, 1024); \
	SIZE_CASE(body, run, 1500); \
	SIZE_CASE(body, run, 2048); \
	SIZE_CASE(body, run, 4096); \
	default: \
		return body(run, (run)->size); \
	} \
} while (0)

#define BULK_OF(body, run, size) do { \
	switch ((run)->n) { \
	case 4: \
		return body(run, size, 4); \
	case 8: \
		return body(run, size, 8); \
	case 32: \
		return body(run, size, 32); \
	case 256: \
		return body(run, size, 256); \
	default: \
		return body(run, size, (run)->n); \
	} \
} while (0)
#define BY_BULK(body, run) do { \
	switch ((run)->size) { \
	case 64: \
		BULK_OF(body, run, 64); \
	case 256: \
		BULK_OF(body, run, 256); \
	case 2048: \
		BULK_OF(body, run, 2048); \
	default: \
		BULK_OF(body, run, (run)->size); \
	} \
} while (0)

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
#define FMB_BY_SIZE(body, run) return body(run, (run)->size)
#define FMB_BY_BULK(body, run) BULK_OF(body, run, (run)->size)
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
#define FMB_BY_SIZE(body, run) return body(run, fmb_unknown((run)->size))
#define FMB_BY_BULK(body, run) return body(run, fmb_unknown((run)->size), (run)->n)
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
