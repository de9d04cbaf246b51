/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Owns the packets of one queue pair, and the time: every packet that is received goes to the
 * flow table, and a timer lets idle flows go. Runs on the worker's lcore.
 */

#include <stdio.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_fastmem.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_random.h>
#include <rte_timer.h>

#include "app.h"
#include "flow.h"
#include "packet.h"

#define PKT_BURST 32
#define AGE_MS 1 /* between two looks at a part of the table */

volatile bool force_quit;

int
worker_init(struct worker *w, const struct options *opt, unsigned int nb_workers)
{
	uint32_t capacity = RTE_MAX(opt->nb_flows / nb_workers, 8u);

	w->idle_cycles = rte_get_timer_hz() * opt->idle_ms / 1000;
	w->rx_only = opt->rx_only;
	/*
	 * The window of flows moves on by its own length within twice the idle time,
	 * so half as many as have packets are waiting to be idle for long enough.
	 */
	w->window = RTE_MAX(capacity / 2, 1u);
	w->first_flow = (uint64_t)w->lcore_id << 32;
	rte_timer_init(&w->timer);
	return flow_table_init(&w->table, w->lcore_id, capacity, w->idle_cycles);
}

static void
age(struct rte_timer *timer, void *arg)
{
	struct worker *w = arg;

	RTE_SET_USED(timer);
	flow_table_age(&w->table, rte_get_timer_cycles());
}

int
worker_start(struct worker *w)
{
	w->start = rte_get_timer_cycles();
	return rte_timer_reset(&w->timer, rte_get_timer_hz() * AGE_MS / 1000, PERIODICAL,
			w->lcore_id, age, w);
}

/* Write a packet of one of the flows of the moment. */
static int
worker_fill(struct worker *w, struct rte_mbuf *m, uint64_t now)
{
	uint64_t moved = (now - w->start) / (w->idle_cycles * 2 / w->window + 1);

	return packet_fill(m, w->first_flow + moved + rte_rand_max(w->window));
}

static void
worker_send(struct worker *w, uint64_t now)
{
	struct rte_mbuf *pkts[PKT_BURST];
	uint16_t nb_sent, i;

	if (rte_pktmbuf_alloc_bulk(w->pool, pkts, PKT_BURST) != 0) {
		w->no_mbuf++;
		return;
	}
	for (i = 0; i < PKT_BURST; i++)
		worker_fill(w, pkts[i], now);
	nb_sent = rte_eth_tx_burst(w->port, w->queue, pkts, PKT_BURST);
	rte_pktmbuf_free_bulk(&pkts[nb_sent], PKT_BURST - nb_sent);
	w->sent += nb_sent;
}

/* Receive a burst and hand it to the flow table; returns the number of packets. */
static uint16_t
worker_receive(struct worker *w, uint64_t now)
{
	struct rte_mbuf *pkts[PKT_BURST];
	struct packet pkt;
	uint16_t nb_rx, i;

	nb_rx = rte_eth_rx_burst(w->port, w->queue, pkts, PKT_BURST);
	for (i = 0; i < nb_rx; i++) {
		if (!w->comes_back && !w->rx_only)
			worker_fill(w, pkts[i], now);
		if (packet_parse(pkts[i], &pkt) == 0)
			flow_table_packet(&w->table, &pkt, now);
		else
			w->ignored++;
	}
	rte_pktmbuf_free_bulk(pkts, nb_rx);
	w->received += nb_rx;
	return nb_rx;
}

void
worker_poll(struct worker *w)
{
	uint64_t now = rte_get_timer_cycles();

	if (w->comes_back && !w->rx_only)
		worker_send(w, now);
	worker_receive(w, now);
	rte_timer_manage();
}

void
worker_finish(struct worker *w)
{
	rte_timer_stop_sync(&w->timer);
	/* net_null never runs dry. */
	while (w->comes_back && !w->rx_only &&
			worker_receive(w, rte_get_timer_cycles()) != 0)
		;
	flow_table_flush(&w->table);
	rte_fastmem_cache_flush();
}

int
worker_main(void *arg)
{
	struct worker *w = arg;
	int ret;

	ret = worker_start(w);
	while (ret == 0 && !force_quit)
		worker_poll(w);
	worker_finish(w);
	return ret;
}
