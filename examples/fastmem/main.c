/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * A flow table on fastmem: parses the command line, sets up EAL, ports and workers, exports
 * the flows that the workers let go, and reports at the end.
 */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_fastmem.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_timer.h>

#include "app.h"
#include "flow.h"

#define NB_MBUFS_MIN 4096
#define MBUF_CACHE 256

static struct worker workers[RTE_MAX_LCORE];
static unsigned int nb_workers;
static struct flow_export exported;

static void
on_signal(int signum)
{
	RTE_SET_USED(signum);
	force_quit = true;
}

static void
usage(const char *prog)
{
	printf("Usage: %s <EAL options> -- [options]\n"
		"  --flows N       room for N flows in all (default 65536)\n"
		"  --duration S    stop after S seconds, 0: at a signal (default 10)\n"
		"  --idle-ms N     let go flows without packets for N ms (default 1000)\n"
		"  --mem-limit N   at most N MiB of memory for flows per socket (default: no limit)\n"
		"  --rx-only       make no traffic\n"
		"  --help\n"
		"The main lcore exports flows, the others receive packets; a single lcore does both.\n"
		"Without a port, a net_ring loopback is made. Packets that come in on net_null are\n"
		"empty and are filled by the program.\n", prog);
}

static int
parse_number(const char *name, const char *arg, uint32_t min, uint32_t max, uint32_t *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(arg, &end, 10);
	if (errno != 0 || end == arg || *end != '\0' || *arg == '-' ||
			number < min || number > max) {
		fprintf(stderr, "--%s: %s is no number from %u to %u\n", name, arg, min, max);
		return -1;
	}
	*value = number;
	return 0;
}

static int
parse_args(int argc, char **argv, struct options *opt)
{
	enum { FLOWS = 1, DURATION, IDLE_MS, MEM_LIMIT, RX_ONLY, HELP };
	static const struct option longopts[] = {
		{ "flows", required_argument, NULL, FLOWS },
		{ "duration", required_argument, NULL, DURATION },
		{ "idle-ms", required_argument, NULL, IDLE_MS },
		{ "mem-limit", required_argument, NULL, MEM_LIMIT },
		{ "rx-only", no_argument, NULL, RX_ONLY },
		{ "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 }
	};
	uint32_t mib;
	int c, i, ret;

	while ((c = getopt_long(argc, argv, "", longopts, &i)) != -1) {
		ret = 0;
		switch (c) {
		case FLOWS:
			ret = parse_number("flows", optarg, 8, 1 << 26, &opt->nb_flows);
			break;
		case DURATION:
			ret = parse_number("duration", optarg, 0, UINT32_MAX, &opt->duration);
			break;
		case IDLE_MS:
			ret = parse_number("idle-ms", optarg, 1, 3600 * 1000, &opt->idle_ms);
			break;
		case MEM_LIMIT:
			ret = parse_number("mem-limit", optarg, 0, 1 << 20, &mib);
			opt->mem_limit = (size_t)mib << 20;
			break;
		case RX_ONLY:
			opt->rx_only = true;
			break;
		case HELP:
			usage(argv[0]);
			rte_eal_cleanup();
			exit(EXIT_SUCCESS);
		default:
			usage(argv[0]);
			return -1;
		}
		if (ret != 0)
			return -1;
	}
	if (optind < argc) {
		fprintf(stderr, "What is '%s'?\n", argv[optind]);
		usage(argv[0]);
		return -1;
	}
	return 0;
}

/* One worker per worker lcore; a single lcore is exporter and worker. */
static void
workers_count(void)
{
	unsigned int lcore_id;

	RTE_LCORE_FOREACH_WORKER(lcore_id)
		workers[nb_workers++].lcore_id = lcore_id;
	if (nb_workers == 0)
		workers[nb_workers++].lcore_id = rte_get_main_lcore();
}

static void
workers_init(const struct options *opt, struct rte_mempool *pool)
{
	uint16_t port = 0, queue = 0;
	unsigned int i;
	int ret;

	for (i = 0; i < nb_workers; i++) {
		port = rte_eth_find_next_owned_by(i == 0 ? 0 : port + 1, RTE_ETH_DEV_NO_OWNER);
		if (port >= RTE_MAX_ETHPORTS) {
			port = rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER);
			queue++;
		}
		workers[i].port = port;
		workers[i].queue = queue;
		workers[i].comes_back = port_comes_back(port);
		workers[i].pool = pool;
		ret = worker_init(&workers[i], opt, nb_workers);
		if (ret != 0)
			rte_exit(EXIT_FAILURE, "Cannot make the flow table of lcore %u: %s\n",
					workers[i].lcore_id, rte_strerror(-ret));
	}
}

