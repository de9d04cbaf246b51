/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Traces the child of a world, and has each of its states taken over: see kill.h.
 *
 * usage: kill-WORLD [SEED]      exit status 77: processes can't be traced here
 */

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kill.h"

static uint64_t seed;
static volatile bool *is_done; /* the child is */

unsigned int
kill_random(unsigned int n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)((seed >> 33) % n);
}

void *
kill_share(size_t len)
{
	void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

int
kill_wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	return -1;
}

/* The child: 0, or -1 when it can't be traced. */
static int
child_main(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		return -1;
	kill_world_enter();
	raise(SIGSTOP);
	kill_work(KILL_CHILD_OPS);
	*is_done = true;
	return 0;
}

/* One instruction more; false when it has ended. */
static bool
child_step(pid_t pid)
{
	int status;

	return ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 &&
		waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && !*is_done;
}

static int
watch(pid_t pid, void *world, size_t len)
{
	unsigned long nb_steps = 0, nb_states = 0, nb_bad = 0;
	char *state = calloc(1, len);
	int64_t nb_lost = 0, most = 0;

	if (state == NULL)
		return -1;
	while (child_step(pid)) {
		nb_steps++;
		if (memcmp(state, world, len) == 0)
			continue;
		memcpy(state, world, len);
		nb_states++;
		seed = nb_steps;
		if (kill_inherit(&nb_lost) != 0 && ++nb_bad == 1)
			printf("first after instruction %lu\n", nb_steps);
		most = RTE_MAX(most, nb_lost);
		memcpy(world, state, len);
	}
	free(state);
	printf("%lu instructions, %lu states, %lu bad; at most %d objects lost with the child\n",
		nb_steps, nb_states, nb_bad, (int)most);
	return kill_world_end() == 0 && nb_bad == 0 && *is_done && nb_states > 1000 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	const uint64_t first_seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	int status, ret;
	size_t len = 0;
	void *world;
	pid_t pid;

	is_done = kill_share(sizeof(*is_done));
	world = kill_world_make(&len);
	if (is_done == NULL || world == NULL) {
		printf("no memory\n");
		return EXIT_FAILURE;
	}
	fflush(stdout);
	seed = first_seed;
	pid = fork();
	if (pid == 0)
		_exit(child_main() == 0 ? EXIT_SUCCESS : 77);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EXIT_FAILURE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		printf("processes can't be traced here\n");
		return 77;
	}
	if (!WIFSTOPPED(status)) {
		printf("the process that was to be watched ended early, status %d\n", status);
		return EXIT_FAILURE;
	}
	ret = watch(pid, world, len);
	kill(pid, SIGKILL);
	printf("seed %llu: %s\n", (unsigned long long)first_seed, ret == 0 ? "ok" : "FAILED");
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
