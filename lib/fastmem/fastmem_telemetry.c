/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Telemetry: the statistics from outside the process.
 *
 * Owns a lock. Its functions run in a thread of EAL's, without an lcore id, whenever somebody
 * asks: an application cannot keep them from running beside rte_fastmem_init() and
 * rte_fastmem_deinit(), so these two take the lock. Calls the public functions only.
 */

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "fastmem_telemetry.h"
#include "rte_fastmem.h"

/* Whoever waits is not to keep the other from its CPU, whatever their priorities. */
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;

void
fastmem_telemetry_lock(void)
{
	pthread_mutex_lock(&busy);
}

void
fastmem_telemetry_unlock(void)
{
	pthread_mutex_unlock(&busy);
}

static int
telemetry_stats(const char *cmd __rte_unused, const char *params __rte_unused,
	struct rte_tel_data *d)
{
	struct rte_fastmem_stats stats;
	int ret;

	fastmem_telemetry_lock();
	ret = rte_fastmem_stats(&stats);
	fastmem_telemetry_unlock();
	if (ret != 0)
		return ret;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_uint(d, "bytes_backing", stats.bytes_backing);
	rte_tel_data_add_dict_uint(d, "bytes_in_use", stats.bytes_in_use);
	rte_tel_data_add_dict_uint(d, "alloc_total", stats.alloc_total);
	rte_tel_data_add_dict_uint(d, "free_total", stats.free_total);
	rte_tel_data_add_dict_uint(d, "alloc_nomem", stats.alloc_nomem);
	rte_tel_data_add_dict_uint(d, "n_classes", stats.n_classes);
	return 0;
}

static int
telemetry_class(const char *cmd __rte_unused, const char *params, struct rte_tel_data *d)
{
	struct rte_fastmem_class_stats c;
	unsigned long size;
	char *end;
	int ret;

	if (params == NULL || !isdigit((unsigned char)*params))
		return -EINVAL;
	size = strtoul(params, &end, 0);
	if (*end != '\0')
		return -EINVAL;
	fastmem_telemetry_lock();
	ret = rte_fastmem_stats_class(size, &c);
	fastmem_telemetry_unlock();
	if (ret != 0)
		return ret;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_uint(d, "class_size", c.class_size);
	rte_tel_data_add_dict_uint(d, "in_use", c.in_use);
	rte_tel_data_add_dict_uint(d, "alloc_cache_hits", c.alloc_cache_hits);
	rte_tel_data_add_dict_uint(d, "alloc_cache_misses", c.alloc_cache_misses);
	rte_tel_data_add_dict_uint(d, "alloc_nomem", c.alloc_nomem);
	rte_tel_data_add_dict_uint(d, "free_cache_hits", c.free_cache_hits);
	rte_tel_data_add_dict_uint(d, "free_cache_misses", c.free_cache_misses);
	rte_tel_data_add_dict_uint(d, "slab_acquires", c.slab_acquires);
	rte_tel_data_add_dict_uint(d, "slab_releases", c.slab_releases);
	rte_tel_data_add_dict_uint(d, "slabs_partial", c.slabs_partial);
	rte_tel_data_add_dict_uint(d, "slabs_full", c.slabs_full);
	return 0;
}

RTE_INIT(fastmem_telemetry)
{
	rte_telemetry_register_cmd("/fastmem/stats", telemetry_stats,
		"Returns the totals of the fastmem allocator. Takes no parameters");
	rte_telemetry_register_cmd("/fastmem/class", telemetry_class,
		"Returns the counters of a fastmem size class. Parameters: class size");
}
