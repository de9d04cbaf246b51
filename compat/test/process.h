/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Starting the test program again as a second process, for the stand-alone build only.
 *
 * The same calls as DPDK's app/test/process.h, which a DPDK tree picks instead. Uses installed
 * EAL headers and libc. Include "test.h" first.
 */

#ifndef PROCESS_H
#define PROCESS_H

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_debug.h>
#include <rte_eal.h>

#ifdef __cplusplus
#error "for C test sources only"
#endif

/* In the child: closes everything but stdin, stdout and stderr, hugepage files included. */
static inline void
process_close_fds(void)
{
	struct dirent *entry;
	DIR *dir;

	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		rte_panic("Cannot open /proc/self/fd: %s\n", strerror(errno));
	while ((entry = readdir(dir)) != NULL) {
		char *end;
		long fd;

		fd = strtol(entry->d_name, &end, 10);
		if (end == entry->d_name || *end != '\0')
			continue; /* "." and ".." */
		if (fd > STDERR_FILENO && fd != dirfd(dir))
			close((int)fd);
	}
	closedir(dir);
}

/*
 * Runs argv[0] with these arguments and RTE_TEST_RECURSIVE=env_value and waits for it.
 * Returns its wait status, -1 when it could not be started.
 */
static inline int
process_dup(const char *const argv[], int numargs, const char *env_value)
{
	char **args;
	int i, status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		process_close_fds();
		args = calloc(numargs + 1, sizeof(*args));
		if (args == NULL)
			rte_panic("Memory allocation failed\n");
		printf("Running binary with argv[]:");
		for (i = 0; i < numargs; i++) {
			args[i] = strdup(argv[i]);
			if (args[i] == NULL)
				rte_panic("Memory allocation failed\n");
			printf("'%s' ", args[i]);
		}
		printf("\n");
		fflush(stdout);
		if (setenv(RECURSIVE_ENV_VAR, env_value, 1) != 0)
			rte_panic("Cannot export environment variable\n");
		execv(args[0], args);
		rte_panic("Cannot exec %s: %s\n", args[0], strerror(errno));
	}
	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			return -1;
	return status;
}

/* The file prefix of this process: the last part of its run-time directory. */
static inline char *
get_current_prefix(char *prefix, int size)
{
	const char *dir = rte_eal_get_runtime_dir();
	const char *base = strrchr(dir, '/');

	snprintf(prefix, size, "%s", base == NULL ? dir : base + 1);
	return prefix;
}

/* "--file-prefix=..." with which a second process joins this one; static storage. */
static inline const char *
file_prefix_arg(void)
{
	static char arg[NAME_MAX + sizeof("--file-prefix=")];
	char prefix[NAME_MAX];

	snprintf(arg, sizeof(arg), "--file-prefix=%s",
			get_current_prefix(prefix, sizeof(prefix)));
	return arg;
}

#endif /* PROCESS_H */
