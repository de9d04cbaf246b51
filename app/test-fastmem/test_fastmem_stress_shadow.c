/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * The shadow of fastmem_stress_autotest: one bit for each 8 bytes of memory
 * that some thread holds as an object. To claim a bit that is set already
 * means that two live objects overlap.
 * Owns the bitmaps, in libc memory: one per 2 MiB of address, found through a
 * hash table that only grows. Calls nothing of fastmem.
 *
 * All accesses to the bits are relaxed. A bit is cleared before the object is
 * freed and set after the next owner got it, so the order that the library
 * has to give between the two is the only one there is.
 */

#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "test_fastmem_stress.h"

#define REGION_SHIFT 21
#define GRANULE_SHIFT 3
#define REGION_WORDS (1u << (REGION_SHIFT - GRANULE_SHIFT - 6))
#define TABLE_SIZE 16384u	/* regions: 32 GiB of address */

struct region {
	uintptr_t key;
	RTE_ATOMIC(uint64_t) words[REGION_WORDS];
};

static RTE_ATOMIC(struct region *) table[TABLE_SIZE];

static struct region *
region_get(uintptr_t key)
{
	unsigned int i = (key * 2654435761u) % TABLE_SIZE;
	struct region *fresh = NULL;
	unsigned int tries;

	for (tries = 0; tries < TABLE_SIZE; tries++, i = (i + 1) % TABLE_SIZE) {
		struct region *r = rte_atomic_load_explicit(&table[i],
				rte_memory_order_acquire);

		if (r == NULL) {
			if (fresh == NULL)
				fresh = calloc(1, sizeof(*fresh));
			if (fresh == NULL)
				return NULL;
			fresh->key = key;
			/* a failed exchange loads the winner's region */
			if (rte_atomic_compare_exchange_strong_explicit(&table[i],
					&r, fresh, rte_memory_order_acq_rel,
					rte_memory_order_acquire))
				return fresh;
		}
		if (r->key == key) {
			free(fresh);
			return r;
		}
	}
	free(fresh);
	return NULL;
}

/* Bits first .. last (of a region), inside the word that has first. */
static uint64_t
word_mask(unsigned int first, unsigned int last)
{
	unsigned int lo = first % 64;
	unsigned int hi = (first / 64 == last / 64) ? last % 64 : 63;

	return (UINT64_MAX >> (63 - hi)) & (UINT64_MAX << lo);
}

/* Set (or clear) all bits of the range; the number that were so already. */
static int
range_change(const void *ptr, size_t len, bool set)
{
	uintptr_t g = (uintptr_t)ptr >> GRANULE_SHIFT;
	uintptr_t end = ((uintptr_t)ptr + RTE_MAX(len, (size_t)1) - 1) >> GRANULE_SHIFT;
	const uintptr_t per_region = UINT64_C(1) << (REGION_SHIFT - GRANULE_SHIFT);
	int wrong = 0;

	while (g <= end) {
		struct region *r = region_get(g / per_region);
		uintptr_t stop = RTE_MIN(end, g | (per_region - 1));

		if (r == NULL) {
			printf("no memory for the shadow\n");
			return -1;
		}
		while (g <= stop) {
			unsigned int bit = g % per_region;
			uint64_t mask = word_mask(bit, stop % per_region);
			uint64_t old;

			if (set)
				old = rte_atomic_fetch_or_explicit(&r->words[bit / 64],
						mask, rte_memory_order_relaxed) & mask;
			else
				old = ~rte_atomic_fetch_and_explicit(&r->words[bit / 64],
						~mask, rte_memory_order_relaxed) & mask;
			wrong += (old != 0);
			g = (g | 63) + 1;
		}
	}
	return wrong;
}

/* 0, or the number of words in which someone else has bytes of this range. */
int
fms_shadow_claim(const void *ptr, size_t len)
{
	return range_change(ptr, len, true);
}

/* 0, or the number of words in which bytes of this range were not claimed. */
int
fms_shadow_release(const void *ptr, size_t len)
{
	return range_change(ptr, len, false);
}

/* How many granules are claimed; exact when nobody else works. */
uint64_t
fms_shadow_nb_claimed(void)
{
	uint64_t n = 0;
	unsigned int i, j;

	for (i = 0; i < TABLE_SIZE; i++) {
		struct region *r = rte_atomic_load_explicit(&table[i],
				rte_memory_order_acquire);

		for (j = 0; r != NULL && j < REGION_WORDS; j++) {
			uint64_t word = rte_atomic_load_explicit(&r->words[j],
					rte_memory_order_relaxed);

			for (; word != 0; word &= word - 1)
				n++;
		}
	}
	return n;
}

/* Forget everything. Nobody else may work. */
void
fms_shadow_fini(void)
{
	unsigned int i;

	for (i = 0; i < TABLE_SIZE; i++)
		free(rte_atomic_exchange_explicit(&table[i], NULL,
				rte_memory_order_acq_rel));
}
