/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_REPORT_H
#define FASTMEM_REPORT_H

/*
 * fastmem_report.c: misuse. sh == NULL: not attached.
 */

#include "fastmem_pvt.h"

/* What a report says, as far as it is known. */
struct fastmem_misuse {
	enum rte_fastmem_misuse kind;
	const char *call; /* which refused it; NULL: none did */
	const void *ptr;
	size_t class_size; /* 0: unknown */
	size_t inner; /* offset of ptr in its object, or of the byte written */
	size_t size; /* asked for */
	size_t named; /* size or class that the caller took it for */
};
/* The caller holds no lock in shared memory: the application's handler may take its time. */
void fastmem_report_misuse(struct fastmem_shared *sh, const struct fastmem_misuse *misuse);
/* A free that was refused. */
void fastmem_report_refused(struct fastmem_shared *sh, enum rte_fastmem_misuse kind,
	const void *ptr);

#endif /* FASTMEM_REPORT_H */
