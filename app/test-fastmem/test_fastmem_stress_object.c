/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 *
 * Objects of fastmem_stress_autotest: they are allocated and freed in every
 * way that the library offers, filled with a pattern made from address and
 * size, claimed in the shadow while they live, and checked before they go.
 * Owns the random numbers and the failure flag. Calls the library and the
 * shadow.
 */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem_stress.h"

struct fms_global fms;

/* Report a failure, at most a few of them, and stop all workers. */
int
fms_fail(const char *func, int line, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (rte_atomic_fetch_add_explicit(&fms.failed, 1, rte_memory_order_relaxed) < 8) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		printf("FAILED %s() line %d: %s (seed %" PRIu64 ", lcore %d)\n",
			func, line, text, fms.seed, (int)rte_lcore_id());
		fflush(stdout);
	}
	return -1;
}

bool
fms_failed(void)
{
	return rte_atomic_load_explicit(&fms.failed, rte_memory_order_relaxed) != 0;
}

/* splitmix64 */
uint64_t
fms_rand(uint64_t *rng)
{
	uint64_t z = (*rng += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A socket to ask for by name. */
int
fms_socket(uint64_t rnd)
{
	if (fms.nb_sockets != 0)
		return rnd % fms.nb_sockets;
	return rte_socket_id_by_idx(rnd % rte_socket_count());
}

/* Small sizes are frequent, all 18 classes and their edges are met. */
void
fms_pick_size(uint64_t *rng, size_t *size, size_t *align)
{
	uint64_t r = fms_rand(rng);
	unsigned int kind = r % 1024;
	unsigned int shift;
	size_t top;

	r >>= 10;
	if (kind < 780)
		shift = r % 8;		/* to 1 KiB */
	else if (kind < 980)
		shift = 8 + r % 4;	/* to 16 KiB */
	else if (kind < 1019)
		shift = 12 + r % 3;	/* to 128 KiB */
	else
		shift = 15 + r % 3;	/* to 1 MiB */
	r >>= 8;
	top = (size_t)8 << shift;
	switch (r % 8) {
	case 0:
	case 1:
		*size = top;
		break;
	case 2:
		*size = top / 2 + 1;
		break;
	case 3:
		*size = top - 1;
		break;
	default:
		*size = top / 2 + 1 + (r >> 3) % (top / 2);
	}
	if (r % 4096 == 4)
		*size = 0;

	r = fms_rand(rng);
	switch (r % 16) {
	case 0:
	case 1:
		*align = 8;
		break;
	case 2:
		*align = 16;
		break;
	case 3:
		*align = 64;
		break;
	case 4:
		*align = 128;
		break;
	case 5:
		*align = (size_t)1 << (r >> 4) % 13;
		break;
	case 6:
		*align = (r >> 4) % 64 == 0 ? (size_t)1 << (r >> 10) % 21 : 1;
		break;
	default:
		*align = 0;
	}
}

static uint64_t
pattern_key(const struct fms_obj *o)
{
	uint64_t x = (uintptr_t)o->ptr ^ ((uint64_t)o->size << 40) ^ fms.seed;

	return fms_rand(&x);
}

static void
pattern_fill(const struct fms_obj *o)
{
	uint64_t v = pattern_key(o);
	uint8_t *p = o->ptr;
	size_t i;

	for (i = 0; i + sizeof(v) <= o->filled; i += sizeof(v), v += 0x10001)
		memcpy(p + i, &v, sizeof(v));
	memcpy(p + i, &v, o->filled - i);
}

/* Offset of the first 8 bytes that differ from the pattern of o, or len. */
static size_t
pattern_check(const struct fms_obj *o, const void *content, size_t len)
{
	uint64_t v = pattern_key(o);
	const uint8_t *p = content;
	uint64_t have;
	size_t i;

	for (i = 0; i + sizeof(v) <= len; i += sizeof(v), v += 0x10001) {
		memcpy(&have, p + i, sizeof(have));
		if (have != v)
			return i;
	}
	return memcmp(p + i, &v, len - i) == 0 ? len : i;
}

static int
iova_check(const struct fms_obj *o)
{
	rte_iova_t iova = rte_fastmem_virt2iova(o->ptr);
	size_t last = o->size == 0 ? 0 : o->size - 1;

	if (rte_eal_iova_mode() == RTE_IOVA_VA && iova != (uintptr_t)o->ptr)
		return FMS_FAIL("IOVA 0x%" PRIx64 " of %p", iova, o->ptr);
	/* without hugepages there are no physical addresses */
	if (iova == RTE_BAD_IOVA)
		return rte_eal_has_hugepages() ?
				FMS_FAIL("no IOVA for %p", o->ptr) : 0;
	if (rte_fastmem_virt2iova(RTE_PTR_ADD(o->ptr, last)) != iova + last)
		return FMS_FAIL("IOVA not contiguous in %p of %zu", o->ptr, o->size);
	return 0;
}

static bool
is_zero(const uint8_t *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/*
 * Take a fresh object into care: check it, claim it, fill it.
 * ptr, size, align, socket and named of o are set by the caller.
 */
int
fms_obj_claim(struct fms_obj *o, unsigned int flags, uint64_t rnd)
{
	size_t align = o->align == 0 ? RTE_CACHE_LINE_SIZE : o->align;
	int overlap;

	if (((uintptr_t)o->ptr & (align - 1)) != 0)
		return FMS_FAIL("%p is not aligned to %zu", o->ptr, align);
	o->usable = rte_fastmem_usable_size(o->ptr);
	if (o->usable < o->size)
		return FMS_FAIL("%p: %zu bytes usable of %zu asked for",
				o->ptr, o->usable, o->size);
	if (!rte_fastmem_owns(o->ptr))
		return FMS_FAIL("%p is not owned", o->ptr);
	overlap = fms_shadow_claim(o->ptr, o->usable);
	if (overlap != 0)
		return FMS_FAIL("%p of %zu (size %zu align %zu) overlaps a live object",
				o->ptr, o->usable, o->size, o->align);
	if ((flags & RTE_FASTMEM_F_ZERO) != 0 && !is_zero(o->ptr, o->size))
		return FMS_FAIL("%p of %zu is not zeroed", o->ptr, o->size);
	if (rnd % 16 == 0 && iova_check(o) < 0)
		return -1;
	o->filled = (rnd & 16) != 0 ? o->usable : o->size;
	pattern_fill(o);
	return 0;
}

int
fms_obj_check(const struct fms_obj *o)
{
	size_t at = pattern_check(o, o->ptr, o->filled);

	if (at == o->filled)
		return 0;
	return FMS_FAIL("%p of %zu (align %zu) is damaged at offset %zu",
			o->ptr, o->size, o->align, at);
}

/* The last check of an object; after it, it may be freed. */
int
fms_obj_retire(const struct fms_obj *o)
{
	if (fms_obj_check(o) < 0)
		return -1;
	if (rte_fastmem_usable_size(o->ptr) != o->usable)
		return FMS_FAIL("usable size of %p changed", o->ptr);
	if (fms_shadow_release(o->ptr, o->usable) != 0)
		return FMS_FAIL("%p of %zu was not claimed", o->ptr, o->usable);
	return 0;
}

/* 1 when err, positive, is a lack of memory; else a failure. */
static int
no_object(struct fms_worker *w, int err, size_t size, size_t align)
{
	if (err != ENOMEM)
		return FMS_FAIL("size %zu align %zu: error %d (%s)",
				size, align, err, rte_strerror(err));
	w->nb_nomem++;
	return 1;
}

static int
only_socket(int socket)
{
	if (socket != SOCKET_ID_ANY)
		return socket;
	if (fms.nb_sockets == 0 && rte_socket_count() == 1)
		return rte_socket_id_by_idx(0);
	return SOCKET_ID_ANY;
}

/* One object by alloc, alloc_socket or halloc. 0, 1 for no memory, -1. */
int
fms_alloc(struct fms_worker *w, struct fms_obj *o, size_t size, size_t align)
{
	uint64_t rnd = fms_rand(&w->rng);
	unsigned int flags = rnd % 8 == 0 ? RTE_FASTMEM_F_ZERO : 0;
	rte_fastmem_handle_t handle;
	int socket = SOCKET_ID_ANY;
	int ret;

	rnd >>= 8;
	rte_errno = 0;
	switch (rnd % 4) {
	case 0:
		if (rnd & 16)
			socket = fms_socket(rnd >> 8);
		o->ptr = rte_fastmem_alloc_socket(size, align, flags, socket);
		break;
	case 1:
		socket = fms_socket(rnd >> 8);
		ret = rte_fastmem_hlookup(size, align, socket, &handle);
		if (ret != 0)
			return FMS_FAIL("hlookup(%zu, %zu): %d", size, align, ret);
		o->ptr = rte_fastmem_halloc(handle, flags);
		break;
	default:
		o->ptr = rte_fastmem_alloc(size, align, flags);
	}
	if (o->ptr == NULL)
		return no_object(w, rte_errno, size, align);
	o->size = size;
	o->align = align;
	o->socket = only_socket(socket);
	o->named = true;
	w->nb_alloc++;
	return fms_obj_claim(o, flags, rnd >> 16);
}

/* n objects at once. 0, 1 for no memory, -1. */
int
fms_alloc_bulk(struct fms_worker *w, struct fms_obj *objs, unsigned int n,
		size_t size, size_t align)
{
	uint64_t rnd = fms_rand(&w->rng);
	unsigned int flags = rnd % 8 == 0 ? RTE_FASTMEM_F_ZERO : 0;
	void *untouched = &rnd;
	int socket = SOCKET_ID_ANY;
	rte_fastmem_handle_t handle;
	void *ptrs[FMS_BULK];
	unsigned int i;
	int ret;

	rnd >>= 8;
	for (i = 0; i < n; i++)
		ptrs[i] = untouched;
	switch (rnd % 4) {
	case 0:
		if (rnd & 16)
			socket = fms_socket(rnd >> 8);
		ret = rte_fastmem_alloc_bulk_socket(ptrs, n, size, align, flags, socket);
		break;
	case 1:
		socket = fms_socket(rnd >> 8);
		ret = rte_fastmem_hlookup(size, align, socket, &handle);
		if (ret != 0)
			return FMS_FAIL("hlookup(%zu, %zu): %d", size, align, ret);
		ret = rte_fastmem_halloc_bulk(handle, ptrs, n, flags);
		break;
	default:
		ret = rte_fastmem_alloc_bulk(ptrs, n, size, align, flags);
	}
	for (i = 0; i < n && ret != 0; i++)
		if (ptrs[i] != untouched)
			return FMS_FAIL("failed bulk of %u wrote pointer %u", n, i);
	if (ret != 0)
		return no_object(w, -ret, size, align);
	for (i = 0; i < n; i++) {
		objs[i] = (struct fms_obj) {
			.ptr = ptrs[i], .size = size, .align = align,
			.socket = only_socket(socket), .named = true,
		};
		w->nb_alloc++;
		if (fms_obj_claim(&objs[i], flags, rnd >> 16) < 0)
			return -1;
	}
	return 0;
}

/* Change o in place. 0, 1 for no memory (o is as it was), -1. */
int
fms_realloc(struct fms_worker *w, struct fms_obj *o, size_t size, size_t align)
{
	struct fms_obj old = *o;
	void *ptr;
	size_t len;

	if (fms_obj_retire(o) < 0)
		return -1;
	rte_errno = 0;
	ptr = rte_fastmem_realloc(o->ptr, size, align);
	if (ptr == NULL && size == 0) {
		w->nb_free++;
		o->ptr = NULL;
		return 0;
	}
	if (ptr == NULL) {
		if (fms_obj_check(o) < 0 || fms_shadow_claim(o->ptr, o->usable) != 0)
			return FMS_FAIL("failed realloc did not keep %p", o->ptr);
		return no_object(w, rte_errno, size, align);
	}
	len = RTE_MIN(size, old.size);
	if (pattern_check(&old, ptr, len) != len)
		return FMS_FAIL("realloc from %p of %zu to %p of %zu lost content",
				old.ptr, old.size, ptr, size);
	if (ptr != old.ptr) {
		w->nb_alloc++;
		w->nb_free++;
	}
	o->ptr = ptr;
	o->size = size;
	o->align = align;
	o->socket = only_socket(SOCKET_ID_ANY);
	/* in place, it may be in a larger class than size and align name */
	o->named = ptr != old.ptr;
	return fms_obj_claim(o, 0, fms_rand(&w->rng));
}

/* One object by free, free_sized or hfree. */
int
fms_free(struct fms_worker *w, const struct fms_obj *o)
{
	uint64_t rnd = fms_rand(&w->rng);
	rte_fastmem_handle_t handle;

	if (fms_obj_retire(o) < 0)
		return -1;
	w->nb_free++;
	if (o->named && rnd % 4 == 0) {
		rte_fastmem_free_sized(o->ptr, o->size, o->align);
	} else if (o->named && o->socket != SOCKET_ID_ANY && rnd % 4 == 1) {
		if (rte_fastmem_hlookup(o->size, o->align, o->socket, &handle) != 0)
			return FMS_FAIL("hlookup(%zu, %zu)", o->size, o->align);
		rte_fastmem_hfree(handle, o->ptr);
	} else {
		rte_fastmem_free(o->ptr);
	}
	return 0;
}

/* n objects at once, by hfree_bulk when all are alike and luck will have it. */
int
fms_free_bulk(struct fms_worker *w, const struct fms_obj *objs, unsigned int n)
{
	rte_fastmem_handle_t handle;
	bool alike = true;
	void *ptrs[FMS_BULK];
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (fms_obj_retire(&objs[i]) < 0)
			return -1;
		ptrs[i] = objs[i].ptr;
		if (!objs[i].named || objs[i].socket == SOCKET_ID_ANY ||
				objs[i].size != objs[0].size ||
				objs[i].align != objs[0].align ||
				objs[i].socket != objs[0].socket)
			alike = false;
	}
	w->nb_free += n;
	if (n > 0 && alike && (fms_rand(&w->rng) & 1) != 0) {
		if (rte_fastmem_hlookup(objs[0].size, objs[0].align, objs[0].socket,
				&handle) != 0)
			return FMS_FAIL("hlookup(%zu, %zu)", objs[0].size, objs[0].align);
		rte_fastmem_hfree_bulk(handle, ptrs, n);
	} else {
		rte_fastmem_free_bulk(ptrs, n);
	}
	return 0;
}
