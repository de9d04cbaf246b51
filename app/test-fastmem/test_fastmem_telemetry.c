/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, telemetry: what another process reads is what the API says; wrong parameters
 * get nothing; it may be read while the allocator comes and goes. Talks to the server of its own
 * process by its socket. Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_memory.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_fastmem.h"

#define MAX_ANSWER 16384 /* what EAL's server says it sends at the most */
#define MAX_SERVERS 16 /* with the same runtime directory */
#define PATIENCE_S 10
#define NB_OBJS 70000
#define NB_FREED 20011
#define NB_KEPT 10
#define NB_LIVES 200

struct client {
	int fd; /* -1: none */
	bool has_met; /* a server that is another's, or does not answer */
	char answer[MAX_ANSWER + 1];
};

/* Send a command, if any; false: no answer. */
static bool
ask(struct client *c, const char *cmd)
{
	ssize_t len;

	if (cmd != NULL && send(c->fd, cmd, strlen(cmd), MSG_NOSIGNAL) < 0)
		return false;
	do
		len = recv(c->fd, c->answer, MAX_ANSWER, 0);
	while (len < 0 && errno == EINTR);
	c->answer[RTE_MAX(len, 0)] = '\0';
	return len > 0;
}

/* A number of the last answer. */
static uint64_t
number(const struct client *c, const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(c->answer, key);
	return at == NULL ? UINT64_MAX : strtoull(at + strlen(key), NULL, 10);
}

/* Connect to the i-th server; false: there is none, or it is not of this process. */
static bool
client_try(struct client *c, unsigned int i)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (snprintf(addr.sun_path, sizeof(addr.sun_path), i == 0 ? "%s/dpdk_telemetry.v2" :
			"%s/dpdk_telemetry.v2:%u", rte_eal_get_runtime_dir(), i) >=
			(int)sizeof(addr.sun_path))
		return false;
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (c->fd < 0)
		return false;
	if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
			setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				sizeof(patience)) == 0 &&
			connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
		if (ask(c, NULL) && number(c, "pid") == (uint64_t)getpid())
			return true;
		c->has_met = true;
	}
	close(c->fd);
	c->fd = -1;
	return false;
}

/* Connect to the server of this process: 0, or what the case is to return. */
static int
client_open(struct client *c)
{
	unsigned int i;

	c->fd = -1;
	c->has_met = false;
	for (i = 0; i < MAX_SERVERS; i++)
		if (client_try(c, i))
			return 0;
	if (!c->has_met)
		return fm_skip("this process has no telemetry");
	printf("no server is of this process\n");
	return TEST_FAILED;
}

/* What was compared: all different, so that no figure can stand for another. */
struct compared {
	uint64_t values[16];
	unsigned int nb;
};

static int
compare(const struct client *c, const char *name, uint64_t value, struct compared *all)
{
	unsigned int i;

	TEST_ASSERT_EQUAL(number(c, name), value, "%s is not %" PRIu64 " in %s", name, value,
		c->answer);
	for (i = 0; i < all->nb; i++)
		TEST_ASSERT(all->values[i] != value, "%s is %" PRIu64 " as another", name, value);
	TEST_ASSERT(all->nb < RTE_DIM(all->values), "too many");
	all->values[all->nb++] = value;
	return 0;
}

#define COMPARE(c, stats, field, all) do { \
	if (compare(c, #field, (stats).field, all) != 0) \
		return TEST_FAILED; \
} while (0)

static int
check_stats(struct client *c)
{
	struct compared all = { .nb = 0 };
	struct rte_fastmem_stats stats;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&stats), "stats");
	TEST_ASSERT(ask(c, "/fastmem/stats"), "no answer");
	COMPARE(c, stats, bytes_backing, &all);
	COMPARE(c, stats, bytes_in_use, &all);
	COMPARE(c, stats, alloc_total, &all);
	COMPARE(c, stats, free_total, &all);
	COMPARE(c, stats, alloc_nomem, &all);
	COMPARE(c, stats, n_classes, &all);
	return 0;
}

static int
check_class(struct client *c)
{
	struct compared all = { .nb = 0 };
	struct rte_fastmem_class_stats cls;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats_class(128, &cls), "stats");
	TEST_ASSERT(ask(c, "/fastmem/class,128"), "no answer");
	COMPARE(c, cls, class_size, &all);
	COMPARE(c, cls, in_use, &all);
	COMPARE(c, cls, alloc_cache_hits, &all);
	COMPARE(c, cls, alloc_cache_misses, &all);
	COMPARE(c, cls, alloc_nomem, &all);
	COMPARE(c, cls, free_cache_hits, &all);
	COMPARE(c, cls, free_cache_misses, &all);
	COMPARE(c, cls, slab_acquires, &all);
	COMPARE(c, cls, slab_releases, &all);
	COMPARE(c, cls, slabs_partial, &all);
	COMPARE(c, cls, slabs_full, &all);
	return 0;
}

