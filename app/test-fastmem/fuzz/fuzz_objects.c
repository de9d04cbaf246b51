/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Calls that allocate and free objects. Calls the library, and tells the model.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "fuzz.h"

#define MAX_BULK 600

/* Whether an error is one that the arguments deserve; n objects were refused. */
static void
check_error(int err, size_t size, size_t align, int socket, unsigned int n)
{
	struct rte_fastmem_stats s;

	if (!fuzz.is_init) {
		MUST(err == ENODEV, "error %d", err);
		return;
	}
	if (!size_is_valid(size, align) || !socket_is_valid(socket)) {
		MUST(err == EINVAL || err == E2BIG, "error %d", err);
		MUST(err != E2BIG || size > FUZZ_MAX_SIZE || align > FUZZ_MAX_SIZE,
			"%zu %zu", size, align);
		return;
	}
	MUST(err == ENOMEM, "error %d for %u of size %zu align %zu", err, n, size, align);
	model.nomem += n;
	if (fuzz.is_limited || fuzz.is_failing ||
			(socket >= 0 && (unsigned int)socket >= fuzz.nb_sockets))
		return;
	MUST(rte_fastmem_stats(&s) == 0, "stats");
	MUST(s.bytes_backing + (uint64_t)n * model_class(size, align) > FUZZ_SMALL,
		"%u of size %zu refused with %lu bytes of backing", n, size, s.bytes_backing);
}

static void
check_new(void **objs, unsigned int n, size_t size, size_t align, size_t cls, bool is_zero)
{
	unsigned int i;

	model.allocs += n;
	for (i = 0; i < n; i++)
		model_add(objs[i], size, align, cls, is_zero);
}

void
op_alloc(bool has_socket)
{
	size_t size = arg_size(), align = arg_align();
	int socket = has_socket ? arg_socket() : SOCKET_ID_ANY;
	unsigned int flags = fuzz_byte() & 1;
	void *obj;

	if (model.nb_live == MODEL_MAX_LIVE)
		return;
	rte_errno = 0;
	obj = has_socket ? rte_fastmem_alloc_socket(size, align, flags, socket) :
		rte_fastmem_alloc(size, align, flags);
	if (obj == NULL) {
		check_error(rte_errno, size, align, socket, 1);
		return;
	}
	MUST(fuzz.is_init && size_is_valid(size, align) && socket_is_valid(socket),
		"%zu %zu %d", size, align, socket);
	check_new(&obj, 1, size, align, model_class(size, align), flags != 0);
}

void
op_alloc_bulk(bool has_socket)
{
	size_t size = arg_size(), align = arg_align();
	int socket = has_socket ? arg_socket() : SOCKET_ID_ANY;
	unsigned int flags = fuzz_byte() & 1;
	size_t cls = size_is_valid(size, align) ? model_class(size, align) : 1;
	unsigned int n = arg_bulk(cls), i;
	void *objs[MODEL_MAX_LIVE];
	int ret;

	memset(objs, 0, sizeof(objs));
	ret = has_socket ? rte_fastmem_alloc_bulk_socket(objs, n, size, align, flags, socket) :
		rte_fastmem_alloc_bulk(objs, n, size, align, flags);
	if (ret != 0) {
		check_error(-ret, size, align, socket, n);
		for (i = 0; i < n; i++)
			MUST(objs[i] == NULL, "array touched on failure");
		return;
	}
	MUST(fuzz.is_init && size_is_valid(size, align) && socket_is_valid(socket),
		"%zu %zu %d", size, align, socket);
	check_new(objs, n, size, align, cls, flags != 0);
}

/* A number that is refused before any memory is touched. */
void
op_alloc_huge_bulk(void)
{
	void *objs[1] = { NULL };
	int ret = rte_fastmem_alloc_bulk(objs, UINT32_MAX - fuzz_byte(), FUZZ_MAX_SIZE, 0, 0);

	MUST(ret == (fuzz.is_init ? -ENOMEM : -ENODEV), "%d", ret);
	MUST(objs[0] == NULL, "array touched on failure");
	if (fuzz.is_init)
		rte_fastmem_stats_reset();
	if (fuzz.is_init)
		model_reset_counters();
}

void
op_hlookup(void)
{
	unsigned int i = fuzz_byte() % FUZZ_NB_HANDLES;
	size_t size = arg_size(), align = arg_align();
	int socket = arg_socket();
	rte_fastmem_handle_t id;
	int ret = rte_fastmem_hlookup(size, align, socket, &id);

	if (!size_is_valid(size, align) || !socket_is_valid(socket)) {
		MUST(ret == -EINVAL || ret == -E2BIG, "%d", ret);
		return;
	}
	MUST(ret == 0, "%d", ret);
	fuzz.handles[i].id = id;
	fuzz.handles[i].cls = model_class(size, align);
	fuzz.handles[i].align = align;
	fuzz.handles[i].socket = socket;
	fuzz.handles[i].is_set = true;
}

