/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Builds that check every object: -Dfastmem_debug=true, AddressSanitizer, Valgrind.
 *
 * Owns nothing. It stands between the exported functions and the bodies that production
 * builds have: what it lets pass takes the same way through caches and statistics.
 * Calls those bodies, fastmem_record.c for what is known of an object, fastmem_report.c
 * to report.
 *
 * A freed object goes under the others of its magazine: it comes back after all that were
 * free before it.
 */

#include "fastmem_debug.h"
#include "fastmem_proc.h"
#include "fastmem_pvt.h"
#include "fastmem_record.h"
#include "fastmem_report.h"
#include "fastmem_san.h"

#ifdef FASTMEM_CHECKED

#include <string.h>

#include <rte_common.h>

/* How a caller frees. */
struct claim {
	const char *call;
	size_t size; /* of a sized free */
	size_t align;
	uint32_t handle;
	enum { CLAIM_NOTHING, CLAIM_SIZE, CLAIM_HANDLE } kind;
};

/*
 * Allocation.
 */

/* Nothing asked for is an object of the smallest size. */
static size_t
named_size(size_t size)
{
	return size == 0 ? (size_t)1 << RTE_FASTMEM_MIN_SHIFT : size;
}

static size_t
named_align(size_t align)
{
	return align == 0 ? RTE_CACHE_LINE_SIZE : align;
}

static void
given(struct fastmem_shared *sh, void *obj, size_t size, unsigned int flags, const void *site)
{
	struct fastmem_record *record;
	struct fastmem_place place;
	bool is_open = size == FASTMEM_BY_HANDLE;
	uint32_t word;

	fastmem_record_find(sh, obj, true, &place);
	if (is_open || size > place.class_size)
		size = place.class_size;
	size = named_size(size);
	record = place.record;
	if (record != NULL) {
		word = fastmem_record_word(record);
		fastmem_record_check_free(sh, &place, word);
		if (FASTMEM_WORD_STATE(word) == FASTMEM_STATE_LIVE)
			FASTMEM_LOG(CRIT, "object %p was handed out twice", obj);
		fastmem_record_note_alloc(record, site);
		fastmem_record_set_word(record,
				FASTMEM_WORD(FASTMEM_STATE_LIVE, is_open, place.bin, size));
	}
	/* Without a record nobody will know that it is less than the class has. */
	fastmem_san_alloc(obj, record != NULL ? size : place.class_size);
	if (record != NULL)
		fastmem_record_fill_spare(&place, size);
	if (flags & RTE_FASTMEM_F_ZERO)
		memset(obj, 0, size);
}

void
fastmem_debug_given(void *obj, size_t size, unsigned int flags, const void *site)
{
	if (obj != NULL)
		given(fastmem_shared(), obj, size, flags, site);
}

void
fastmem_debug_given_bulk(void **objs, uint32_t n, size_t size, unsigned int flags,
	const void *site)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		fastmem_debug_given(objs[i], size, flags, site);
}

/*
 * Free.
 */

/* Report a pointer that is no object the user has. */
static bool
refuse(struct fastmem_shared *sh, enum rte_fastmem_misuse kind, const char *call, const void *ptr,
	const struct fastmem_place *place, size_t named)
{
	uint32_t word = place->record == NULL ? 0 : fastmem_record_word(place->record);
	const struct fastmem_misuse misuse = {
		.kind = kind,
		.call = call,
		.ptr = ptr,
		.class_size = place->class_size,
		.inner = place->inner,
		.size = FASTMEM_WORD_SIZE(word),
		.named = named,
	};

	fastmem_report_misuse(sh, &misuse);
	return false;
}

