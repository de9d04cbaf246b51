/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Functional test, foreign pointers: pointers that are not the allocator's given to every function
 * that takes one. They are refused, their memory and the statistics stay as they are, and valid
 * objects beside them in an array are freed. Calls the public API and test_fastmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include "test.h"
#include "test_fastmem.h"

#define FOREIGN_SIZE 4096
#define NB_FOREIGN 4

/* Memory of others, on a cache line, and what else may be mistaken for an object. */
struct foreign {
	char *mem[NB_FOREIGN]; /* stack, libc, rte_malloc, memzone; FOREIGN_SIZE each */
	const struct rte_memzone *mz;
	void *wild[16]; /* not to be read or written */
	unsigned int nb_wild;
};

static int
foreign_init(struct foreign *f, char *stack)
{
	const uint64_t wild[] = { 1, 8, 64, 4096, 0x7fffffffffc0, 0x800000000000,
		0xdeadbeefdeadbe00, UINT64_C(1) << 63, UINTPTR_MAX - 63, UINTPTR_MAX };
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->mem[0] = stack;
	f->mem[1] = aligned_alloc(RTE_CACHE_LINE_SIZE, FOREIGN_SIZE);
	f->mem[2] = rte_malloc(NULL, FOREIGN_SIZE, RTE_CACHE_LINE_SIZE);
	f->mz = rte_memzone_reserve_aligned("test_fm_foreign", FOREIGN_SIZE, SOCKET_ID_ANY, 0,
			RTE_CACHE_LINE_SIZE);
	TEST_ASSERT(f->mem[1] != NULL && f->mem[2] != NULL && f->mz != NULL, "no memory");
	f->mem[3] = f->mz->addr;
	for (i = 0; i < NB_FOREIGN; i++)
		memset(f->mem[i], 0x5a + i, FOREIGN_SIZE);
	for (i = 0; i < RTE_DIM(wild); i++)
		if (wild[i] <= UINTPTR_MAX)
			f->wild[f->nb_wild++] = (void *)(uintptr_t)wild[i];
	/* code, data, the edges of EAL's memory */
	f->wild[f->nb_wild++] = (void *)(uintptr_t)foreign_init;
	f->wild[f->nb_wild++] = &fm_foreign_suite;
	f->wild[f->nb_wild++] = RTE_PTR_SUB(f->mz->addr, 64);
	return 0;
}

static void
foreign_fini(struct foreign *f)
{
	free(f->mem[1]);
	rte_free(f->mem[2]);
	rte_memzone_free(f->mz);
}

static void *
foreign_get(const struct foreign *f, unsigned int i)
{
	return i < NB_FOREIGN ? f->mem[i] : f->wild[i - NB_FOREIGN];
}

static bool
foreign_is_untouched(const struct foreign *f)
{
	unsigned int i;

	for (i = 0; i < NB_FOREIGN; i++)
		if (!fm_is_byte(f->mem[i], FOREIGN_SIZE, 0x5a + i))
			return false;
	return true;
}

/* Every function that frees or moves one object, with every foreign pointer. */
static int
refuse_single(struct foreign *f)
{
	rte_fastmem_handle_t handle, any;
	void *volatile ptr; /* or the compiler would warn, rightly */
	unsigned int i;

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, fm_socket(), &handle), "lookup");
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(4096, 0, SOCKET_ID_ANY, &any), "lookup");
	for (i = 0; i < NB_FOREIGN + f->nb_wild; i++) {
		ptr = foreign_get(f, i);
		rte_fastmem_free(ptr);
		rte_fastmem_free_sized(ptr, 64, 0);
		rte_fastmem_free_sized(ptr, 4096, 4096);
		rte_fastmem_free_sized(ptr, FM_MAX + 1, 0);
		rte_fastmem_free_sized(ptr, 64, 3);
		rte_fastmem_hfree(handle, ptr);
		rte_fastmem_hfree(any, ptr);
		rte_errno = 0;
		TEST_ASSERT_NULL(rte_fastmem_realloc(ptr, 64, 0), "pointer %u moved", i);
		TEST_ASSERT_EQUAL(rte_errno, EINVAL, "pointer %u: %s", i, rte_strerror(rte_errno));
		TEST_ASSERT_NULL(rte_fastmem_realloc(ptr, 0, 0), "pointer %u: object", i);
	}
	return 0;
}

