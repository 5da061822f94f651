"""Shortest augmenting ways, compiled."""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True)
def push_all(n, edges, source, sink):
    """(room at the end, pushes, where the last search came from, edges looked at) of a network.

    A row of the pushes: how many nodes its way has, the way, and from column n + 1 on the room before each hop.
    """
    room = np.zeros((n, n), np.int64)
    ways, many = np.zeros((n, n), np.int64), np.zeros(n, np.int64)
    most = 1
    for i in range(edges.shape[0]):
        u, v, w = edges[i, 0], edges[i, 1], edges[i, 2]
        room[u, v] = w
        ways[u, many[u]] = v
        ways[v, many[v]] = u
        many[u] += 1
        many[v] += 1
        if u == source:
            most += w  # every push takes some of what the source can give
    out = np.zeros((most, 2 * n), np.int64)
    came, row = np.empty(n, np.int64), np.empty(n, np.int64)
    pushes, work = 0, 0
    while True:
        came[:] = -1
        came[source] = source
        row[0], front, back = source, 0, 1
        while front < back and came[sink] < 0:
            u = row[front]
            front += 1
            work += many[u]
            for k in range(many[u]):
                v = ways[u, k]
                if room[u, v] and came[v] < 0:
                    came[v] = u
                    row[back] = v
                    back += 1
        if came[sink] < 0:
            return room, out[:pushes], came, work
        length, v = 1, sink
        while v != source:
            length += 1
            v = came[v]
        out[pushes, 0] = length
        at, v, amount = length, sink, np.int64(-1)
        out[pushes, at] = sink
        while v != source:
            u = came[v]
            at -= 1
            out[pushes, at] = u
            out[pushes, n + at] = room[u, v]
            if amount < 0 or room[u, v] < amount:
                amount = room[u, v]
            v = u
        while v != sink:
            at += 1
            u, v = v, out[pushes, at]
            room[u, v] -= amount
            room[v, u] += amount
        pushes += 1
