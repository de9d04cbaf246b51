/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Model of slabs on their way between the pool and a bin, of processes that are killed
 * there, and of who repairs what they leave: ../fastmem_repair.c, what of ../fastmem_slab.c and
 * ../fastmem_zone.c moves slabs, and the locks of ../fastmem_lock.c.
 *
 * PROCS processes allocate and free an object of one bin and take back what dead ones
 * had, in all orders; up to KILLS of them are killed, between any two steps. One more comes at
 * the end, and is not killed. Checked: a lock is held by one living process at a time; who has
 * it finds the list that it guards whole, with the slabs that belong there; a slab is given
 * a form, emptied, and put into the pool by nobody but the process that it names as holder; an
 * object is taken only from a slab that is in the bin; nobody waits for ever. In the end
 * every slab is in the pool, but for those of which a dead process had an object.
 *
 * A list is the set of slabs on it. While it changes it is torn: so is it left by who dies then,
 * and only a repair makes it whole. A process is named by its number, as ids are never used
 * twice (procs.pml), and `reaper` is who has locked the byte of its slot since it died.
 *
 * Mistakes that must make it fail: -DWITHOUT_REPAIR, where who waited for a lock and took it
 * over does not mark it as broken; -DHOLDER_LAST, where a slab's holder is named when the
 * slab has left the pool; -DWITHOUT_HOLDER, where the repair of a bin takes slabs that somebody
 * holds; -DWITHOUT_POOL_LOCK, where it looks for slabs without the lock of the pool.
 */

#ifndef PROCS
#define PROCS 3
#endif
#ifndef KILLS
#define KILLS 2
#endif
#ifndef SLABS
#define SLABS 2
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#define NONE 0
#define BIN 0
#define POOL 1

/* Locks. */
byte owner[2];
bool broken[2];

/* Slabs. */
byte holder[SLABS];
bool pooled[SLABS];
bool in_bin[SLABS];
bool has_bits[SLABS];
byte nb_free[SLABS];

/* Lists: who is on them, and whether somebody is changing them. */
bool pool_list[SLABS];
bool bin_list[SLABS];
bool torn[2];

/* Not in the code, but for reaper and is_reaped: the locks and ids of slots. */
bool is_dead[PROCS + 2];
bool is_reaped[PROCS + 2];
byte reaper[PROCS + 2];
byte nb_killed;
byte nb_ended;
byte nb_lost[SLABS]; /* objects that dead processes had */

/* Between any two steps the process may be killed. */
#define KILL if :: is_mortal && nb_killed < KILLS -> goto killed :: true fi

/* What a process that waits can tell; its own lock of the slot does not show. */
#define IS_GONE(p) (is_dead[p] && (is_reaped[p] || reaper[p] == NONE || reaper[p] == _pid))

#define BELONGS(s) (in_bin[s] && holder[s] == NONE && nb_free[s] > 0)

inline lock_take(l)
{
	do
	:: atomic { owner[l] == NONE -> owner[l] = _pid };
		break
	:: atomic { owner[l] != NONE && IS_GONE(owner[l]) -> other = owner[l] };
		KILL;
#ifndef WITHOUT_REPAIR
		broken[l] = true;
		KILL;
#endif
		atomic {
			if
			:: owner[l] == other ->
				assert(is_dead[other]);
				owner[l] = _pid;
				other = 0;
				break
			:: owner[l] != other ->
				other = 0
			fi
		}
	od;
	KILL
}

inline unlock(l)
{
	atomic {
		assert(owner[l] == _pid);
		owner[l] = NONE
	};
	KILL
}

/* The pool's list, from what each slab says. */
inline repair_pool()
{
	atomic {
		torn[POOL] = true;
		i = 0;
		do
		:: i == SLABS -> break
		:: else ->
			pool_list[i] = false;
			i++
		od;
		i = 0
	};
	do
	:: i == SLABS -> break
	:: else ->
		KILL;
		if
		:: pooled[i] ->
			pool_list[i] = true;
			KILL;
			holder[i] = NONE
		:: else
		fi;
		i++
	od;
	i = 0;
	torn[POOL] = false;
	KILL;
	broken[POOL] = false;
	KILL
}

inline pool_lock()
{
	lock_take(POOL);
	if
	:: broken[POOL] -> repair_pool()
	:: else
	fi;
	d_step {
		assert(owner[POOL] == _pid && !torn[POOL]);
		i = 0;
		do
		:: i == SLABS -> break
		:: else ->
			assert(pool_list[i] == pooled[i]);
			assert(!pooled[i] || (holder[i] == NONE && !in_bin[i] && !has_bits[i]));
			i++
		od;
		i = 0
	}
}