/* Whether it is the start of an object that the user has, as far as can be known. */
static bool
check_pointer(struct fastmem_shared *sh, const char *call, const void *ptr,
	const struct fastmem_place *place)
{
	uint32_t state;

	if (place->slab == NULL)
		return refuse(sh, RTE_FASTMEM_MISUSE_FOREIGN, call, ptr, place, 0);
	if ((uintptr_t)ptr % (1u << RTE_FASTMEM_MIN_SHIFT) != 0)
		return refuse(sh, RTE_FASTMEM_MISUSE_MISALIGNED, call, ptr, place, 0);
	if (place->obj == NULL || place->inner != 0)
		return refuse(sh, RTE_FASTMEM_MISUSE_INTERIOR, call, ptr, place, 0);
	if (place->record == NULL)
		return true;
	state = FASTMEM_WORD_STATE(fastmem_record_word(place->record));
	if (state != FASTMEM_STATE_LIVE)
		return refuse(sh, RTE_FASTMEM_MISUSE_DOUBLE_FREE, call, ptr, place, 0);
	return true;
}

/* Whether the caller takes the object for what it is. */
static bool
check_claim(struct fastmem_shared *sh, const struct claim *claim, const void *ptr,
	const struct fastmem_place *place)
{
	uint32_t word = place->record == NULL ? 0 : fastmem_record_word(place->record);
	uint32_t bin = FASTMEM_HANDLE_BIN(claim->handle);
	bool is_wrong;

	if (claim->kind == CLAIM_SIZE) {
		/*
		 * Left in its place by a realloc, its class may be above that of its size, and
		 * below that of its alignment, which its address has by chance.
		 */
		is_wrong = !__rte_fastmem_size_is_valid(claim->size, claim->align) ||
			claim->size > place->class_size ||
			((uintptr_t)ptr & (named_align(claim->align) - 1)) != 0;
		if (!is_wrong && word != 0 && !FASTMEM_WORD_OPEN(word))
			is_wrong = named_size(claim->size) != FASTMEM_WORD_SIZE(word);
		if (is_wrong)
			return refuse(sh, RTE_FASTMEM_MISUSE_WRONG_SIZE, claim->call, ptr, place,
				claim->size);
	} else if (claim->kind == CLAIM_HANDLE) {
		is_wrong = bin >= RTE_FASTMEM_NB_BINS ||
			fastmem_bin_class(bin) != fastmem_bin_class(place->bin) ||
			((claim->handle & FASTMEM_HANDLE_ANY) == 0 &&
			FASTMEM_HANDLE_SOCKET(claim->handle) != place->slab->socket);
		if (is_wrong)
			return refuse(sh, RTE_FASTMEM_MISUSE_WRONG_HANDLE, claim->call, ptr, place,
				bin >= RTE_FASTMEM_NB_BINS ? 0 : fastmem_bin_size(bin));
	}
	return true;
}

/* Let the object that was freed last come back last. */
static void
go_under(uint32_t socket, uint32_t bin, void *obj)
{
	struct rte_fastmem_cache *cache;
	void **objs;
	uint32_t len;

	if (RTE_PER_LCORE(__rte_fastmem_thread).map_len == 0)
		return;
	cache = __rte_fastmem_cache_at(fastmem_cache_offset(socket, bin));
	len = fastmem_cache_len(cache);
	objs = fastmem_cache_base(cache);
	if (len < 2 || objs[len - 1] != obj)
		return;
	memmove(&objs[1], &objs[0], (len - 1) * sizeof(objs[0]));
	objs[0] = obj;
}

static void
free_checked(struct fastmem_shared *sh, void *ptr, const struct claim *claim, const void *site)
{
	struct fastmem_record *record;
	struct fastmem_place place;
	uint32_t word, socket;

	fastmem_record_find(sh, ptr, false, &place);
	if (!check_pointer(sh, claim->call, ptr, &place) ||
			!check_claim(sh, claim, ptr, &place))
		return;
	record = place.record;
	if (record != NULL) {
		word = fastmem_record_word(record);
		/* Of two threads that free it, one goes on. */
		if (FASTMEM_WORD_STATE(word) != FASTMEM_STATE_LIVE ||
				!rte_atomic_compare_exchange_strong_explicit(&record->word, &word,
				FASTMEM_WORD(FASTMEM_STATE_BUSY, 0, place.bin,
					FASTMEM_WORD_SIZE(word)),
				rte_memory_order_acq_rel, rte_memory_order_relaxed)) {
			refuse(sh, RTE_FASTMEM_MISUSE_DOUBLE_FREE, claim->call, ptr, &place, 0);
			return;
		}
		fastmem_record_check_spare(sh, &place, word);
		fastmem_record_note_free(record, site);
		fastmem_record_fill_free(&place);
		fastmem_record_set_word(record, FASTMEM_WORD(FASTMEM_STATE_FREE, 0, place.bin,
				FASTMEM_WORD_SIZE(word)));
	}
	fastmem_san_free(ptr, place.class_size);
	socket = place.slab->socket; /* the slab may go with it */
	__rte_fastmem_free(ptr);
	go_under(socket, place.bin, ptr);
}

