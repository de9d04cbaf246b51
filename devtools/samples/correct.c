/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/* Wrong on purpose: nothing: no checker may complain. */

#include <stdlib.h>
#include <string.h>

#include <rte_fastmem.h>
#include <rte_malloc.h>

int
sample(int n)
{
	char *obj = rte_fastmem_alloc(100, 0, 0), *other;
	int ret;

	if (obj == NULL)
		return -1;
	memset(obj, n, 100);
	other = rte_fastmem_realloc(obj, 200, 0);
	if (other == NULL) {
		rte_fastmem_free(obj);
		return -1;
	}
	ret = other[50];
	rte_fastmem_free(other);
	return ret;
}
