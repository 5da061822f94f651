"""Keys shared by all relabelled copies of a structure: colour refinement with one level of individualisation.

Vertices carry a colour (their kind), edges a label. Refinement gives equal keys for isomorphic structures
always; different structures can share a key only where refinement from every single vertex of the smallest
tied class sees no difference (strongly regular cases), which drops a distinct problem as a duplicate but can
never let a copy through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numba as nb
import numpy as np

_MASK = np.uint64(0xFFFFFFFFFFFFFFFF)


@nb.njit(cache=True)
def _mix(x):
    """splitmix64's finaliser."""
    x = np.uint64(x)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


@nb.njit(cache=True)
def _distinct(colour, seen):
    """How many colours there are; `seen` is working memory, a power of two in size and twice as large at least."""
    seen[:] = 0
    size, many, zero = np.uint64(seen.shape[0] - 1), 0, False
    for c in colour:
        if c == 0:
            zero = True
            continue
        at = c & size
        while seen[at] != 0 and seen[at] != c:
            at = (at + np.uint64(1)) & size
        if seen[at] == 0:
            seen[at] = c
            many += 1
    return many + zero


@nb.njit(cache=True)
def _refine(at, to, label, colour, rounds, seen):
    """Replace every colour by a hash of itself and the sum of its neighbours' hashes, `rounds` times."""
    n = colour.shape[0]
    after = np.empty(n, np.uint64)
    distinct = 0
    for _ in range(rounds):
        for v in range(n):
            total = np.uint64(0)
            for e in range(at[v], at[v + 1]):
                total += _mix(colour[to[e]] * np.uint64(3) + label[e])
            after[v] = _mix(_mix(colour[v]) + total)
        colour[:] = after
        now = _distinct(colour, seen)
        if now == distinct:
            break
        distinct = now
    return distinct


@nb.njit(cache=True)
def _digest(colour):
    """Two words of the same colours, mixed in different ways: both are equal by chance once in 2^128."""
    ordered = np.sort(colour)
    one, two = np.uint64(1469598103934665603), np.uint64(0x9FB21C651E98DF25)
    for i in range(ordered.shape[0]):
        one = _mix(one ^ ordered[i]) + np.uint64(i)
        two = _mix(two * np.uint64(0xD6E8FEB86659FD93) + _mix(ordered[i] ^ np.uint64(0xA0761D6478BD642F)))
    return one, two


@nb.njit(cache=True)
def _neighbours(n, edges, more):
    """Where each vertex's neighbours begin, the neighbours, and a hash of the label of each edge."""
    at = np.zeros(n + 1, np.int64)
    for part in (edges, more):
        for e in range(part.shape[0]):
            at[part[e, 0] + 1] += 1
            at[part[e, 1] + 1] += 1
    for v in range(n):
        at[v + 1] += at[v]
    to, label, free = np.empty(at[n], np.int64), np.empty(at[n], np.uint64), at[:n].copy()
    for part in (edges, more):
        for e in range(part.shape[0]):
            u, v = part[e, 0], part[e, 1]
            mark = np.uint64(part[e, 2]) * np.uint64(0x9E3779B97F4A7C15)
            to[free[u]], to[free[v]] = v, u
            label[free[u]], label[free[v]] = mark, mark
            free[u] += 1
            free[v] += 1
    return at, to, label


@nb.njit(cache=True)
def _key(colour, edges, more, rounds):
    n = colour.shape[0]
    at, to, label = _neighbours(n, edges, more)
    size = 16
    while size < 2 * n:
        size *= 2
    seen = np.empty(size, np.uint64)
    distinct = _refine(at, to, label, colour, rounds, seen)
    first = _digest(colour)
    if distinct == n:
        return first
    # Individualise each member of the tied class of least (size, colour) and keep the least result.
    ordered = np.sort(colour)
    best_size, best_colour = n + 1, np.uint64(0)
    i = 0
    while i < n:
        j = i
        while j < n and ordered[j] == ordered[i]:
            j += 1
        if 1 < j - i < best_size:
            best_size, best_colour = j - i, ordered[i]
        i = j
    least = (np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0xFFFFFFFFFFFFFFFF))
    trial = np.empty(n, np.uint64)
    for v in range(n):
        if colour[v] == best_colour:
            trial[:] = colour
            trial[v] = _mix(trial[v] + np.uint64(77))
            _refine(at, to, label, trial, rounds, seen)
            got = _digest(trial)
            if got < least:
                least = got
    return _mix(first[0] + _mix(least[0])), _mix(first[1] + _mix(least[1]))


Array = np.ndarray[Any, Any]
_NO_EDGES = np.zeros((0, 3), np.int64)


def edge_array(edges: Sequence[tuple[int, int, int]]) -> Array:
    """Edges as `structure_key` takes them fastest."""
    return np.array(edges, np.int64).reshape(-1, 3)


def structure_key(
    colours: Sequence[int] | Array, edges: Sequence[tuple[int, int, int]] | Array, more: Array = _NO_EDGES,
    rounds: int = 24,
) -> str:  # fmt: skip
    """A 32-digit hex key of a graph: `colours` of the vertices, undirected `edges` (u, v, label).

    Give direction to an edge by two labels or a vertex in between. `more` edges: so that what problems share can
    be one array, made once.
    """
    colour = np.array(colours, np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(len(colours))
    first, second = _key(colour, edges if isinstance(edges, np.ndarray) else edge_array(edges), more, rounds)
    return f"{int(first):016x}{int(second):016x}"


def text_key(*parts: object) -> str:
    """A 32-digit hex key of a canonical text."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()