void
fastmem_debug_free(void *ptr, const void *site)
{
	static const struct claim claim = { .call = "free" };

	if (ptr != NULL)
		free_checked(fastmem_shared(), ptr, &claim, site);
}

void
fastmem_debug_free_sized(void *ptr, size_t size, size_t align, const void *site)
{
	const struct claim claim = {
		.call = "free_sized",
		.kind = CLAIM_SIZE,
		.size = size,
		.align = align,
	};

	if (ptr != NULL)
		free_checked(fastmem_shared(), ptr, &claim, site);
}

void
fastmem_debug_hfree(uint32_t handle, void *ptr, const void *site)
{
	const struct claim claim = { .call = "hfree", .kind = CLAIM_HANDLE, .handle = handle };

	if (ptr != NULL)
		free_checked(fastmem_shared(), ptr, &claim, site);
}

void
fastmem_debug_free_bulk(void **ptrs, uint32_t n, const void *site)
{
	static const struct claim claim = { .call = "free_bulk" };
	uint32_t i;

	for (i = 0; i < n; i++)
		if (ptrs[i] != NULL)
			free_checked(fastmem_shared(), ptrs[i], &claim, site);
}

void
fastmem_debug_hfree_bulk(uint32_t handle, void **ptrs, uint32_t n, const void *site)
{
	const struct claim claim = { .call = "hfree_bulk", .kind = CLAIM_HANDLE, .handle = handle };
	uint32_t i;

	for (i = 0; i < n; i++)
		if (ptrs[i] != NULL)
			free_checked(fastmem_shared(), ptrs[i], &claim, site);
}

/*
 * Size.
 */

size_t
fastmem_debug_asked(void *ptr)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct fastmem_place place;
	uint32_t word;

	fastmem_record_find(sh, ptr, false, &place);
	if (!check_pointer(sh, "realloc", ptr, &place))
		return 0;
	if (place.record == NULL)
		return place.class_size;
	word = fastmem_record_word(place.record);
	fastmem_record_check_spare(sh, &place, word);
	return FASTMEM_WORD_SIZE(word);
}

static void
set_size(const struct fastmem_place *place, size_t size, bool is_open)
{
	uint32_t word = fastmem_record_word(place->record);

	fastmem_san_resize(place->obj, FASTMEM_WORD_SIZE(word), size, place->class_size);
	fastmem_record_fill_spare(place, size);
	fastmem_record_set_word(place->record,
		FASTMEM_WORD(FASTMEM_STATE_LIVE, is_open, place->bin, size));
}

void
fastmem_debug_resize(void *ptr, size_t size)
{
	struct fastmem_place place;

	fastmem_record_find(fastmem_shared(), ptr, false, &place);
	if (place.record != NULL &&
			FASTMEM_WORD_STATE(fastmem_record_word(place.record)) == FASTMEM_STATE_LIVE)
		set_size(&place, size, false);
}

void
fastmem_debug_open(const void *ptr)
{
	struct fastmem_shared *sh = fastmem_shared();
	struct fastmem_place place;
	uint32_t word;

	fastmem_record_find(sh, ptr, false, &place);
	if (place.record == NULL)
		return;
	word = fastmem_record_word(place.record);
	if (FASTMEM_WORD_STATE(word) != FASTMEM_STATE_LIVE || FASTMEM_WORD_OPEN(word))
		return;
	fastmem_record_check_spare(sh, &place, word);
	set_size(&place, place.class_size, true);
}

#endif /* FASTMEM_CHECKED */
