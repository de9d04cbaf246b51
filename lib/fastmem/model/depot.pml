/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The fastmem developers
 */

/*
 * Model of the depot's stack: stack_push() and stack_pop() of ../fastmem_depot.c.
 *
 * THREADS threads do OPS operations each, in all orders. A thread holds at most two
 * magazines; as they may be filled while it does, a magazine that is handed out while somebody
 * holds it, or pushed by another than its holder, is an error. At the end each
 * magazine is in the stack once or held by one thread, and the count in the head is right.
 *
 * As in the code each access to memory is a step of its own: the load of the head, the load or
 * store of a link, the compare-and-swap. The link that a pop reads may be stale, for the
 * magazine may have been popped, filled, and pushed elsewhere meanwhile. Steps
 * happen in one order for all threads: what release and acquire do is argued in the
 * code, not here.
 *
 * The tag is modelled exactly, for it does not wrap within the operations of a run. (In the code
 * it wraps after 2^24 operations on one stack.)
 *
 * With -DWITHOUT_TAG the head is {count, reference} alone: then the model must fail (ABA). It
 * is how we know that it would notice. So must it with -DWITHOUT_RETRY, where the
 * compare-and-swap is a plain store.
 */

#ifndef THREADS
#define THREADS 3
#endif
#ifndef OPS
#define OPS 3
#endif
#define MAGS 4
#define NOBODY 255

#ifdef WITHOUT_TAG
#define TAG_NEXT(t) 0
#else
#define TAG_NEXT(t) ((t) + 1)
#endif

/* The head: one word in the code, so that it is only accessed in atomic steps here. */
byte tag, count, ref;
byte next[MAGS + 1]; /* 0 is no magazine */

/* Not in the code: who has a magazine. */
byte holder[MAGS + 1];
byte done;

inline head_load()
{
	d_step {
		h_tag = tag;
		h_count = count;
		h_ref = ref;
	}
}

/* On failure it leaves the head in h_*, as the code's does. */
inline head_swap(new_tag, new_count, new_ref, swapped)
{
	d_step {
#ifdef WITHOUT_RETRY
		swapped = true;
#else
		swapped = (tag == h_tag && count == h_count && ref == h_ref);
#endif
		if
		:: swapped ->
			tag = new_tag;
			count = new_count;
			ref = new_ref;
		:: else ->
			h_tag = tag;
			h_count = count;
			h_ref = ref;
		fi
	}
}

/* What no longer matters makes states that differ in nothing else. */
inline forget()
{
	h_tag = 0;
	h_count = 0;
	h_ref = 0;
	h_next = 0;
	ok = false
}

inline stack_push(m)
{
	head_load();
	do
	:: true ->
		next[m] = h_ref;
		/* The magazine is nobody's from the swap on. */
		atomic {
			head_swap(TAG_NEXT(h_tag), h_count + 1, m, ok);
			if
			:: ok ->
				holder[m] = NOBODY;
				forget();
				break
			:: else
			fi
		}
	od;
}

inline stack_pop(m)
{
	head_load();
	do
	:: h_ref == 0 ->
		m = 0;
		break
	:: else ->
		m = h_ref;
		h_next = next[m];
		atomic {
			head_swap(TAG_NEXT(h_tag), h_count - 1, h_next, ok);
			if
			:: ok ->
				assert(holder[m] == NOBODY);
				holder[m] = _pid;
				forget();
				break
			:: else
			fi
		}
	od;
}

proctype thread(byte first)
{
	byte h_tag, h_count, h_ref, h_next;
	byte held[2];
	byte nb_held = 0;
	byte ops = OPS;
	byte m;
	bool ok;

	if
	:: first != 0 ->
		held[0] = first;
		nb_held = 1
	:: else
	fi;
	first = 0;

	do
	:: ops == 0 ->
		break
	:: ops > 0 && nb_held < 2 ->
		ops--;
		stack_pop(m);
		if
		:: m != 0 ->
			held[nb_held] = m;
			nb_held++;
			m = 0
		:: else
		fi
	:: ops > 0 && nb_held > 0 ->
		/* Either of two. */
		ops--;
		if
		:: m = held[0];
			held[0] = held[1]
		:: nb_held == 2 ->
			m = held[1]
		fi;
		nb_held--;
		held[nb_held] = 0;
		assert(holder[m] == _pid);
		stack_push(m);
		m = 0
	od;
	done++
}

/* Each magazine is in the stack once, or held; the count is the stack's length. */
inline check_all()
{
	d_step {
		i = ref;
		n = 0;
		do
		:: i == 0 ->
			break
		:: else ->
			assert(!seen[i]);
			assert(holder[i] == NOBODY);
			seen[i] = 1;
			n++;
			i = next[i]
		od;
		assert(n == count);
		i = 1;
		do
		:: i > MAGS ->
			break
		:: else ->
			assert(seen[i] != (holder[i] != NOBODY));
			i++
		od
	}
}

init {
	byte i, n;
	bool seen[MAGS + 1];

	/* 1 -> 2 -> 3 in the stack; the first thread holds 4. */
	atomic {
		i = 1;
		do
		:: i > MAGS ->
			break
		:: else ->
			next[i] = (i + 1 < MAGS -> i + 1 : 0);
			holder[i] = NOBODY;
			i++
		od;
		ref = 1;
		count = MAGS - 1;
		holder[MAGS] = run thread(MAGS);
		i = 1;
		do
		:: i == THREADS ->
			break
		:: else ->
			run thread(0);
			i++
		od
	}
	done == THREADS;
	check_all()
}
