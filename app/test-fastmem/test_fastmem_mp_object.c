/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * Objects of fastmem_mp_autotest, with a pattern that any process can check,
 * and random work on objects that go from process to process.
 * Owns the patterns. Calls the library; the boxes in which objects change
 * hands are in the shared memzone.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem_mp.h"

#define WORK_OBJS 256
#define WORK_BULK 40

uint64_t
fmp_rand(uint64_t *rng)
{
	uint64_t z = (*rng += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
pattern_fill(void *ptr, size_t len, uint64_t tag)
{
	uint8_t *p = ptr;
	size_t i;

	for (i = 0; i + sizeof(tag) <= len; i += sizeof(tag), tag += 0x10001)
		memcpy(p + i, &tag, sizeof(tag));
	memcpy(p + i, &tag, len - i);
}

bool
fmp_pattern_is(const void *ptr, size_t len, uint64_t tag)
{
	const uint8_t *p = ptr;
	size_t i;

	for (i = 0; i + sizeof(tag) <= len; i += sizeof(tag), tag += 0x10001)
		if (memcmp(p + i, &tag, sizeof(tag)) != 0)
			return false;
	return memcmp(p + i, &tag, len - i) == 0;
}

/* Allocate, fill, and note what this process thinks of the object. */
int
fmp_obj_make(struct fmp_obj *o, size_t size, size_t align, uint64_t tag)
{
	void *ptr = rte_fastmem_alloc(size, align, 0);

	FMP_CHECK(ptr != NULL, "size %zu: %s", size, rte_strerror(rte_errno));
	o->size = size;
	o->align = align;
	o->usable = rte_fastmem_usable_size(ptr);
	o->iova = rte_fastmem_virt2iova(ptr);
	o->tag = tag;
	FMP_CHECK(rte_fastmem_hlookup(size, align, SOCKET_ID_ANY, &o->handle) == 0,
			"hlookup(%zu)", size);
	pattern_fill(ptr, size, tag);
	rte_atomic_store_explicit(&o->ptr, ptr, rte_memory_order_release);
	return 0;
}

/* Does this process think the same of it? */
int
fmp_obj_check(const struct fmp_obj *o)
{
	void *ptr = o->ptr;

	FMP_CHECK(rte_fastmem_owns(ptr), "%p is not owned", ptr);
	FMP_CHECK(rte_fastmem_usable_size(ptr) == o->usable, "usable size of %p: %zu, not %zu",
			ptr, rte_fastmem_usable_size(ptr), o->usable);
	FMP_CHECK(rte_fastmem_virt2iova(ptr) == o->iova, "IOVA of %p", ptr);
	FMP_CHECK(fmp_pattern_is(ptr, o->size, o->tag), "%p of %zu is damaged", ptr, o->size);
	return 0;
}

/* One of each class, and again, with all kinds of alignment. */
int
fmp_objs_make(struct fmp_obj *objs, unsigned int n, uint64_t tag)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		size_t size = ((size_t)8 << i % FMP_CLASSES) - i / FMP_CLASSES;
		size_t align = i % 3 == 0 ? 0 : i % 3 == 1 ? 8 : 256;

		if (fmp_obj_make(&objs[i], size, align, tag + i) < 0)
			return -1;
	}
	return 0;
}

int
fmp_objs_check(const struct fmp_obj *objs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (fmp_obj_check(&objs[i]) < 0)
			return -1;
	return 0;
}

/* Free them, in every way in turn. */
int
fmp_objs_free(struct fmp_obj *objs, unsigned int n)
{
	void *some[FMP_OBJS];
	unsigned int i, nb_some = 0;

	if (fmp_objs_check(objs, n) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		void *ptr = objs[i].ptr;

		switch (i % 4) {
		case 0:
			rte_fastmem_free(ptr);
			break;
		case 1:
			rte_fastmem_hfree(objs[i].handle, ptr);
			break;
		case 2:
			rte_fastmem_free_sized(ptr, objs[i].size, objs[i].align);
			break;
		default:
			some[nb_some++] = ptr;
		}
		rte_atomic_store_explicit(&objs[i].ptr, NULL, rte_memory_order_relaxed);
	}
	rte_fastmem_free_bulk(some, nb_some);
	return 0;
}

