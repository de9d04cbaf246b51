/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Where a run took place: processor, kernel, compiler, EAL mode. Read from EAL and /proc.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_version.h>

#include "bench.h"

static void
read_cpu(char *buf, size_t len)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(buf, len, "unknown");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *value = strchr(line, ':');

		if (value != NULL && strncmp(line, "model name", 10) == 0) {
			snprintf(buf, len, "%s", value + 2);
			buf[strcspn(buf, "\n")] = '\0';
			break;
		}
	}
	if (f != NULL)
		fclose(f);
}

static unsigned int
read_number(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned int n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%u", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static void
read_hugepages(struct bench_machine *m)
{
	unsigned int mid, big;

	m->has_hugepages = rte_eal_has_hugepages() != 0;
	if (!m->has_hugepages) {
		snprintf(m->hugepages, sizeof(m->hugepages), "none (--no-huge)");
		return;
	}
	mid = read_number("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	big = read_number("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages");
	snprintf(m->hugepages, sizeof(m->hugepages), "%u x 2 MiB, %u x 1 GiB", mid, big);
}

void
bench_machine_read(struct bench_machine *m)
{
	struct utsname un;
	time_t now = time(NULL);
	struct tm tm;

	memset(m, 0, sizeof(*m));
	read_cpu(m->cpu, sizeof(m->cpu));
	if (uname(&un) == 0)
		snprintf(m->kernel, sizeof(m->kernel), "%s %s %s",
			un.sysname, un.release, un.machine);
	strftime(m->date, sizeof(m->date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
#ifdef __clang__
	snprintf(m->compiler, sizeof(m->compiler), "clang %s", __clang_version__);
#else
	snprintf(m->compiler, sizeof(m->compiler), "gcc %s", __VERSION__);
#endif
	snprintf(m->simd, sizeof(m->simd), "%s",
#if defined(__AVX512F__)
		"AVX-512"
#elif defined(__AVX2__)
		"AVX2"
#elif defined(__SSE4_2__)
		"SSE4.2"
#elif defined(__ARM_NEON)
		"NEON"
#else
		"baseline"
#endif
		);
	read_hugepages(m);
	m->cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	m->sockets = rte_socket_count();
	m->lcores = rte_lcore_count();
	m->iova = rte_eal_iova_mode() == RTE_IOVA_VA ? "VA" : "PA";
}

void
bench_machine_print(const struct bench_machine *m, FILE *out)
{
	fprintf(out, "fastmem benchmark, %s\n", m->date);
	fprintf(out, "  machine   %s, %u CPUs, %u socket(s), TSC %.3f GHz, %s\n", m->cpu, m->cpus,
		m->sockets, (double)rte_get_tsc_hz() / 1e9, m->kernel);
	fprintf(out, "  DPDK      %s, IOVA as %s, %u lcores, hugepages: %s\n", rte_version(),
		m->iova, m->lcores, m->hugepages);
	fprintf(out, "  build     %s, vectors %s, %s\n", m->compiler, m->simd, FMB_BUILD);
	if (!m->has_hugepages)
		fprintf(out, "\n  *** NO HUGEPAGES: running with --no-huge, "
			"figures are not comparable with hugepages ***\n");
}
