/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 24.03: DPDK's own rte_log.h, and after it the macros that end a
 * message with the newline themselves.
 */

#include_next <rte_log.h>

#ifndef FASTMEM_COMPAT_RTE_LOG_H
#define FASTMEM_COMPAT_RTE_LOG_H

#include <rte_common.h>

#ifndef RTE_LOG_LINE
#define RTE_LOG_LINE(level, type, ...) \
	RTE_LOG(level, type, RTE_FMT(RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		RTE_FMT_TAIL(__VA_ARGS__ ,)))

#define RTE_LOG_DP_LINE(level, type, ...) \
	RTE_LOG_DP(level, type, RTE_FMT(RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		RTE_FMT_TAIL(__VA_ARGS__ ,)))

#define RTE_LOG_COMMA ,

#define RTE_LOG_LINE_PREFIX(level, type, prefix, args, ...) \
	RTE_LOG(level, type, RTE_FMT(prefix RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		args RTE_LOG_COMMA RTE_FMT_TAIL(__VA_ARGS__ ,)))

#define RTE_LOG_DP_LINE_PREFIX(level, type, prefix, args, ...) \
	RTE_LOG_DP(level, type, RTE_FMT(prefix RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		args RTE_LOG_COMMA RTE_FMT_TAIL(__VA_ARGS__ ,)))
#endif

#endif /* FASTMEM_COMPAT_RTE_LOG_H */