/* Arrays of nothing but foreign pointers. */
static int
refuse_bulk(struct foreign *f)
{
	void *ptrs[NB_FOREIGN + RTE_DIM(f->wild)], *saved[RTE_DIM(ptrs)];
	unsigned int i, n = NB_FOREIGN + f->nb_wild;
	rte_fastmem_handle_t handle;

	for (i = 0; i < n; i++)
		ptrs[i] = foreign_get(f, i);
	memcpy(saved, ptrs, n * sizeof(*ptrs));
	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, fm_socket(), &handle), "lookup");
	rte_fastmem_free_bulk(ptrs, n);
	rte_fastmem_hfree_bulk(handle, ptrs, n);
	for (i = 0; i < n; i++) {
		rte_fastmem_free_bulk(&ptrs[i], 1);
		rte_fastmem_hfree_bulk(handle, &ptrs[i], 1);
	}
	TEST_ASSERT(memcmp(saved, ptrs, n * sizeof(*ptrs)) == 0, "array touched");
	return 0;
}

static int
refuse_queries(struct foreign *f)
{
	unsigned int i;
	void *ptr;

	for (i = 0; i < NB_FOREIGN + f->nb_wild; i++) {
		ptr = foreign_get(f, i);
		TEST_ASSERT(!rte_fastmem_owns(ptr), "owns pointer %u", i);
		TEST_ASSERT_EQUAL(rte_fastmem_usable_size(ptr), 0, "pointer %u has a size", i);
		TEST_ASSERT_EQUAL(rte_fastmem_virt2iova(ptr), RTE_BAD_IOVA,
				"pointer %u has an IOVA", i);
	}
	return 0;
}

static int
refuse_all(void *arg)
{
	struct rte_fastmem_stats before, after;
	struct foreign *f = arg;

	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	if (refuse_single(f) != 0 || refuse_bulk(f) != 0 || refuse_queries(f) != 0)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(fm_stats_equal(&before, &after), "statistics changed");
	TEST_ASSERT(foreign_is_untouched(f), "foreign memory changed");
	return 0;
}

/*
 * Frees objects of two slabs in turn, so that what the allocator may have learnt from frees in
 * a row is of no use to it.
 */
static int
mix_frees(void)
{
	unsigned int i;
	void *a, *b;

	for (i = 0; i < 300; i++) {
		a = rte_fastmem_alloc(64, 0, 0);
		b = rte_fastmem_alloc(4096, 0, 0);
		TEST_ASSERT(a != NULL && b != NULL, "no objects");
		rte_fastmem_free(a);
		rte_fastmem_free(b);
	}
	return 0;
}

/* On a fresh allocator, with warm caches, and on threads of each kind. */
static int
refuse_everywhere(struct foreign *f)
{
	unsigned int i;
	void *objs[64];

	TEST_ASSERT_SUCCESS(refuse_all(f), "fresh");
	TEST_ASSERT_SUCCESS(rte_fastmem_alloc_bulk(objs, 64, 64, 0, 0), "bulk");
	rte_fastmem_free_bulk(objs, 32);
	TEST_ASSERT_SUCCESS(refuse_all(f), "warm");
	TEST_ASSERT_SUCCESS(mix_frees(), "mix");
	TEST_ASSERT_SUCCESS(refuse_all(f), "mixed");
	TEST_ASSERT_SUCCESS(fm_in_thread(refuse_all, f, false), "unregistered thread");
	TEST_ASSERT_SUCCESS(fm_in_thread(refuse_all, f, true), "registered thread");
	/* none of them is handed out */
	for (i = 0; i < 64; i++)
		if (i < 32)
			objs[i] = rte_fastmem_alloc(64, 0, 0);
	for (i = 0; i < 64; i++)
		TEST_ASSERT(rte_fastmem_owns(objs[i]), "foreign pointer handed out");
	rte_fastmem_free_bulk(objs, 64);
	return 0;
}

/* The library logs what this does as errors, which are expected: keep them off the screen. */
static int
quietly(int (*fn)(struct foreign *f))
{
	char stack[FOREIGN_SIZE + RTE_CACHE_LINE_SIZE];
	int type = rte_log_register("lib.fastmem");
	struct foreign f;
	int level, ret;

	TEST_ASSERT(type >= 0, "no log type");
	level = rte_log_get_level(type);
	ret = foreign_init(&f, RTE_PTR_ALIGN(&stack[0], RTE_CACHE_LINE_SIZE));
	if (ret == 0) {
		rte_log_set_level(type, RTE_LOG_EMERG);
		ret = fn(&f);
		rte_log_set_level(type, level);
	}
	foreign_fini(&f);
	return ret;
}

static int
test_foreign(void)
{
	return quietly(refuse_everywhere);
}

