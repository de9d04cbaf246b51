/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Owns the Ethernet ports: one queue pair per worker, spread over the ports there are.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "app.h"

#define NB_DESC 1024
#define DEFAULT_VDEV "net_ring_fastmem"

bool
port_comes_back(uint16_t port)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(port, &info) == 0 &&
		strcmp(info.driver_name, "net_null") != 0;
}

static int
port_start(uint16_t port, uint16_t nb_queues, struct rte_mempool *pool)
{
	uint16_t nb_rxd = NB_DESC, nb_txd = NB_DESC, queue;
	int socket = rte_eth_dev_socket_id(port);
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	if (ret != 0)
		return ret;
	if (nb_queues > info.max_rx_queues || nb_queues > info.max_tx_queues) {
		fprintf(stderr, "Port %u has %u queue pairs, %u are needed: "
				"use fewer lcores or more ports\n", port,
				RTE_MIN(info.max_rx_queues, info.max_tx_queues), nb_queues);
		return -ERANGE;
	}

	ret = rte_eth_dev_configure(port, nb_queues, nb_queues, &conf);
	if (ret != 0)
		return ret;
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port, &nb_rxd, &nb_txd);
	if (ret != 0)
		return ret;
	for (queue = 0; queue < nb_queues; queue++) {
		ret = rte_eth_rx_queue_setup(port, queue, nb_rxd, socket, NULL, pool);
		if (ret != 0)
			return ret;
		ret = rte_eth_tx_queue_setup(port, queue, nb_txd, socket, NULL);
		if (ret != 0)
			return ret;
	}
	ret = rte_eth_dev_start(port);
	if (ret != 0)
		return ret;

	ret = rte_eth_promiscuous_enable(port);
	if (ret == -ENOTSUP)
		ret = 0;
	if (ret == 0)
		printf("Port %u: %s, %u queue pair%s\n", port, info.driver_name, nb_queues,
				nb_queues == 1 ? "" : "s");
	return ret;
}

int
ports_start(unsigned int nb_workers, struct rte_mempool *pool)
{
	uint16_t port, nb_ports = rte_eth_dev_count_avail();
	unsigned int nb_started = 0;
	int ret;

	if (nb_ports == 0 && rte_eal_hotplug_add("vdev", DEFAULT_VDEV, "") == 0)
		nb_ports = rte_eth_dev_count_avail();
	if (nb_ports == 0) {
		fprintf(stderr, "No Ethernet port, and no net_ring driver to make one: "
				"give one with the EAL option --vdev or -a\n");
		return -1;
	}

	RTE_ETH_FOREACH_DEV(port) {
		/* Worker n has queue n / nb_ports of the nth port, counted round. */
		unsigned int nb_queues = (nb_workers + nb_ports - 1 - nb_started) / nb_ports;

		if (nb_queues == 0)
			break;
		ret = port_start(port, nb_queues, pool);
		if (ret != 0) {
			fprintf(stderr, "Cannot start port %u: %s\n", port, rte_strerror(-ret));
			return -1;
		}
		nb_started++;
	}
	return nb_started;
}

void
ports_stop(void)
{
	uint16_t port;

	RTE_ETH_FOREACH_DEV(port) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
}
