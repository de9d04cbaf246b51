/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Model of what caches know of slabs in ../fastmem_predict.c: meet() and forget().
 *
 * SLABS neighbours. A thread takes objects of them and frees them; to a free whose slab is
 * known to the cache that it expects, the map does not matter. It lets the cache of a bin
 * know a slab of which it has an object, and the neighbours whose entry of the map is the
 * same. Two others give slabs without objects to one bin or the other, and take them away.
 *
 * Checked: no cache but the one that the map tells knows the slab of an object.
 *
 * Mistakes to be found: WITHOUT_LOOK, the map is not looked at again; FORGET_FIRST,
 * caches forget the slab before the map is changed.
 */

#ifndef SLABS
#define SLABS 2
#endif
#ifndef STEPS
#define STEPS 4 /* of the thread */
#endif
#ifndef MOVES
#define MOVES 3 /* of slabs, by each of the others */
#endif

#define BINS 2
#define IS_KNOWN(b, i) (start[b] <= (i) && (i) < start[b] + nb[b])

byte map[SLABS]; /* 0, or the bin: 1 or 2 */
byte objects[SLABS]; /* that the thread has */
bit is_locked[SLABS]; /* by who gives or takes it: its bin's lock */
byte start[BINS + 1], nb[BINS + 1]; /* what the cache of a bin knows */

/* Neighbours of slab i with the same entry: from lo to hi. */
inline look(i, lo, hi)
{
	lo = i;
	do
	:: lo > 0 ->
		if
		:: map[lo - 1] == map[i] -> lo--
		:: else -> break
		fi
	:: else -> break
	od;
	hi = i;
	do
	:: hi < SLABS - 1 ->
		if
		:: map[hi + 1] == map[i] -> hi++
		:: else -> break
		fi
	:: else -> break
	od
}

inline meet(i)
{
	look(i, lo, hi);
	b = map[i];
	nb[b] = 0;
	start[b] = lo;
	nb[b] = hi + 1 - lo;
#ifndef WITHOUT_LOOK
	look(i, lo2, hi2);
	if
	:: lo2 > lo || hi2 < hi -> nb[b] = 0
	:: else -> skip
	fi
#endif
}

active proctype thread()
{
	byte i, b, step, lo, hi, lo2, hi2;

	for (step : 1 .. STEPS) {
		select(i : 0 .. SLABS - 1);
		if
		:: atomic { map[i] != 0 && !is_locked[i] -> objects[i]++ }
		:: objects[i] > 0 -> meet(i)
		:: objects[i] > 0 ->
			/* Nobody but this thread lets its caches know a slab. */
			assert(!IS_KNOWN(BINS + 1 - map[i], i));
			objects[i]--
		:: else -> skip
		fi
	}
}

inline forget(i)
{
	n = nb[b];
	if
	:: start[b] <= i && i < start[b] + n -> nb[b] = 0
	:: else -> skip
	fi
}

active [2] proctype other()
{
	byte i, b, move, n;

	for (move : 1 .. MOVES) {
		select(i : 0 .. SLABS - 1);
		if
		:: atomic { map[i] == 0 && !is_locked[i] -> is_locked[i] = 1 };
			if
			:: map[i] = 1
			:: map[i] = 2
			fi;
			is_locked[i] = 0
		:: atomic { map[i] != 0 && objects[i] == 0 && !is_locked[i] -> is_locked[i] = 1 };
			b = map[i];
#ifdef FORGET_FIRST
			forget(i);
			map[i] = 0;
#else
			map[i] = 0;
			forget(i);
#endif
			is_locked[i] = 0
		:: skip
		fi
	}
}