static bool
workers_running(void)
{
	unsigned int i;

	for (i = 0; i < nb_workers; i++)
		if (workers[i].lcore_id != rte_lcore_id() &&
				rte_eal_get_lcore_state(workers[i].lcore_id) == RUNNING)
			return true;
	return false;
}

static unsigned int
export_all(void)
{
	unsigned int nb = 0, i;

	for (i = 0; i < nb_workers; i++)
		nb += flow_export_burst(&workers[i].table, &exported);
	return nb;
}

/* The main lcore: export, print a line every second, and be the worker if there is no other. */
static void
main_loop(const struct options *opt)
{
	bool alone = workers[0].lcore_id == rte_lcore_id();
	uint64_t hz = rte_get_timer_hz();
	uint64_t start = rte_get_timer_cycles();
	unsigned int seconds = 0;

	if (alone && worker_start(&workers[0]) != 0)
		rte_exit(EXIT_FAILURE, "Cannot start the timer\n");
	while (!force_quit) {
		if (alone)
			worker_poll(&workers[0]);
		if (export_all() == 0 && !alone)
			rte_delay_us_sleep(100);
		if (rte_get_timer_cycles() - start < hz * (seconds + 1))
			continue;
		report_line(workers, nb_workers, ++seconds);
		if (opt->duration != 0 && seconds >= opt->duration)
			force_quit = true;
	}

	if (alone)
		worker_finish(&workers[0]);
	while (workers_running())
		export_all();
	while (export_all() != 0)
		;
}

int
main(int argc, char **argv)
{
	struct options opt = {
		.nb_flows = 65536,
		.duration = 10,
		.idle_ms = 1000,
		.mem_limit = SIZE_MAX,
	};
	struct rte_mempool *pool;
	unsigned int i;
	bool ok;
	int ret;

	ret = rte_eal_init(argc, argv);
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "Cannot init EAL: %s\n", rte_strerror(rte_errno));
	argv[ret] = argv[0];
	if (parse_args(argc - ret, argv + ret, &opt) != 0)
		rte_exit(EXIT_FAILURE, "Invalid arguments\n");
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	workers_count();
	pool = rte_pktmbuf_pool_create("mbufs", NB_MBUFS_MIN * (nb_workers + 1), MBUF_CACHE, 0,
			RTE_MBUF_DEFAULT_BUF_SIZE, rte_socket_id());
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "No memory for packets: %s\n", rte_strerror(rte_errno));
	if (ports_start(nb_workers, pool) < 0)
		rte_exit(EXIT_FAILURE, "No port to work with\n");
	if (rte_timer_subsystem_init() != 0)
		rte_exit(EXIT_FAILURE, "Cannot init timers\n");

	/* Initialise the library; memory is reserved as flows come. 8< */
	ret = rte_fastmem_init();
	if (ret != 0)
		rte_exit(EXIT_FAILURE, "Cannot init fastmem: %s\n", rte_strerror(-ret));
	ret = rte_fastmem_set_limit(SOCKET_ID_ANY, opt.mem_limit);
	if (ret != 0)
		rte_exit(EXIT_FAILURE, "Cannot limit memory: %s\n", rte_strerror(-ret));
	/* >8 End of initialising the library. */

	workers_init(&opt, pool);
	exported.clock_cycles = flow_clock_cycles();
	for (i = 0; i < nb_workers; i++)
		if (workers[i].lcore_id != rte_lcore_id())
			rte_eal_remote_launch(worker_main, &workers[i], workers[i].lcore_id);
	main_loop(&opt);
	rte_eal_mp_wait_lcore();

	/* Give back what this lcore caches; then nothing is left. 8< */
	rte_fastmem_cache_flush();
	report_end(workers, nb_workers, &exported);
	ok = report_check(workers, nb_workers, &exported);
	for (i = 0; i < nb_workers; i++)
		flow_table_fini(&workers[i].table);
	rte_fastmem_deinit();
	/* >8 End of giving back. */

	ports_stop();
	rte_mempool_free(pool);
	rte_timer_subsystem_finalize();
	rte_eal_cleanup();
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
