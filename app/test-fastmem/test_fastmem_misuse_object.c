/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Misuse of objects, which builds that check every object find at the call that does it: freed
 * twice, not at their start, as something else than they are. Calls test_fastmem_misuse.h.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "test.h"
#include "test_fastmem_misuse.h"

static int
expect_double(const char *call, const void *ptr, size_t class_size)
{
	return fmm_expect(RTE_FASTMEM_MISUSE_DOUBLE_FREE, ptr, FMM_FREED,
		"%s of %p on %s refused: the object of class %zu is not allocated",
		call, ptr, fmm_on(), class_size);
}

/* Of objects of this size, one that is freed; another of its slab is not. */
static void *
freed_object(size_t size, void **live)
{
	void *obj = fmm_hide(rte_fastmem_alloc(size, 0, 0));

	*live = rte_fastmem_alloc(size, 0, 0);
	fmm_free(obj);
	return obj;
}

static int
test_double_free(void)
{
	void *live, *obj = freed_object(100, &live);

	fmm_free(obj);
	fmm_free(live);
	return expect_double("free", obj, 128);
}

static int
test_double_free_sized(void)
{
	void *live, *obj = freed_object(100, &live);

	rte_fastmem_free_sized(obj, 100, 0);
	fmm_free(live);
	return expect_double("free_sized", obj, 128);
}

static int
test_double_hfree(void)
{
	void *live, *obj = freed_object(100, &live);
	rte_fastmem_handle_t handle;

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(100, 0, fm_socket(), &handle), "lookup");
	rte_fastmem_hfree(handle, fmm_hide(obj));
	fmm_free(live);
	return expect_double("hfree", obj, 128);
}

static int
test_twice_in_bulk(void)
{
	void *objs[3];

	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 2, 300, 0, 0), "bulk");
	objs[2] = objs[0];
	rte_fastmem_free_bulk(objs, 3);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "in use");
	return expect_double("free_bulk", objs[0], 512);
}

static int
free_again(void *obj)
{
	fmm_free(obj);
	return expect_double("free", obj, 64);
}

static int
test_double_on_thread(void)
{
	void *live, *obj = freed_object(64, &live);

	if (fm_in_thread(free_again, obj, false) != 0)
		return TEST_FAILED;
	fmm_free(live);
	return 0;
}

static int
test_double_after_flush(void)
{
	void *live, *obj = freed_object(64, &live);

	rte_fastmem_cache_flush();
	fmm_free(obj);
	fmm_free(live);
	return expect_double("free", obj, 64);
}

/* A freed object does not come back at once: what was allocated since is another one. */
static int
test_double_after_alloc(void)
{
	void *live, *obj = freed_object(64, &live), *next = rte_fastmem_alloc(64, 0, 0);

	fmm_free(obj);
	TEST_ASSERT_NOT_EQUAL(obj, next, "comes back at once");
	fmm_free(next);
	fmm_free(live);
	return expect_double("free", obj, 64);
}

static int
test_double_large(void)
{
	void *live, *obj = freed_object(FM_MAX, &live);

	fmm_free(obj);
	fmm_free(live);
	return expect_double("free", obj, FM_MAX);
}

static int
test_realloc_freed(void)
{
	void *live, *obj = freed_object(64, &live);

	rte_errno = 0;
	TEST_ASSERT_NULL(rte_fastmem_realloc(obj, 32, 0), "object");
	TEST_ASSERT_EQUAL(rte_errno, EINVAL, "%s", rte_strerror(rte_errno));
	fmm_free(live);
	return expect_double("realloc", obj, 64);
}

/* The slot beside an object, in the same cache line at 8 bytes. */
static int
test_never_allocated(void)
{
	char *obj = rte_fastmem_alloc(8, 8, 0), *beside = fmm_hide(obj + 8);

	fmm_free(beside);
	fmm_free(obj);
	return fmm_expect(RTE_FASTMEM_MISUSE_DOUBLE_FREE, beside, FMM_NEVER,
		"free of %p on %s refused: the object of class 8 is not allocated", beside,
		fmm_on());
}

/* An address in an object, and what is said of it. */
static int
check_inner(size_t size, size_t offset, enum rte_fastmem_misuse kind, const char *what)
{
	char *obj = rte_fastmem_alloc(size, 0, 0), *inner = fmm_hide(obj + offset);
	size_t class_size = rte_fastmem_usable_size(obj);

	fmm_free(inner);
	fmm_free(obj);
	return fmm_expect(kind, inner, FMM_ALLOCATED,
		"free of %p on %s refused: it is %s%zu bytes into an object of class %zu", inner,
		fmm_on(), what, offset, class_size);
}

