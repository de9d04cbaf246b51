/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Model of processes, their slots, and who owns which caches: ../fastmem_slot.c, and of
 * ../fastmem_proc.c what claims, drops and takes back blocks.
 *
 * PROCS processes attach, claim a block of caches, use it, drop it, reap, detach, in all orders,
 * and each may be killed between its steps; the kernel then drops its file locks.
 * Checked: no two living processes have the same slot; no block is used by one process
 * while another living one has it; a lock is held by one living process at a
 * time, and a lock whose holder died can be had; attaching fails only when all slots are
 * taken; and in the end a last process finds, takes back and frees all that the others left.
 *
 * The file lock on the byte of a slot is `locked`; a process does not see its own (F_GETLK).
 * A process has one thread here: in the code its threads reap one at a time.
 *
 * With -DWITHOUT_GENERATION the id of a process is that of its slot, whoever has it; with
 * -DLOCK_LAST the slot is taken first and locked then. Either model must fail.
 */

#ifndef PROCS
#define PROCS 3
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#define BLOCKS 2
#define NONE 0

/* An id: generation and slot. */
#ifdef WITHOUT_GENERATION
#define ID(slot, generation) ((slot) + 1)
#define SLOT_OF(id) ((id) - 1)
#else
#define ID(slot, generation) ((generation) * SLOTS + (slot) + 1)
#define SLOT_OF(id) (((id) - 1) % SLOTS)
#endif

byte in_use[SLOTS]; /* id of the process that has the slot */
byte generation[SLOTS];
byte locked[SLOTS]; /* by the process */
byte owner[BLOCKS]; /* id */
byte lock_owner; /* id; of a lock that draining needs */

/* Not in the code. */
byte user[BLOCKS]; /* the process that works on the block */
byte lock_holder;
byte nb_ended;
bool is_dead[PROCS + 4];
byte has_slot[SLOTS];

/* Between any two steps the process may be killed. */
#define KILL if :: is_mortal -> goto killed :: true fi

/* Whether the owner of a lock died: what it left cannot be told from it being at work, but here. */
inline lock_take()
{
	do
	:: atomic { lock_owner == NONE ->
			lock_owner = id;
			assert(lock_holder == NONE);
			lock_holder = _pid
		};
		break
	:: atomic { lock_owner != NONE -> other = lock_owner };
		if
		:: atomic { in_use[SLOT_OF(other)] != other -> dead = true }
		:: atomic { in_use[SLOT_OF(other)] == other ->
				dead = (SLOT_OF(other) != slot && (locked[SLOT_OF(other)] == NONE ||
						locked[SLOT_OF(other)] == _pid))
			}
		fi;
		if
		:: dead ->
			atomic {
				if
				:: lock_owner == other ->
					lock_owner = id;
					assert(lock_holder == NONE || is_dead[lock_holder]);
					lock_holder = _pid;
					dead = false;
					other = 0;
					break
				:: else
				fi
			}
		:: else ->
			/* Waits until something changes. */
			lock_owner != other || in_use[SLOT_OF(other)] != other ||
				locked[SLOT_OF(other)] == NONE
		fi;
		dead = false;
		other = 0
	od
}

inline lock_drop()
{
	atomic {
		assert(lock_holder == _pid);
		lock_holder = NONE;
		lock_owner = NONE
	}
}

/* Empty a block that is this process's, and give it up. */
inline block_drop(b)
{
	KILL;
	lock_take();
	KILL;
	assert(user[b] == _pid && owner[b] == id);
	lock_drop();
	KILL;
	atomic {
		user[b] = NONE;
		owner[b] = NONE
	}
}

/* The first block that nobody has, as a thread takes one at its first slow path. */
inline block_claim()
{
	b = 0;
	do
	:: b == BLOCKS ->
		break
	:: else ->
		atomic {
			if
			:: owner[b] == NONE ->
				assert(user[b] == NONE);
				owner[b] = id;
				user[b] = _pid;
				mine = b;
				break
			:: else
			fi
		};
		KILL;
		b++
	od;
	b = 0
}

