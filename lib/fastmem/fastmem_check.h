/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_CHECK_H
#define FASTMEM_CHECK_H

/*
 * fastmem_check.c: does everything add up?
 */

#include <stdio.h>

#include "fastmem_pvt.h"

unsigned int fastmem_check_validate(struct fastmem_shared *sh, FILE *f);

#endif /* FASTMEM_CHECK_H */
