/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * The model that the fuzzer compares the allocator with. Owns the list of live objects. Calls
 * only functions of the library that tell something: sizes, addresses, statistics.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include <rte_fastmem.h>
#include <fastmem_test.h>

#include "fuzz_model.h"

#define STRIDE 509 /* bytes from one that is checked to the next, but for both ends */
#define END 64

struct model model;

void
model_fail(const char *file, int line, const char *cond, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "\n%s:%d: not true: %s: ", file, line, cond);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	rte_fastmem_dump(stderr);
	abort();
}

size_t
model_class(size_t size, size_t align)
{
	size_t cls = 8;

	if (align == 0)
		align = RTE_CACHE_LINE_SIZE;
	while (cls < size || cls < align)
		cls *= 2;
	return cls;
}

/* Large objects are looked at here and there: all of them would take too long. */
static size_t
next_offset(size_t i, size_t size)
{
	if (i + 1 < END || i + 1 + END >= size)
		return i + 1;
	return RTE_MIN(i + STRIDE, size - END);
}

static unsigned char
contents(uint8_t seed, size_t i)
{
	return seed + (unsigned char)(i * 7) + (unsigned char)(i >> 8);
}

void
model_fill(const struct model_object *obj)
{
	size_t i;

	for (i = 0; i < obj->size; i = next_offset(i, obj->size))
		obj->ptr[i] = contents(obj->seed, i);
}

void
model_check_contents(const struct model_object *obj, size_t size)
{
	size_t i;

	/* The same offsets as when it was filled with obj->size bytes. */
	for (i = 0; i < obj->size; i = next_offset(i, obj->size))
		if (i < size)
			MUST(obj->ptr[i] == contents(obj->seed, i),
				"byte %zu of %zu at %p was overwritten", i, obj->size,
				(void *)obj->ptr);
}

static void
check_overlap(const unsigned char *ptr, size_t cls)
{
	unsigned int i;

	for (i = 0; i < model.nb_live; i++)
		MUST(ptr + cls <= model.live[i].ptr ||
			model.live[i].ptr + model.live[i].cls <= ptr,
			"%p of class %zu overlaps %p of class %zu", (const void *)ptr, cls,
			(void *)model.live[i].ptr, model.live[i].cls);
}

static void
check_address(const unsigned char *ptr, size_t align, size_t cls)
{
	if (align == 0)
		align = RTE_CACHE_LINE_SIZE;
	MUST(((uintptr_t)ptr & (align - 1)) == 0, "%p is not aligned to %zu",
		(const void *)ptr, align);
	/* Who asks may write that far: then a write past the size asked for is none. */
	if (model.next_seed % 4 == 0)
		MUST(rte_fastmem_usable_size(ptr) == cls, "%p has %zu bytes, not %zu",
			(const void *)ptr, rte_fastmem_usable_size(ptr), cls);
	MUST(rte_fastmem_owns(ptr) && rte_fastmem_owns(ptr + cls - 1), "%p", (const void *)ptr);
	/* In IOVA VA mode, which the fuzzer asks for. */
	MUST(rte_fastmem_virt2iova(ptr + cls - 1) == (uintptr_t)ptr + cls - 1, "%p",
		(const void *)ptr);
}

void
model_add(void *ptr, size_t size, size_t align, size_t cls, bool is_zero)
{
	struct model_object *obj = &model.live[model.nb_live];

	MUST(model.nb_live < MODEL_MAX_LIVE, "the fuzzer asked for too many");
	check_address(ptr, align, cls);
	check_overlap(ptr, cls);
	obj->ptr = ptr;
	obj->size = size;
	obj->align = align;
	obj->cls = cls;
	obj->handle = 0;
	obj->seed = ++model.next_seed;
	if (is_zero && size > 0)
		MUST(obj->ptr[0] == 0 && memcmp(obj->ptr, obj->ptr + 1, size - 1) == 0,
			"not all of %zu bytes are zero", size);
	model_fill(obj);
	model.nb_live++;
}

