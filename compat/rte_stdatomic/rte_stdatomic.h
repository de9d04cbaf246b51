/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 23.11, which has no rte_stdatomic.h: the same names on the
 * compiler's own atomic operations, as newer releases have without
 * -Denable_stdatomic. Calls nothing of DPDK.
 */

#ifndef RTE_STDATOMIC_H
#define RTE_STDATOMIC_H

/** Type of an object that is accessed atomically. */
#define RTE_ATOMIC(type) type
/** Qualifier of the same. */
#define __rte_atomic

typedef int rte_memory_order;

#define rte_memory_order_relaxed __ATOMIC_RELAXED
#define rte_memory_order_consume __ATOMIC_CONSUME
#define rte_memory_order_acquire __ATOMIC_ACQUIRE
#define rte_memory_order_release __ATOMIC_RELEASE
#define rte_memory_order_acq_rel __ATOMIC_ACQ_REL
#define rte_memory_order_seq_cst __ATOMIC_SEQ_CST

#define rte_atomic_load_explicit(p, mo) __atomic_load_n(p, mo)
#define rte_atomic_store_explicit(p, v, mo) __atomic_store_n(p, v, mo)
#define rte_atomic_exchange_explicit(p, v, mo) __atomic_exchange_n(p, v, mo)

#define rte_atomic_compare_exchange_strong_explicit(p, old, new_, mo_ok, mo_fail) \
	__atomic_compare_exchange_n(p, old, new_, 0, mo_ok, mo_fail)
#define rte_atomic_compare_exchange_weak_explicit(p, old, new_, mo_ok, mo_fail) \
	__atomic_compare_exchange_n(p, old, new_, 1, mo_ok, mo_fail)

#define rte_atomic_fetch_add_explicit(p, v, mo) __atomic_fetch_add(p, v, mo)
#define rte_atomic_fetch_sub_explicit(p, v, mo) __atomic_fetch_sub(p, v, mo)
#define rte_atomic_fetch_and_explicit(p, v, mo) __atomic_fetch_and(p, v, mo)
#define rte_atomic_fetch_or_explicit(p, v, mo) __atomic_fetch_or(p, v, mo)
#define rte_atomic_fetch_xor_explicit(p, v, mo) __atomic_fetch_xor(p, v, mo)
#define rte_atomic_fetch_nand_explicit(p, v, mo) __atomic_fetch_nand(p, v, mo)

#define rte_atomic_flag_test_and_set_explicit(p, mo) __atomic_test_and_set(p, mo)
#define rte_atomic_flag_clear_explicit(p, mo) __atomic_clear(p, mo)

#define __rte_atomic_thread_fence(mo) __atomic_thread_fence(mo)

#endif /* RTE_STDATOMIC_H */
