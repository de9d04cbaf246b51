/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef APP_H
#define APP_H

/*
 * What main.c, port.c, worker.c and report.c share. main.c calls the others; port.c and
 * report.c call nobody here but the flow table, worker.c calls the flow table and packets.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_timer.h>

#include "flow.h"

struct options {
	uint32_t nb_flows;   /* capacity of all flow tables together */
	uint32_t duration;   /* seconds, 0: until a signal */
	uint32_t idle_ms;    /* a flow without packets for that long is let go */
	size_t mem_limit;    /* bytes of fastmem per socket, SIZE_MAX: no limit */
	bool rx_only;        /* make no traffic */
};

/* A worker: one queue pair of one port, one flow table. */
struct __rte_cache_aligned worker {
	unsigned int lcore_id;
	uint16_t port;
	uint16_t queue;
	bool comes_back;         /* false: what is received is empty, so fill it */
	bool rx_only;
	struct rte_mempool *pool;
	struct flow_table table;
	struct rte_timer timer;

	uint64_t start;          /* timer cycles */
	uint64_t idle_cycles;
	uint32_t window;         /* flows that get packets at the same time */
	uint64_t first_flow;     /* number of the first of them */

	uint64_t sent;
	uint64_t received;
	uint64_t ignored;        /* no whole IPv4 packet */
	uint64_t no_mbuf;
};

extern volatile bool force_quit;

/* port.c: start all ports, or a new net_ring when there is none. Number of ports, or -1. */
int ports_start(unsigned int nb_workers, struct rte_mempool *pool);
void ports_stop(void);
/* Does what is sent on the port come back to it with its content? */
bool port_comes_back(uint16_t port);

/* worker.c */
int worker_init(struct worker *w, const struct options *opt, unsigned int nb_workers);
/* Start the timer; on the worker's lcore, before the first poll. */
int worker_start(struct worker *w);
/* One round: make packets, receive packets, run the timer. */
void worker_poll(struct worker *w);
/* Empty the queue and the flow table, and give back what this lcore caches. */
void worker_finish(struct worker *w);
/* All of the above, until force_quit: for rte_eal_remote_launch(). */
int worker_main(void *arg);

/* report.c */
void report_line(const struct worker *workers, unsigned int nb, unsigned int seconds);
void report_end(const struct worker *workers, unsigned int nb, const struct flow_export *ex);
/* Is everything accounted for and freed? Says what is not. */
bool report_check(const struct worker *workers, unsigned int nb, const struct flow_export *ex);

#endif /* APP_H */