/* Leave free objects of all classes in the caches of this thread. */
int
fmp_fill_caches(void)
{
	unsigned int shift, i, n;
	void *ptrs[64];

	for (shift = 3; shift < 3 + FMP_CLASSES; shift++) {
		size_t size = (size_t)1 << shift;

		n = RTE_MIN(RTE_DIM(ptrs), 2 + (1u << 19) / (1u << shift));
		for (i = 0; i < n; i++) {
			ptrs[i] = rte_fastmem_alloc(size, 8, RTE_FASTMEM_F_ZERO);
			FMP_CHECK(ptrs[i] != NULL, "no memory for %zu", size);
		}
		for (i = 0; i < n; i++)
			rte_fastmem_free(ptrs[i]);
	}
	return 0;
}

/* An object in a box or in nobody's list tells its own pattern. */
static void
mark(void *ptr)
{
	pattern_fill(ptr, RTE_MIN(rte_fastmem_usable_size(ptr), (size_t)4096), (uintptr_t)ptr);
}

static int
unmark(void *ptr)
{
	size_t usable = rte_fastmem_usable_size(ptr);

	FMP_CHECK(usable != 0, "%p is no object", ptr);
	FMP_CHECK(fmp_pattern_is(ptr, RTE_MIN(usable, (size_t)4096), (uintptr_t)ptr),
			"%p of %zu is damaged", ptr, usable);
	return 0;
}

/* Small sizes, sometimes up to 128 KiB. */
size_t
fmp_size(uint64_t r)
{
	size_t top = (size_t)8 << (r % 64 == 0 ? (r >> 8) % 15 : (r >> 8) % 9);

	return top / 2 + 1 + (r >> 32) % (top / 2);
}

static int
work_step(uint64_t *rng, void **objs)
{
	uint64_t r = fmp_rand(rng);
	void **slot = &objs[(r >> 16) % WORK_OBJS];
	void *bulk[WORK_BULK];
	unsigned int i, n = (r >> 32) % WORK_BULK;

	if (r % 64 < 40) {
		if (*slot != NULL && unmark(*slot) < 0)
			return -1;
		rte_fastmem_free(*slot);
		*slot = rte_fastmem_alloc(fmp_size(fmp_rand(rng)), r & 0x100 ? 8 : 0, 0);
		if (*slot != NULL)
			mark(*slot);
	} else if (r % 64 < 44) {
		if (rte_fastmem_alloc_bulk(bulk, n, fmp_size(fmp_rand(rng)), 8, 0) != 0)
			return 0;
		for (i = 0; i < n; i++)
			mark(bulk[i]);
		for (i = 0; i < n; i++)
			if (unmark(bulk[i]) < 0)
				return -1;
		rte_fastmem_free_bulk(bulk, n);
	} else if (r % 64 < 62) {
		*slot = rte_atomic_exchange_explicit(&fmp_shared->boxes[(r >> 40) % FMP_OBJS],
				*slot, rte_memory_order_acq_rel);
	} else if ((r >> 6) % 64 == 0) {
		rte_fastmem_cache_flush();
	}
	return 0;
}

/* Random operations; objects go from process to process. */
int
fmp_work(uint64_t seed, uint64_t ops, RTE_ATOMIC(uint64_t) *progress)
{
	void **objs = calloc(WORK_OBJS, sizeof(*objs));
	uint64_t i;
	int ret = 0;

	FMP_CHECK(objs != NULL, "no memory");
	for (i = 0; i < ops && ret == 0; i++) {
		ret = work_step(&seed, objs);
		rte_atomic_store_explicit(progress, i, rte_memory_order_relaxed);
	}
	for (i = 0; i < WORK_OBJS && ret == 0; i++) {
		if (objs[i] != NULL)
			ret = unmark(objs[i]);
		rte_fastmem_free(objs[i]);
	}
	free(objs);
	return ret;
}
