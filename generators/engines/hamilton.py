"""Search for a path through every node, with a reason for each beginning that is given up.

Node sets are bit masks. A beginning of a path is given up at sight when its end is stuck, when a node cannot be reached
any more, or when two nodes would both have to come last; else when all its continuations were given up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from verimill.generators.engines.constraints import Array
from verimill.generators.engines.hamilton_search import LOST, STUCK, WIDTH, forced_moves, run


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
    out, into = [0] * n, [0] * n
    for u, v in edges:
        out[u] |= 1 << v
        into[v] |= 1 << u
    if not directed:
        out = into = [a | b for a, b in zip(out, into, strict=True)]
    ways, back = np.array(out, np.int64), np.array(into, np.int64)
    starts = np.int64(1 << start if start >= 0 else (1 << n) - 1)
    rows, path = _room(cap), np.empty(n, np.int64)
    said, length = run(ways, back, np.array(ranks, np.int64), directed, starts, cap, rows, path)
    events = tuple([_event(*row) for row in rows[:said].tolist()])
    if said > cap:
        return Found((), events, False, 0)
    forced = forced_moves(ways, back, directed, starts) if length else 0
    found = Found(tuple(path[:length].tolist()), events, True, forced)
    kept.append(found)
    return found


@lru_cache(maxsize=4)
def _room(cap: int) -> Array:
    """Where a search with this cap writes its events."""
    return np.empty((cap + 1, WIDTH), np.int64)


_KINDS = ("go", "forced", "tried", "stuck", "lost", "ends")


def _event(kind: int, depth: int, node: int, first: int, second: int) -> Event:
    if kind <= STUCK:
        return Event(_KINDS[kind], depth, node)
    return Event(_KINDS[kind], depth, node, (first,) if kind == LOST else (first, second))
