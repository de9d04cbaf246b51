/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

#ifndef FASTMEM_RECORD_H
#define FASTMEM_RECORD_H

/*
 * Records of objects: fastmem_record.c owns them, fastmem_debug.c changes them as objects are
 * allocated and freed. Callers ask FASTMEM_IS_CHECKED before, a constant.
 */

#include "fastmem_pvt.h"
#include "fastmem_san.h"

/* A record's word: state << 30 | any size << 29 | bin << 24 | bytes asked for. */
#define FASTMEM_STATE_NONE 0 /* never allocated */
#define FASTMEM_STATE_LIVE 1
#define FASTMEM_STATE_BUSY 2 /* being freed */
#define FASTMEM_STATE_FREE 3
#define FASTMEM_WORD(state, open, bin, size) \
	((uint32_t)(state) << 30 | (uint32_t)(open) << 29 | \
	 (uint32_t)(bin) << 24 | (uint32_t)(size))
#define FASTMEM_WORD_STATE(word) ((word) >> 30)
#define FASTMEM_WORD_OPEN(word) (((word) >> 29) & 1)
#define FASTMEM_WORD_SIZE(word) ((word) & 0xffffff)

#define FASTMEM_NO_LCORE UINT16_MAX

/* What is known of a slot of a slab; one writer: who allocates or frees its object. */
struct fastmem_record {
	const void *alloc_site;
	const void *free_site;
	uint32_t alloc_proc; /* ids of processes */
	uint32_t free_proc;
	uint16_t alloc_lcore;
	uint16_t free_lcore;
	RTE_ATOMIC(uint32_t) word; /* state, bin, size: FASTMEM_WORD */
#ifdef FASTMEM_ASAN
	void *alloc_stack; /* what stands for it in the heap of alloc_proc, or NULL */
	void *free_stack; /* of free_proc */
#endif
};
#ifndef FASTMEM_ASAN
static_assert(sizeof(struct fastmem_record) <= 32, "two records a line");
#endif

/* Where an address is. */
struct fastmem_place {
	struct fastmem_slab *slab; /* NULL: in none that has objects */
	uint32_t bin;
	size_t class_size;
	size_t inner; /* offset in the object */
	char *obj;
	struct fastmem_record *record; /* NULL: none was made, or between objects */
};

static inline uint32_t
fastmem_record_word(struct fastmem_record *record)
{
	return rte_atomic_load_explicit(&record->word, rte_memory_order_acquire);
}

static inline void
fastmem_record_set_word(struct fastmem_record *record, uint32_t word)
{
	rte_atomic_store_explicit(&record->word, word, rte_memory_order_release);
}

/* Find the slab, object and record of an address; is_making: a record there is. */
void fastmem_record_find(struct fastmem_shared *sh, const void *ptr, bool is_making,
	struct fastmem_place *place);
/* The caller allocates or frees the object: note from where. */
void fastmem_record_note_alloc(struct fastmem_record *record, const void *site);
void fastmem_record_note_free(struct fastmem_record *record, const void *site);
/* Contents, unless a tool watches them: report what was written, once. */
void fastmem_record_check_free(struct fastmem_shared *sh, const struct fastmem_place *place,
	uint32_t word);
void fastmem_record_check_spare(struct fastmem_shared *sh, const struct fastmem_place *place,
	uint32_t word);
void fastmem_record_fill_free(const struct fastmem_place *place);
void fastmem_record_fill_spare(const struct fastmem_place *place, size_t size);

/* Slabs: joins a bin; leaves it with all its objects; free objects come back to it. */
void fastmem_record_slab_init(struct fastmem_shared *sh, struct fastmem_slab *slab);
void fastmem_record_slab_fini(struct fastmem_shared *sh, struct fastmem_slab *slab);
void fastmem_record_drained(struct fastmem_shared *sh, void **objs, uint32_t n);

/* This process attached; the primary detaches: what was not freed is reported. */
void fastmem_record_init(void);
void fastmem_record_fini(struct fastmem_shared *sh);

/* Write what is known of an address: "; allocated at ...". The length. */
int fastmem_record_history(struct fastmem_shared *sh, const void *ptr, char *buf, size_t len);

#endif /* FASTMEM_RECORD_H */