/* All objects are back, and the slab is on no list. */
inline slab_reset(s)
{
	atomic {
		assert(holder[s] == _pid && !in_bin[s]);
		has_bits[s] = false
	};
	KILL;
	pool_lock();
	torn[POOL] = true;
	pool_list[s] = true;
	KILL;
	torn[POOL] = false;
	pooled[s] = true;
	KILL;
	holder[s] = NONE;
	KILL;
	unlock(POOL)
}

inline reset_all()
{
	do
	:: j == SLABS -> break
	:: else ->
		if
		:: mark[j] ->
			slab_reset(j);
			mark[j] = false
		:: else
		fi;
		j++
	od;
	j = 0
}

inline unmap_all()
{
	do
	:: j == SLABS -> break
	:: else ->
		if
		:: mark[j] ->
			KILL;
			in_bin[j] = false
		:: else
		fi;
		j++
	od;
	j = 0
}

/* The bin's list; slabs that have nothing in use go to the pool. */
inline repair_bin()
{
	atomic {
		torn[BIN] = true;
		i = 0;
		do
		:: i == SLABS -> break
		:: else ->
			bin_list[i] = false;
			i++
		od;
		i = 0
	};
#ifndef WITHOUT_POOL_LOCK
	pool_lock();
#endif
	do
	:: j == SLABS -> break
	:: else ->
		if
		:: in_bin[j] ->
			KILL;
			if
#ifndef WITHOUT_HOLDER
			:: holder[j] != NONE
#else
			:: false
#endif
			:: else ->
				if
				:: nb_free[j] == SLOTS ->
					holder[j] = _pid;
					mark[j] = true
				:: nb_free[j] != SLOTS ->
					bin_list[j] = (nb_free[j] > 0)
				fi
			fi
		:: else
		fi;
		j++
	od;
	j = 0;
#ifndef WITHOUT_POOL_LOCK
	unlock(POOL);
#endif
	unmap_all();
	torn[BIN] = false;
	KILL;
	broken[BIN] = false;
	KILL;
	reset_all()
}

inline bin_lock()
{
	lock_take(BIN);
	if
	:: broken[BIN] -> repair_bin()
	:: else
	fi;
	d_step {
		assert(owner[BIN] == _pid && !torn[BIN]);
		i = 0;
		do
		:: i == SLABS -> break
		:: else ->
			assert(bin_list[i] == BELONGS(i));
			assert(!BELONGS(i) || (has_bits[i] && !pooled[i] && nb_free[i] < SLOTS));
			i++
		od;
		i = 0
	}
}

/* An object of slab s, which is on the bin's list. */
inline slab_take(s)
{
	atomic {
		assert(owner[BIN] == _pid && in_bin[s] && has_bits[s] && nb_free[s] > 0);
		nb_free[s]--;
		mine = s
	};
	KILL;
	if
	:: nb_free[s] == 0 ->
		torn[BIN] = true;
		KILL;
		bin_list[s] = false;
		torn[BIN] = false
	:: else
	fi;
	KILL
}

/* A slab from the pool, if there is one: s. */
inline get_slab()
{
	pool_lock();
	s = 0;
	do
	:: s == SLABS -> break
	:: s < SLABS && pool_list[s] ->
#ifndef HOLDER_LAST
		holder[s] = _pid;
		KILL;
#endif
		torn[POOL] = true;
		pool_list[s] = false;
		KILL;
		torn[POOL] = false;
		pooled[s] = false;
		KILL;
#ifdef HOLDER_LAST
		holder[s] = _pid;
#endif
		break
	:: s < SLABS && !pool_list[s] -> s++
	od;
	unlock(POOL)
}

/* Of the bin's list, or else of a slab of the pool. */
inline allocate()
{
	bin_lock();
	s = 0;
	do
	:: s == SLABS -> break
	:: s < SLABS && bin_list[s] ->
		slab_take(s);
		break
	:: s < SLABS && !bin_list[s] -> s++
	od;
	unlock(BIN);
	if
	:: mine == SLABS ->
		get_slab();
		if
		:: s < SLABS ->
			atomic {
				assert(holder[s] == _pid && !in_bin[s] && !pooled[s]);
				has_bits[s] = true;
				nb_free[s] = SLOTS
			};
			KILL;
			bin_lock();
			in_bin[s] = true;
			KILL;
			torn[BIN] = true;
			bin_list[s] = true;
			KILL;
			torn[BIN] = false;
			KILL;
			holder[s] = NONE;
			KILL;
			slab_take(s);
			unlock(BIN)
		:: else
		fi
	:: else
	fi;
	s = 0
}

