/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Slots: which processes there are, and which of them are alive.
 *
 * Owns the slots and the file of locks. A process that is alive holds a lock on the byte of
 * its slot in a file in the runtime directory, which the kernel drops when it ends, however it
 * ends. This lock decides who may change a slot: the living process that has it, or, when that
 * died, one that takes back what it held. An id is never used twice, so what a dead process
 * owned is not taken for that of the next in its slot. A process that can have no secondaries
 * has no file: nobody else takes its slots. Calls nothing of the library.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "fastmem_pvt.h"
#include "fastmem_slot.h"

#define LOCK_FILE "fastmem_procs"

struct fastmem_local fastmem_local;

static int lock_fd = -1;

static int
slot_lock(int cmd, short type, uint32_t slot, struct flock *lock)
{
	memset(lock, 0, sizeof(*lock));
	lock->l_type = type;
	lock->l_whence = SEEK_SET;
	lock->l_start = slot;
	lock->l_len = 1;
	return fcntl(lock_fd, cmd, lock);
}

int
fastmem_slot_trylock(uint32_t slot)
{
	struct flock lock;

	if (slot_lock(F_SETLK, F_WRLCK, slot, &lock) == 0)
		return 1;
	return errno == EAGAIN || errno == EACCES ? 0 : -1;
}

void
fastmem_slot_unlock(uint32_t slot)
{
	struct flock lock;

	slot_lock(F_SETLK, F_UNLCK, slot, &lock);
}

bool
fastmem_slot_is_dead(struct fastmem_shared *sh, uint32_t owner)
{
	uint32_t slot = fastmem_id_slot(owner);
	struct flock lock;

	if (owner == fastmem_local.id)
		return false;
	if (fastmem_slot_id(sh, slot) != owner)
		return true; /* its slot is free, or another's */
	/* Without a file of locks nobody else is known to be dead. */
	if (!sh->has_lock_file || lock_fd < 0 ||
			slot_lock(F_GETLK, F_WRLCK, slot, &lock) != 0)
		return false;
	return lock.l_type == F_UNLCK;
}

static void
lock_path(char *path, size_t len)
{
	snprintf(path, len, "%s/" LOCK_FILE, rte_eal_get_runtime_dir());
}

static int
no_action(const struct rte_mp_msg *msg __rte_unused, const void *peer __rte_unused)
{
	return -1;
}

/*
 * Whether this primary process may have secondaries: not if it was told to share nothing with
 * others. Then it has EAL's runtime directory in common with any other of the same prefix, whose
 * file of locks is none of its business. EAL says so in this way only.
 */
static bool
is_shared(void)
{
	const char *name = "fastmem_probe";

	if (rte_mp_action_register(name, no_action) != 0)
		return rte_errno != ENOTSUP;
	rte_mp_action_unregister(name);
	return true;
}

/* The primary's is new; a secondary has no other than the primary's. */
static int
lock_file_open(struct fastmem_shared *sh, bool is_primary)
{
	char path[PATH_MAX];
	struct stat st;

	lock_path(path, sizeof(path));
	if (is_primary) {
		if (!is_shared())
			return 0;
		unlink(path);
		lock_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} else if (!sh->has_lock_file) {
		return 0;
	} else {
		lock_fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (lock_fd < 0 || fstat(lock_fd, &st) != 0) {
		FASTMEM_LOG(ERR, "cannot open " LOCK_FILE " in %s: %s%s",
			rte_eal_get_runtime_dir(), strerror(errno),
			is_primary ? "; processes that die will not be noticed" : "");
		return is_primary ? 0 : -1;
	}
	if (is_primary) {
		sh->has_lock_file = 1;
		sh->lock_file = st.st_ino;
	} else if (sh->lock_file != st.st_ino) {
		FASTMEM_LOG(ERR, LOCK_FILE " in %s is not that of the primary process",
			rte_eal_get_runtime_dir());
		return -1;
	}
	return 0;
}

static void
lock_file_close(bool is_primary)
{
	char path[PATH_MAX];

	if (lock_fd < 0)
		return;
	lock_path(path, sizeof(path));
	if (is_primary)
		unlink(path);
	close(lock_fd);
	lock_fd = -1;
}

/*
 * Take a slot that is free, or whose process died. Its byte stays locked until the
 * process ends or closes the file.
 */
static int
slot_take(struct fastmem_shared *sh)
{
	uint32_t slot, id, free;
	int ret;

	for (slot = 0; slot < FASTMEM_MAX_PROCS; slot++) {
		ret = sh->has_lock_file ? fastmem_slot_trylock(slot) : 1;
		if (ret < 0) {
			FASTMEM_LOG(ERR, "cannot lock byte %u of " LOCK_FILE ": %s", slot,
				strerror(errno));
			return -1;
		}
		/* Where there are no locks, nobody is known to be dead. */
		free = sh->has_lock_file ? fastmem_slot_id(sh, slot) : 0;
		id = (sh->procs[slot].generation + 1) << FASTMEM_ID_SHIFT | (slot + 1);
		if (ret == 0 || !rte_atomic_compare_exchange_strong_explicit(&sh->procs[slot].id,
				&free, id, rte_memory_order_acq_rel, rte_memory_order_relaxed))
			continue;
		sh->procs[slot].generation++;
		rte_atomic_store_explicit(&sh->procs[slot].pid, getpid(),
			rte_memory_order_relaxed);
		fastmem_local.id = id;
		return 0;
	}
	FASTMEM_LOG(ERR, "more than %d processes", FASTMEM_MAX_PROCS);
	return -1;
}

int
fastmem_slot_init(struct fastmem_shared *sh, bool is_primary)
{
	if (lock_file_open(sh, is_primary) != 0 || slot_take(sh) != 0) {
		lock_file_close(is_primary);
		return -1;
	}
	return 0;
}

void
fastmem_slot_fini(struct fastmem_shared *sh, bool is_primary)
{
	/* Free before it is unlocked: who gets the lock finds nothing to take back. */
	rte_atomic_store_explicit(&sh->procs[fastmem_id_slot(fastmem_local.id)].id, 0,
		rte_memory_order_release);
	fastmem_local.id = 0;
	lock_file_close(is_primary);
}
