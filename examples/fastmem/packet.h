/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef PACKET_H
#define PACKET_H

/*
 * What a packet looks like: made by packet_fill(), read back by packet_parse().
 * Knows mbufs and protocol headers, and nothing about flow records or memory.
 */

#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_mbuf.h>

/* The kinds of flow, each with a record of its own size. */
enum flow_kind {
	FLOW_TCP,
	FLOW_UDP,
	FLOW_ICMP,
	FLOW_OTHER,
	FLOW_KINDS
};

/* The key of a flow, compared and hashed as plain bytes. */
struct flow_key {
	rte_be32_t src;
	rte_be32_t dst;
	rte_be16_t src_port; /* ICMP: identifier */
	rte_be16_t dst_port;
	uint8_t proto;
	uint8_t zero[3];
};

/* What the parser found; the pointers lead into the mbuf. */
struct packet {
	struct flow_key key;
	enum flow_kind kind;
	uint32_t bytes;      /* length of the IP packet */
	uint8_t tcp_flags;
	uint16_t tcp_window;
	uint32_t tcp_seq;
	uint16_t extra_len;
	const void *extra;   /* TCP: the options; ICMP and others: the payload */
};

/* Read a packet. 0, or -1 for one that is no whole IPv4 packet. */
int packet_parse(const struct rte_mbuf *m, struct packet *pkt);

/* Write a packet of flow number flow_id into an empty mbuf. 0, or -1 when it does not fit. */
int packet_fill(struct rte_mbuf *m, uint64_t flow_id);

#endif /* PACKET_H */
