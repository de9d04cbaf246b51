/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/* Wrong on purpose: the object is freed twice. */

#include <stdlib.h>
#include <string.h>

#include <rte_fastmem.h>
#include <rte_malloc.h>

void
sample(int n)
{
	char *obj = rte_fastmem_alloc(100, 0, 0);

	if (obj == NULL)
		return;
	obj[0] = (char)n;
	rte_fastmem_free(obj);
	rte_fastmem_free(obj);
}
