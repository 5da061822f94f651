"""Random networks from our own stream, and the canonical key that every relabelled copy shares.

The key is exact: the nodes are coloured by colour refinement; where colours stay shared, one node of a shared
colour is singled out after the other, and the least description over all these trials is hashed. Symmetries found on
the way cut the trials that would repeat one another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, permutations

from verimill.generators.engines.network_text import SKIN, pick_names
from verimill.schemas.networks import Forest, neighbours
from verimill.schemas.rng import Rng

_Arcs = list[list[tuple[int, int]]]  # per node: (label, other node)


def banded(rng: Rng, n: int, m: int, reach: int) -> list[tuple[int, int]]:
    """A connected simple graph: m edges (u, v), u < v, v - u <= reach; small reach makes long ways through it.

    Fewer than m edges only when the band holds no more.
    """
    below = rng.below
    edges = {(v - 1 - below(min(v, reach)), v): None for v in range(1, n)}
    reach = min(reach, n - 1)
    m = min(m, reach * (n - reach) + reach * (reach - 1) // 2)
    if 4 * m > 3 * (reach * (n - reach) + reach * (reach - 1) // 2):
        rest = [(u, v) for u in range(n) for v in range(u + 1, min(n, u + reach + 1)) if (u, v) not in edges]
        edges.update(dict.fromkeys(rng.sample(rest, max(0, m - len(edges)))))
        return list(edges)
    while len(edges) < m:
        u = below(n - 1)
        v = u + 1 + below(reach)
        if v < n:
            edges[u, v] = None
    return list(edges)


def around_path(rng: Rng, n: int, m: int, directed: bool) -> tuple[list[int], list[tuple[int, int]]]:
    """A random order of n nodes, and m edges (fewer if there is no room) in random order that include its hops."""
    path = rng.shuffled(range(n))
    edges = {(u, v) if directed or u < v else (v, u): None for u, v in pairwise(path)}
    m = min(m, n * (n - 1) // (1 if directed else 2))
    while len(edges) < m:
        u, v = rng.below(n), rng.below(n)
        if u != v:
            edges[(u, v) if directed or u < v else (v, u)] = None
    turned = [(u, v) if directed or rng.chance(0.5) else (v, u) for u, v in rng.shuffled(list(edges))]
    return path, turned


def shuffled_edges(
    rng: Rng, n: int, edges: Sequence[tuple[int, ...]], directed: bool
) -> tuple[list[tuple[int, ...]], list[int]]:
    """The edges under a random renumbering of the nodes, in random order; and the new number of each node.

    Undirected edges are also turned round at random.
    """
    new = rng.shuffled(range(n))
    out: list[tuple[int, ...]] = []
    for e in rng.shuffled(edges):
        u, v = new[e[0]], new[e[1]]
        out.append((u, v, *e[2:]) if directed or rng.chance(0.5) else (v, u, *e[2:]))
    return out, new


def twin_names(rng: Rng, names: Sequence[str], skin: str) -> tuple[str, tuple[str, ...]]:
    """Another skin and its names for as many nodes."""
    return pick_names(rng, len(names), [other for other in SKIN if other != skin])


def connected(n: int, edges: Sequence[tuple[int, ...]]) -> bool:
    """True when the edges, ways ignored, join all nodes."""
    forest = Forest(n)
    return sum([forest.join(e[0], e[1]) for e in edges]) == n - 1


def parted(
    rng: Rng, n: int, edges: Sequence[tuple[int, int, int]], directed: bool, start: int, away: int
) -> tuple[tuple[int, int, int], ...]:
    """The edges moved so that none leads from a part around `start` to the rest, in which `away` is.

    An edge that would lead out keeps its weight and, if it can, one end, best one that has no other edge; it is lost
    only where no room is left at all, so that neither their number nor a node left alone tells that edges were moved.
    """
    inside = _part(rng, n, edges, directed, start, away)
    across = [inside[u] != inside[v] and (inside[u] or not directed) for u, v, _ in edges]
    near = [0] * n
    for (u, v, _), moved in zip(edges, across, strict=True):
        near[u] += not moved
        near[v] += not moved
    taken = {(e[0], e[1]) for e in edges}
    if not directed:
        taken |= {(v, u) for u, v in taken}

    def fit(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(x, y) for x, y in pairs if x != y and inside[x] == inside[y] and (x, y) not in taken]

    out: list[tuple[int, int, int]] = []
    for (u, v, w), moved in zip(edges, across, strict=True):
        if not moved:
            out.append((u, v, w))
            continue
        ends = sorted([u, v] if rng.chance(0.5) else [v, u], key=lambda end: near[end] > 0)
        kept = (fit((x, end) if directed and end == v else (end, x) for x in range(n)) for end in ends)
        free = next((pairs for pairs in kept if pairs), None) or fit(permutations(range(n), 2))
        if free:
            x, y = rng.pick(free)
            taken |= {(x, y)} if directed else {(x, y), (y, x)}
            near[x] += 1
            near[y] += 1
            out.append((x, y, w))
    return tuple(out)


def _part(rng: Rng, n: int, edges: Sequence[tuple[int, int, int]], directed: bool, start: int, away: int) -> list[bool]:
    """Whether each node is in a connected part around `start`, of a size that leaves room for the edges if any does."""
    rooms = {
        size: n * (n - 1) - size * (n - size) if directed else (size * (size - 1) + (n - size) * (n - size - 1)) // 2
        for size in range(max(2, n // 3), max(2, (2 * n) // 3) + 1)
    }
    enough = min(len(edges), max(rooms.values()))
    size = rng.pick([size for size, room in rooms.items() if room >= enough])
    ways = neighbours(n, edges, False)
    part, inside = [start], [v == start for v in range(n)]
    while len(part) < size:
        rim = sorted({v for u in part for v, _ in ways[u] if not inside[v] and v != away})
        if not rim:
            break
        part.append(rng.pick(rim))
        inside[part[-1]] = True
    return inside


def canonical_key(
    n: int, edges: Sequence[tuple[int, ...]], directed: bool, colours: Sequence[int] = (), head: str = ""
) -> str:
    """A text that is equal for two networks exactly when one is a relabelled copy of the other.

    Copies keep edge weights (the third number, if any), ways, the node's colour in `colours` (all equal if empty; small
    whole numbers) and `head`, a text of whatever else the copies share.
    """
    best = _search(n, *_stable(n, tuple(edges), directed, tuple(colours)))
    return hashlib.blake2b(f"{head}|{n}|{directed:d}|{best}".encode(), digest_size=16).hexdigest()


def stable_colours(
    n: int, edges: Sequence[tuple[int, ...]], directed: bool, colours: Sequence[int] = ()
) -> tuple[int, ...]:
    """For each node a rank that does not depend on the numbering; nodes of one rank look alike, as a rule."""
    return tuple(_stable(n, tuple(edges), directed, tuple(colours))[1])


@lru_cache(maxsize=8)
def _stable(
    n: int, edges: tuple[tuple[int, ...], ...], directed: bool, colours: tuple[int, ...]
) -> tuple[_Arcs, list[int], list[int]]:
    """The arcs, the stable colouring and the colouring it began with; remembered for the family that asks twice."""
    arcs: _Arcs = [[] for _ in range(n)]
    for e in edges:
        label = 2 * e[2] if len(e) > 2 else 2
        arcs[e[0]].append((label * 128, e[1]))
        arcs[e[1]].append(((label + directed) * 128, e[0]))
    start = list(colours) or [0] * n
    return arcs, _refined(n, arcs, start), start


def _refined(n: int, arcs: _Arcs, colour: list[int]) -> list[int]:
    """The coarsest stable colouring below `colour`, as ranks 0..k-1 that do not depend on the numbering."""
    ranks = {c: at for at, c in enumerate(sorted(set(colour)))}
    colour = [ranks[c] for c in colour]
    count = len(ranks)
    while count < n:
        seen = [(c, *sorted([label + colour[u] for label, u in out])) for c, out in zip(colour, arcs, strict=True)]
        order = {s: at for at, s in enumerate(sorted(set(seen)))}
        colour = [order[s] for s in seen]
        if len(order) == count:
            break
        count = len(order)
    return colour


def _description(n: int, arcs: _Arcs, colour: list[int], start: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The network renumbered by its (all different) colours: per node its first colour and its arcs."""
    rows: list[tuple[int, ...]] = [()] * n
    for v, out in enumerate(arcs):
        rows[colour[v]] = (start[v], *sorted([label + colour[u] for label, u in out]))
    return tuple(rows)


