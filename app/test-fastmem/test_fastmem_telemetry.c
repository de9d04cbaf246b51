/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, telemetry: what another process reads is what the API says; wrong parameters
 * get nothing. Talks to the server of its own process by its socket. Calls the public API and
 * test_fastmem.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "test.h"
#include "test_fastmem.h"

#define MAX_ANSWER 16384

static char answer[MAX_ANSWER + 1];

/* Send a command, if any; the length of what comes. */
static ssize_t
ask(int fd, const char *cmd)
{
	const struct timeval patience = { .tv_sec = 10 };
	ssize_t len;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0)
		return -1;
	if (cmd != NULL && send(fd, cmd, strlen(cmd), 0) < 0)
		return -1;
	len = recv(fd, answer, MAX_ANSWER, 0);
	answer[RTE_MAX(len, 0)] = '\0';
	return len;
}

/* A number of the last answer. */
static uint64_t
number(const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(answer, key);
	return at == NULL ? UINT64_MAX : strtoull(at + strlen(key), NULL, 10);
}

/* To the server of this process; -1: it has none. Others may be in the same directory. */
static int
connect_to_self(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	unsigned int i;
	int fd;

	for (i = 0; i < 16; i++) {
		if (snprintf(addr.sun_path, sizeof(addr.sun_path), i == 0 ?
				"%s/dpdk_telemetry.v2" : "%s/dpdk_telemetry.v2:%u",
				rte_eal_get_runtime_dir(), i) >= (int)sizeof(addr.sun_path))
			return -1;
		fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		if (fd < 0)
			return -1;
		if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
				ask(fd, NULL) > 0 && number("pid") == (uint64_t)getpid())
			return fd;
		close(fd);
	}
	return -1;
}

#define CHECK_NUMBER(stats, field) \
	TEST_ASSERT_EQUAL(number(#field), (uint64_t)(stats).field, \
		#field " is not %" PRIu64 " in %s", (uint64_t)(stats).field, answer)

static int
check_stats(int fd)
{
	struct rte_fastmem_stats stats;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&stats), "stats");
	TEST_ASSERT(ask(fd, "/fastmem/stats") > 0, "no answer");
	CHECK_NUMBER(stats, bytes_backing);
	CHECK_NUMBER(stats, bytes_in_use);
	CHECK_NUMBER(stats, alloc_total);
	CHECK_NUMBER(stats, free_total);
	CHECK_NUMBER(stats, alloc_nomem);
	CHECK_NUMBER(stats, n_classes);
	return TEST_SUCCESS;
}

static int
check_class(int fd)
{
	struct rte_fastmem_class_stats c;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(128, &c), "stats");
	TEST_ASSERT(ask(fd, "/fastmem/class,128") > 0, "no answer");
	CHECK_NUMBER(c, class_size);
	CHECK_NUMBER(c, in_use);
	CHECK_NUMBER(c, alloc_cache_hits);
	CHECK_NUMBER(c, alloc_cache_misses);
	CHECK_NUMBER(c, alloc_nomem);
	CHECK_NUMBER(c, free_cache_hits);
	CHECK_NUMBER(c, free_cache_misses);
	CHECK_NUMBER(c, slab_acquires);
	CHECK_NUMBER(c, slab_releases);
	CHECK_NUMBER(c, slabs_partial);
	CHECK_NUMBER(c, slabs_full);
	return TEST_SUCCESS;
}

static int
check_refused(int fd)
{
	static const char *const cmds[] = {
		"/fastmem/class", "/fastmem/class,", "/fastmem/class,x", "/fastmem/class,128x",
		"/fastmem/class,-128", "/fastmem/class,0", "/fastmem/class,100",
		"/fastmem/class,2097152", "/fastmem/class,18446744073709551744",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(cmds); i++) {
		TEST_ASSERT(ask(fd, cmds[i]) > 0, "no answer to %s", cmds[i]);
		TEST_ASSERT(strstr(answer, "null") != NULL && strstr(answer, "class_size") == NULL,
			"%s got %s", cmds[i], answer);
	}
	return TEST_SUCCESS;
}

static int
test_telemetry(void)
{
	int fd = connect_to_self(), ret = TEST_SUCCESS;
	void *objs[321];

	if (fd < 0)
		return fm_skip("this process has no telemetry");
	if (rte_fastmem_alloc_bulk(objs, RTE_DIM(objs), 128, 0, 0) != 0) {
		close(fd);
		return TEST_FAILED;
	}
	if (check_stats(fd) != 0 || check_class(fd) != 0 || check_refused(fd) != 0)
		ret = TEST_FAILED;
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	close(fd);
	return ret;
}

/* Without the allocator: no figures, and no crash. */
static int
test_telemetry_none(void)
{
	int fd = connect_to_self();
	int ret = TEST_SUCCESS;

	if (fd < 0)
		return fm_skip("this process has no telemetry");
	if (ask(fd, "/fastmem/stats") <= 0 || strstr(answer, "null") == NULL ||
			ask(fd, "/fastmem/class,128") <= 0 || strstr(answer, "null") == NULL) {
		printf("got %s\n", answer);
		ret = TEST_FAILED;
	}
	close(fd);
	return ret;
}

struct unit_test_suite fm_telemetry_suite = {
	.suite_name = "fastmem telemetry",
	.unit_test_cases = {
		FM_CASE(test_telemetry),
		FM_CASE_NO_INIT(test_telemetry_none),
		TEST_CASES_END()
	}
};