struct model_object
model_take(unsigned int i)
{
	struct model_object obj = model.live[i];

	model_check_contents(&obj, obj.size);
	model.live[i] = model.live[--model.nb_live];
	return obj;
}

void
model_clear(void)
{
	model.nb_live = 0;
	model_reset_counters();
}

void
model_reset_counters(void)
{
	model.allocs = 0;
	model.frees = 0;
	model.nomem = 0;
}

static void
check_class(size_t cls, uint64_t in_use, struct rte_fastmem_class_stats *sum)
{
	struct rte_fastmem_lcore_class_stats main, shared;
	struct rte_fastmem_class_stats c;

	MUST(rte_fastmem_stats_class(cls, &c) == 0, "class %zu", cls);
	MUST(rte_fastmem_stats_lcore_class(rte_lcore_id(), cls, &main) == 0, "class %zu", cls);
	MUST(rte_fastmem_stats_shared_class(cls, &shared) == 0, "class %zu", cls);
	MUST(c.in_use == in_use, "%zu: %lu in use, not %lu", cls, c.in_use, in_use);
	MUST(c.alloc_cache_hits == main.alloc_cache_hits + shared.alloc_cache_hits, "%zu", cls);
	MUST(c.alloc_cache_misses == main.alloc_cache_misses + shared.alloc_cache_misses,
		"%zu", cls);
	MUST(c.free_cache_hits == main.free_cache_hits + shared.free_cache_hits, "%zu", cls);
	MUST(c.free_cache_misses == main.free_cache_misses + shared.free_cache_misses,
		"%zu", cls);
	MUST(c.alloc_nomem == main.alloc_nomem + shared.alloc_nomem, "%zu", cls);
	MUST(in_use == 0 || c.slabs_partial + c.slabs_full > 0, "%zu", cls);
	sum->alloc_cache_hits += c.alloc_cache_hits + c.alloc_cache_misses;
	sum->free_cache_hits += c.free_cache_hits + c.free_cache_misses;
	sum->alloc_nomem += c.alloc_nomem;
}

void
model_check_stats(void)
{
	uint64_t in_use[MODEL_NB_CLASSES] = { 0 };
	struct rte_fastmem_class_stats sum = { 0 };
	size_t sizes[MODEL_NB_CLASSES];
	struct rte_fastmem_stats s;
	uint64_t bytes = 0;
	unsigned int i;

	MUST(rte_fastmem_classes(sizes) == MODEL_NB_CLASSES, "classes");
	for (i = 0; i < model.nb_live; i++) {
		bytes += model.live[i].cls;
		in_use[rte_ctz64(model.live[i].cls) - 3]++;
	}
	MUST(rte_fastmem_stats(&s) == 0, "stats");
	MUST(s.bytes_in_use == bytes, "%lu bytes in use, not %lu", s.bytes_in_use, bytes);
	MUST(s.bytes_backing >= bytes, "%lu bytes of backing", s.bytes_backing);
	MUST(s.alloc_total == model.allocs, "%lu allocated, not %lu", s.alloc_total, model.allocs);
	MUST(s.free_total == model.frees, "%lu freed, not %lu", s.free_total, model.frees);
	MUST(s.alloc_nomem == model.nomem, "%lu refused, not %lu", s.alloc_nomem, model.nomem);
	for (i = 0; i < MODEL_NB_CLASSES; i++)
		check_class(sizes[i], in_use[i], &sum);
	MUST(sum.alloc_cache_hits == s.alloc_total && sum.free_cache_hits == s.free_total &&
		sum.alloc_nomem == s.alloc_nomem, "sums of the classes");
	MUST(fastmem_test_validate(stderr) == 0, "validate");
}

static void
check_memzone(const struct rte_memzone *mz, void *arg __rte_unused)
{
	MUST(strncmp(mz->name, "fastmem_", strlen("fastmem_")) != 0, "%s is left", mz->name);
}

void
model_check_no_memzones(void)
{
	rte_memzone_walk(check_memzone, NULL);
}