def _search(n: int, arcs: _Arcs, colour: list[int], start: list[int]) -> tuple[tuple[int, ...], ...]:
    """The least description over all ways of singling nodes out."""
    if len(set(colour)) == n:
        return _description(n, arcs, colour, start)
    leaves: dict[tuple[tuple[int, ...], ...], tuple[list[int], tuple[int, ...]]] = {}
    symmetries: list[list[int]] = []

    def visit(colour: list[int], fixed: tuple[int, ...]) -> int:
        """Tries every continuation; returns the depth to go back to, where the next new trial starts."""
        depth = len(fixed)
        sizes = [0] * n
        for c in colour:
            sizes[c] += 1
        shared = [(size, c) for c, size in enumerate(sizes) if size > 1]
        if not shared:
            found = _description(n, arcs, colour, start)
            if found not in leaves:
                leaves[found] = colour, fixed
                return depth
            like, way = leaves[found]
            back = [0] * n
            for v, c in enumerate(like):
                back[c] = v
            symmetries.append([back[c] for c in colour])
            # The branch that led here is an image of one that was searched before: leave it whole.
            return next(at for at, (a, b) in enumerate(zip(fixed, way, strict=True)) if a != b)
        target = min(shared)[1]
        tried: list[int] = []
        for v in [v for v in range(n) if colour[v] == target]:
            if tried and _same_orbit(n, symmetries, fixed, v, tried):
                continue
            tried.append(v)
            one = [2 * c + 1 for c in colour]
            one[v] -= 1
            to = visit(_refined(n, arcs, one), (*fixed, v))
            if to < depth:
                return to
        return depth

    visit(colour, ())
    return min(leaves)


def _same_orbit(n: int, symmetries: list[list[int]], fixed: tuple[int, ...], v: int, tried: list[int]) -> bool:
    """True when a known symmetry that keeps the nodes singled out so far takes v to a node tried before."""
    forest = Forest(n)
    for symmetry in symmetries:
        if all(symmetry[f] == f for f in fixed):
            for a, b in enumerate(symmetry):
                forest.join(a, b)
    root = forest.find(v)
    return any(forest.find(t) == root for t in tried)
