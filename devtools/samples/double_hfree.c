/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/* Wrong on purpose: an object that the caller got by handle is freed twice. */

#include <stdlib.h>
#include <string.h>

#include <rte_fastmem.h>
#include <rte_malloc.h>

void
sample(rte_fastmem_handle_t handle)
{
	char *obj = rte_fastmem_halloc(handle, 0);

	if (obj == NULL)
		return;
	obj[0] = 1;
	rte_fastmem_hfree(handle, obj);
	rte_fastmem_hfree(handle, obj);
}