void
op_halloc(bool is_bulk)
{
	unsigned int i = fuzz_byte() % FUZZ_NB_HANDLES, flags = fuzz_byte() & 1;
	void *objs[MODEL_MAX_LIVE];
	unsigned int n;
	int err = 0;

	if (!fuzz.handles[i].is_set)
		return;
	n = is_bulk ? arg_bulk(fuzz.handles[i].cls) :
		RTE_MIN(1u, MODEL_MAX_LIVE - model.nb_live);
	if (n == 0)
		return;
	if (is_bulk) {
		err = -rte_fastmem_halloc_bulk(fuzz.handles[i].id, objs, n, flags);
	} else {
		objs[0] = rte_fastmem_halloc(fuzz.handles[i].id, flags);
		if (objs[0] == NULL)
			err = rte_errno;
	}
	if (err != 0) {
		check_error(err, fuzz.handles[i].cls, fuzz.handles[i].align,
			fuzz.handles[i].socket, n);
		return;
	}
	MUST(fuzz.is_init, "allocated without init");
	/* Zeroed is the whole object. */
	check_new(objs, n, fuzz.handles[i].cls, fuzz.handles[i].align, fuzz.handles[i].cls,
		flags != 0);
	for (; n > 0; n--)
		model.live[model.nb_live - n].handle = fuzz.handles[i].id;
}

void
op_realloc(void)
{
	size_t size = arg_size(), align = arg_align();
	struct model_object obj;
	bool fits;
	void *ptr;

	if (model.nb_live == 0)
		return;
	obj = model_take(fuzz_byte() * 4u % model.nb_live);
	ptr = rte_fastmem_realloc(obj.ptr, size, align);
	if (size == 0) {
		MUST(ptr == NULL, "%p", ptr);
		model.frees++;
		return;
	}
	if (ptr == NULL) {
		check_error(rte_errno, size, align, SOCKET_ID_ANY, 1);
		model_add(obj.ptr, obj.size, obj.align, obj.cls, false);
		return;
	}
	MUST(size_is_valid(size, align), "%zu %zu", size, align);
	fits = size <= obj.cls &&
		((uintptr_t)obj.ptr & ((align == 0 ? RTE_CACHE_LINE_SIZE : align) - 1)) == 0;
	MUST(fits == (ptr == obj.ptr), "%p of class %zu became %p for size %zu align %zu",
		(void *)obj.ptr, obj.cls, ptr, size, align);
	if (!fits) {
		model.allocs++;
		model.frees++;
	}
	obj.ptr = ptr;
	model_check_contents(&obj, RTE_MIN(obj.size, size));
	model_add(ptr, size, align, fits ? obj.cls : model_class(size, align), false);
}

/* Free an object in one of the ways there are. */
void
op_free(void)
{
	struct model_object obj;

	if (model.nb_live == 0)
		return;
	obj = model_take(fuzz_byte() * 4u % model.nb_live);
	model.frees++;
	switch (fuzz_byte() % 3) {
	case 0:
		rte_fastmem_free_sized(obj.ptr, obj.size, obj.align);
		break;
	case 1:
		if (obj.handle != 0)
			rte_fastmem_hfree(obj.handle, obj.ptr);
		else
			rte_fastmem_free(obj.ptr);
		break;
	default:
		rte_fastmem_free(obj.ptr);
	}
}

/* Pointers that are not the allocator's; `at` is some number. */
static void *
bad_pointer(uint8_t at)
{
	static char here[64];

	switch (at % 6) {
	case 0:
		return NULL;
	case 1:
		return here;
	case 2:
		return (char *)fuzz.foreign + at;
	case 3:
		return (void *)(uintptr_t)(UINT64_C(1) << (at % 64));
	case 4:
		return (void *)(UINTPTR_MAX - at);
	default:
		return (char *)fuzz.foreign - 64;
	}
}

void
op_free_bulk(void)
{
	unsigned int first = fuzz_byte() * 4u, n = fuzz_byte() * 2u, i, nb = 0;
	uint8_t bad = fuzz_byte(), how = fuzz_byte();
	bool is_same = true;
	struct model_object obj;
	void *objs[MAX_BULK];
	uint32_t handle = 0;

	for (i = 0; i < n && model.nb_live > 0 && nb < MAX_BULK - 1; i++) {
		/* In the order they were made, from the last, or here and there. */
		obj = model_take(how % 3 == 0 ? model.nb_live - 1 :
				how % 3 == 1 ? first % model.nb_live :
				(first + i * 7) % model.nb_live);
		objs[nb++] = obj.ptr;
		model.frees++;
		is_same = is_same && (i == 0 || obj.handle == handle);
		handle = obj.handle;
		if (bad >= 128 && i == bad % 16)
			objs[nb++] = bad_pointer(bad);
	}
	if (is_same && handle != 0)
		rte_fastmem_hfree_bulk(handle, objs, nb);
	else
		rte_fastmem_free_bulk(objs, nb);
}

void
op_foreign(void)
{
	void *ptr = bad_pointer(fuzz_byte());
	uint8_t how = fuzz_byte();

	switch (how % 4) {
	case 0:
		rte_fastmem_free(ptr);
		break;
	case 1:
		rte_fastmem_free_sized(ptr, how, 8);
		break;
	case 2:
		if (fuzz.handles[how % FUZZ_NB_HANDLES].is_set)
			rte_fastmem_hfree(fuzz.handles[how % FUZZ_NB_HANDLES].id, ptr);
		break;
	default:
		if (ptr != NULL)
			MUST(rte_fastmem_realloc(ptr, 64, 0) == NULL, "realloc of %p", ptr);
	}
	MUST(!rte_fastmem_owns(ptr), "%p is owned", ptr);
	MUST(rte_fastmem_usable_size(ptr) == 0, "%p has a size", ptr);
	MUST(rte_fastmem_virt2iova(ptr) == RTE_BAD_IOVA, "%p has an address", ptr);
}
