"""Keys shared by all relabelled copies of a structure: colour refinement with one level of individualisation.

Vertices carry a colour (their kind), edges a label. Refinement gives equal keys for isomorphic structures
always; different structures can share a key only where refinement from every single vertex of the smallest
tied class sees no difference (strongly regular cases), which drops a distinct problem as a duplicate but can
never let a copy through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

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
def _refine(at, to, label, colour, rounds):
    """Replace every colour by a hash of itself and the sum of its neighbours' hashes, `rounds` times."""
    n = colour.shape[0]
    after = np.empty(n, np.uint64)
    distinct = 0
    for _ in range(rounds):
        for v in range(n):
            total = np.uint64(0)
            for e in range(at[v], at[v + 1]):
                total += _mix(colour[to[e]] * np.uint64(3) + np.uint64(label[e]) * np.uint64(0x9E3779B97F4A7C15))
            after[v] = _mix(_mix(colour[v]) + total)
        colour[:] = after
        ordered = np.sort(colour)
        now = 1
        for i in range(1, n):
            if ordered[i] != ordered[i - 1]:
                now += 1
        if now == distinct:
            break
        distinct = now
    return distinct


@nb.njit(cache=True)
def _digest(colour):
    ordered = np.sort(colour)
    h = np.uint64(1469598103934665603)
    for i in range(ordered.shape[0]):
        h = _mix(h ^ ordered[i]) + np.uint64(i)
    return h


@nb.njit(cache=True)
def _key(at, to, label, colour, rounds):
    n = colour.shape[0]
    distinct = _refine(at, to, label, colour, rounds)
    first = _digest(colour)
    if distinct == n:
        return first, np.uint64(0)
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
    least = np.uint64(0xFFFFFFFFFFFFFFFF)
    trial = np.empty(n, np.uint64)
    for v in range(n):
        if colour[v] == best_colour:
            trial[:] = colour
            trial[v] = _mix(trial[v] + np.uint64(77))
            _refine(at, to, label, trial, rounds)
            got = _digest(trial)
            if got < least:
                least = got
    return first, least


def structure_key(colours: Sequence[int], edges: Sequence[tuple[int, int, int]], rounds: int = 24) -> str:
    """A 32-digit hex key of a graph: `colours` of the vertices, undirected `edges` (u, v, label).

    Give direction to an edge by two labels or a vertex in between.
    """
    n = len(colours)
    array = np.array(edges, np.int64).reshape(-1, 3)
    source = np.concatenate((array[:, 0], array[:, 1]))
    order = np.argsort(source, kind="stable")
    to = np.concatenate((array[:, 1], array[:, 0]))[order]
    label = np.concatenate((array[:, 2], array[:, 2]))[order]
    at = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(source, minlength=n), out=at[1:])
    colour = np.array(colours, np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(n)
    first, second = _key(at, to, label, colour, rounds)
    return f"{int(first):016x}{int(second):016x}"


def text_key(*parts: object) -> str:
    """A 32-digit hex key of a canonical text."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()
