/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FUZZ_H
#define FUZZ_H

/*
 * What the files of the fuzzer share: the input, the state of the allocator as far as it
 * matters for what a call should return, and the calls.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_fastmem.h>

#include "fuzz_model.h"

#define FUZZ_MAX_SIZE (1u << 20)
#define FUZZ_NB_HANDLES 8
#define FUZZ_MAX_SOCKETS 3
#define FUZZ_SMALL (64u << 20) /* EAL has much more */
#define FUZZ_BULK_BYTES (2u << 20) /* most bulks are smaller */

struct fuzz_handle {
	rte_fastmem_handle_t id;
	size_t cls;
	size_t align;
	int socket;
	bool is_set;
};

struct fuzz {
	const uint8_t *pos; /* input */
	const uint8_t *end;
	struct fuzz_handle handles[FUZZ_NB_HANDLES];
	bool is_init;
	bool is_limited; /* a limit is set */
	uint64_t limits[FUZZ_MAX_SOCKETS];
	uint64_t allowed[FUZZ_MAX_SOCKETS]; /* what there can be of backing: before, or by the limit */
	bool is_failing; /* a reservation may fail */
	unsigned int nb_sockets;
	void *foreign; /* memory of EAL that is not the allocator's */
};

extern struct fuzz fuzz;

/* fuzz_args.c: arguments from the input. */
uint8_t fuzz_byte(void);
size_t arg_size(void);
size_t arg_align(void);
int arg_socket(void);
unsigned int arg_bulk(size_t cls); /* objects of a class */
size_t arg_memory(void); /* to reserve */
bool size_is_valid(size_t size, size_t align);
bool socket_is_valid(int socket);

/* fuzz_objects.c */
void op_alloc(bool has_socket);
void op_alloc_bulk(bool has_socket);
void op_alloc_huge_bulk(void);
void op_hlookup(void);
void op_halloc(bool is_bulk);
void op_realloc(void);
void op_free(void);
void op_free_bulk(void);
void op_foreign(void);

/* fuzz_memory.c */
void op_limit(void);
void limits_init(void);
/* Backing has not grown beyond the limits; it may have been more when they were set. */
void limits_check(void);
void op_reserve(void);
void op_trim(void);
void op_fail_reserve(void);

#endif /* FUZZ_H */
