/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Arguments of calls, made of the bytes of the input: mostly sensible ones. Calls nothing.
 */

#include <rte_common.h>
#include <rte_memory.h>

#include "fuzz.h"

uint8_t
fuzz_byte(void)
{
	return fuzz.pos < fuzz.end ? *fuzz.pos++ : 0;
}

/* Mostly near a power of two, seldom absurd. */
size_t
arg_size(void)
{
	uint8_t kind = fuzz_byte();
	size_t size = (size_t)1 << (kind % 21);

	if (kind >= 252)
		return SIZE_MAX >> (fuzz_byte() % 64);
	switch (kind / 21 % 4) {
	case 0:
		return size;
	case 1:
		return size + 1;
	case 2:
		return size - fuzz_byte() % (size + 1);
	default:
		return size + fuzz_byte();
	}
}

size_t
arg_align(void)
{
	uint8_t kind = fuzz_byte();

	if (kind < 128)
		return 0;
	if (kind < 240)
		return (size_t)1 << (kind % 21);
	return kind == 240 ? SIZE_MAX : (size_t)fuzz_byte() << (kind % 20);
}

int
arg_socket(void)
{
	static const int odd[] = { -2, RTE_MAX_NUMA_NODES, RTE_MAX_NUMA_NODES - 1, INT32_MAX };
	uint8_t kind = fuzz_byte();

	if (kind < 64)
		return SOCKET_ID_ANY;
	if (kind < 240)
		return kind % fuzz.nb_sockets;
	return odd[kind % RTE_DIM(odd)];
}

unsigned int
arg_bulk(size_t cls)
{
	uint8_t kind = fuzz_byte();
	unsigned int n = kind < 200 ? kind % 40u : fuzz_byte() * 3u;

	/* What the kernel and EAL clear takes longest: seldom much. */
	if (kind < 250)
		n = RTE_MIN(n, RTE_MAX(2u, FUZZ_BULK_BYTES / cls));
	return RTE_MIN(n, MODEL_MAX_LIVE - model.nb_live);
}

size_t
arg_memory(void)
{
	uint8_t kind = fuzz_byte();

	if (kind >= 250)
		return SIZE_MAX - fuzz_byte();
	return (size_t)(kind < 242 ? kind % 16 : kind) << 18;
}

bool
size_is_valid(size_t size, size_t align)
{
	return size <= FUZZ_MAX_SIZE && align <= FUZZ_MAX_SIZE && (align & (align - 1)) == 0;
}

bool
socket_is_valid(int socket)
{
	return socket == SOCKET_ID_ANY || (socket >= 0 && socket < RTE_MAX_NUMA_NODES);
}
