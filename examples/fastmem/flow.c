/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Owns flow records and their blobs, from the first packet of a flow to its export.
 * Everything but flow_export_burst() runs on the lcore that owns the table.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_fastmem.h>
#include <rte_hash.h>
#include <rte_jhash.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#include "flow.h"

#define EXPIRED_RING_SIZE 4096
#define AGE_BATCH 1024 /* flows that are looked at in one go */
#define UDP_FIRST_LENGTHS 8
#define UDP_MAX_LENGTHS 512

static const struct {
	const char *name;
	size_t size;
} kinds[FLOW_KINDS] = {
	[FLOW_TCP] = { "TCP", sizeof(struct flow_tcp) },
	[FLOW_UDP] = { "UDP", sizeof(struct flow_udp) },
	[FLOW_ICMP] = { "ICMP", sizeof(struct flow_icmp) },
	[FLOW_OTHER] = { "other", sizeof(struct flow) },
};

const char *
flow_kind_name(enum flow_kind kind)
{
	return kinds[kind].name;
}

size_t
flow_record_size(enum flow_kind kind)
{
	return kinds[kind].size;
}

uint64_t
flow_clock_cycles(void)
{
	uint64_t start, cycles, least = UINT64_MAX;
	int i;

	for (i = 0; i < 1000; i++) {
		start = rte_rdtsc();
		cycles = rte_rdtsc() - start;
		least = RTE_MIN(least, cycles);
	}
	return least;
}

static uint64_t
cycles_since(uint64_t start, uint64_t clock_cycles)
{
	uint64_t cycles = rte_rdtsc() - start;

	return cycles > clock_cycles ? cycles - clock_cycles : 0;
}

