/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * The processes of fastmem_mp_autotest: secondaries are this very program,
 * started again; they meet in a memzone, and none outlives the test.
 * Owns the memzone and the processes. Calls EAL, and nothing of fastmem.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#ifdef RTE_EXEC_ENV_LINUX
#include <sys/prctl.h>
#endif

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_memzone.h>
#include <rte_string_fns.h>

#include "test.h"
#include "test_fastmem_mp.h"

#define SHARED_NAME "mp_test_of_fastmem"
#define TICK_US 500

struct fmp_shared *fmp_shared;

static struct fmp_child children[FMP_CHILDREN]; /* copies: a test that fails leaves its own */

/* Is the configuration of this process a file that others can map? */
static bool
config_is_shared(void)
{
	char path[PATH_MAX], file[PATH_MAX], line[PATH_MAX + 128];
	bool found = false;
	FILE *maps;

	/* there may be one of a former process */
	snprintf(path, sizeof(path), "%s/config", rte_eal_get_runtime_dir());
	if (realpath(path, file) == NULL)
		return false;
	maps = fopen("/proc/self/maps", "r");
	while (maps != NULL && !found && fgets(line, sizeof(line), maps) != NULL)
		found = strstr(line, file) != NULL;
	if (maps != NULL)
		fclose(maps);
	return found;
}

/* Why there can be no secondary process here, or NULL. */
const char *
fmp_cannot(void)
{
#ifndef RTE_EXEC_ENV_LINUX
	return "this test knows Linux only";
#endif
	if (!rte_eal_has_hugepages())
		return "no secondary processes without hugepages";
	if (!config_is_shared())
		return "no secondary processes: this one shares no configuration";
	return NULL;
}

int
fmp_shared_create(void)
{
	const struct rte_memzone *mz;

	mz = rte_memzone_reserve(SHARED_NAME, sizeof(*fmp_shared), SOCKET_ID_ANY, 0);
	FMP_CHECK(mz != NULL, "cannot reserve a memzone");
	fmp_shared = mz->addr;
	memset(fmp_shared, 0, sizeof(*fmp_shared));
	return 0;
}

void
fmp_shared_destroy(void)
{
	rte_memzone_free(rte_memzone_lookup(SHARED_NAME));
	fmp_shared = NULL;
}

int
fmp_shared_find(void)
{
	const struct rte_memzone *mz = rte_memzone_lookup(SHARED_NAME);

	FMP_CHECK(mz != NULL, "no memzone of the primary");
	fmp_shared = mz->addr;
	return 0;
}

void
fmp_link_init(unsigned int idx)
{
	memset(&fmp_shared->links[idx], 0, sizeof(fmp_shared->links[idx]));
}

/* All CPUs of this process, as one lcore with the id of the main one. */
static void
lcores_arg(char *arg, size_t len)
{
	unsigned int lcore, cpu;
	rte_cpuset_t all, one;
	size_t at;

	CPU_ZERO(&all);
	RTE_LCORE_FOREACH(lcore) {
		one = rte_lcore_cpuset(lcore);
		RTE_CPU_OR(&all, &all, &one);
	}
	at = snprintf(arg, len, "--lcores=%u@(", rte_get_main_lcore());
	for (cpu = 0; cpu < CPU_SETSIZE && at + 8 < len; cpu++)
		if (CPU_ISSET(cpu, &all))
			at += snprintf(arg + at, len - at, "%u,", cpu);
	arg[at - 1] = ')';
}

/* A secondary must not keep files of this process, and the locks on them. */
static void
close_files(void)
{
	struct dirent *entry;
	int fd, fd_dir;
	DIR *dir;

	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		return;
	fd_dir = dirfd(dir);
	while ((entry = readdir(dir)) != NULL) {
		fd = atoi(entry->d_name);
		if (fd > STDERR_FILENO && fd != fd_dir)
			close(fd);
	}
	closedir(dir);
}

