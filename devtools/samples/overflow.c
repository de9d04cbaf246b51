/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/* Wrong on purpose: more is written than was asked for. */

#include <stdlib.h>
#include <string.h>

#include <rte_fastmem.h>
#include <rte_malloc.h>

void *
sample(void)
{
	char *obj = rte_fastmem_alloc(100, 0, 0);

	if (obj != NULL)
		memset(obj, 0, 101);
	return obj;
}
