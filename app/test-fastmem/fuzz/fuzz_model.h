/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

/*
 * What the allocator should be doing: the objects that are live, with what is in them,
 * and the counters that follow. fuzz_fastmem.c tells it what was called and what came of
 * it; it ends the program at the first contradiction.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_MAX_LIVE 1024
#define MODEL_NB_CLASSES 18

struct model_object {
	unsigned char *ptr;
	size_t size; /* asked for */
	size_t align;
	size_t cls; /* size of its class */
	uint8_t seed; /* of its contents */
	uint32_t handle; /* that it was allocated by, or 0 */
};

struct model {
	struct model_object live[MODEL_MAX_LIVE];
	unsigned int nb_live;
	uint64_t allocs; /* since the last reset, as the next two */
	uint64_t frees;
	uint64_t nomem;
	uint8_t next_seed;
};

extern struct model model;

/* End the program unless the condition is true: with a crash, which is what a fuzzer saves. */
#define MUST(cond, ...) do { \
	if (!(cond)) \
		model_fail(__FILE__, __LINE__, #cond, __VA_ARGS__); \
} while (0)

__attribute__((format(printf, 4, 5), noreturn))
void model_fail(const char *file, int line, const char *cond, const char *format, ...);

/* The class that a valid size and alignment get. */
size_t model_class(size_t size, size_t align);
/* An object was allocated: checks address, size and, if is_zero, contents. */
void model_add(void *ptr, size_t size, size_t align, size_t cls, bool is_zero);
/* Take an object that will be freed, or was moved, after a look at its contents. */
struct model_object model_take(unsigned int i);
/* Check the contents of an object up to a size. */
void model_check_contents(const struct model_object *obj, size_t size);
void model_fill(const struct model_object *obj);
/* Compare all statistics, and let the allocator check itself. */
void model_check_stats(void);
/* The allocator was initialised, or ended: nothing is live. */
void model_clear(void);
void model_reset_counters(void);
/* No memzone of the library is left. */
void model_check_no_memzones(void);

#endif /* FUZZ_MODEL_H */