/* Take back the blocks of slot s, whose process is dead, but for the caller's own. */
inline blocks_reap(s)
{
	b = 0;
	do
	:: b == BLOCKS ->
		break
	:: else ->
		other = owner[b];
		if
		:: other != NONE && other != id && SLOT_OF(other) == s ->
			KILL;
			atomic {
				if
				:: owner[b] == other ->
					owner[b] = id;
					assert(user[b] == NONE || is_dead[user[b]]);
					user[b] = _pid;
					has_taken = true
				:: else
				fi
			};
			other = 0;
			if
			:: has_taken ->
				block_drop(b);
				has_taken = false
			:: else
			fi
		:: else
		fi;
		other = 0;
		b++
	od;
	b = 0
}

inline slot_take()
{
	s = 0;
	do
	:: s == SLOTS ->
		break
	:: else ->
#ifdef LOCK_LAST
		atomic {
			ok = (in_use[s] == NONE);
			if
			:: ok ->
				generation[s]++;
				id = ID(s, generation[s]);
				in_use[s] = id
			:: else
			fi
		};
		KILL;
		if
		:: ok ->
			atomic {
				/* A living process has it: attaching fails. */
				assert(locked[s] == NONE);
				locked[s] = _pid
			};
			break
		:: else
		fi;
#else
		atomic {
			ok = (locked[s] == NONE);
			if
			:: ok -> locked[s] = _pid
			:: else
			fi
		};
		if
		:: ok ->
			KILL;
			old = in_use[s];
			generation[s]++;
			id = ID(s, generation[s]);
			KILL;
			in_use[s] = id;
			break
		:: else
		fi;
#endif
		s++
	od;
	ok = false;
	slot = s;
	s = 0;
	if
	:: slot != SLOTS ->
		atomic {
			assert(has_slot[slot] == NONE || is_dead[has_slot[slot]]);
			has_slot[slot] = _pid
		};
		if
		:: old != NONE -> blocks_reap(slot)
		:: else
		fi;
		old = 0
	:: else
	fi
}

inline slot_drop()
{
	KILL;
	atomic {
		has_slot[slot] = NONE;
		in_use[slot] = NONE
	};
	KILL;
	atomic {
		locked[slot] = NONE;
		id = 0;
		slot = SLOTS
	}
}

inline reap()
{
	s = 0;
	do
	:: s == SLOTS ->
		break
	:: else ->
		if
		:: s != slot && in_use[s] != NONE ->
			atomic {
				ok = (locked[s] == NONE);
				if
				:: ok -> locked[s] = _pid
				:: else
				fi
			};
			if
			:: ok ->
				ok = false;
				KILL;
				if
				:: in_use[s] != NONE ->
					blocks_reap(s);
					KILL;
					in_use[s] = NONE
				:: else
				fi;
				KILL;
				locked[s] = NONE
			:: else
			fi
		:: else
		fi;
		s++
	od;
	s = 0
}

proctype process(bool is_mortal)
{
	byte id, slot = SLOTS, s, b, old, other;
	byte mine = BLOCKS;
	bool ok, dead, has_taken, has_reaped, has_claimed;

	slot_take();
	if
	:: slot == SLOTS ->
		goto ended
	:: else
	fi;
	/* Once each, in any order; a process need not do any of it. */
	do
	:: has_reaped || is_mortal ->
		break
	:: !has_reaped ->
		reap();
		has_reaped = true
	:: !has_claimed ->
		block_claim();
		has_claimed = true
	od;
	if
	:: mine != BLOCKS -> block_drop(mine)
	:: else
	fi;
	mine = BLOCKS;
	slot_drop();
	goto ended;
killed:
	atomic {
		is_dead[_pid] = true;
		s = 0;
		do
		:: s == SLOTS -> break
		:: else ->
			locked[s] = (locked[s] == _pid -> NONE : locked[s]);
			s++
		od;
		s = 0
	}
ended:
	nb_ended++
}

init {
	byte i;

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
	/* The last one is not killed, and reaps: nothing is left then. */
	run process(false);
	nb_ended == PROCS + 1;
	d_step {
		i = 0;
		do
		:: i == SLOTS -> break
		:: else ->
			assert(in_use[i] == NONE && locked[i] == NONE);
			i++
		od;
		i = 0;
		do
		:: i == BLOCKS -> break
		:: else ->
			assert(owner[i] == NONE && user[i] == NONE);
			i++
		od
	}
}
