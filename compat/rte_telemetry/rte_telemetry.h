/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 23.03: DPDK's own rte_telemetry.h, and after it the name that
 * rte_tel_data_add_dict_u64() has had since.
 */

#include_next <rte_telemetry.h>

#ifndef FASTMEM_COMPAT_RTE_TELEMETRY_H
#define FASTMEM_COMPAT_RTE_TELEMETRY_H

#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_dict_uint(d, name, val) rte_tel_data_add_dict_u64(d, name, val)
#define rte_tel_data_add_array_uint(d, val) rte_tel_data_add_array_u64(d, val)
#define RTE_TEL_UINT_VAL RTE_TEL_U64_VAL
#endif

#endif /* FASTMEM_COMPAT_RTE_TELEMETRY_H */
