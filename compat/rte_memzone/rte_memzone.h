/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 23.07: DPDK's own rte_memzone.h, and after it the number of
 * memzones that can exist, which was fixed at compile time.
 */

#include_next <rte_memzone.h>

#ifndef FASTMEM_COMPAT_RTE_MEMZONE_H
#define FASTMEM_COMPAT_RTE_MEMZONE_H

#include <stddef.h>

#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(23, 7, 0, 0)
static inline size_t
rte_memzone_max_get(void)
{
	return RTE_MAX_MEMZONE;
}
#endif

#endif /* FASTMEM_COMPAT_RTE_MEMZONE_H */