/* Valid objects among foreign pointers and NULL are freed, at whatever place. */
static int
free_around_foreign(struct foreign *f)
{
	struct rte_fastmem_stats before, after;
	rte_fastmem_handle_t handle;
	unsigned int round, i, n;
	void *ptrs[200];

	TEST_ASSERT_SUCCESS(rte_fastmem_hlookup(64, 0, fm_socket(), &handle), "lookup");
	for (round = 0; round < 24; round++) {
		TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
		for (i = 0, n = 0; i < RTE_DIM(ptrs); i++) {
			if (i % (round + 1) == round) {
				ptrs[i] = i % 5 == 4 ? NULL :
					foreign_get(f, i % (NB_FOREIGN + f->nb_wild));
				continue;
			}
			ptrs[i] = rte_fastmem_alloc(round % 3 == 2 ? i + 1 : 64, 0, 0);
			TEST_ASSERT_NOT_NULL(ptrs[i], "no object");
			n++;
		}
		if (round % 2 == 0 || (FM_IS_CHECKED && round % 3 == 2))
			rte_fastmem_free_bulk(ptrs, RTE_DIM(ptrs));
		else
			rte_fastmem_hfree_bulk(handle, ptrs, RTE_DIM(ptrs));
		TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
		TEST_ASSERT_EQUAL(after.free_total - before.free_total, n, "%" PRIu64
				" of %u freed", after.free_total - before.free_total, n);
		TEST_ASSERT_EQUAL(after.bytes_in_use, 0, "%" PRIu64 " in use", after.bytes_in_use);
		TEST_ASSERT(foreign_is_untouched(f), "foreign memory changed");
	}
	return 0;
}

static int
test_foreign_in_bulk(void)
{
	return quietly(free_around_foreign);
}

/* The library's own memzones hold no objects. */
static void
visit_metadata(const struct rte_memzone *mz, void *arg)
{
	const char **addrs = arg;
	unsigned int i;

	if (strncmp(mz->name, "fastmem_", strlen("fastmem_")) != 0)
		return;
	for (i = 0; addrs[i] != NULL; i++)
		;
	if (i < 7)
		addrs[i] = mz->addr;
}

static int
refuse_metadata(__rte_unused struct foreign *f)
{
	struct rte_fastmem_stats before, after;
	char *addrs[8] = { NULL };
	void *volatile inner;
	unsigned int i;

	rte_memzone_walk(visit_metadata, addrs); /* nothing allocated: they are all metadata */
	TEST_ASSERT_NOT_NULL(addrs[0], "no memzone after init");
	rte_fastmem_free(rte_fastmem_alloc(64, 0, 0));
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	for (i = 0; addrs[i] != NULL; i++) {
		rte_fastmem_free(addrs[i]);
		inner = addrs[i] + 64;
		rte_fastmem_free(inner);
		rte_fastmem_free_sized(inner, 64, 0);
		TEST_ASSERT_EQUAL(rte_fastmem_usable_size(addrs[i]), 0, "metadata has a size");
		TEST_ASSERT_NULL(rte_fastmem_realloc(addrs[i], 64, 0), "metadata moved");
	}
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(fm_stats_equal(&before, &after), "statistics changed");
	return 0;
}

static int
test_metadata(void)
{
	return quietly(refuse_metadata);
}

/* What EAL put around our memzones, and what others have there: never ours. */
#define NB_NEIGHBOURS 4000

static void
visit_surroundings(const struct rte_memzone *mz, void *arg)
{
	unsigned int *nb_owned = arg;
	void *volatile before = RTE_PTR_SUB(mz->addr, 64);

	if (strncmp(mz->name, "fastmem_", strlen("fastmem_")) != 0)
		return;
	if (rte_fastmem_owns(before))
		(*nb_owned)++;
	/* It may lie in the window of a slab, as if in an object: only the slow path sees that. */
	if (FM_IS_CHECKED)
		rte_fastmem_free(before);
}

static int
refuse_neighbours(__rte_unused struct foreign *f)
{
	static char *mem[NB_NEIGHBOURS];
	struct rte_fastmem_stats before, after;
	unsigned int i, nb_owned = 0;
	void *volatile ptr;
	void *objs[8];

	for (i = 0; i < 8; i++) {
		objs[i] = rte_fastmem_alloc(i % 2 == 0 ? FM_MAX : 64, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "no object");
	}
	/* the smallest that EAL has: they fill whatever hole our zones leave */
	for (i = 0; i < NB_NEIGHBOURS; i++) {
		mem[i] = rte_malloc(NULL, 64, 0);
		TEST_ASSERT_NOT_NULL(mem[i], "no memory");
		memset(mem[i], 0x5a, 64);
	}
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	for (i = 0; i < NB_NEIGHBOURS; i++) {
		ptr = mem[i];
		TEST_ASSERT(!rte_fastmem_owns(ptr), "owns memory of rte_malloc");
		rte_fastmem_free(ptr);
		rte_fastmem_free_sized(ptr, 64, 0);
		rte_fastmem_free_bulk((void **)&mem[i], 1);
	}
	rte_memzone_walk(visit_surroundings, &nb_owned);
	TEST_ASSERT_EQUAL(nb_owned, 0, "owns the header of a memzone");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	for (i = 0; i < NB_NEIGHBOURS; i++) {
		TEST_ASSERT(fm_is_byte(mem[i], 64, 0x5a), "memory of rte_malloc changed");
		rte_free(mem[i]);
	}
	TEST_ASSERT(fm_stats_equal(&before, &after), "%" PRIu64 " of others freed",
			after.free_total - before.free_total);
	rte_fastmem_free_bulk(objs, 8);
	return 0;
}

