/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * For DPDK older than 23.03: DPDK's own rte_thread.h, and after it the control threads
 * and thread names of the rte_thread API, on top of the pthread based ones.
 * rte_thread_create() and rte_thread_join() are in 22.11 already, as experimental.
 */

#include_next <rte_thread.h>

#ifndef FASTMEM_COMPAT_RTE_THREAD_H
#define FASTMEM_COMPAT_RTE_THREAD_H

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_version.h>

#ifdef __cplusplus
extern "C" {
#endif

#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)

/* From rte_lcore.h, which includes rte_thread.h and so can't be included here. */
int rte_ctrl_thread_create(pthread_t *thread, const char *name, const pthread_attr_t *attr,
		void *(*start_routine)(void *), void *arg);
int rte_thread_setname(pthread_t id, const char *name);

struct fastmem_compat_thread {
	rte_thread_func func;
	void *arg;
};

static inline void *
fastmem_compat_thread_main(void *arg)
{
	struct fastmem_compat_thread start = *(struct fastmem_compat_thread *)arg;

	free(arg);
	return (void *)(uintptr_t)start.func(start.arg);
}

static inline int
rte_thread_create_control(rte_thread_t *thread, const char *name, rte_thread_func func,
		void *arg)
{
	struct fastmem_compat_thread *start;
	pthread_t id;
	int ret;

	start = (struct fastmem_compat_thread *)malloc(sizeof(*start));
	if (start == NULL)
		return -ENOMEM;
	start->func = func;
	start->arg = arg;
	ret = rte_ctrl_thread_create(&id, name, NULL, fastmem_compat_thread_main, start);
	if (ret != 0) {
		free(start);
		return ret;
	}
	thread->opaque_id = (uintptr_t)id;
	return 0;
}

static inline void
rte_thread_set_name(rte_thread_t thread, const char *name)
{
	(void)rte_thread_setname((pthread_t)thread.opaque_id, name);
}

#endif /* 23.03 */

#ifdef __cplusplus
}
#endif

#endif /* FASTMEM_COMPAT_RTE_THREAD_H */
