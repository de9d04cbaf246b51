/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef KILL_H
#define KILL_H

/*
 * A process that is killed, at every place one after the other.
 *
 * A child works in memory that it shares with its parent, traced instruction by instruction. Each
 * new state of that memory is what a process leaves that is killed there: the parent takes it
 * over, as the library does with what the dead had, works with it itself, looks whether all
 * adds up, and puts the state back. kill_trace.c does this to any world; a world is a part
 * of the library over stubs of what lies below it.
 */

#include <stdint.h>

#include <rte_common.h>

/* What a world has. */

/* Make it, by the parent; NULL when there is no memory. *len bytes are compared. */
void *kill_world_make(size_t *len);
/* The child's work, and that of who comes after it: so many operations. */
void kill_work(unsigned int nb_ops);
/* The child begins: whoever it is now, it is not the parent. */
void kill_world_enter(void);
/* Take over what the child left; 0, or -1 when it was wrong. What was lost with it, in objects. */
int kill_inherit(int64_t *nb_lost);
/* The child has done its work; 0, or -1 when that was not what it was to do. */
int kill_world_end(void);

/* What kill_trace.c has. */

unsigned int kill_random(unsigned int n);
/* Memory that child and parent share, zeroed; NULL when there is none. */
void *kill_share(size_t len);
/* Say what is wrong; -1. */
int kill_wrong(const char *format, ...) __rte_format_printf(1, 2);

/* Operations of the child, and of each that comes after it. */
#define KILL_CHILD_OPS 150
#define KILL_HEIR_OPS 60

#endif /* KILL_H */