int
flow_table_init(struct flow_table *t, unsigned int lcore_id, uint32_t capacity,
		uint64_t max_idle)
{
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters params = {
		.name = name,
		.entries = capacity,
		.key_len = sizeof(struct flow_key),
		.hash_func = rte_jhash,
		.socket_id = (int)rte_lcore_to_socket_id(lcore_id),
	};
	int kind, ret;

	memset(t, 0, sizeof(*t));
	t->max_idle = max_idle;
	t->clock_cycles = flow_clock_cycles();

	/* Resolve size and socket of each kind of record once. 8< */
	for (kind = 0; kind < FLOW_KINDS; kind++) {
		ret = rte_fastmem_hlookup(kinds[kind].size, 0, params.socket_id,
				&t->handle[kind]);
		if (ret != 0)
			return ret;
	}
	/* >8 End of resolving. */

	snprintf(name, sizeof(name), "flows_%u", lcore_id);
	t->hash = rte_hash_create(&params);
	if (t->hash == NULL)
		return -rte_errno;
	snprintf(name, sizeof(name), "expired_%u", lcore_id);
	t->expired = rte_ring_create(name, EXPIRED_RING_SIZE, params.socket_id,
			RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (t->expired == NULL) {
		ret = -rte_errno;
		flow_table_fini(t);
		return ret;
	}
	return 0;
}

void
flow_table_fini(struct flow_table *t)
{
	rte_ring_free(t->expired);
	rte_hash_free(t->hash);
	t->expired = NULL;
	t->hash = NULL;
}

/* Allocate a record, and a blob when the packet has something to keep. 8< */
static struct flow *
flow_create(struct flow_table *t, const struct packet *pkt)
{
	uint64_t start = rte_rdtsc(), cycles;
	struct flow *flow;
	void *blob = NULL;

	flow = rte_fastmem_halloc(t->handle[pkt->kind], RTE_FASTMEM_F_ZERO);
	if (unlikely(flow == NULL))
		return NULL;
	if (pkt->extra_len != 0) {
		blob = rte_fastmem_alloc(pkt->extra_len, 8, 0);
		if (unlikely(blob == NULL)) {
			rte_fastmem_hfree(t->handle[pkt->kind], flow);
			return NULL;
		}
	}
	cycles = cycles_since(start, t->clock_cycles);
	t->alloc_cycles[RTE_MIN(cycles, FLOW_CYCLES - 1u)]++;

	flow->key = pkt->key;
	flow->kind = pkt->kind;
	if (blob != NULL) {
		memcpy(blob, pkt->extra, pkt->extra_len);
		flow->blob = blob;
		flow->blob_len = pkt->extra_len;
	}
	return flow;
}
/* >8 End of allocating a record. */

/* Remember the length of a packet in an array that doubles as long as memory lasts. 8< */
static void
udp_add_length(struct flow_udp *udp, uint32_t length)
{
	uint32_t max = udp->max_lengths;
	uint32_t *lengths = udp->flow.blob;

	if (udp->nb_lengths == max) {
		if (max == UDP_MAX_LENGTHS)
			return;
		max = max == 0 ? UDP_FIRST_LENGTHS : max * 2;
		lengths = rte_fastmem_realloc(lengths, max * sizeof(*lengths), 8);
		if (lengths == NULL)
			return; /* the old array is still there */
		udp->flow.blob = lengths;
		udp->flow.blob_len = max * sizeof(*lengths);
		udp->max_lengths = max;
	}
	lengths[udp->nb_lengths++] = length;
}
/* >8 End of the array that grows. */

static void
tcp_update(struct flow_tcp *tcp, const struct packet *pkt, uint64_t gap)
{
	uint64_t scaled = gap >> 8;
	unsigned int slot = 0;

	if (tcp->flow.packets == 1) {
		tcp->seq_first = pkt->tcp_seq;
		tcp->window_min = pkt->tcp_window;
	}
	tcp->seq_last = pkt->tcp_seq;
	tcp->window_min = RTE_MIN(tcp->window_min, pkt->tcp_window);
	tcp->window_max = RTE_MAX(tcp->window_max, pkt->tcp_window);
	tcp->flags_seen |= pkt->tcp_flags;
	while (scaled != 0 && slot < RTE_DIM(tcp->gap_log2) - 1) {
		scaled >>= 1;
		slot++;
	}
	tcp->gap_log2[slot]++;
}

static void
flow_update(struct flow *flow, const struct packet *pkt, uint64_t now)
{
	uint64_t gap = flow->last_seen == 0 ? 0 : now - flow->last_seen;

	flow->last_seen = now;
	flow->packets++;
	flow->bytes += pkt->bytes;
	switch (flow->kind) {
	case FLOW_TCP:
		tcp_update((struct flow_tcp *)flow, pkt, gap);
		break;
	case FLOW_UDP:
		udp_add_length((struct flow_udp *)flow, pkt->bytes);
		break;
	case FLOW_ICMP:
		((struct flow_icmp *)flow)->requests++;
		break;
	default:
		break;
	}
}

void
flow_table_packet(struct flow_table *t, const struct packet *pkt, uint64_t now)
{
	struct flow *flow;
	void *data;

	if (rte_hash_lookup_data(t->hash, &pkt->key, &data) >= 0) {
		flow_update(data, pkt, now);
		return;
	}

	flow = flow_create(t, pkt);
	if (unlikely(flow == NULL)) {
		t->no_memory++;
		return;
	}
	if (unlikely(rte_hash_add_key_data(t->hash, &pkt->key, flow) != 0)) {
		rte_fastmem_free(flow->blob);
		rte_fastmem_hfree(t->handle[pkt->kind], flow);
		t->table_full++;
		return;
	}
	flow->first_seen = now;
	flow_update(flow, pkt, now);
	t->count[pkt->kind].created++;
	t->live++;
}

/* Take a flow out of the table; false when the exporter has no room for it. */
static bool
flow_retire(struct flow_table *t, struct flow *flow)
{
	rte_hash_del_key(t->hash, &flow->key);
	t->live--;
	return rte_ring_enqueue(t->expired, flow) == 0;
}

void
flow_table_age(struct flow_table *t, uint64_t now)
{
	const void *key;
	struct flow *flow;
	void *data;
	int i;

	for (i = 0; i < AGE_BATCH; i++) {
		if (rte_hash_iterate(t->hash, &key, &data, &t->cursor) < 0) {
			t->cursor = 0;
			break;
		}
		flow = data;
		if (now - flow->last_seen < t->max_idle)
			continue;
		t->count[flow->kind].aged++;
		if (flow_retire(t, flow))
			continue;
		rte_fastmem_free(flow->blob);
		rte_fastmem_free(flow);
		t->freed_here++;
	}
}

void
flow_table_flush(struct flow_table *t)
{
	const void *key;
	struct flow *flow;
	uint32_t next = 0;
	void *data;

	while (rte_hash_iterate(t->hash, &key, &data, &next) >= 0) {
		flow = data;
		t->count[flow->kind].flushed++;
		if (flow_retire(t, flow))
			continue;
		rte_fastmem_free(flow->blob);
		rte_fastmem_free(flow);
		t->freed_here++;
	}
}

/* Free records and blobs of any size, made on another lcore, in one call. 8< */
unsigned int
flow_export_burst(struct flow_table *t, struct flow_export *ex)
{
	void *objs[2 * FLOW_BURST];
	unsigned int nb_flows, nb_objs, i;
	const struct flow *flow;
	uint64_t start;

	nb_flows = rte_ring_dequeue_burst(t->expired, objs, FLOW_BURST, NULL);
	if (nb_flows == 0)
		return 0;

	nb_objs = nb_flows;
	for (i = 0; i < nb_flows; i++) {
		flow = objs[i];
		ex->records[flow->kind]++;
		ex->packets[flow->kind] += flow->packets;
		ex->bytes[flow->kind] += flow->bytes;
		ex->blob_bytes[flow->kind] += flow->blob_len;
		if (flow->blob != NULL)
			objs[nb_objs++] = flow->blob;
	}

	start = rte_rdtsc();
	rte_fastmem_free_bulk(objs, nb_objs);
	ex->free_cycles += cycles_since(start, ex->clock_cycles);
	ex->frees += nb_objs;
	return nb_flows;
}
/* >8 End of freeing. */