static void
exec_child(const struct fmp_child *child, const char *exe, char *lcores, char *prefix)
{
	static char type[] = "--proc-type=secondary";
	static char no_pci[] = "--no-pci";
	static char name[] = "dpdk-test";
	char *argv[] = { name, lcores, type, prefix, no_pci, NULL };
	char idx[16];

	/* whatever happens to the test, its processes end with it */
#ifdef RTE_EXEC_ENV_LINUX
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	dup2(child->output, STDOUT_FILENO);
	dup2(child->output, STDERR_FILENO);
	close_files();
	snprintf(idx, sizeof(idx), "%u", child->idx);
	unsetenv("DPDK_TEST_PARAMS");
	unsetenv("DPDK_TEST_SKIP");
	unsetenv(RECURSIVE_ENV_VAR);
	setenv("DPDK_TEST", FMP_TEST_NAME, 1);
	setenv("FASTMEM_MP_ROLE", child->role, 1);
	setenv("FASTMEM_MP_INDEX", idx, 1);
	execv(exe, argv);
	_exit(127);
}

/* Start a secondary process in a role. */
int
fmp_spawn(struct fmp_child *child, unsigned int idx, const char *role)
{
	char exe[PATH_MAX], lcores[256], prefix[PATH_MAX + 16];
	char file[] = "/tmp/fastmem_mp_XXXXXX";
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *base;

	FMP_CHECK(len > 0, "cannot tell what this program is");
	exe[len] = '\0';
	child->pid = 0;
	child->idx = idx;
	strlcpy(child->role, role, sizeof(child->role));
	lcores_arg(lcores, sizeof(lcores));
	base = strrchr(rte_eal_get_runtime_dir(), '/');
	FMP_CHECK(base != NULL, "runtime directory %s", rte_eal_get_runtime_dir());
	snprintf(prefix, sizeof(prefix), "--file-prefix=%s", base + 1);
	fmp_link_init(idx);
	child->output = mkstemp(file);
	FMP_CHECK(child->output >= 0, "no file for output");
	unlink(file);
	fflush(NULL);
	child->pid = fork();
	if (child->pid == 0)
		exec_child(child, exe, lcores, prefix);
	if (child->pid < 0) {
		child->pid = 0;
		close(child->output);
		return -1;
	}
	children[idx] = *child;
	return 0;
}

void
fmp_output_show(struct fmp_child *child)
{
	char buf[4096];
	off_t at = 0;
	ssize_t len;

	printf("--- output of role %s (process %d):\n", child->role, child->pid);
	for (; (len = pread(child->output, buf, sizeof(buf), at)) > 0; at += len)
		fwrite(buf, 1, len, stdout);
	printf("---\n");
}

/* Did it print this text, in its first 64 KiB? */
bool
fmp_output_has(struct fmp_child *child, const char *text)
{
	static char buf[65536];
	ssize_t len = pread(child->output, buf, sizeof(buf) - 1, 0);

	buf[RTE_MAX(len, 0)] = '\0';
	return strstr(buf, text) != NULL;
}

static void
child_gone(struct fmp_child *child)
{
	close(child->output);
	children[child->idx].pid = 0;
	child->pid = 0;
}

void
fmp_kill(struct fmp_child *child)
{
	if (child->pid == 0)
		return;
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	child_gone(child);
}

/* End whatever is left: after a failure. */
void
fmp_kill_all(void)
{
	unsigned int i;

	for (i = 0; i < FMP_CHILDREN; i++)
		fmp_kill(&children[i]);
}

/* Of so many steps of another process. */
static uint64_t
deadline(unsigned int nb_steps)
{
	return rte_rdtsc() + rte_get_tsc_hz() / 1000 * FMP_TIMEOUT_MS * nb_steps;
}

