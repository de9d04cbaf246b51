/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * What dpdk-test-fastmem adds to the benchmark: a description of the machine, results.json, the
 * summary.
 */

#ifndef BENCH_H
#define BENCH_H

#include "test_fastmem_bench.h"

struct bench_machine {
	char cpu[128];
	char kernel[256];
	char compiler[128];
	char simd[64];
	char date[32];
	char hugepages[64];	/* "1024 x 2 MiB", or "none (--no-huge)" */
	unsigned int cpus;
	unsigned int sockets;
	unsigned int lcores;
	bool has_hugepages;
	const char *iova;
};

/* bench_machine.c */
void bench_machine_read(struct bench_machine *m);
void bench_machine_print(const struct bench_machine *m, FILE *out);

/* bench_json.c: 0 or a negative errno */
int bench_json_write(const struct fmb_bench *b, const struct bench_machine *m, const char *path);

/* bench_summary.c */
void bench_summary_print(const struct fmb_bench *b, FILE *out);

#endif /* BENCH_H */
