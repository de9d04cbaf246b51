/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * dpdk-test-fastmem: the A/B benchmark as a program. EAL's arguments, then "--", then its own; see
 * usage().
 */

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include "bench.h"

static const char *out_dir;

static void
usage(const char *prog)
{
	printf("usage: %s [EAL options] -- [options]\n"
		"  --out DIR     write DIR/results.json (an existing directory)\n"
		"  --reps N      repetitions of each sample, default 15\n"
		"  --sample-us N length of a sample in microseconds, default 2000\n"
		"  --quick       fewer points and repetitions, less than a minute\n"
		"  --case GLOB   only cases of that name\n"
		"  --list        list the cases and allocators, and exit\n"
		"  --help\n", prog);
}

static void
list_cases(void)
{
	const struct fmb_case *c;
	unsigned int i;

	for (i = 0; (c = fmb_case_at(i)) != NULL; i++)
		printf("%-14s %s\n", c->name, c->title);
	printf("\n");
	for (i = 0; i < FMB_NB_WHO; i++)
		printf("%-17s %s\n", fmb_contenders[i]->name, fmb_contenders[i]->config);
}

static unsigned int
parse_number(const char *s, unsigned int min, unsigned int max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno != 0 || *end != '\0' || end == s || n < min || n > max)
		rte_exit(EXIT_FAILURE, "%s is not a number from %u to %u\n", s, min, max);
	return (unsigned int)n;
}

/* 0 to go on, 1 to exit. */
static int
parse_options(int argc, char **argv, struct fmb_bench *b)
{
	enum { OUT = 256, REPS, SAMPLE, QUICK, CASE, LIST, HELP };
	static const struct option options[] = {
		{"out", required_argument, NULL, OUT},
		{"reps", required_argument, NULL, REPS},
		{"sample-us", required_argument, NULL, SAMPLE},
		{"quick", no_argument, NULL, QUICK},
		{"case", required_argument, NULL, CASE},
		{"list", no_argument, NULL, LIST},
		{"help", no_argument, NULL, HELP},
		{NULL, 0, NULL, 0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (opt) {
		case OUT:
			out_dir = optarg;
			break;
		case REPS:
			b->reps = parse_number(optarg, 1, FMB_MAX_REPS);
			break;
		case SAMPLE:
			b->sample_us = parse_number(optarg, 10, 1000000);
			break;
		case QUICK:
			b->quick = true;
			break;
		case CASE:
			b->glob = optarg;
			break;
		case LIST:
			list_cases();
			return 1;
		case HELP:
		case 'h':
			usage(argv[0]);
			return 1;
		default:
			usage(argv[0]);
			rte_exit(EXIT_FAILURE, "bad option\n");
		}
	if (optind < argc)
		rte_exit(EXIT_FAILURE, "%s: not understood\n", argv[optind]);
	if (b->reps == 0)
		b->reps = b->quick ? 5 : 15;
	if (b->sample_us == 0)
		b->sample_us = b->quick ? 1000 : 2000;
	return 0;
}

static int
write_results(const struct fmb_bench *b, const struct bench_machine *m)
{
	char path[4096];
	int ret;

	if (out_dir == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/results.json", out_dir);
	ret = bench_json_write(b, m, path);
	if (ret != 0)
		fprintf(stderr, "%s: %s\n", path, strerror(-ret));
	else
		printf("\n%s: %u records\n", path, b->nb_records);
	return ret;
}

int
main(int argc, char **argv)
{
	struct fmb_bench b = {.out = stdout};
	struct bench_machine m;
	struct stat st;
	int ret;

	ret = rte_eal_init(argc, argv);
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "cannot initialise EAL\n");
	argc -= ret;
	argv += ret;
	if (parse_options(argc, argv, &b) != 0) {
		rte_eal_cleanup();
		return EXIT_SUCCESS;
	}
	if (out_dir != NULL && (stat(out_dir, &st) != 0 || !S_ISDIR(st.st_mode)))
		rte_exit(EXIT_FAILURE, "%s is not a directory\n", out_dir);
	bench_machine_read(&m);
	bench_machine_print(&m, stdout);
	ret = rte_fastmem_init();
	if (ret != 0)
		rte_exit(EXIT_FAILURE, "rte_fastmem_init: %s\n", strerror(-ret));
	ret = fmb_run_all(&b);
	if (ret != 0)
		fprintf(stderr, "stopped: %s\n", strerror(-ret));
	bench_summary_print(&b, stdout);
	if (write_results(&b, &m) != 0 && ret == 0)
		ret = -EIO;
	free(b.records);
	rte_fastmem_deinit();
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
