"""Flows: shortest augmenting ways, plain ways that sum up to a flow, and what room is left to reach.

Rooms are a matrix: room[u][v] is how much more can go from u to v, flow on an edge v -> u that can be taken back
included. At most one edge joins two nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from verimill.generators.engines.pushes import push_all

Flow = dict[tuple[int, int], int]


def augmented(
    n: int, edges: Sequence[tuple[int, int, int]], source: int, sink: int
) -> tuple[list[list[int]], list[tuple[list[int], list[int]]], list[int], int]:
    """Room between nodes at the end, each push (its way, the rooms before it), where the last search came from, work.

    `came[v]` is the node from which the last search reached v, -1 where it did not.
    """
    room, ways, came, work = push_all(n, np.array(edges, np.int64), source, sink)
    pushes = []
    for length, *row in ways.tolist():
        pushes.append((row[:length], row[n : n + length - 1]))
    return room.tolist(), pushes, came.tolist(), int(work)


def decomposed(n: int, source: int, sink: int, flow: Flow) -> list[tuple[list[int], int]]:
    """Ways from source to sink, with amounts, that sum up to the flow (which must be free of cycles)."""
    left = dict(flow)
    out: list[list[int]] = [[] for _ in range(n)]
    for u, v in flow:
        out[u].append(v)
    found: list[tuple[list[int], int]] = []
    while True:
        way, u = [source], source
        while u != sink:
            ahead = out[u]
            while ahead and not left[u, ahead[0]]:
                del ahead[0]
            if not ahead:
                return found
            u = ahead[0]
            way.append(u)
        hops = list(pairwise(way))
        amount = min([left[hop] for hop in hops])
        for hop in hops:
            left[hop] -= amount
        found.append((way, amount))


def without_cycles(n: int, flow: Flow) -> Flow:
    """The flow with every cycle in it taken out; source, sink and value keep."""
    while True:
        out: list[list[int]] = [[] for _ in range(n)]
        into = [0] * n
        for u, v in flow:
            out[u].append(v)
            into[v] += 1
        free = [v for v in range(n) if not into[v]]
        for u in free:
            for v in out[u]:
                into[v] -= 1
                if not into[v]:
                    free.append(v)
        if len(free) == n:
            return flow
        stuck = [v for v in range(n) if into[v]]
        before = {v: min([u for u, w in flow if w == v and into[u]]) for v in stuck}
        cycle = [stuck[0]]
        while before[cycle[-1]] not in cycle:
            cycle.append(before[cycle[-1]])
        cycle = cycle[cycle.index(before[cycle[-1]]) :]
        hops = [(before[v], v) for v in cycle]
        amount = min([flow[hop] for hop in hops])
        flow = {hop: f - amount if hop in hops else f for hop, f in flow.items() if hop not in hops or f > amount}


def reached(room: list[list[int]], source: int) -> list[int]:
    """For each node the one from which a search from the source reached it, -1 where it did not."""
    came = [-1] * len(room)
    came[source] = source
    row = [source]
    for u in row:
        for v, left in enumerate(room[u]):
            if left and came[v] < 0:
                came[v] = u
                row.append(v)
    return came


def by_search(came: list[int], source: int) -> list[int]:
    """The nodes reached, without the source, each after the node it was reached from."""
    below: list[list[int]] = [[] for _ in came]
    for v, u in enumerate(came):
        if u >= 0 and v != source:
            below[u].append(v)
    row = [source]
    for u in row:
        row.extend(below[u])
    return row[1:]


def reaching_sink(room: list[list[int]], sink: int) -> int:
    """How many nodes have room left to the sink, itself included."""
    n = len(room)
    reaching = [False] * n
    reaching[sink] = True
    row = [sink]
    for v in row:
        for u in range(n):
            if not reaching[u] and room[u][v]:
                reaching[u] = True
                row.append(u)
    return len(row)