static int
test_neighbours(void)
{
	return quietly(refuse_neighbours);
}

/* Pointers of a life before, and of memory that was trimmed, are foreign now. */
static int
refuse_stale(__rte_unused struct foreign *f)
{
	struct rte_fastmem_stats before, after;
	void *volatile stale;
	void *obj;

	obj = rte_fastmem_alloc(100, 0, 0);
	TEST_ASSERT_NOT_NULL(obj, "no object");
	stale = obj;
	rte_fastmem_free(obj);
	rte_fastmem_cache_flush();
	TEST_ASSERT(rte_fastmem_trim(SOCKET_ID_ANY) > 0, "no zones");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	rte_fastmem_free(stale);
	rte_fastmem_free_sized(stale, 100, 0);
	TEST_ASSERT_EQUAL(rte_fastmem_usable_size(stale), 0, "size");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(fm_stats_equal(&before, &after), "trimmed memory freed");

	rte_fastmem_deinit();
	TEST_ASSERT_SUCCESS(rte_fastmem_init(), "no init");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	rte_fastmem_free(stale);
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(fm_stats_equal(&before, &after), "object of before freed");
	return 0;
}

static int
test_stale(void)
{
	return quietly(refuse_stale);
}

/*
 * A slab that is free has no objects: its addresses are ours, but not to be freed, also
 * when the thread has a cache for the class that the slab was in.
 */
static int
refuse_free_slab(__rte_unused struct foreign *f)
{
	struct rte_fastmem_stats before, after;
	const size_t size = 65536; /* some 32 in a slab */
	void *objs[50], *held[2], *last, *warm;
	void *volatile stale;
	unsigned int i, nb = 0;

	/* slabs for mix_frees(), so that it takes none */
	held[0] = rte_fastmem_alloc(64, 0, 0);
	held[1] = rte_fastmem_alloc(4096, 0, 0);
	TEST_ASSERT(held[0] != NULL && held[1] != NULL, "no objects");
	for (i = 0; i < RTE_DIM(objs); i++) {
		objs[i] = rte_fastmem_alloc(size, 0, 0);
		TEST_ASSERT_NOT_NULL(objs[i], "no object");
	}
	/* all of the last one's slab, and one of another */
	last = objs[RTE_DIM(objs) - 1];
	stale = last;
	for (i = 0; i < RTE_DIM(objs); i++) {
		bool is_same = (uintptr_t)objs[i] / (2 * FM_MIB) ==
			(uintptr_t)last / (2 * FM_MIB);

		if (is_same || nb == 0) {
			rte_fastmem_free(objs[i]);
			objs[i] = NULL;
		}
		nb += !is_same;
	}
	TEST_ASSERT(nb > 0, "one slab only");
	rte_fastmem_cache_flush(); /* the slab goes back to the pool */
	warm = rte_fastmem_alloc(size, 0, 0);
	TEST_ASSERT_NOT_NULL(warm, "no object");
	TEST_ASSERT((uintptr_t)warm / (2 * FM_MIB) != (uintptr_t)last / (2 * FM_MIB),
			"not from the slab that is in use");
	rte_fastmem_free(warm);
	TEST_ASSERT_SUCCESS(mix_frees(), "mix");

	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&before), "stats");
	rte_fastmem_free(stale);
	rte_fastmem_free_sized(stale, size, 0);
	TEST_ASSERT_EQUAL(rte_fastmem_usable_size(stale), 0, "size");
	TEST_ASSERT_SUCCESS(rte_fastmem_stats(&after), "stats");
	TEST_ASSERT(fm_stats_equal(&before, &after), "object of a free slab freed");
	rte_fastmem_free_bulk(objs, RTE_DIM(objs));
	rte_fastmem_free_bulk(held, RTE_DIM(held));
	return 0;
}

static int
test_free_slab(void)
{
	return quietly(refuse_free_slab);
}

struct unit_test_suite fm_foreign_suite = {
	.suite_name = "fastmem foreign pointers",
	.unit_test_cases = {
		FM_CASE(test_foreign),
		FM_CASE(test_foreign_in_bulk),
		FM_CASE(test_metadata),
		FM_CASE(test_neighbours),
		FM_CASE(test_stale),
		FM_CASE(test_free_slab),
		TEST_CASES_END()
	}
};
