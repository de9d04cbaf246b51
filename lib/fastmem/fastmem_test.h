/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_TEST_H
#define FASTMEM_TEST_H

/*
 * What the library's own tests may do that applications may not. Not installed.
 */

#include <stdio.h>

#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Pretend to have n sockets, all of whose memory comes from where EAL has it; 0: as they
 * are. Before rte_fastmem_init(). -1 if there can't be so many.
 */
__rte_internal
int
fastmem_test_set_sockets(unsigned int n);

/* Let the n-th reservation of memory from now on fail; -n: and all after it; 0: none. */
__rte_internal
void
fastmem_test_fail_reserve(int n);

/*
 * Check all invariants, when no other thread is at work. The number of violations,
 * each of which is printed.
 */
__rte_internal
int
fastmem_test_validate(FILE *f);

/*
 * Leave all as if another process had been killed in the middle of everything, when no other
 * thread is at work. -ENOTSUP where a process can't be known to be dead; -1 where there is not
 * enough to do damage to: the pool of a socket must have a slab, and a thread have ended.
 */
__rte_internal
int
fastmem_test_wreck(void);

#ifdef __cplusplus
}
#endif

#endif /* FASTMEM_TEST_H */
