/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Builds that check every object: what is known of each.
 *
 * Owns a record per slot, in metadata memory that all processes share: whether the user has
 * the object, how many bytes were asked for, and who allocated and freed it. Finds the
 * record of an address, and tells its history. Calls meta for memory, fastmem_report.c to
 * report.
 *
 * Where no tool watches the contents, a free object is filled with one byte, and so is
 * what was not asked for of one in use: both are looked at later.
 */

#include "fastmem_meta.h"
#include "fastmem_pvt.h"
#include "fastmem_record.h"
#include "fastmem_report.h"
#include "fastmem_san.h"
#include "fastmem_slot.h"
#include "fastmem_zone.h"

#ifdef FASTMEM_CHECKED

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FASTMEM_ASAN
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

#include <rte_common.h>
#include <rte_lcore.h>

#define CHUNK_SHIFT 9 /* slots of a chunk of records */
#define CHUNK_SLOTS (1u << CHUNK_SHIFT)
#define CHUNKS(nb_slots) (((nb_slots) + CHUNK_SLOTS - 1) >> CHUNK_SHIFT)

#define FREE_BYTE 0xdf /* content of a free object */
#define SPARE_BYTE 0xbd /* of an object's bytes that were not asked for */

#define MAX_LEAKS 64 /* that are reported one by one */

static struct fastmem_record *
record_of(struct fastmem_shared *sh, struct fastmem_slab *slab, uint32_t slot, bool is_making)
{
	size_t len = RTE_MIN(slab->nb_slots, CHUNK_SLOTS) * sizeof(struct fastmem_record);
	struct fastmem_record *chunk, *fresh, *old = NULL;

	if (slab->records == NULL || slot >= slab->nb_slots)
		return NULL;
	chunk = rte_atomic_load_explicit(&slab->records[slot >> CHUNK_SHIFT],
			rte_memory_order_acquire);
	if (chunk == NULL && is_making) {
		fresh = fastmem_meta_alloc(sh, len, slab->socket);
		if (fresh == NULL)
			return NULL;
		chunk = fresh;
		if (!rte_atomic_compare_exchange_strong_explicit(
				&slab->records[slot >> CHUNK_SHIFT], &old, fresh,
				rte_memory_order_acq_rel, rte_memory_order_acquire)) {
			fastmem_meta_free(sh, fresh, len);
			chunk = old;
		}
	}
	return chunk == NULL ? NULL : &chunk[slot & (CHUNK_SLOTS - 1)];
}

/* All that is checked of a pointer is here. */
void
fastmem_record_find(struct fastmem_shared *sh, const void *ptr, bool is_making,
	struct fastmem_place *place)
{
	struct fastmem_slab *slab = sh == NULL ? NULL : fastmem_zone_slab(sh, ptr);
	uint32_t bin = 0, slot, inner;
	uintptr_t offset;

	memset(place, 0, sizeof(*place));
	if (slab != NULL)
		bin = rte_atomic_load_explicit(&slab->bin, rte_memory_order_acquire);
	if (bin == 0)
		return;
	place->slab = slab;
	place->bin = bin - 1;
	place->class_size = fastmem_bin_size(bin - 1);
	offset = (uintptr_t)ptr - slab->base;
	if (offset >= FASTMEM_SLAB_SZ)
		return; /* in front of the first object */
	slot = fastmem_layout_slot(&sh->layouts[bin - 1], (uint32_t)offset, &inner);
	place->inner = inner;
	if (inner >= place->class_size)
		return; /* between objects */
	place->obj = (char *)(uintptr_t)ptr - inner;
	place->record = record_of(sh, slab, slot, is_making);
}

/*
 * Who allocated and freed it.
 */

#ifdef FASTMEM_ASAN
/*
 * The sanitizer keeps the stack of each allocation from the heap: so the smallest piece of the
 * heap stands for a stack. It is no leak of the application's, and another process
 * cannot make use of it.
 */
static void
stack_drop(void **stack, uint32_t proc)
{
	if (proc == fastmem_local.id)
		free(*stack);
	*stack = NULL;
}

static void
stack_keep(void **stack, uint32_t proc)
{
	stack_drop(stack, proc);
	__lsan_disable();
	*stack = malloc(1);
	__lsan_enable();
}
#endif