/* Wait until the child says that it is at a stage. -1 if it ends or hangs before. */
int
fmp_reach_or_end(struct fmp_child *child, uint32_t stage)
{
	struct fmp_link *link = &fmp_shared->links[child->idx];
	uint64_t end = deadline(1);
	siginfo_t info;

	while (rte_atomic_load_explicit(&link->stage, rte_memory_order_acquire) < stage) {
		info.si_pid = 0;
		if (waitid(P_PID, child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
				info.si_pid != 0 || rte_rdtsc() > end) {
			printf("role %s %s before stage %u\n", child->role,
				info.si_pid != 0 ? "ended" : "hangs", stage);
			return -1;
		}
		rte_delay_us_sleep(TICK_US);
	}
	return 0;
}

/* The same when it has to be well. */
int
fmp_reach(struct fmp_child *child, uint32_t stage)
{
	int ret = fmp_reach_or_end(child, stage);

	if (ret < 0)
		fmp_output_show(child);
	return ret;
}

/* Let the child go on to a stage. */
void
fmp_let(struct fmp_child *child, uint32_t stage)
{
	rte_atomic_store_explicit(&fmp_shared->links[child->idx].command, stage,
			rte_memory_order_release);
}

/* Wait for the child's end. 0 when all was well with it. */
int
fmp_join(struct fmp_child *child)
{
	uint64_t end = deadline(1);
	int status = 0;
	pid_t pid;

	do {
		pid = waitpid(child->pid, &status, WNOHANG);
		if (pid == 0)
			rte_delay_us_sleep(TICK_US);
	} while (pid == 0 && rte_rdtsc() < end);
	if (pid == child->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		child_gone(child);
		return 0;
	}
	if (pid == 0)
		printf("role %s hangs\n", child->role);
	else
		printf("role %s: exit status 0x%x\n", child->role, status);
	fmp_output_show(child);
	if (pid == 0)
		fmp_kill(child);
	else
		child_gone(child);
	return -1;
}

/*
 * Start a secondary, and wait until it is there. Never two at once: EAL, as it starts, tries the
 * locks of all files of the group, and who is about to lock its own then finds it locked.
 */
int
fmp_spawn_ready(struct fmp_child *child, unsigned int idx, const char *role)
{
	return fmp_spawn(child, idx, role) < 0 ? -1 : fmp_reach(child, FMP_READY);
}

/* Start a secondary and let it go on into its role. */
int
fmp_start(struct fmp_child *child, unsigned int idx, const char *role)
{
	if (fmp_spawn_ready(child, idx, role) < 0)
		return -1;
	fmp_let(child, FMP_GO);
	return 0;
}

/* Wait for the end of its role, and for its own. */
int
fmp_finish(struct fmp_child *child)
{
	if (fmp_reach(child, FMP_DONE) < 0)
		return -1;
	fmp_let(child, FMP_END);
	return fmp_join(child);
}

/* Run n secondaries at once in the same role, from start to end. */
int
fmp_run_many(const char *role, unsigned int n)
{
	struct fmp_child some[FMP_CHILDREN];
	unsigned int i;

	for (i = 0; i < n; i++)
		if (fmp_spawn_ready(&some[i], i, role) < 0)
			return -1;
	for (i = 0; i < n; i++)
		fmp_let(&some[i], FMP_GO);
	for (i = 0; i < n; i++)
		if (fmp_reach(&some[i], FMP_DONE) < 0)
			return -1;
	for (i = 0; i < n; i++)
		fmp_let(&some[i], FMP_END);
	for (i = 0; i < n; i++)
		if (fmp_join(&some[i]) < 0)
			return -1;
	return 0;
}

int
fmp_run(const char *role)
{
	return fmp_run_many(role, 1);
}

/* In a secondary: it is at a stage. */
void
fmp_at(unsigned int idx, uint32_t stage)
{
	rte_atomic_store_explicit(&fmp_shared->links[idx].stage, stage,
			rte_memory_order_release);
}

/* In a secondary: wait until it may go on to a stage. */
int
fmp_wait(unsigned int idx, uint32_t stage)
{
	/* the primary starts others, one after the other */
	uint64_t end = deadline(FMP_CHILDREN);

	while (rte_atomic_load_explicit(&fmp_shared->links[idx].command,
			rte_memory_order_acquire) < stage) {
		FMP_CHECK(rte_rdtsc() < end, "the primary does not go on");
		rte_delay_us_sleep(TICK_US);
	}
	return 0;
}

/* In a secondary: it is at a stage, and waits until it may go on to the next. */
int
fmp_pass(unsigned int idx, uint32_t stage)
{
	fmp_at(idx, stage);
	return fmp_wait(idx, stage + 1);
}