/* The object goes back, and its slab to the pool if all its objects are back. */
inline free()
{
	s = mine;
	bin_lock();
	assert(in_bin[s] && has_bits[s] && nb_free[s] < SLOTS);
	atomic {
		nb_free[s]++;
		mine = SLABS
	};
	KILL;
	if
	:: !bin_list[s] ->
		torn[BIN] = true;
		KILL;
		bin_list[s] = true;
		torn[BIN] = false
	:: else
	fi;
	KILL;
	if
	:: nb_free[s] == SLOTS ->
		holder[s] = _pid;
		KILL;
		torn[BIN] = true;
		bin_list[s] = false;
		KILL;
		torn[BIN] = false;
		KILL;
		in_bin[s] = false;
		mark[s] = true
	:: else
	fi;
	s = 0;
	unlock(BIN);
	reset_all()
}

/* Whether the lock was the dead process's; then it is the caller's. */
inline take_over(l)
{
	if
	:: owner[l] == p ->
		broken[l] = true;
		KILL;
		atomic {
			if
			:: owner[l] == p ->
				owner[l] = _pid;
				took = true
			:: else
			fi
		};
		KILL
	:: else
	fi
}

/* What dead process p had. */
inline reap_one()
{
	take_over(POOL);
	if
	:: took ->
		took = false;
		repair_pool();
		unlock(POOL)
	:: else
	fi;
	take_over(BIN);
	if
	:: took ->
		took = false;
		repair_bin();
		unlock(BIN)
	:: else
	fi;
	pool_lock();
	do
	:: j == SLABS -> break
	:: else ->
		if
		:: holder[j] == p ->
			holder[j] = _pid;
			mark[j] = true
		:: else
		fi;
		KILL;
		j++
	od;
	j = 0;
	unlock(POOL);
	unmap_all();
	reset_all()
}

inline reap()
{
	p = 1;
	do
	:: p == PROCS + 1 -> break
	:: else ->
		if
		:: atomic { is_dead[p] && !is_reaped[p] && reaper[p] == NONE -> reaper[p] = _pid };
			KILL;
			reap_one();
			is_reaped[p] = true;
			KILL;
			reaper[p] = NONE
		:: !is_dead[p] || is_reaped[p] || reaper[p] != NONE
		fi;
		p++
	od;
	p = 0
}

proctype process(bool is_mortal)
{
	byte s, i, j, p, other;
	byte mine = SLABS;
	bool mark[SLABS];
	bool took;

	if
	:: reap()
	:: is_mortal
	fi;
	if
	:: is_mortal ->
		allocate();
		if
		:: mine != SLABS -> free()
		:: else
		fi
	:: else
	fi;
	goto ended;
killed:
	atomic {
		nb_killed++;
		is_dead[_pid] = true;
		i = 0;
		do
		:: i == PROCS + 2 -> break
		:: else ->
			reaper[i] = (reaper[i] == _pid -> NONE : reaper[i]);
			i++
		od;
		i = 0;
		if
		:: mine != SLABS -> nb_lost[mine]++
		:: else
		fi
	}
ended:
	nb_ended++
}

init {
	byte i;

	d_step {
		i = 0;
		do
		:: i == SLABS -> break
		:: else ->
			pooled[i] = true;
			pool_list[i] = true;
			i++
		od
	};
	atomic {
		i = 0;
		do
		:: i == PROCS -> break
		:: else ->
			run process(true);
			i++
		od
	}
	nb_ended == PROCS;
	run process(false);
	nb_ended == PROCS + 1;
	d_step {
		assert(owner[BIN] == NONE && owner[POOL] == NONE && !torn[BIN] && !torn[POOL]);
		i = 0;
		do
		:: i == SLABS -> break
		:: else ->
			assert(holder[i] == NONE && pool_list[i] == pooled[i]);
			assert(bin_list[i] == BELONGS(i));
			assert(pooled[i] == (nb_lost[i] == 0));
			assert(in_bin[i] == (nb_lost[i] > 0) && has_bits[i] == in_bin[i]);
			assert(!in_bin[i] || nb_free[i] == SLOTS - nb_lost[i]);
			i++
		od
	}
}