static void
drop_stacks(struct fastmem_record *record)
{
#ifdef FASTMEM_ASAN
	stack_drop(&record->alloc_stack, record->alloc_proc);
	stack_drop(&record->free_stack, record->free_proc);
#else
	RTE_SET_USED(record);
#endif
}

static uint16_t
lcore_of_caller(void)
{
	unsigned int lcore = rte_lcore_id();

	return lcore < FASTMEM_NO_LCORE ? lcore : FASTMEM_NO_LCORE;
}

void
fastmem_record_note_alloc(struct fastmem_record *record, const void *site)
{
#ifdef FASTMEM_ASAN
	stack_keep(&record->alloc_stack, record->alloc_proc);
#endif
	record->alloc_site = site;
	record->alloc_proc = fastmem_local.id;
	record->alloc_lcore = lcore_of_caller();
	record->free_site = NULL;
}

void
fastmem_record_note_free(struct fastmem_record *record, const void *site)
{
#ifdef FASTMEM_ASAN
	stack_keep(&record->free_stack, record->free_proc);
#endif
	record->free_site = site;
	record->free_proc = fastmem_local.id;
	record->free_lcore = lcore_of_caller();
}

/*
 * Contents.
 */

static bool
is_filled(const char *mem, size_t len, uint8_t byte, size_t *at)
{
	const uint64_t want = byte * UINT64_C(0x0101010101010101);
	uint64_t word;
	size_t i = 0;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, &mem[i], sizeof(word));
		if (word != want)
			break;
	}
	for (; i < len; i++) {
		if ((uint8_t)mem[i] != byte) {
			*at = i;
			return false;
		}
	}
	return true;
}

static void
report_content(struct fastmem_shared *sh, enum rte_fastmem_misuse kind,
	const struct fastmem_place *place, size_t at, size_t size)
{
	const struct fastmem_misuse misuse = {
		.kind = kind,
		.ptr = place->obj,
		.class_size = place->class_size,
		.inner = at,
		.size = size,
	};

	fastmem_report_misuse(sh, &misuse);
}

/* A free object must be as it was left. */
void
fastmem_record_check_free(struct fastmem_shared *sh, const struct fastmem_place *place,
	uint32_t word)
{
	size_t at;

	if (fastmem_san_is_watching() || FASTMEM_WORD_STATE(word) != FASTMEM_STATE_FREE ||
			is_filled(place->obj, place->class_size, FREE_BYTE, &at))
		return;
	report_content(sh, RTE_FASTMEM_MISUSE_WRITE_AFTER_FREE, place, at, FASTMEM_WORD_SIZE(word));
	/* It is reported once. */
	memset(place->obj, FREE_BYTE, place->class_size);
}

/* Nobody may have written past what was asked for. */
void
fastmem_record_check_spare(struct fastmem_shared *sh, const struct fastmem_place *place,
	uint32_t word)
{
	size_t size = FASTMEM_WORD_SIZE(word), at;

	if (fastmem_san_is_watching() ||
			is_filled(place->obj + size, place->class_size - size, SPARE_BYTE, &at))
		return;
	report_content(sh, RTE_FASTMEM_MISUSE_OVERFLOW, place, size + at, size);
	memset(place->obj + size, SPARE_BYTE, place->class_size - size);
}

void
fastmem_record_fill_spare(const struct fastmem_place *place, size_t size)
{
	if (!fastmem_san_is_watching())
		memset(place->obj + size, SPARE_BYTE, place->class_size - size);
}

void
fastmem_record_fill_free(const struct fastmem_place *place)
{
	if (!fastmem_san_is_watching())
		memset(place->obj, FREE_BYTE, place->class_size);
}

/*
 * Slabs.
 */

void
fastmem_record_slab_init(struct fastmem_shared *sh, struct fastmem_slab *slab)
{
	/* Without memory for it the slab's objects go unchecked. */
	slab->records = fastmem_meta_alloc(sh, CHUNKS(slab->nb_slots) * sizeof(slab->records[0]),
			slab->socket);
}

