/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_PREDICT_H
#define FASTMEM_PREDICT_H

/*
 * fastmem_predict.c: predictions of the slabs of frees.
 */

#include <stdio.h>

#include "fastmem_pvt.h"

void fastmem_predict_init(struct rte_fastmem_trust *trust);
/* A cache is to know no slabs. */
void fastmem_predict_clear(struct rte_fastmem_cache *cache);
/* A free past the fast path: perhaps its slab is worth predicting. */
void fastmem_predict(const void *ptr, uint16_t offset);
/* The map does not lead to the slab's cache any more: no thread is to predict it. */
void fastmem_predict_forget(struct fastmem_shared *sh, const struct fastmem_slab *slab);
/* When no thread is at work. */
unsigned int fastmem_predict_validate(struct fastmem_shared *sh, FILE *f);

#endif /* FASTMEM_PREDICT_H */
