/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FLOW_H
#define FLOW_H

/*
 * The flow table: one per worker lcore, records and what hangs off them in fastmem.
 *
 * A record is made by the worker that saw the first packet, and leaves the table when it has
 * been idle too long. It then travels through a ring to the exporter, another lcore, which
 * adds it up and frees it; fastmem takes an object back on any lcore.
 */

#include <stdint.h>

#include <rte_common.h>
#include <rte_fastmem.h>
#include <rte_hash.h>
#include <rte_ring.h>

#include "packet.h"

/* Records that are exported, and freed, at once. */
#define FLOW_BURST 64
/* Costs are counted up to so many cycles; what is above is in the last place. */
#define FLOW_CYCLES 4096

/* Flow records, one size per kind. 8< */
/* What every record starts with. */
struct flow {
	struct flow_key key;
	uint64_t first_seen; /* in timer cycles */
	uint64_t last_seen;
	uint64_t packets;
	uint64_t bytes;
	void *blob;          /* variable size, may be NULL */
	uint16_t blob_len;
	uint8_t kind;
};

/* The blob holds the options of the first packet. */
struct flow_tcp {
	struct flow flow;
	uint32_t seq_first;
	uint32_t seq_last;
	uint16_t window_min;
	uint16_t window_max;
	uint8_t flags_seen;
	uint32_t gap_log2[32]; /* time between packets, by power of two of cycles */
};

/* The blob holds the lengths of the packets seen, in an array that grows. */
struct flow_udp {
	struct flow flow;
	uint32_t nb_lengths;
	uint32_t max_lengths;
};

/* The blob holds the payload of the first packet. */
struct flow_icmp {
	struct flow flow;
	uint64_t requests;
};
/* >8 End of flow records. */

struct flow_counters {
	uint64_t created;
	uint64_t aged;    /* left the table because they were idle */
	uint64_t flushed; /* left the table because the program ended */
};

struct flow_table {
	struct rte_hash *hash;
	struct rte_ring *expired; /* to the exporter */
	rte_fastmem_handle_t handle[FLOW_KINDS];
	uint64_t max_idle;        /* in timer cycles */
	uint32_t cursor;          /* where ageing goes on */
	uint32_t live;

	struct flow_counters count[FLOW_KINDS];
	uint64_t table_full;      /* flows that were not made: no room in the table */
	uint64_t no_memory;       /* flows that were not made: no memory */
	uint64_t freed_here;      /* records that the exporter had no room for */
	uint64_t alloc_cycles[FLOW_CYCLES]; /* flows by what allocating them cost */
	uint64_t clock_cycles;    /* what reading the clock costs, not counted */
};

/* What the exporter adds up. */
struct flow_export {
	uint64_t records[FLOW_KINDS];
	uint64_t packets[FLOW_KINDS];
	uint64_t bytes[FLOW_KINDS];
	uint64_t blob_bytes[FLOW_KINDS];
	uint64_t frees;           /* objects */
	uint64_t free_cycles;
	uint64_t clock_cycles;
};

const char *flow_kind_name(enum flow_kind kind);
size_t flow_record_size(enum flow_kind kind);

/* Cycles between two readings of the clock with nothing between them. */
uint64_t flow_clock_cycles(void);

/* 0, or a negative errno. Table and ring are named after the lcore, on its socket. */
int flow_table_init(struct flow_table *t, unsigned int lcore_id, uint32_t capacity,
		uint64_t max_idle);
/* The table must have been flushed, and its ring emptied. */
void flow_table_fini(struct flow_table *t);

/* Account a packet, making a flow of it when it is the first. Owner lcore only. */
void flow_table_packet(struct flow_table *t, const struct packet *pkt, uint64_t now);
/* Look at some of the flows and let the idle ones go. Owner lcore only. */
void flow_table_age(struct flow_table *t, uint64_t now);
/* Let all flows go. Owner lcore only; whoever exports must be running. */
void flow_table_flush(struct flow_table *t);

/* Take what left a table, add it up and free it; returns the number of records. */
unsigned int flow_export_burst(struct flow_table *t, struct flow_export *ex);

#endif /* FLOW_H */
