/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Reports of misuse: what an application did that it may not.
 *
 * Owns the wording, how often it is logged, and the application's handler, which gets all.
 * The slab layer calls it, and those above, with no lock held. Calls the zone layer to find a
 * slab, and fastmem_record.c for the history of an object where there is one.
 */

#include <stdio.h>

#include <eal_export.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_lcore.h>

#include "fastmem_lock.h"
#include "fastmem_pvt.h"
#include "fastmem_record.h"
#include "fastmem_report.h"
#include "fastmem_san.h"
#include "fastmem_zone.h"

/* A report a second at the most, and the first one at once. */
static bool
report_is_due(void)
{
	static RTE_ATOMIC(uint64_t) next;
	uint64_t now = rte_rdtsc();
	uint64_t due = rte_atomic_load_explicit(&next, rte_memory_order_relaxed);

	return now >= due && rte_atomic_compare_exchange_strong_explicit(&next, &due,
			now + rte_get_tsc_hz(), rte_memory_order_relaxed,
			rte_memory_order_relaxed);
}

/* The application's, which one thread may set while another reports. */
struct handler {
	rte_fastmem_misuse_handler_t fn; /* NULL: none */
	void *arg;
};
static struct handler current;
static RTE_ATOMIC(uint32_t) current_lock;

/* Both at once; it is called without the lock, and may set another. */
static struct handler
handler_get(void)
{
	struct handler handler;

	fastmem_local_lock(&current_lock);
	handler = current;
	fastmem_local_unlock(&current_lock);
	return handler;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_fastmem_set_misuse_handler, 26.11)
void
rte_fastmem_set_misuse_handler(rte_fastmem_misuse_handler_t fn, void *arg)
{
	fastmem_local_lock(&current_lock);
	current = (struct handler){ .fn = fn, .arg = arg };
	fastmem_local_unlock(&current_lock);
}

/* What is wrong with a pointer that was to be freed. */
static int
write_refusal(const struct fastmem_misuse *misuse, bool is_attached, char *buf, size_t len)
{
	switch (misuse->kind) {
	case RTE_FASTMEM_MISUSE_INTERIOR:
	case RTE_FASTMEM_MISUSE_MISALIGNED:
		if (misuse->inner == 0 || misuse->inner >= misuse->class_size)
			return snprintf(buf, len, "it is between objects of class %zu",
				misuse->class_size);
		return snprintf(buf, len, "it is %s%zu bytes into an object of class %zu",
			misuse->kind == RTE_FASTMEM_MISUSE_MISALIGNED ? "misaligned, " : "",
			misuse->inner, misuse->class_size);
	case RTE_FASTMEM_MISUSE_DOUBLE_FREE:
		return snprintf(buf, len, "the object of class %zu is not allocated",
			misuse->class_size);
	case RTE_FASTMEM_MISUSE_WRONG_SIZE:
		return snprintf(buf, len, "the object of class %zu has %zu bytes, not %zu",
			misuse->class_size, misuse->size, misuse->named);
	case RTE_FASTMEM_MISUSE_WRONG_HANDLE:
		return snprintf(buf, len, "the object is of class %zu, the handle of class %zu%s",
			misuse->class_size, misuse->named,
			misuse->named == misuse->class_size ? " on another socket" : "");
	default:
		return snprintf(buf, len, is_attached ? "it is not fastmem's" :
			"fastmem is not initialised");
	}
}

/* The sentence. */
static void
write_misuse(struct fastmem_shared *sh, const struct fastmem_misuse *misuse, char *buf, size_t len)
{
	unsigned int lcore = rte_lcore_id();
	char why[128], on[24] = "no lcore";
	int n;

	if (lcore < RTE_MAX_LCORE)
		snprintf(on, sizeof(on), "lcore %u", lcore);
	write_refusal(misuse, sh != NULL, why, sizeof(why));
	if (misuse->call != NULL)
		n = snprintf(buf, len, "%s of %p on %s refused: %s", misuse->call, misuse->ptr, on,
				why);
	else if (misuse->kind == RTE_FASTMEM_MISUSE_OVERFLOW)
		n = snprintf(buf, len, "object %p of class %zu has %zu bytes, and byte %zu was written: found on %s",
				misuse->ptr, misuse->class_size, misuse->size, misuse->inner, on);
	else if (misuse->kind == RTE_FASTMEM_MISUSE_WRITE_AFTER_FREE)
		n = snprintf(buf, len, "object %p of class %zu is free, and byte %zu was written: found on %s",
				misuse->ptr, misuse->class_size, misuse->inner, on);
	else
		n = snprintf(buf, len, "object %p of class %zu, of %zu bytes, was not freed before deinit on %s",
				misuse->ptr, misuse->class_size, misuse->size, on);
	if (FASTMEM_IS_CHECKED && n > 0 && (size_t)n < len)
		fastmem_record_history(sh, misuse->ptr, buf + n, len - n);
}

void
fastmem_report_misuse(struct fastmem_shared *sh, const struct fastmem_misuse *misuse)
{
	const struct handler handler = handler_get();
	bool is_refusal = misuse->call != NULL;
	char text[512];

	if (sh != NULL && is_refusal)
		rte_atomic_fetch_add_explicit(&sh->refused, 1, rte_memory_order_relaxed);
	/* Production builds log once in a while, and compose no text in vain. */
	if (handler.fn == NULL && !FASTMEM_IS_CHECKED && !report_is_due())
		return;
	write_misuse(sh, misuse, text, sizeof(text));
	if (handler.fn != NULL) {
		handler.fn(misuse->kind, misuse->ptr, text, handler.arg);
		return;
	}
	FASTMEM_LOG(ERR, "%s", text);
	if (is_refusal && misuse->kind == RTE_FASTMEM_MISUSE_DOUBLE_FREE)
		fastmem_san_refuse(misuse->ptr);
}

void
fastmem_report_refused(struct fastmem_shared *sh, enum rte_fastmem_misuse kind, const void *ptr)
{
	struct fastmem_slab *slab = sh == NULL ? NULL : fastmem_zone_slab(sh, ptr);
	struct fastmem_misuse misuse = { .kind = kind, .call = "free", .ptr = ptr };
	uint32_t bin = fastmem_zone_slab_bin(sh, slab), inner;

	if (bin != 0) {
		misuse.class_size = fastmem_bin_size(bin - 1);
		if ((uintptr_t)ptr - slab->base < FASTMEM_SLAB_SZ) {
			fastmem_layout_slot(&sh->layouts[bin - 1],
				(uint32_t)((uintptr_t)ptr - slab->base), &inner);
			misuse.inner = inner;
		}
	}
	fastmem_report_misuse(sh, &misuse);
}
