/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/* Wrong on purpose: the object is not freed on one way out. */

#include <stdlib.h>
#include <string.h>

#include <rte_fastmem.h>
#include <rte_malloc.h>

int
sample(int n)
{
	char *obj = rte_fastmem_alloc(100, 0, 0);

	if (obj == NULL)
		return -1;
	obj[0] = (char)n;
	if (n > 3)
		return obj[0];
	rte_fastmem_free(obj);
	return 0;
}
