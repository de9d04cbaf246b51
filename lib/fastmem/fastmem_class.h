/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_CLASS_H
#define FASTMEM_CLASS_H

/*
 * Size classes, bins and the layout of a slab: pure functions, no state.
 *
 * A bin is a size class with a layout; __rte_fastmem_bin() maps a request to it.
 * Bin b < RTE_FASTMEM_NB_CLASSES is class b. Objects whose sizes are a power of two
 * put their first lines on few sets of the CPU's caches, so they are spread: up to 2 KiB
 * one cache line is left out after each 4 KiB, from 4 to 32 KiB after each
 * object. From 64 KiB on it costs too much for what it gives. The remaining bins are the
 * same classes unspread, whose objects are aligned to their size.
 */

#include <stdint.h>

#include <rte_common.h>

#include "rte_fastmem.h"

/* Spread classes of this size and above take a unit per object. */
#define FASTMEM_UNIT_SHIFT 12

/*
 * Layout of the slabs of a bin: units of `stride` bytes, each holding
 * 1 << per_shift objects of 1 << obj_shift bytes.
 */
struct fastmem_layout {
	uint8_t obj_shift;
	uint8_t per_shift;
	uint16_t cap; /* objects in a magazine */
	uint32_t stride;
	uint64_t recip; /* 2^42 / stride, rounded up: divides any offset below 2^21 */
	uint32_t align; /* of the first object */
	uint32_t depot_mags; /* magazines in a depot before it drains */
};

#define FASTMEM_RECIP_SHIFT 42

/* A magazine's objects: so many, and so much memory. */
#define FASTMEM_MAG_SZ (512u << 10)
/* A depot's: so many magazines, or else the lower of so many objects and so much memory. */
#define FASTMEM_DEPOT_MAGS 4
#define FASTMEM_DEPOT_OBJS 8192
#define FASTMEM_DEPOT_SZ (16u << 20)

static inline unsigned int
fastmem_bin_class(unsigned int bin)
{
	return bin < RTE_FASTMEM_NB_CLASSES ? bin :
		bin - RTE_FASTMEM_NB_CLASSES + RTE_FASTMEM_ALIGNED_FIRST;
}

static inline size_t
fastmem_class_size(unsigned int cls)
{
	return (size_t)1 << (RTE_FASTMEM_MIN_SHIFT + cls);
}

static inline size_t
fastmem_bin_size(unsigned int bin)
{
	return fastmem_class_size(fastmem_bin_class(bin));
}

static inline bool
fastmem_bin_is_spread(unsigned int bin)
{
	return bin < RTE_FASTMEM_NB_CLASSES && bin >= RTE_FASTMEM_ALIGNED_FIRST &&
		bin < RTE_FASTMEM_ALIGNED_FIRST + RTE_FASTMEM_NB_ALIGNED &&
		fastmem_bin_size(bin) > RTE_CACHE_LINE_SIZE;
}

static inline void
fastmem_layout_init(struct fastmem_layout *lay, unsigned int bin)
{
	uint32_t size = (uint32_t)fastmem_bin_size(bin);
	uint32_t objs;

	lay->obj_shift = RTE_FASTMEM_MIN_SHIFT + fastmem_bin_class(bin);
	lay->per_shift = 0;
	lay->stride = size;
	lay->align = size;
	if (fastmem_bin_is_spread(bin)) {
		if (lay->obj_shift < FASTMEM_UNIT_SHIFT)
			lay->per_shift = FASTMEM_UNIT_SHIFT - lay->obj_shift;
		lay->stride = (size << lay->per_shift) + RTE_CACHE_LINE_SIZE;
		lay->align = RTE_CACHE_LINE_SIZE;
	}
	lay->recip = ((UINT64_C(1) << FASTMEM_RECIP_SHIFT) + lay->stride - 1) / lay->stride;
	objs = RTE_MIN((uint32_t)RTE_FASTMEM_MAG_OBJS, FASTMEM_MAG_SZ / size);
	lay->cap = RTE_MAX(2u, objs);
	objs = RTE_MIN((uint32_t)FASTMEM_DEPOT_OBJS, FASTMEM_DEPOT_SZ / size);
	lay->depot_mags = RTE_MAX((uint32_t)FASTMEM_DEPOT_MAGS, objs / lay->cap);
}

/* Slots in `len` bytes. */
static inline uint32_t
fastmem_layout_slots(const struct fastmem_layout *lay, uint32_t len)
{
	uint32_t units = len / lay->stride;
	uint32_t rest = (len - units * lay->stride) >> lay->obj_shift;

	return (units << lay->per_shift) + RTE_MIN(rest, 1u << lay->per_shift);
}

/* Offset of a slot from the first object of its slab. */
static inline uint32_t
fastmem_layout_offset(const struct fastmem_layout *lay, uint32_t slot)
{
	return (slot >> lay->per_shift) * lay->stride +
		((slot & ((1u << lay->per_shift) - 1)) << lay->obj_shift);
}

/*
 * Slot that an offset below 2^21 lies in; *inner gets the offset from the start of
 * the object. A result in the gap between units has *inner >= the object size.
 */
static inline uint32_t
fastmem_layout_slot(const struct fastmem_layout *lay, uint32_t offset, uint32_t *inner)
{
	uint32_t unit = (uint32_t)((offset * lay->recip) >> FASTMEM_RECIP_SHIFT);
	uint32_t rest = offset - unit * lay->stride;
	uint32_t sub = RTE_MIN(rest >> lay->obj_shift, (1u << lay->per_shift) - 1);

	*inner = rest - (sub << lay->obj_shift);
	return (unit << lay->per_shift) + sub;
}

#endif /* FASTMEM_CLASS_H */
