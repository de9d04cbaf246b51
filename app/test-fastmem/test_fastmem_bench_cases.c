/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * What is measured on one lcore. Every figure is TSC cycles per object, for its allocation, the
 * write of its first line and its free, with the loop around them; nothing is subtracted.
 */

#include "test_fastmem_bench.h"

#define METRICS(m) .metrics = m, .nb_metrics = RTE_DIM(m)
#define POINTS(p) .points = p, .nb_points = RTE_DIM(p)
#define Q true		/* part of a short run too */

static const struct fmb_metric cycles[] = {{"", "cycles", false}};
static const struct fmb_metric latency[] = {
	{"p50", "cycles", false},
	{"p90", "cycles", false},
	{"p99", "cycles", false},
	{"p99.9", "cycles", false},
	{"p99.99", "cycles", false},
	{"max", "cycles", false},
};

static const struct fmb_point tight_points[] = {
	{8, 1, 1, Q}, {16, 1, 1, 0}, {32, 1, 1, 0}, {64, 1, 1, Q}, {100, 1, 1, 0}, {128, 1, 1, 0},
	{256, 1, 1, Q}, {512, 1, 1, 0}, {1000, 1, 1, 0}, {1024, 1, 1, Q}, {1500, 1, 1, 0},
	{2048, 1, 1, 0}, {4096, 1, 1, Q}, {8192, 1, 1, 0}, {65536, 1, 1, 0}, {1048576, 1, 1, 0},
};

static const struct fmb_point batch_points[] = {
	{64, 256, 1, Q}, {100, 256, 1, 0}, {128, 256, 1, 0}, {256, 256, 1, Q}, {512, 256, 1, 0},
	{1024, 256, 1, Q}, {1500, 256, 1, 0}, {2048, 256, 1, 0}, {4096, 256, 1, Q},
};

static const struct fmb_point random_points[] = {
	{64, 2048, 1, Q}, {256, 2048, 1, Q}, {1024, 2048, 1, Q}, {4096, 2048, 1, Q},
};

static const struct fmb_point bulk_points[] = {
	{64, 4, 1, 0}, {64, 8, 1, 0}, {64, 32, 1, 0}, {64, 256, 1, 0},
	{256, 4, 1, Q}, {256, 8, 1, 0}, {256, 32, 1, Q}, {256, 256, 1, Q},
	{2048, 4, 1, 0}, {2048, 8, 1, 0}, {2048, 32, 1, 0}, {2048, 256, 1, 0},
};

static const struct fmb_point mixed_points[] = {
	{0, 1000, 1, Q}, {0, 20000, 1, Q},
};

static const struct fmb_point chase_points[] = {
	{256, 1024, 1, Q}, {512, 1024, 1, 0}, {1024, 1024, 1, Q}, {1500, 1024, 1, 0},
	{2048, 1024, 1, 0}, {4096, 1024, 1, Q},
};

static const struct fmb_point latency_points[] = {
	{0, 1000, 1, Q}, {0, 20000, 1, 0},
};

const struct fmb_case fmb_single_cases[] = {
	{
		.name = "tight",
		.title = "one object allocated, written, freed",
		METRICS(cycles), POINTS(tight_points),
		.who = FMB_FIVE | FMB_ALL_FM | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_TIGHT,
	}, {
		.name = "batch",
		.title = "256 objects allocated one by one, freed in order",
		METRICS(cycles), POINTS(batch_points),
		.who = FMB_FIVE | FMB_ALL_FM | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_BATCH,
	}, {
		.name = "random",
		.title = "2048 objects allocated one by one, freed in random order",
		METRICS(cycles), POINTS(random_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FM_SIZED) | FMB_BIT(FMB_FM_HANDLE) | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_RANDOM,
	}, {
		.name = "random_bulk",
		.title = "2048 objects allocated 32 at once, freed 32 at once in random order",
		METRICS(cycles), POINTS(random_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FM_HANDLE) | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_RANDOM_BULK,
	}, {
		.name = "bulk",
		.title = "n objects allocated by one call, each written, freed by one call",
		METRICS(cycles), POINTS(bulk_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FM_HANDLE) | FMB_BIT(FMB_FM_VAR) | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_BULK,
	}, {
		.name = "bulk_ptrs",
		.title = "as bulk, but only the pointers are looked at, not the objects",
		METRICS(cycles), POINTS(bulk_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FM_HANDLE) | FMB_BIT(FMB_FM_VAR) | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_BULK_PTRS,
	}, {
		.name = "mixed",
		.title = "live set of n objects of 16 to 2048 bytes, a random one replaced",
		METRICS(cycles), POINTS(mixed_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FM_SIZED) | FMB_BIT(FMB_FM_HANDLE) | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_MIXED_REPLACE, .mixed = true, .scale = 4,
	}, {
		.name = "chase",
		.title = "1024 objects linked in random order by their first line; cycles per load",
		METRICS(cycles), POINTS(chase_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_loop, .loop = FMB_CHASE,
	}, {
		.name = "latency",
		.title = "each free and allocation of mixed sizes timed, the clock's own cost included",
		METRICS(latency), POINTS(latency_points),
		.who = FMB_FIVE | FMB_BIT(FMB_FLOOR),
		.sample = fmb_sample_latency, .loop = FMB_MIXED_LATENCY, .mixed = true, .scale = 10,
	},
};
const unsigned int fmb_nb_single_cases = RTE_DIM(fmb_single_cases);
