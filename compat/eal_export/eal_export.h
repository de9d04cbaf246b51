/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For every DPDK release: eal_export.h is private to a DPDK tree and never
 * installed. The macros mark exported functions; they expand to nothing and are
 * read from the sources by buildtools/gen-version-map.py.
 * Calls nothing.
 */

#ifndef EAL_EXPORT_H
#define EAL_EXPORT_H

#define RTE_EXPORT_EXPERIMENTAL_SYMBOL(symbol, ver)
#define RTE_EXPORT_INTERNAL_SYMBOL(symbol)
#define RTE_EXPORT_SYMBOL(symbol)

#endif /* EAL_EXPORT_H */