/* A look at every object of a slab that has a record. */
static void
slab_walk(struct fastmem_shared *sh, struct fastmem_slab *slab, uint32_t bin,
	void (*fn)(struct fastmem_shared *sh, const struct fastmem_place *place, uint32_t word,
		void *arg), void *arg)
{
	struct fastmem_place place = {
		.slab = slab,
		.bin = bin,
		.class_size = fastmem_bin_size(bin),
	};
	uint32_t slot;

	for (slot = 0; slot < slab->nb_slots; slot++) {
		place.record = record_of(sh, slab, slot, false);
		if (place.record == NULL) {
			slot |= CHUNK_SLOTS - 1;
			continue;
		}
		place.obj = (char *)slab->base + fastmem_layout_offset(&sh->layouts[bin], slot);
		fn(sh, &place, fastmem_record_word(place.record), arg);
	}
}

void
fastmem_record_slab_fini(struct fastmem_shared *sh, struct fastmem_slab *slab)
{
	size_t len = RTE_MIN(slab->nb_slots, CHUNK_SLOTS) * sizeof(struct fastmem_record);
	RTE_ATOMIC(struct fastmem_record *) *records = slab->records;
	uint32_t i, n = CHUNKS(slab->nb_slots), j;

	slab->records = NULL;
	if (records == NULL)
		return;
	for (i = 0; i < n; i++) {
		for (j = 0; records[i] != NULL && j < len / sizeof(*records[i]); j++)
			drop_stacks(&records[i][j]);
		fastmem_meta_free(sh, records[i], len);
	}
	fastmem_meta_free(sh, records, n * sizeof(records[0]));
}

void
fastmem_record_drained(struct fastmem_shared *sh, void **objs, uint32_t n)
{
	struct fastmem_place place;
	uint32_t i;

	for (i = 0; i < n && !fastmem_san_is_watching(); i++) {
		fastmem_record_find(sh, objs[i], false, &place);
		if (place.record != NULL && place.inner == 0)
			fastmem_record_check_free(sh, &place, fastmem_record_word(place.record));
	}
}

/*
 * The end.
 */

static void
fini_object(struct fastmem_shared *sh, const struct fastmem_place *place, uint32_t word,
	void *arg)
{
	uint64_t *nb_leaks = arg;

	if (FASTMEM_WORD_STATE(word) == FASTMEM_STATE_FREE)
		fastmem_record_check_free(sh, place, word);
	drop_stacks(place->record);
	if (FASTMEM_WORD_STATE(word) != FASTMEM_STATE_LIVE)
		return;
	fastmem_record_check_spare(sh, place, word);
	if (++*nb_leaks <= MAX_LEAKS)
		report_content(sh, RTE_FASTMEM_MISUSE_LEAK, place, 0, FASTMEM_WORD_SIZE(word));
}

void
fastmem_record_fini(struct fastmem_shared *sh)
{
	struct fastmem_zone *zone;
	uint64_t nb_leaks = 0;
	uint32_t socket, i, bin;

	for (socket = 0; socket < sh->nb_sockets; socket++) {
		for (zone = sh->sockets[socket].zones; zone != NULL; zone = zone->next) {
			for (i = 0; i < zone->nb_slabs; i++) {
				bin = zone->slabs[i].bin;
				if (bin != 0 && zone->slabs[i].records != NULL)
					slab_walk(sh, &zone->slabs[i], bin - 1, fini_object,
						&nb_leaks);
			}
		}
	}
	if (nb_leaks > MAX_LEAKS)
		FASTMEM_LOG(ERR, "%" PRIu64 " objects more were not freed before deinit",
			nb_leaks - MAX_LEAKS);
}

/*
 * What is known.
 */

