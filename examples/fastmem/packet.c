/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Owns the format of packets, in both directions. A flow number determines everything of
 * its packets: addresses, ports, protocol, length of options and payload.
 */

#include <stddef.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "packet.h"

#define L4_MAX_PAYLOAD 512
#define TCP_MAX_OPTIONS 40

/* its name in DPDK before 24.11 */
#ifndef RTE_ICMP_TYPE_ECHO_REQUEST
#define RTE_ICMP_TYPE_ECHO_REQUEST RTE_IP_ICMP_ECHO_REQUEST
#endif

/* Spread a flow number over 64 bits. */
static uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Of 16 flows 9 are TCP, 4 UDP, 2 ICMP and one something else. */
static uint8_t
proto_of(uint64_t hash)
{
	unsigned int n = hash & 15;

	if (n < 9)
		return IPPROTO_TCP;
	if (n < 13)
		return IPPROTO_UDP;
	if (n < 15)
		return IPPROTO_ICMP;
	return (hash & 16) != 0 ? IPPROTO_GRE : IPPROTO_ESP;
}

static uint16_t
l4_fill(uint8_t *l4, uint8_t proto, uint64_t hash, uint16_t payload)
{
	rte_be16_t src_port = rte_cpu_to_be_16(1024 + (hash >> 5) % 60000);
	struct rte_icmp_hdr *icmp = (void *)l4;
	struct rte_tcp_hdr *tcp = (void *)l4;
	struct rte_udp_hdr *udp = (void *)l4;
	uint16_t options;

	switch (proto) {
	case IPPROTO_TCP:
		options = (hash >> 24) % (TCP_MAX_OPTIONS / 4 + 1) * 4;
		memset(tcp, 0, sizeof(*tcp));
		tcp->src_port = src_port;
		tcp->dst_port = rte_cpu_to_be_16(80);
		tcp->data_off = (uint8_t)((sizeof(*tcp) + options) / 4) << 4;
		tcp->tcp_flags = RTE_TCP_ACK_FLAG;
		tcp->rx_win = rte_cpu_to_be_16(UINT16_MAX);
		memset(tcp + 1, 1 /* no operation */, options);
		return sizeof(*tcp) + options;
	case IPPROTO_UDP:
		udp->src_port = src_port;
		udp->dst_port = rte_cpu_to_be_16(53);
		udp->dgram_len = rte_cpu_to_be_16(sizeof(*udp) + payload);
		udp->dgram_cksum = 0;
		return sizeof(*udp);
	case IPPROTO_ICMP:
		memset(icmp, 0, sizeof(*icmp));
		icmp->icmp_type = RTE_ICMP_TYPE_ECHO_REQUEST;
		icmp->icmp_ident = src_port;
		return sizeof(*icmp);
	default:
		return 0;
	}
}

int
packet_fill(struct rte_mbuf *m, uint64_t flow_id)
{
	uint64_t hash = mix(flow_id);
	uint16_t payload = (hash >> 40) % (L4_MAX_PAYLOAD + 1);
	struct rte_ether_hdr *eth;
	struct rte_ipv4_hdr *ip;
	uint16_t l4_len;
	uint8_t *l4;

	rte_pktmbuf_reset(m);
	if (rte_pktmbuf_tailroom(m) < sizeof(*eth) + sizeof(*ip) +
			sizeof(struct rte_tcp_hdr) + TCP_MAX_OPTIONS + L4_MAX_PAYLOAD)
		return -1;

	eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	memset(eth, 0, sizeof(*eth));
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);

	ip = (struct rte_ipv4_hdr *)(eth + 1);
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->time_to_live = 64;
	ip->next_proto_id = proto_of(hash);
	ip->src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 0) | (hash >> 32 & 0xffffff));
	ip->dst_addr = rte_cpu_to_be_32(RTE_IPV4(172, 16, 0, 0) | (flow_id & 0xfffff));

	l4 = (uint8_t *)(ip + 1);
	l4_len = l4_fill(l4, ip->next_proto_id, hash, payload);
	memset(l4 + l4_len, (uint8_t)flow_id, payload);
	ip->total_length = rte_cpu_to_be_16(sizeof(*ip) + l4_len + payload);
	ip->hdr_checksum = rte_ipv4_cksum(ip);

	m->data_len = sizeof(*eth) + sizeof(*ip) + l4_len + payload;
	m->pkt_len = m->data_len;
	return 0;
}

/* Read the transport header of l4_len bytes. 0, or -1 when it is cut short. */
static int
l4_parse(const void *l4, uint16_t l4_len, struct packet *pkt)
{
	const struct rte_icmp_hdr *icmp = l4;
	const struct rte_tcp_hdr *tcp = l4;
	const struct rte_udp_hdr *udp = l4;
	uint16_t hdr_len = 0;

	switch (pkt->key.proto) {
	case IPPROTO_TCP:
		if (l4_len < sizeof(*tcp))
			return -1;
		hdr_len = (tcp->data_off >> 4) * 4;
		if (hdr_len < sizeof(*tcp) || hdr_len > l4_len)
			return -1;
		pkt->kind = FLOW_TCP;
		pkt->key.src_port = tcp->src_port;
		pkt->key.dst_port = tcp->dst_port;
		pkt->tcp_flags = tcp->tcp_flags;
		pkt->tcp_window = rte_be_to_cpu_16(tcp->rx_win);
		pkt->tcp_seq = rte_be_to_cpu_32(tcp->sent_seq);
		pkt->extra = tcp + 1;
		pkt->extra_len = hdr_len - sizeof(*tcp);
		return 0;
	case IPPROTO_UDP:
		if (l4_len < sizeof(*udp))
			return -1;
		pkt->kind = FLOW_UDP;
		pkt->key.src_port = udp->src_port;
		pkt->key.dst_port = udp->dst_port;
		return 0;
	case IPPROTO_ICMP:
		if (l4_len < sizeof(*icmp))
			return -1;
		hdr_len = sizeof(*icmp);
		pkt->kind = FLOW_ICMP;
		pkt->key.src_port = icmp->icmp_ident;
		break;
	default:
		pkt->kind = FLOW_OTHER;
		break;
	}
	pkt->extra = RTE_PTR_ADD(l4, hdr_len);
	pkt->extra_len = l4_len - hdr_len;
	return 0;
}

int
packet_parse(const struct rte_mbuf *m, struct packet *pkt)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(eth + 1);
	uint16_t ip_hdr_len, ip_len;

	/* Only the first segment is looked at: headers that are spread over several are refused. */
	if (m->data_len < sizeof(*eth) + sizeof(*ip) ||
			eth->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
		return -1;
	ip_hdr_len = rte_ipv4_hdr_len(ip);
	ip_len = rte_be_to_cpu_16(ip->total_length);
	if (ip_hdr_len < sizeof(*ip) || ip_len < ip_hdr_len ||
			ip_len > m->data_len - sizeof(*eth))
		return -1;

	memset(pkt, 0, sizeof(*pkt));
	pkt->bytes = ip_len;
	pkt->key.src = ip->src_addr;
	pkt->key.dst = ip->dst_addr;
	pkt->key.proto = ip->next_proto_id;
	return l4_parse(RTE_PTR_ADD(ip, ip_hdr_len), ip_len - ip_hdr_len, pkt);
}
