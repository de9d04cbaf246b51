/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 25.03: DPDK's own rte_bitops.h, and after it the bit counting
 * functions that 23.11 and 25.03 added. Before 23.11 the older bit functions were in
 * rte_common.h, so that is included too.
 */

#include_next <rte_bitops.h>

#ifndef FASTMEM_COMPAT_RTE_BITOPS_H
#define FASTMEM_COMPAT_RTE_BITOPS_H

#include <stdint.h>

#include <rte_common.h>
#include <rte_version.h>

#ifdef __cplusplus
extern "C" {
#endif

#if RTE_VERSION < RTE_VERSION_NUM(23, 11, 0, 0)

static inline unsigned int
rte_clz32(uint32_t v)
{
	return (unsigned int)__builtin_clz(v);
}

static inline unsigned int
rte_clz64(uint64_t v)
{
	return (unsigned int)__builtin_clzll(v);
}

static inline unsigned int
rte_ctz32(uint32_t v)
{
	return (unsigned int)__builtin_ctz(v);
}

static inline unsigned int
rte_ctz64(uint64_t v)
{
	return (unsigned int)__builtin_ctzll(v);
}

static inline unsigned int
rte_popcount32(uint32_t v)
{
	return (unsigned int)__builtin_popcount(v);
}

static inline unsigned int
rte_popcount64(uint64_t v)
{
	return (unsigned int)__builtin_popcountll(v);
}

#endif /* 23.11 */

#if RTE_VERSION < RTE_VERSION_NUM(25, 3, 0, 0)

static inline unsigned int
rte_ffs32(uint32_t v)
{
	return (unsigned int)__builtin_ffs((int)v);
}

static inline unsigned int
rte_ffs64(uint64_t v)
{
	return (unsigned int)__builtin_ffsll((long long)v);
}

#endif /* 25.03 */

#ifdef __cplusplus
}
#endif

#endif /* FASTMEM_COMPAT_RTE_BITOPS_H */
