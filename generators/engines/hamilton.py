"""Search for a path through every node, with a reason for each beginning that is given up.

Node sets are bit masks. A beginning of a path is given up at sight when its end is stuck, when a node cannot be reached
any more, or when two nodes would both have to come last; else when all its continuations were given up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Event(NamedTuple):
    """What the search does with `node` at place `depth` (counted from 1): go, or give up because of `others`."""

    kind: str  # go, forced, stuck, lost, ends, tried
    depth: int
    node: int
    others: tuple[int, ...] = ()


class Found(NamedTuple):
    """`path` is empty when there is none; `whole` is False when the search was cut short at its cap.

    `forced`: how many places are filled before there is a choice, if there is a path.
    """

    path: tuple[int, ...]
    events: tuple[Event, ...]
    whole: bool
    forced: int


class _Cut(Exception):
    """The search has more events than its cap."""


@lru_cache(maxsize=8)
def _kept(
    n: int, edges: tuple[tuple[int, int], ...], directed: bool, start: int, ranks: tuple[int, ...]
) -> list[Found]:
    """Where the whole search of this network is kept: who made a problem solves it next, with another cap."""
    return []


def search(
    n: int, edges: tuple[tuple[int, int], ...], directed: bool, start: int, cap: int, ranks: tuple[int, ...]
) -> Found:
    """A path through all nodes (from `start`, or from any when it is -1), and all events on the way to it.

    The way with fewest ways on is tried first, then the lower rank, then the lower number: with ranks that do not
    depend on the numbering, a renumbered copy is searched alike. A search of more than `cap` events is cut short.
    """
    kept = _kept(n, edges, directed, start, ranks)
    if kept and len(kept[0].events) <= cap:
        return kept[0]
    run = _Search(n, edges, directed, cap, ranks)
    everything = (1 << n) - 1
    starts = 1 << start if start >= 0 else everything
    try:
        run.extend(starts, everything, 0, 0, 0)
    except _Cut:
        return Found((), tuple(run.events), False, 0)
    found = Found(tuple(run.path), tuple(run.events), True, run.forced_moves(starts) if run.path else 0)
    kept.append(found)
    return found


class _Search:
    """The state of one search."""

    def __init__(
        self, n: int, edges: tuple[tuple[int, int], ...], directed: bool, cap: int, ranks: tuple[int, ...]
    ) -> None:
        out, into = [0] * n, [0] * n
        for u, v in edges:
            out[u] |= 1 << v
            into[v] |= 1 << u
        if not directed:
            out = into = [a | b for a, b in zip(out, into, strict=True)]
        self.n, self.directed, self.cap = n, directed, cap
        self.out = {1 << v: ways for v, ways in enumerate(out)}  # by the node's bit: saves the way back to its number
        self.into = {1 << v: ways for v, ways in enumerate(into)}
        self.rank = {1 << v: rank for v, rank in enumerate(ranks)}
        self.path: list[int] = []
        self.events: list[Event] = []

    def note(self, kind: str, depth: int, bit: int, others: tuple[int, ...] = ()) -> None:
        """Keeps the event; raises when there are too many."""
        self.events.append(Event(kind, depth, bit.bit_length() - 1, others))
        if len(self.events) > self.cap:
            raise _Cut

    def must_be_last(self, among: int, rest: int, end: int) -> int:
        """The nodes of `rest` in `among` from which one could not go on, so that they can only come last."""
        out, last = self.out, 0
        look = among & rest
        if self.directed:
            while look:
                bit = look & -look
                look ^= bit
                if not out[bit] & rest:
                    last |= bit
            return last
        room = rest | end
        while look:
            bit = look & -look
            look ^= bit
            ways = out[bit] & room
            if not ways & (ways - 1):
                last |= bit
        return last

    def hopeless(self, end: int, rest: int, last: int) -> tuple[str, tuple[int, ...]] | None:
        """Why no path can go to `end` next, if that can be seen."""
        if not rest:
            return None
        out = self.out
        front = out[end] & rest
        if not front:
            return "stuck", ()
        if last & (last - 1):
            one = last & -last
            two = last ^ one
            return "ends", (one.bit_length() - 1, (two & -two).bit_length() - 1)
        missing = rest ^ front
        while front and missing:
            bit = front & -front
            new = out[bit] & missing
            missing ^= new
            front ^= bit | new
        if missing:
            return "lost", ((missing & -missing).bit_length() - 1,)
        return None

    def extend(self, ways: int, rest: int, end: int, last: int, depth: int) -> bool:
        """Goes from `end` one of `ways` and on to the whole path; False, with the events, when that cannot be.

        `last`: the nodes known to have to come last; `depth`: places filled so far.
        """
        out, into, rank = self.out, self.into, self.rank
        order = [(0, 0, ways)]
        if ways & (ways - 1):
            order.clear()
            look = ways
            while look:
                bit = look & -look
                look ^= bit
                order.append(((out[bit] & rest).bit_count(), rank[bit], bit))
            order.sort()
        for at, (_, _, bit) in enumerate(order, 1):
            left = rest ^ bit
            # Only nodes that lost a way on with this move can newly have to come last.
            lost = left if not end else into[bit] if self.directed else out[end]
            then = (last & left) | self.must_be_last(lost, left, bit)
            why = self.hopeless(bit, left, then)
            if why is not None:
                self.note(why[0], depth + 1, bit, why[1])
                continue
            self.note("forced" if at == len(order) > 1 else "go", depth + 1, bit)
            self.path.append(bit.bit_length() - 1)
            if not left or self.extend(out[bit] & left, left, bit, then, depth + 1):
                return True
            self.path.pop()
            self.note("tried", depth + 1, bit)
        return False

    def forced_moves(self, ways: int) -> int:
        """How many places are filled before two ways on are open at sight; n when there is never a choice.

        Independent of the numbering of the nodes.
        """
        rest, end, last = (1 << self.n) - 1, 0, 0
        for depth in range(self.n):
            live = then = 0
            while ways:
                bit = ways & -ways
                ways ^= bit
                left = rest ^ bit
                lost = left if not end else self.into[bit] if self.directed else self.out[end]
                after = (last & left) | self.must_be_last(lost, left, bit)
                if self.hopeless(bit, left, after) is None:
                    if live:
                        return depth
                    live, then = bit, after
            rest, end, last = rest ^ live, live, then
            ways = self.out[live] & rest
        return self.n
