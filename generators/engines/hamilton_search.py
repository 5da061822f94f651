"""The search of `hamilton`, compiled: node sets are bit masks, every event is a row of numbers."""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numba as nb
import numpy as np

inner = nb.njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)

GO, FORCED, TRIED, STUCK, LOST, ENDS, FINE = (np.int64(k) for k in range(7))
KIND, DEPTH, NODE, FIRST, SECOND = 0, 1, 2, 3, 4  # columns of an event
WIDTH = 5
NONE = np.int64(-1)


@inner
def lowest(mask):
    """Index of the lowest set bit."""
    at = np.int64(0)
    while not (mask >> at) & 1:
        at += 1
    return at


@inner
def must_be_last(out, directed, among, rest, end):
    """The nodes of `rest` in `among` from which one could not go on, so that they can only come last."""
    last, look = np.int64(0), among & rest
    room = rest if directed or end < 0 else rest | np.int64(1) << end
    while look:
        bit = look & -look
        look ^= bit
        ways = out[lowest(bit)] & room
        if ways == 0 or (not directed and ways & (ways - 1) == 0):
            last |= bit
    return last


@inner
def hopeless(out, end, rest, last):
    """Why no path can go to `end` next, if that can be seen: the kind of event and up to two nodes."""
    if rest == 0:
        return FINE, NONE, NONE
    front = out[end] & rest
    if front == 0:
        return STUCK, NONE, NONE
    if last & (last - 1):
        return ENDS, lowest(last), lowest(last & (last - 1))
    missing = rest ^ front
    while front and missing:
        bit = front & -front
        new = out[lowest(bit)] & missing
        missing ^= new
        front ^= bit | new
    if missing:
        return LOST, lowest(missing), NONE
    return FINE, NONE, NONE


@inner
def arranged(out, rank, ways, rest, order):
    """The nodes of `ways` into `order`: fewest ways on first, then the lower rank, then the lower number; how many."""
    many = 0
    for v in range(out.shape[0]):
        if not (ways >> v) & 1:
            continue
        left, on = out[v] & rest, 0
        while left:
            left &= left - 1
            on += 1
        key = (on * 64 + rank[v]) * 64 + v
        at = many
        while at > 0 and order[at - 1] > key:
            order[at] = order[at - 1]
            at -= 1
        order[at] = key
        many += 1
    for i in range(many):
        order[i] %= 64
    return many


@nb.njit(cache=True)
def run(out, into, rank, directed, starts, cap, events, path):
    """Search for a path through all nodes that begins with one of `starts`.

    Returns (how many events there are, nodes in `path`); one event more than `cap` says that the search was cut.
    """
    n = out.shape[0]
    order = np.zeros((n, n), np.int64)
    many, at = np.zeros(n, np.int64), np.zeros(n, np.int64)
    rests, lasts = np.zeros(n, np.int64), np.zeros(n, np.int64)
    rests[0] = (np.int64(1) << n) - 1
    many[0] = arranged(out, rank, starts, rests[0], order[0])
    depth, said = 0, 0
    while said <= cap:
        if at[depth] == many[depth]:
            if depth == 0:
                return said, 0
            depth -= 1
            events[said, KIND], events[said, DEPTH], events[said, NODE] = TRIED, depth + 1, path[depth]
            said += 1
            continue
        v, rest = order[depth, at[depth]], rests[depth]
        at[depth] += 1
        left = rest ^ np.int64(1) << v
        # Only nodes that lost a way on with this move can newly have to come last.
        lost = left
        if depth > 0:
            lost = into[v] if directed else out[path[depth - 1]]
        last = (lasts[depth] & left) | must_be_last(out, directed, lost, left, v)
        why, first, second = hopeless(out, v, left, last)
        kind = why
        if why == FINE:
            kind = FORCED if at[depth] == many[depth] and many[depth] > 1 else GO
        events[said, KIND], events[said, DEPTH], events[said, NODE] = kind, depth + 1, v
        events[said, FIRST], events[said, SECOND] = first, second
        said += 1
        if why != FINE:
            continue
        path[depth] = v
        if left == 0:
            return said, (n if said <= cap else 0)
        depth += 1
        rests[depth], lasts[depth], at[depth] = left, last, 0
        many[depth] = arranged(out, rank, out[v] & left, left, order[depth])
    return said, 0


@nb.njit(cache=True)
def forced_moves(out, into, directed, starts):
    """How many places are filled before two ways on are open at sight; n when there is never a choice.

    Independent of the numbering of the nodes.
    """
    n = out.shape[0]
    ways, rest, last, end = starts, (np.int64(1) << n) - 1, np.int64(0), NONE
    for depth in range(n):
        live, then = NONE, np.int64(0)
        while ways:
            v = lowest(ways)
            ways &= ways - 1
            left = rest ^ np.int64(1) << v
            lost = left
            if end >= 0:
                lost = into[v] if directed else out[end]
            after = (last & left) | must_be_last(out, directed, lost, left, v)
            why, _, _ = hopeless(out, v, left, after)
            if why == FINE:
                if live >= 0:
                    return depth
                live, then = v, after
        rest, end, last = rest ^ np.int64(1) << live, live, then
        ways = out[live] & rest
    return n