/* It gets what an unknown command gets; that it is known is checked elsewhere. */
static int
check_refused(struct client *c, const char *cmd)
{
	TEST_ASSERT(ask(c, cmd), "no answer to %s", cmd);
	TEST_ASSERT(strstr(c->answer, "null") != NULL && strstr(c->answer, "class") != NULL &&
		strstr(c->answer, "class_size") == NULL, "%s got %s", cmd, c->answer);
	return 0;
}

static int
check_all(struct client *c)
{
	static const char *const bad[] = {
		"/fastmem/class", "/fastmem/class,x", "/fastmem/class,128x",
		"/fastmem/class, 128", "/fastmem/class,+128", "/fastmem/class,-128",
		"/fastmem/class,-18446744073709551488", "/fastmem/class,0", "/fastmem/class,100",
		"/fastmem/class,2097152", "/fastmem/class,18446744073709551744",
	};
	unsigned int i;

	if (check_stats(c) != 0 || check_class(c) != 0)
		return TEST_FAILED;
	for (i = 0; i < RTE_DIM(bad); i++)
		if (check_refused(c, bad[i]) != 0)
			return TEST_FAILED;
	return 0;
}

/* So that each counter has a value of its own. */
static int
use_memory(void **objs)
{
	unsigned int i;

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, NB_OBJS, 128, 0, 0), "bulk");
	rte_fastmem_free_bulk(&objs[NB_OBJS - NB_FREED], NB_FREED);
	rte_fastmem_cache_flush();
	for (i = NB_OBJS - NB_FREED; i < NB_OBJS - NB_FREED + NB_KEPT; i++) {
		objs[i] = rte_fastmem_alloc(128, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "one more");
	}
	TEST_ASSERT_SUCCESS(rte_fastmem_set_limit(SOCKET_ID_ANY, 0), "limit");
	TEST_ASSERT(rte_fastmem_alloc_bulk(&objs[i], NB_OBJS, 128, 0, 0) == -ENOMEM, "over");
	return 0;
}

static int
test_telemetry(void)
{
	static struct client c;
	void **objs;
	int ret = client_open(&c);

	if (ret != 0)
		return ret;
	objs = calloc(2 * NB_OBJS, sizeof(objs[0]));
	if (objs == NULL || use_memory(objs) != 0 || check_all(&c) != 0)
		ret = TEST_FAILED;
	close(c.fd);
	if (objs != NULL)
		rte_fastmem_free_bulk(objs, NB_OBJS - NB_FREED + NB_KEPT);
	free(objs);
	return ret;
}

static RTE_ATOMIC(uint32_t) is_over;

/* Ask until told to stop; 0 when all was answered. */
static uint32_t
poll_server(void *arg)
{
	struct client *c = arg;

	while (rte_atomic_load_explicit(&is_over, rte_memory_order_relaxed) == 0)
		if (!ask(c, "/fastmem/stats") || !ask(c, "/fastmem/class,128"))
			return 1;
	return 0;
}

/* Without the allocator there are no figures; while it comes and goes, either. */
static int
test_telemetry_lives(void)
{
	static struct client c;
	rte_thread_t thread;
	uint32_t failed = 1;
	unsigned int i;
	int ret = client_open(&c);

	if (ret != 0)
		return ret;
	if (check_refused(&c, "/fastmem/class,128") != 0)
		ret = TEST_FAILED;
	rte_atomic_store_explicit(&is_over, 0, rte_memory_order_relaxed);
	if (rte_thread_create(&thread, NULL, poll_server, &c) != 0) {
		close(c.fd);
		return TEST_FAILED;
	}
	for (i = 0; i < NB_LIVES && ret == 0; i++) {
		if (rte_fastmem_init() != 0)
			ret = TEST_FAILED;
		rte_fastmem_free(rte_fastmem_alloc(128, 0, 0));
		rte_fastmem_deinit();
	}
	rte_atomic_store_explicit(&is_over, 1, rte_memory_order_relaxed);
	rte_thread_join(thread, &failed);
	close(c.fd);
	return failed != 0 ? TEST_FAILED : ret;
}

struct unit_test_suite fm_telemetry_suite = {
	.suite_name = "fastmem telemetry",
	.unit_test_cases = {
		FM_CASE(test_telemetry),
		FM_CASE_NO_INIT(test_telemetry_lives),
		TEST_CASES_END()
	}
};
