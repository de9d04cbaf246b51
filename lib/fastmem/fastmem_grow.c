/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Growth: when a socket gets another zone, and how large it is.
 *
 * Owns each socket's limit and the ticket of who grows it. Steps are small, so that little is
 * reserved that nobody needs; the others wait for what one thread brings, unless its process
 * died. Calls the zone layer with no lock held: EAL may wait for other processes.
 */

#include <errno.h>
#include <sched.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "fastmem_grow.h"
#include "fastmem_pool.h"
#include "fastmem_pvt.h"
#include "fastmem_slot.h"
#include "fastmem_zone.h"

#define PATIENCE_MS 100

/* Slabs that may be added to so many bytes. */
static uint64_t
quota_room(const struct fastmem_socket *sk, uint64_t backing)
{
	uint64_t limit = rte_atomic_load_explicit(&sk->limit, rte_memory_order_relaxed);

	return limit > backing ? (limit - backing) >> RTE_FASTMEM_SLAB_SHIFT : 0;
}

/* Count slabs against the limit: how many of the wanted there is room for. */
static uint32_t
quota_take(struct fastmem_socket *sk, uint32_t wanted)
{
	uint64_t backing = rte_atomic_load_explicit(&sk->backing, rte_memory_order_relaxed);
	uint64_t n;

	do {
		n = RTE_MIN(quota_room(sk, backing), wanted);
		if (n == 0)
			return 0;
	} while (!rte_atomic_compare_exchange_weak_explicit(&sk->backing, &backing,
			backing + n * FASTMEM_SLAB_SZ, rte_memory_order_relaxed,
			rte_memory_order_relaxed));
	return n;
}

static void
quota_drop(struct fastmem_socket *sk, uint32_t n)
{
	rte_atomic_fetch_sub_explicit(&sk->backing, (uint64_t)n * FASTMEM_SLAB_SZ,
		rte_memory_order_relaxed);
}

/* A zone of at most `wanted` slabs, fewer where there is no room for them; how many. */
static uint32_t
add_some(struct fastmem_shared *sh, uint32_t socket, uint32_t wanted, bool is_whole)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	uint32_t n = quota_take(sk, RTE_MIN(wanted, (uint32_t)FASTMEM_ZONE_SLABS));

	while (n > 0) {
		if (fastmem_zone_add(sh, socket, n, is_whole) != NULL)
			return n;
		quota_drop(sk, n - n / 2);
		n /= 2;
	}
	return 0;
}

uint64_t
fastmem_grow_by(struct fastmem_shared *sh, uint32_t socket, uint64_t nb_slabs,
	bool is_whole)
{
	uint64_t done = 0;
	uint32_t n;

	while (done < nb_slabs) {
		n = add_some(sh, socket, RTE_MIN(nb_slabs - done, (uint64_t)FASTMEM_ZONE_SLABS),
				is_whole);
		if (n == 0)
			break;
		done += n;
	}
	return done;
}

/* At least nb_slabs more, up to `step` if they can be had at once, or none. */
static int
add_all(struct fastmem_shared *sh, uint32_t socket, uint32_t nb_slabs, uint32_t step,
	bool is_whole)
{
	uint32_t first_id = rte_atomic_load_explicit(&sh->zone_id, rte_memory_order_relaxed);
	uint32_t done = add_some(sh, socket, RTE_MAX(nb_slabs, step), is_whole);

	if (done > 0 && done < nb_slabs)
		done += fastmem_grow_by(sh, socket, nb_slabs - done, is_whole);
	if (done >= nb_slabs)
		return 0;
	/* What other threads added meanwhile may go too: they grow again. */
	fastmem_zone_trim_since(sh, socket, first_id);
	return -ENOMEM;
}

/*
 * One thread grows a socket at a time: others wait for what it brings. True: it is
 * the caller; false: another did.
 */
static bool
begin(struct fastmem_shared *sh, struct fastmem_socket *sk)
{
	const uint64_t patience = rte_get_tsc_hz() / 1000 * PATIENCE_MS;
	uint64_t start = rte_rdtsc();
	uint32_t self = fastmem_local.id, owner = 0;

	if (rte_atomic_compare_exchange_strong_explicit(&sk->growing, &owner, self,
			rte_memory_order_acquire, rte_memory_order_relaxed))
		return true;
	do {
		sched_yield();
		owner = rte_atomic_load_explicit(&sk->growing, rte_memory_order_acquire);
		if (owner != 0 && rte_rdtsc() - start > patience) {
			if (fastmem_slot_is_dead(sh, owner))
				return rte_atomic_compare_exchange_strong_explicit(&sk->growing,
					&owner, self, rte_memory_order_acquire,
					rte_memory_order_relaxed);
			start = rte_rdtsc();
		}
	} while (owner != 0);
	return false;
}

static void
end(struct fastmem_socket *sk)
{
	rte_atomic_store_explicit(&sk->growing, 0, rte_memory_order_release);
}

int
fastmem_grow_pool(struct fastmem_shared *sh, uint32_t socket, uint32_t nb_slabs, bool is_whole)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	uint32_t pool, step;
	uint64_t backing;
	int ret;

	if (!begin(sh, sk))
		return 0;
	/* Somebody may have grown it since the caller looked. */
	pool = fastmem_pool_count(sk, is_whole);
	if (pool >= nb_slabs) {
		end(sk);
		return 0;
	}
	nb_slabs -= pool;
	backing = rte_atomic_load_explicit(&sk->backing, rte_memory_order_relaxed);
	/* At the limit a call that fails costs no reservation. */
	if (nb_slabs > quota_room(sk, backing)) {
		end(sk);
		return -ENOMEM;
	}
	/*
	 * Steps of 3 %: so much is the most that is reserved and not needed; of 12 % where
	 * zones are aligned, as each of these costs a page more.
	 */
	step = RTE_MIN((backing >> RTE_FASTMEM_SLAB_SHIFT) / (is_whole ? 8 : 32),
			(uint64_t)FASTMEM_ZONE_SLABS);
	ret = add_all(sh, socket, nb_slabs, step, is_whole);
	end(sk);
	return ret;
}

int
fastmem_grow_to(struct fastmem_shared *sh, uint32_t socket, size_t size)
{
	struct fastmem_socket *sk = &sh->sockets[socket];
	uint64_t have = rte_atomic_load_explicit(&sk->backing, rte_memory_order_relaxed);
	uint64_t limit = rte_atomic_load_explicit(&sk->limit, rte_memory_order_relaxed);

	if (have >= size)
		return 0;
	if (size > limit || size >> RTE_FASTMEM_SLAB_SHIFT > sh->map_len)
		return -ENOMEM;
	return add_all(sh, socket,
		((uint64_t)size - have + FASTMEM_SLAB_SZ - 1) >> RTE_FASTMEM_SLAB_SHIFT, 0, false);
}
