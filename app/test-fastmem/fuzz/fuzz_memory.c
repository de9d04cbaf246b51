/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Calls that concern the memory below the objects. Calls the library and its test hooks.
 */

#include <errno.h>

#include <rte_common.h>
#include <rte_memory.h>

#include <fastmem_test.h>

#include "fuzz.h"

void
limits_init(void)
{
	unsigned int i;

	fuzz.is_limited = false;
	for (i = 0; i < FUZZ_MAX_SOCKETS; i++) {
		fuzz.limits[i] = UINT64_MAX;
		fuzz.allowed[i] = UINT64_MAX;
	}
}

void
limits_check(void)
{
	struct rte_fastmem_stats s;
	uint64_t room;
	unsigned int i;

	if (!fuzz.is_init || !fuzz.is_limited)
		return;
	MUST(rte_fastmem_stats(&s) == 0, "stats");
	room = s.bytes_backing; /* that is not accounted for yet */
	for (i = 0; i < fuzz.nb_sockets; i++) {
		room -= RTE_MIN(room, fuzz.allowed[i]);
		fuzz.allowed[i] = RTE_MAX(fuzz.limits[i], RTE_MIN(fuzz.allowed[i], s.bytes_backing));
	}
	MUST(room == 0, "%lu bytes of backing, %lu above the limits", s.bytes_backing, room);
}

static void
limits_set(int socket, size_t limit)
{
	unsigned int i;

	fuzz.is_limited = fuzz.is_limited || limit != SIZE_MAX;
	for (i = 0; i < fuzz.nb_sockets; i++)
		if (socket == SOCKET_ID_ANY || (unsigned int)socket == i)
			fuzz.limits[i] = limit;
	limits_check();
}

void
op_limit(void)
{
	size_t limit = fuzz_byte() % 4 == 0 ? SIZE_MAX : (size_t)fuzz_byte() << 19;
	int socket = arg_socket();
	int ret = rte_fastmem_set_limit(socket, limit);

	if (!fuzz.is_init || !socket_is_valid(socket)) {
		MUST(ret == -EINVAL, "%d", ret);
		MUST(rte_fastmem_get_limit(socket) == 0, "limit of %d", socket);
		return;
	}
	MUST(ret == 0, "%d", ret);
	MUST(rte_fastmem_get_limit(socket) == limit, "limit of %d is %zu, not %zu", socket,
		rte_fastmem_get_limit(socket), limit);
	limits_set(socket, limit);
}

void
op_reserve(void)
{
	size_t size = arg_memory();
	struct rte_fastmem_stats before = { 0 }, after = { 0 };
	int socket = arg_socket();
	int ret;

	rte_fastmem_stats(&before);
	ret = rte_fastmem_reserve(size, socket);
	rte_fastmem_stats(&after);
	if (!fuzz.is_init || !socket_is_valid(socket)) {
		MUST(ret == -EINVAL || (ret == -ENODEV && !fuzz.is_init), "%d", ret);
	} else if (ret == 0) {
		MUST(after.bytes_backing >= size, "%lu", after.bytes_backing);
		MUST(after.bytes_backing == before.bytes_backing || socket != SOCKET_ID_ANY ||
			before.bytes_backing < size, "%lu", after.bytes_backing);
	} else {
		MUST(ret == -ENOMEM, "%d", ret);
		MUST(after.bytes_backing == before.bytes_backing, "reserved %lu and failed",
			after.bytes_backing - before.bytes_backing);
		/* As check_error(): what is taken already counts too. */
		MUST(fuzz.is_limited || fuzz.is_failing ||
			(socket >= 0 && (unsigned int)socket >= fuzz.nb_sockets) ||
			size > FUZZ_SMALL || before.bytes_backing + size > FUZZ_SMALL,
			"%zu bytes refused with %lu of backing", size, before.bytes_backing);
	}
}

void
op_trim(void)
{
	struct rte_fastmem_stats before = { 0 }, after = { 0 };
	int socket = arg_socket();
	int ret;

	rte_fastmem_stats(&before);
	ret = rte_fastmem_trim(socket);
	rte_fastmem_stats(&after);
	if (!socket_is_valid(socket)) {
		MUST(ret == -EINVAL || (ret == -ENODEV && !fuzz.is_init), "%d", ret);
	} else if (!fuzz.is_init) {
		MUST(ret == -ENODEV, "%d", ret);
	} else {
		MUST(ret >= 0, "%d", ret);
		MUST(ret == 0 ? after.bytes_backing == before.bytes_backing :
			after.bytes_backing < before.bytes_backing, "%d zones of %lu bytes", ret,
			before.bytes_backing - after.bytes_backing);
	}
}

void
op_fail_reserve(void)
{
	uint8_t n = fuzz_byte() % 8;

	fastmem_test_fail_reserve(n);
	fuzz.is_failing = n != 0;
}