static int
test_interior(void)
{
	return check_inner(100, 8, RTE_FASTMEM_MISUSE_INTERIOR, "");
}

static int
test_interior_line(void)
{
	return check_inner(4096, 64, RTE_FASTMEM_MISUSE_INTERIOR, "");
}

static int
test_interior_middle(void)
{
	return check_inner(FM_MAX, FM_MAX / 2, RTE_FASTMEM_MISUSE_INTERIOR, "");
}

static int
test_misaligned(void)
{
	return check_inner(100, 1, RTE_FASTMEM_MISUSE_MISALIGNED, "misaligned, ");
}

static int
test_misaligned_word(void)
{
	return check_inner(64, 4, RTE_FASTMEM_MISUSE_MISALIGNED, "misaligned, ");
}

static int
test_last_byte(void)
{
	return check_inner(FM_MAX, FM_MAX - 1, RTE_FASTMEM_MISUSE_MISALIGNED, "misaligned, ");
}

static int
test_interior_in_bulk(void)
{
	char *obj = rte_fastmem_alloc(100, 0, 0);
	void *ptrs[2] = { fmm_hide(obj + 64), obj };

	rte_fastmem_free_bulk(ptrs, 2);
	TEST_ASSERT_EQUAL(fm_in_use(), 0, "in use");
	/* at the time of the report it was allocated */
	return fmm_expect(RTE_FASTMEM_MISUSE_INTERIOR, ptrs[0], FMM_ALLOCATED,
		"free_bulk of %p on %s refused: it is 64 bytes into an object of class 128",
		ptrs[0], fmm_on());
}

static int
test_interior_realloc(void)
{
	char *obj = rte_fastmem_alloc(100, 0, 0), *inner = fmm_hide(obj + 64);

	TEST_ASSERT_NULL(rte_fastmem_realloc(inner, 10, 0), "object");
	fmm_free(obj);
	return fmm_expect(RTE_FASTMEM_MISUSE_INTERIOR, inner, FMM_ALLOCATED,
		"realloc of %p on %s refused: it is 64 bytes into an object of class 128", inner,
		fmm_on());
}

/* From 4 to 32 KiB a cache line is left out after every object. */
static int
test_between(void)
{
	char *obj = rte_fastmem_alloc(4096, 0, 0), *gap = fmm_hide(obj + 4096);

	fmm_free(gap);
	fmm_free(obj);
	return fmm_expect(RTE_FASTMEM_MISUSE_INTERIOR, gap, FMM_NOTHING,
		"free of %p on %s refused: it is between objects of class 4096", gap, fmm_on());
}

static int
check_sized(size_t size, size_t named, size_t align, size_t class_size)
{
	void *obj = rte_fastmem_alloc(size, 0, 0);

	rte_fastmem_free_sized(fmm_hide(obj), named, align);
	TEST_ASSERT_EQUAL(fm_in_use(), 1, "freed");
	fmm_free(obj);
	return fmm_expect(RTE_FASTMEM_MISUSE_WRONG_SIZE, obj, FMM_ALLOCATED,
		"free_sized of %p on %s refused: the object of class %zu has %zu bytes, not %zu",
		obj, fmm_on(), class_size, size, named);
}

static int
test_size_of_lower_class(void)
{
	return check_sized(100, 64, 0, 128);
}

static int
test_size_of_higher_class(void)
{
	return check_sized(100, 129, 0, 128);
}

static int
test_size_in_class(void)
{
	return check_sized(100, 101, 0, 128);
}

static int
test_size_of_none(void)
{
	return check_sized(100, FM_MAX + 1, 0, 128);
}

/* An alignment that its address does not have. */
static int
test_size_as_aligned(void)
{
	void *objs[2];
	unsigned int i;

	objs[0] = rte_fastmem_alloc(100, 0, 0);
	objs[1] = rte_fastmem_alloc(100, 0, 0);
	i = ((uintptr_t)objs[0] & 4095) == 0;
	rte_fastmem_free_sized(fmm_hide(objs[i]), 100, 4096);
	TEST_ASSERT_EQUAL(fm_in_use(), 2, "freed");
	rte_fastmem_free_bulk(objs, 2);
	return fmm_expect(RTE_FASTMEM_MISUSE_WRONG_SIZE, objs[i], FMM_ALLOCATED,
		"free_sized of %p on %s refused: the object of class 128 has 100 bytes, not 100",
		objs[i], fmm_on());
}

