/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/* Wrong on purpose: one mistake, named by the last argument, after those of EAL. */

#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_fastmem.h>

static void *volatile hidden; /* what the compiler can't follow */
static void *kept;

static void
leak(void)
{
	hidden = rte_fastmem_alloc(100, 0, 0);
	hidden = NULL;
}

static void
double_free(void)
{
	hidden = rte_fastmem_alloc(100, 0, 0);
	rte_fastmem_free(hidden);
	rte_fastmem_free(hidden);
}

static void
write_after_free(void)
{
	hidden = rte_fastmem_alloc(100, 0, 0);
	rte_fastmem_free(hidden);
	*(volatile char *)hidden = 1;
}

static void
overflow(void)
{
	hidden = rte_fastmem_alloc(100, 0, 0);
	((volatile char *)hidden)[100] = 1;
	rte_fastmem_free(hidden);
}

static void
uninitialised(void)
{
	hidden = rte_fastmem_alloc(100, 0, 0);
	if (((volatile char *)hidden)[50] != 0)
		puts("not 0");
	rte_fastmem_free(hidden);
}

static void
correct(void)
{
	kept = rte_fastmem_alloc(100, 0, RTE_FASTMEM_F_ZERO);
	memset(kept, ((char *)kept)[99], 100);
	kept = rte_fastmem_realloc(kept, 1000, 0);
	memset(kept, 1, 1000);
	rte_fastmem_free(kept);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} mistakes[] = {
		{ "leak", leak },
		{ "double_free", double_free },
		{ "write_after_free", write_after_free },
		{ "overflow", overflow },
		{ "uninitialised", uninitialised },
		{ "correct", correct },
	};
	const char *name = argv[argc - 1];
	unsigned int i;

	if (rte_eal_init(argc - 1, argv) < 0 || rte_fastmem_init() != 0)
		return 2;
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		if (strcmp(mistakes[i].name, name) == 0)
			mistakes[i].fn();
	rte_fastmem_deinit();
	return 0;
}
