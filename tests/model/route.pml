/* The route table (src/core/route.c) and the slots of sessions (board_session_id_put) as one writer and one reader, each load and
 * each store a step, all orders of their steps. Two keys of one home bucket, buckets of one way, so that the second key lies in
 * the next bucket; two slots, which are used again.
 *
 * What must hold: what a reader finds was the key's answer at some time while it looked, whole, with the id of that very session;
 * and it finds nothing only if there was nothing at some time while it looked.
 *
 * FAULT=n plants one: route_model_test.py says which, and wants each to be found. Memory is sequentially consistent here; that
 * acquire and release do for it is argued in route.c, and hammered by route_hammer_test under the thread sanitizer. */
#ifndef FAULT
#define FAULT 0
#endif
#ifndef OPS
#define OPS 5
#endif

/* The two buckets. */
byte seq[2], over[2], key[2], ans[2], life[2], ext[2];
/* Ids of the sessions in the two slots. */
byte ids[2];

/* The writer's own. An answer is its session's id and which version it is, so that the model can tell whose it is. */
byte slot_of[3], cur[3], last;
bool used[2];

/* What is true of a key at this moment: bit a for answer a, bit 0 for nothing; both while a write is under way. */
short may[3] = 1;
/* ... and what was, since the reader began to look for `wanted`. */
short during;
byte wanted;

inline note(k, a)
{
	d_step {
		may[k] = may[k] | (1 << (a));
		if
		:: k == wanted -> during = during | may[k]
		:: else
		fi
	}
}

inline settle(k, a)
{
	may[k] = 1 << (a)
}

inline write_entry(b, k, a, s, e)
{
	seq[b] = seq[b] + 1;
	key[b] = k;
	ans[b] = a;
	life[b] = s;
	ext[b] = e;
	seq[b] = seq[b] + 1
}

/* Where the key lies: 2 is nowhere. Nobody else writes, so it is one step. (The real one stops where nothing lies further on,
 * which would end the faults before a reader meets them.) */
inline find(k, b)
{
	d_step {
		if
		:: key[0] == k && ext[0] -> b = 0
		:: else ->
			if
			:: key[1] == k && ext[1] -> b = 1
			:: else -> b = 2
			fi
		fi
	}
}

inline route_put(k, a, s)
{
	note(k, a);
	find(k, place);
	if
	:: place < 2 -> write_entry(place, k, a, s, 1)
	:: else ->
		if
		:: !ext[0] -> write_entry(0, k, a, s, 1)
		:: else ->
#if FAULT != 1
			over[0] = over[0] + 1;
#endif
			write_entry(1, k, a, s, 1)
		fi
	fi;
	settle(k, a)
}

inline route_drop(k)
{
	note(k, 0);
	find(k, place);
	assert(place < 2);
	write_entry(place, 0, 0, 0, 0);
	if
#if FAULT == 2
	:: over[0] -> over[0] = over[0] - 1
#else
	:: place == 1 -> over[0] = over[0] - 1
#endif
	:: else
	fi;
	settle(k, 0)
}

active proctype writer()
{
	byte place, k, s, op;

	do
	:: op < OPS ->
		op++;
		if
		:: k = 1
		:: k = 2
		fi;
		if
		:: cur[k] == 0 ->
			if
			:: !used[0] -> s = 0
			:: !used[1] -> s = 1
			fi;
			d_step {
				last++;
				used[s] = true;
				slot_of[k] = s;
				cur[k] = last * 2
			}
#if FAULT == 3
			route_put(k, cur[k], s);
			ids[s] = last
#else
			ids[s] = last; /* the last session's routes are gone, this one's not yet there */
			route_put(k, cur[k], s)
#endif
		:: cur[k] && cur[k] % 2 == 0 ->
			cur[k] = cur[k] + 1;
			route_put(k, cur[k], slot_of[k])
		:: cur[k] ->
#if FAULT == 4
			ids[slot_of[k]] = 0;
#endif
			route_drop(k);
			d_step {
				used[slot_of[k]] = false;
				cur[k] = 0
			}
		fi
	:: else -> break
	od
}

active proctype reader()
{
	byte b, before, after, answer, slot, id, more;
	bool found;

	d_step {
		if
		:: wanted = 1
		:: wanted = 2
		fi;
		during = may[wanted]
	}
again:
	before = seq[b];
#if FAULT != 5
	if
	:: before % 2 -> goto again
	:: else
	fi;
#endif
	found = key[b] == wanted;
	if
	:: found -> found = ext[b]
	:: else
	fi;
	if
	:: found ->
		answer = ans[b];
		slot = life[b];
		id = ids[slot]
	:: else
	fi;
	more = over[b];
	after = seq[b];
#if FAULT != 6
	if
	:: before != after -> goto again
	:: else
	fi;
#endif
	if
	:: found ->
		assert(during & (1 << answer)); /* S2: it was so */
		assert(answer / 2 == id)        /* and of that very session */
	:: !found && more && b == 0 -> b = 1; goto again
	:: else -> assert(during & 1)       /* S7: what is there is found */
	fi
}
