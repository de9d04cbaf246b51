/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_TELEMETRY_H
#define FASTMEM_TELEMETRY_H

/*
 * fastmem_telemetry.c: the statistics from outside the process.
 */

/* The allocator comes or goes: who asks for statistics meanwhile waits. */
void fastmem_telemetry_lock(void);
void fastmem_telemetry_unlock(void);

#endif /* FASTMEM_TELEMETRY_H */
