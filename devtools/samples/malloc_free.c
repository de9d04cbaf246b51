/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/* Wrong on purpose: memory of libc is given to rte_fastmem_free(). */

#include <stdlib.h>
#include <string.h>

#include <rte_fastmem.h>
#include <rte_malloc.h>

void
sample(int n)
{
	char *mem = malloc(100);

	if (mem == NULL)
		return;
	mem[0] = (char)n;
	rte_fastmem_free(mem);
}
