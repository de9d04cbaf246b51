/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_STATS_H
#define FASTMEM_STATS_H

/*
 * fastmem_stats.c: sums.
 */

#include "fastmem_pvt.h"

/* Objects of a class (< 0: of all) in the caches of all threads; in_use: with applications. */
uint64_t fastmem_stats_cached(struct fastmem_shared *sh, int cls, uint64_t *in_use);

#endif /* FASTMEM_STATS_H */
