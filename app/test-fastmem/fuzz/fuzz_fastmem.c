/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Fuzzer (libFuzzer) of the fastmem library: the input is a program of calls, each a byte
 * that names the function and bytes that make its arguments; what is missing is 0.
 * fuzz_model.c says what has to come of it. Each input starts and ends without allocator,
 * in an EAL without hugepages. `devtools/fuzz.sh` builds and runs it.
 *
 * Calls whose result is not defined are not made: freeing twice, or a pointer into an object.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "fuzz.h"

#define MAX_OPS 400

struct fuzz fuzz;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(unsigned int nb_ops, bool is_main);

/* The next calls are made by another thread, which then ends. */
static void *
thread_main(void *arg)
{
	run(*(unsigned int *)arg, false);
	return NULL;
}

static void
op_thread(void)
{
	unsigned int nb_ops = fuzz_byte() % 16;
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, thread_main, &nb_ops) == 0, "thread");
	pthread_join(thread, NULL);
}

static void
do_deinit(void)
{
	rte_fastmem_deinit();
	model_clear();
	model_check_no_memzones();
	fuzz.is_init = false;
	limits_init();
}

static void
do_init(unsigned int sockets)
{
	struct rte_fastmem_stats s;
	int ret;

	fastmem_test_set_sockets(sockets);
	ret = rte_fastmem_init();
	if (ret != 0) {
		/* A reservation may have been told to fail. */
		MUST(ret == -ENOMEM, "%d", ret);
		model_check_no_memzones();
		MUST(fuzz.is_failing, "init");
		fastmem_test_fail_reserve(0);
		fuzz.is_failing = false;
		MUST(rte_fastmem_init() == 0, "second attempt");
	}
	fuzz.nb_sockets = sockets == 0 ? 1 : sockets;
	fuzz.is_init = true;
	memset(fuzz.handles, 0, sizeof(fuzz.handles));
	MUST(rte_fastmem_init() == -EBUSY, "second init");
	MUST(rte_fastmem_stats(&s) == 0 && s.bytes_backing == 0, "%lu", s.bytes_backing);
}

/* All functions but deinit and init. */
static void
op_common(uint8_t op)
{
	switch (op % 24) {
	case 0: case 1: case 2:
		op_alloc(false);
		break;
	case 3: case 4:
		op_alloc(true);
		break;
	case 5: case 6:
		op_alloc_bulk(false);
		break;
	case 7:
		op_alloc_bulk(true);
		break;
	case 8: case 9: case 10:
		op_free();
		break;
	case 11: case 12:
		op_free_bulk();
		break;
	case 13:
		op_realloc();
		break;
	case 14:
		op_hlookup();
		break;
	case 15:
		op_halloc(false);
		break;
	case 16:
		op_halloc(true);
		break;
	case 17:
		op_foreign();
		break;
	case 18:
		op_limit();
		break;
	case 19:
		op_reserve();
		break;
	case 20:
		op_trim();
		break;
	case 21:
		rte_fastmem_cache_flush();
		break;
	case 22:
		op_fail_reserve();
		break;
	default:
		op_alloc_huge_bulk();
	}
}

/* Make up to so many calls. */
static void
run(unsigned int nb_ops, bool is_main)
{
	uint8_t op;

	for (; nb_ops > 0 && fuzz.pos < fuzz.end; nb_ops--) {
		op = fuzz_byte();
		if (op < 240) {
			op_common(op);
			if (nb_ops % 4 == 0)
				limits_check();
		} else if (op < 246) {
			if (is_main)
				op_thread();
		} else if (op < 250) {
			rte_fastmem_stats_reset();
			if (fuzz.is_init)
				model_reset_counters();
		} else if (op < 253) {
			if (fuzz.is_init && is_main)
				model_check_stats();
		} else if (is_main) {
			if (fuzz.is_init)
				do_deinit();
			else
				do_init(op % 4);
		}
	}
}

/* Free everything: then all memory can be given back. */
static void
finish(void)
{
	struct rte_fastmem_stats s;

	model_check_stats();
	fastmem_test_fail_reserve(0);
	while (model.nb_live > 0) {
		rte_fastmem_free(model_take(model.nb_live - 1).ptr);
		model.frees++;
	}
	model_check_stats();
	MUST(rte_fastmem_trim(SOCKET_ID_ANY) >= 0, "trim");
	model_check_stats();
	MUST(rte_fastmem_stats(&s) == 0 && s.bytes_backing == 0, "%lu bytes cannot be given back",
		s.bytes_backing);
	do_deinit();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz.pos = data;
	fuzz.end = data + size;
	fastmem_test_fail_reserve(0);
	fuzz.is_failing = false;
	limits_init();
	do_init(fuzz_byte() % 4);
	run(MAX_OPS, true);
	if (fuzz.is_init)
		finish();
	return 0;
}

/* Of the kinds of misuse the fuzzer commits these two only: foreign pointers, leaks. */
static void
misuse(enum rte_fastmem_misuse kind, const void *ptr, const char *text, void *arg __rte_unused)
{
	MUST(kind == RTE_FASTMEM_MISUSE_FOREIGN || kind == RTE_FASTMEM_MISUSE_LEAK,
		"misuse of %p: %s", ptr, text);
}

int
LLVMFuzzerInitialize(int *argc __rte_unused, char ***argv __rte_unused)
{
	static char lcores[24];
	static char args[][24] = { "fuzz-fastmem", "--no-huge", "-m", "512", "--no-pci",
		"--no-shconf", "--no-telemetry", "--iova-mode=va", "--log-level=error" };
	char *args_of_eal[RTE_DIM(args) + 1];
	unsigned int i;

	for (i = 0; i < RTE_DIM(args); i++)
		args_of_eal[i] = args[i];
	snprintf(lcores, sizeof(lcores), "--lcores=0@%d", sched_getcpu());
	args_of_eal[i] = lcores;
	if (rte_eal_init(RTE_DIM(args_of_eal), args_of_eal) < 0) {
		fprintf(stderr, "EAL does not start\n");
		return 1;
	}
	rte_fastmem_set_misuse_handler(misuse, NULL);
	fuzz.foreign = rte_malloc(NULL, 4096, 0);
	MUST(fuzz.foreign != NULL, "no memory");
	return 0;
}