static int
test_size_before_realloc(void)
{
	void *obj = rte_fastmem_alloc(100, 0, 0);

	TEST_ASSERT_EQUAL(rte_fastmem_realloc(obj, 80, 0), fmm_hide(obj), "moved");
	rte_fastmem_free_sized(fmm_hide(obj), 100, 0);
	fmm_free(obj);
	return fmm_expect(RTE_FASTMEM_MISUSE_WRONG_SIZE, obj, FMM_ALLOCATED,
		"free_sized of %p on %s refused: the object of class 128 has 80 bytes, not 100",
		obj, fmm_on());
}

static int
expect_handle(const char *call, const void *obj, size_t class_size, size_t named)
{
	return fmm_expect(RTE_FASTMEM_MISUSE_WRONG_HANDLE, obj, FMM_ALLOCATED,
		"%s of %p on %s refused: the object is of class %zu, the handle of class %zu",
		call, obj, fmm_on(), class_size, named);
}

static int
test_handle_of_class(void)
{
	void *obj = rte_fastmem_alloc(100, 0, 0);
	rte_fastmem_handle_t handle;

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, SOCKET_ID_ANY, &handle), "lookup");
	rte_fastmem_hfree(handle, fmm_hide(obj));
	TEST_ASSERT_EQUAL(fm_in_use(), 1, "freed");
	fmm_free(obj);
	return expect_handle("hfree", obj, 128, 64);
}

static int
test_handle_in_bulk(void)
{
	rte_fastmem_handle_t handle;
	void *objs[3], *other;

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, fm_socket(), &handle), "lookup");
	TEST_ASSERT_SUCCESS(rte_fastmem_halloc_bulk(handle, objs, 3, 0), "bulk");
	fmm_free(objs[1]);
	other = rte_fastmem_alloc(1000, 0, 0);
	objs[1] = fmm_hide(other);
	rte_fastmem_hfree_bulk(handle, objs, 3);
	TEST_ASSERT_EQUAL(fm_in_use(), 1, "not all others freed");
	fmm_free(other);
	return expect_handle("hfree_bulk", other, 1024, 64);
}

static int
test_handle_of_nothing(void)
{
	void *obj = rte_fastmem_alloc(100, 0, 0);

	rte_fastmem_hfree(0x1f << 16, fmm_hide(obj));
	fmm_free(obj);
	return expect_handle("hfree", obj, 128, 0);
}

struct unit_test_suite fmm_object_suite = {
	.suite_name = "fastmem misuse: objects",
	.unit_test_cases = {
		FMM_CASE(fmm_setup_checked, test_double_free),
		FMM_CASE(fmm_setup_checked, test_double_free_sized),
		FMM_CASE(fmm_setup_checked, test_double_hfree),
		FMM_CASE(fmm_setup_checked, test_twice_in_bulk),
		FMM_CASE(fmm_setup_checked, test_double_on_thread),
		FMM_CASE(fmm_setup_checked, test_double_after_flush),
		FMM_CASE(fmm_setup_checked, test_double_after_alloc),
		FMM_CASE(fmm_setup_checked, test_double_large),
		FMM_CASE(fmm_setup_checked, test_realloc_freed),
		FMM_CASE(fmm_setup_checked, test_never_allocated),
		FMM_CASE(fmm_setup_checked, test_interior),
		FMM_CASE(fmm_setup_checked, test_interior_line),
		FMM_CASE(fmm_setup_checked, test_interior_middle),
		FMM_CASE(fmm_setup_checked, test_misaligned),
		FMM_CASE(fmm_setup_checked, test_misaligned_word),
		FMM_CASE(fmm_setup_checked, test_last_byte),
		FMM_CASE(fmm_setup_checked, test_interior_in_bulk),
		FMM_CASE(fmm_setup_checked, test_interior_realloc),
		FMM_CASE(fmm_setup_checked, test_between),
		FMM_CASE(fmm_setup_checked, test_size_of_lower_class),
		FMM_CASE(fmm_setup_checked, test_size_of_higher_class),
		FMM_CASE(fmm_setup_checked, test_size_in_class),
		FMM_CASE(fmm_setup_checked, test_size_of_none),
		FMM_CASE(fmm_setup_checked, test_size_as_aligned),
		FMM_CASE(fmm_setup_checked, test_size_before_realloc),
		FMM_CASE(fmm_setup_checked, test_handle_of_class),
		FMM_CASE(fmm_setup_checked, test_handle_in_bulk),
		FMM_CASE(fmm_setup_checked, test_handle_of_nothing),
		TEST_CASES_END()
	}
};