/* An address as addr2line and people read it. */
static int
write_site(char *buf, size_t len, const char *what, const void *site, uint32_t proc,
	uint16_t lcore, struct fastmem_shared *sh)
{
	char where[160] = "", on[32] = "no lcore", by[32] = "";
	Dl_info info;

	if (lcore != FASTMEM_NO_LCORE)
		snprintf(on, sizeof(on), "lcore %u", lcore);
	if (proc != fastmem_local.id)
		snprintf(by, sizeof(by), " by process %d", proc == 0 ? 0 :
			fastmem_slot_pid(sh, fastmem_id_slot(proc)));
	else if (dladdr(site, &info) != 0 && info.dli_sname != NULL)
		snprintf(where, sizeof(where), " (%s+0x%" PRIxPTR ")", info.dli_sname,
			(uintptr_t)site - (uintptr_t)info.dli_saddr);
	else if (dladdr(site, &info) != 0 && info.dli_fname != NULL)
		snprintf(where, sizeof(where), " (%s+0x%" PRIxPTR ")", info.dli_fname,
			(uintptr_t)site - (uintptr_t)info.dli_fbase);
	return snprintf(buf, len, "%s %p%s%s on %s", what, site, where, by, on);
}

int
fastmem_record_history(struct fastmem_shared *sh, const void *ptr, char *buf, size_t len)
{
	struct fastmem_record *record;
	struct fastmem_place place;
	uint32_t state;
	int n;

	fastmem_record_find(sh, ptr, false, &place);
	record = place.record;
	state = record == NULL ? FASTMEM_STATE_NONE :
		FASTMEM_WORD_STATE(fastmem_record_word(record));
	if (record == NULL || state == FASTMEM_STATE_NONE)
		return place.obj == NULL ? 0 : snprintf(buf, len, "; it was never allocated");
	n = write_site(buf, len, "; allocated at", record->alloc_site, record->alloc_proc,
			record->alloc_lcore, sh);
	if (state != FASTMEM_STATE_FREE || n < 0 || (size_t)n >= len)
		return n;
	return n + write_site(buf + n, len - n, ", freed at", record->free_site,
			record->free_proc, record->free_lcore, sh);
}

#ifdef FASTMEM_ASAN
/* In the words of the sanitizer. */
static void
print_stack(const char *what, void *stack)
{
	char text[1024];
	void *pcs[64];
	int thread = 0;
	size_t i, n, nb = 0;
	char *line;

	n = stack == NULL ? 0 : __asan_get_alloc_stack(stack, pcs, RTE_DIM(pcs), &thread);
	if (n == 0)
		return;
	fprintf(stderr, "%s by thread T%d here:\n", what, thread);
	/* The first is malloc(). A frame has a line for each function that is inline in it. */
	for (i = 1; i < n; i++) {
		memset(text, 0, sizeof(text));
		__sanitizer_symbolize_pc(pcs[i], "%p %F %L", text, sizeof(text) - 1);
		for (line = text; *line != '\0'; line += strlen(line) + 1)
			fprintf(stderr, "    #%zu %s\n", nb++, line);
	}
	fprintf(stderr, "\n");
}

static void
print_stacks(const struct fastmem_record *record, uint32_t state)
{
	if (state == FASTMEM_STATE_FREE && record->free_proc == fastmem_local.id)
		print_stack("freed", record->free_stack);
	if (record->alloc_proc == fastmem_local.id)
		print_stack("allocated", record->alloc_stack);
}

/* The sanitizer itself knows no history of this memory. */
static void
on_asan_report(const char *report __rte_unused)
{
	struct fastmem_shared *sh = rte_atomic_load_explicit(&fastmem_local.shared,
			rte_memory_order_acquire);
	const char *addr = __asan_get_report_address();
	struct fastmem_place place;
	char text[512];
	uint32_t word;

	if (sh == NULL || addr == NULL)
		return;
	fastmem_record_find(sh, addr, false, &place);
	if (place.obj == NULL || fastmem_record_history(sh, addr, text, sizeof(text)) <= 0)
		return;
	word = place.record == NULL ? 0 : fastmem_record_word(place.record);
	fprintf(stderr, "fastmem: %p is byte %zu of object %p of class %zu, %u bytes%s\n", addr,
		place.inner, place.obj, place.class_size, FASTMEM_WORD_SIZE(word), text);
	if (FASTMEM_WORD_STATE(word) != FASTMEM_STATE_NONE)
		print_stacks(place.record, FASTMEM_WORD_STATE(word));
}
#endif

void
fastmem_record_init(void)
{
#ifdef FASTMEM_ASAN
	__asan_set_error_report_callback(on_asan_report);
#endif
}

#endif /* FASTMEM_CHECKED */
