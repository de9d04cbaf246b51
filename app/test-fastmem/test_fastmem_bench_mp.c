/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The contenders that are rte_mempool, with three drivers. Their best configuration: a cache of
 * 512 objects per lcore (the largest), pools with spare objects so that no cache is ever starved,
 * spread objects (the default), the inline calls rte_mempool_get and _put for single objects and
 * _get_bulk and _put_bulk with a constant count for bulks, one pool per power of two for mixed
 * sizes. The driver is called for a whole cache only; the loops are the same code for all three.
 */

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "test_fastmem_bench.h"

#define POOL_BYTES_MAX ((size_t)64 << 20)	/* pools of large objects get smaller caches */

static __rte_always_inline void *
pool_get(struct rte_mempool *mp)
{
	void *ptr;

	return likely(rte_mempool_get(mp, &ptr) == 0) ? ptr : NULL;
}

#define FMB_NAME mp
#define FMB_CTX struct rte_mempool *
#define FMB_CTX_ONE(run) ((run)->res->mp[0])
#define FMB_CTX_OF(run, c) ((run)->res->mp[c])
#define FMB_ALLOC(ctx, size) pool_get(ctx)
#define FMB_FREE(ctx, ptr, size) rte_mempool_put(ctx, ptr)
#define FMB_ALLOC_BULK(ctx, ptrs, n, size) rte_mempool_get_bulk(ctx, ptrs, n)
#define FMB_FREE_BULK(ctx, ptrs, n, size) rte_mempool_put_bulk(ctx, ptrs, n)
#define FMB_BY_SIZE(body, run) body(run, (run)->size)
#define FMB_BY_BULK(body, run) FMB_BY_COUNT(body, run, (run)->size)
#include "test_fastmem_bench_loops.h"

static const char *const drivers[] = {
	[FMB_MP_RING] = "ring_mp_mc",
	[FMB_MP_STACK] = "stack",
	[FMB_MP_LF] = "lf_stack",
};

/*
 * A pool from which n objects can be had whatever the caches of that many lcores hold (0: one, no
 * spares).
 */
struct rte_mempool *
fmb_pool_create(enum fmb_who who, size_t size, unsigned int n, unsigned int lcores)
{
	static unsigned int serial;
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *mp;
	unsigned int cache = RTE_MEMPOOL_CACHE_MAX_SIZE;
	int ret;

	while (cache > 8 && cache * 3 * size > POOL_BYTES_MAX)
		cache /= 2;
	/* a cache holds one and a half times its size, and takes its size and more when it fills */
	if (lcores != 0)
		n += (lcores + 1) * cache * 5 / 2;
	while (cache * 3 / 2 > n)
		cache /= 2;
	snprintf(name, sizeof(name), "fmb_%u", serial++);
	mp = rte_mempool_create_empty(name, n, (unsigned int)size, cache, 0, SOCKET_ID_ANY, 0);
	if (mp == NULL)
		return NULL;
	ret = rte_mempool_set_ops_byname(mp, drivers[who], NULL);
	if (ret == 0)
		ret = rte_mempool_populate_default(mp);
	if (ret < 0) {
		rte_mempool_free(mp);
		rte_errno = -ret;
		return NULL;
	}
	return mp;
}

const struct fmb_contender fmb_mp_ring = {
	.name = "mempool_ring",
	.config = "rte_mempool, driver ring_mp_mc, cache 512, inline get and put",
	.loop = FMB_LOOPS(mp),
};

const struct fmb_contender fmb_mp_stack = {
	.name = "mempool_stack",
	.config = "rte_mempool, driver stack, cache 512, inline get and put",
	.loop = FMB_LOOPS(mp),
};

const struct fmb_contender fmb_mp_lf = {
	.name = "mempool_lf_stack",
	.config = "rte_mempool, driver lf_stack, cache 512, inline get and put",
	.loop = FMB_LOOPS(mp),
};
